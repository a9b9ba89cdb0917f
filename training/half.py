"""SANet in half precision throughout, for GPUs: made of the exported one, which stores its weights so already.

    python -m training.half                   # models/sanet-SIZE-paint.onnx -> models/sanet-SIZE-half-paint.onnx, and the manifest

Names, types and shapes at the graph's ends stay those of the contract; between them everything is float16, which is for GPUs
(how much faster was not measured: docs/results/gpu.md); a CPU would convert to and fro, so there the other is used.
"""
import argparse
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from . import manifest

FLOAT, HALF = TensorProto.FLOAT, TensorProto.FLOAT16
PAINT = "sanet-paint"  # alone: SegNet's doubts at an edge hang on a bit, and styles are encoded once


def halve(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph computing in float16."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    graph = model.graph
    scales = {i for node in graph.node if node.op_type == "Resize" for i in node.input[1:3] if i}  # are float32 by definition
    stored = {t.name for t in graph.initializer if t.data_type == HALF}
    renamed, nodes = {}, []
    for node in graph.node:
        if node.op_type == "Cast" and node.input[0] in stored:
            renamed[node.output[0]] = node.input[0]
            continue
        for attribute in node.attribute:
            if node.op_type == "Cast" and attribute.name == "to" and attribute.i == FLOAT:
                attribute.i = HALF
            if attribute.type == onnx.AttributeProto.TENSOR and attribute.t.data_type == FLOAT and node.output[0] not in scales:
                attribute.t.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(attribute.t).astype(np.float16)))
        nodes.append(node)
    for tensor in graph.initializer:
        if tensor.data_type == FLOAT and tensor.name not in scales:
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), tensor.name))
    before, after = [], []
    for value in graph.input:
        if value.type.tensor_type.elem_type == FLOAT:
            renamed[value.name] = f"{value.name}_half"
            before.append(helper.make_node("Cast", [value.name], [f"{value.name}_half"], to=HALF))
    for node in nodes:
        for i, name in enumerate(node.input):
            node.input[i] = renamed.get(name, name)
    for value in graph.output:
        if value.type.tensor_type.elem_type == FLOAT:
            for node in nodes:
                for names in (node.input, node.output):
                    for i, name in enumerate(names):
                        if name == value.name:
                            names[i] = f"{value.name}_half"
            after.append(helper.make_node("Cast", [f"{value.name}_half"], [value.name], to=FLOAT))
    del graph.node[:], graph.value_info[:]
    graph.node.extend([*before, *nodes, *after])
    onnx.checker.check_model(model, full_check=True)
    return model


def export(folder: Path) -> None:
    """Makes the half of each network that paints, and enters it as one of the model `lite-half` or `full-half`."""
    whole = [e for e in manifest.read(folder) if e["graph"] == PAINT and not e["name"].endswith("-half")]
    for entry in whole:
        name = f"{entry['name']}-half"
        content, file = halve(onnx.load(folder / entry["file"])).SerializeToString(), f"sanet-{name}-paint.onnx"
        manifest.write(folder / file, content)
        manifest.enter(folder, [manifest.entry(name, PAINT, file, content, entry["version"], entry["sizes"], entry["data"])])
        print(f"{file}: {len(content):,} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, default=Path("models"))
    export(parser.parse_args().models)


if __name__ == "__main__":
    main()
