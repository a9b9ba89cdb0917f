"""The graphs between the networks, and the networks in half precision."""
import json

import numpy as np
import onnx
import onnxruntime
import pytest

from training import device, half
from training.manifest import CONTRACT


def session(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(model.SerializeToString())


def identity(name: str, n: int, m: int) -> dict[str, np.ndarray]:
    tables = {}
    for side, size in (("rows", n), ("columns", m)):
        tables[f"{name}_{side}"] = np.arange(size, dtype=np.int32)[:, None]
        tables[f"{name}_{side}_weights"] = np.ones((size, 1), np.float32)
    return tables


def test_resizes_leave_a_picture_of_the_same_size_alone():
    picture = np.random.default_rng(1).integers(0, 256, (1, 20, 30, 3), dtype=np.uint8)
    for name in ("shrink", "interpolate"):
        same, = session(device.resize(name).model()).run(None, {"image": picture, **identity("to", 20, 30)})
        assert np.array_equal(same, picture)


def test_what_was_never_written_is_not_remembered():
    """A device's memory holds anything at first: no number of it may reach the mask."""
    rng, plane, fine = np.random.default_rng(2), (1, 1, 64, 64), (1, 1, 96, 96)
    nothing = lambda shape: np.full(shape, np.nan, np.float32)
    feed = {"raw": rng.random(plane, np.float32), "guide": rng.integers(0, 256, fine, dtype=np.uint8),
            "was_mask": nothing(plane), "was_luma": nothing(plane), "was_activity": nothing(plane), "was_guide": nothing(fine),
            "fresh": np.ones(1, np.float32), "rate": np.full(1, 0.3, np.float32),
            "back": np.ones((1, 2, 1, 1), np.float32), "front": np.zeros((1, 2, 1, 1), np.float32),
            "back_share": np.ones((1, 1, 1, 1), np.float32), "front_share": np.ones((1, 1, 1, 1), np.float32),
            **identity("small", 64, 64), **identity("up", 64, 64), **identity("soften", 96, 96), **identity("places", 24, 24)}
    feed["up_rows"] = feed["up_columns"] = (np.arange(96, dtype=np.int32) * 64 // 96)[:, None]
    feed["up_rows_weights"] = feed["up_columns_weights"] = np.ones((96, 1), np.float32)
    model = device.refine().model()
    out = dict(zip([o.name for o in model.graph.output], session(model).run(None, feed)))
    assert all(np.isfinite(v).all() for v in out.values())
    assert np.array_equal(out["is_mask"], feed["raw"])


def test_graphs_of_the_device_are_those_of_models(tmp_path):
    (tmp_path / "manifest.json").write_text(json.dumps({"contract": CONTRACT, "models": []}))
    device.export(tmp_path)
    ours = {e["graph"]: e["sha256"] for e in json.loads((tmp_path / "manifest.json").read_text())["models"]}
    kept = json.loads(open("models/manifest.json").read())["models"]
    assert ours == {e["graph"]: e["sha256"] for e in kept if e["name"] == "device"}


@pytest.mark.parametrize("size", ["lite", "full"])
def test_the_half_is_made_of_the_network_beside_it(size):
    """After a training, python -m training.half is due."""
    whole, halved = (onnx.load(f"models/sanet-{size}{kind}-paint.onnx") for kind in ("", "-half"))
    assert half.halve(whole).graph == halved.graph
