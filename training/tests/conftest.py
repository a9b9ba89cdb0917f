"""Pictures and loss networks that the tests make: nothing is downloaded, nothing real is shown."""
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from training import efficientnet, vgg


def scene(rng: np.random.Generator, side: int) -> Image.Image:
    """Soft colours with some noise."""
    coarse = Image.fromarray(rng.integers(0, 256, (4, 4, 3), dtype=np.uint8)).resize((side, side), Image.BICUBIC)
    return Image.fromarray(np.clip(np.asarray(coarse, np.int16) + rng.integers(-9, 10, (side, side, 3)), 0, 255).astype(np.uint8))


@pytest.fixture(scope="session")
def people(tmp_path_factory) -> Path:
    """Four "people" (a head on shoulders) with masks, and two empty scenes."""
    folder, rng = tmp_path_factory.mktemp("people"), np.random.default_rng(1)
    for i in range(4):
        picture, mask = scene(rng, 160), Image.new("L", (160, 160))
        for draw, colour in ((ImageDraw.Draw(picture), (224, 172, 105)), (ImageDraw.Draw(mask), 255)):
            draw.ellipse((55, 30, 105, 95), fill=colour)
            draw.ellipse((25, 90, 135, 240), fill=colour)
        picture.save(folder / f"one_{i}.jpg")
        mask.save(folder / f"one_{i}.png")
    for i in range(2):
        scene(rng, 160).save(folder / f"neg_{i}.jpg")
    return folder


@pytest.fixture(scope="session")
def scenes(tmp_path_factory) -> Path:
    folder, rng = tmp_path_factory.mktemp("scenes"), np.random.default_rng(2)
    for i in range(4):
        scene(rng, 256).save(folder / f"flickr_landscape_{i}.jpg")
    return folder


@pytest.fixture(scope="session")
def vgg_folder(tmp_path_factory) -> Path:
    """The two weight files' shapes with random weights, scaled to keep activations near 1."""
    folder, make = tmp_path_factory.mktemp("vgg"), torch.Generator().manual_seed(3)

    def layer(outputs: int, inputs: int, kernel: int = 3) -> dict[str, torch.Tensor]:
        scale = (2 / (inputs * kernel * kernel)) ** 0.5
        return {"weight": torch.randn(outputs, inputs, kernel, kernel, generator=make) * scale, "bias": torch.zeros(outputs)}

    first = {"weight": torch.eye(3).flip(0).reshape(3, 3, 1, 1) * 2, "bias": -torch.ones(3)}

    def save(file: str, layers: dict[str, dict[str, torch.Tensor]]) -> None:
        torch.save({f"conv{name}.{k}": v.half() for name, values in layers.items() for k, v in values.items()}, folder / file)

    exact, inputs = {"0": first}, 3
    for name, width in (("1_1", 64), ("1_2", 64), ("2_1", 128), ("2_2", 128), ("3_1", 256)):
        exact[name], inputs = layer(width, inputs), width
    save(vgg.EXACT_FILE, exact)

    distilled, inputs = {"0": first}, 3
    for name in vgg.LAYERS:
        if name == "pool":
            continue
        width = vgg.WIDTHS[int(name[0]) - 1]
        distilled[name], inputs = layer(width, inputs), width
        if name.endswith("1"):
            distilled[f"{name}_aux"] = layer(vgg.FULL_WIDTHS[int(name[0]) - 1], width, 1)
    save(vgg.DISTILLED_FILE, distilled)
    return folder


@pytest.fixture(scope="session")
def encoder_folder(tmp_path_factory) -> Path:
    """EfficientNet-Lite0's file as it is published, with random weights; what this project does not use of it is left out."""
    folder, make = tmp_path_factory.mktemp("encoder"), torch.Generator().manual_seed(4)
    published = {}

    def layer(conv: str, norm: str, outputs: int, inputs: int, kernel: int = 1) -> None:
        scale = (2 / (inputs * kernel * kernel)) ** 0.5
        published[f"{conv}.weight"] = torch.randn(outputs, inputs, kernel, kernel, generator=make) * scale
        for name, value in (("weight", 1.0), ("bias", 0.1), ("running_mean", 0.2), ("running_var", 0.9)):
            published[f"{norm}.{name}"] = torch.full((outputs,), value)
        published[f"{norm}.num_batches_tracked"] = torch.tensor(7)

    layer("_conv_stem", "_bn0", 32, 3, 3)
    number, channels = 0, 32
    for width, repeats, kernel, wider in ((16, 1, 3, 1), (24, 2, 3, 6), (40, 2, 5, 6), (80, 3, 3, 6), (112, 3, 5, 6), (192, 4, 5, 6)):
        for _ in range(repeats):
            block = f"_blocks.{number}"
            if wider > 1:
                layer(f"{block}._expand_conv", f"{block}._bn0", channels * wider, channels)
            layer(f"{block}._depthwise_conv", f"{block}._bn1", channels * wider, 1, kernel)
            layer(f"{block}._project_conv", f"{block}._bn2", width, channels * wider)
            number, channels = number + 1, width
    torch.save(published, folder / efficientnet.LITE0.file)
    return folder
