"""What the networks promise, and that the exported graphs keep it."""
import copy
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
import torch.nn.functional as F

from training import export, grow
from training.evaluate import graphs
from training.loop import weights_of
from training.pictures import array, tensor
from training.sanet import MARGIN, Enlarge, Rectified, Residual, SANet, Shuffled, Tokens, calmed, toned
from training.segnet import SegNet, Up, steadied
from training.vgg import Distilled, moments


def test_unpooling_puts_features_where_the_maxima_stand():
    up, x = Up(1, 1, 1, rounded=False), torch.zeros(1, 1, 4, 4)
    x[0, 0, 1, 0], x[0, 0, 1, 1], x[0, 0, 2, 3], x[0, 0, 3, 3] = 3.0, 1.2, 5.0, 4.999
    where = up.unpool(torch.ones(1, 1, 2, 2), x)[0, 0]
    assert where[[1, 2], [0, 3]].numpy() == pytest.approx(1), "maxima"
    assert where[:2, 2:].numpy() == pytest.approx(1), "where nothing is, nothing stands out"
    assert where[0, 0] == where[1, 1] == where[2, 2] == 0, "less than half"
    assert 0.99 < where[3, 3] < 1, "nearly equal ones are treated alike"


@pytest.mark.parametrize("size", ["lite", "full"])
def test_segnet_keeps_a_picture_s_sides(size):
    """Also where its deepest features round a half up."""
    net = SegNet(size).eval().requires_grad_(False)
    assert net(torch.zeros(1, 3, 48, 80)).shape == (1, 1, 48, 80)


def outline(at: float) -> torch.Tensor:
    """A soft mask (1,1,64,64) of what lies left of a column."""
    return ((at - torch.arange(64.0)) / 3 + 0.5).clamp(0, 1).expand(1, 1, 64, 64)


def test_trembling_is_steadied():
    make = torch.Generator().manual_seed(1)
    alone = [(outline(30) + 0.03 * torch.randn(1, 1, 64, 64, generator=make)).clamp(0, 1) for _ in range(12)]
    last, masks = torch.zeros(1, 1, 64, 64), []
    for mask in alone:
        last = steadied(mask, last)
        masks.append(last)

    def flicker(film):
        return sum((a - b).abs().mean() for a, b in zip(film[2:], film[3:]))
    assert flicker(masks) < flicker(alone) / 3
    assert (masks[-1] - outline(30)).abs().mean() < 0.03, "around the true one"


@pytest.mark.parametrize("speed", [0.05, 0.1, 0.3, 1.0, 4.0])
def test_what_moves_is_followed(speed):
    """Pixels a frame; the mask never lags by more than a fifth of one."""
    last = outline(4)
    for t in range(1, int(54 / max(speed, 0.5))):
        last = steadied(outline(4 + speed * t), last)
        assert abs(float(last.sum() - outline(4 + speed * t).sum()) / 64) < 0.2


def test_of_a_first_mask_what_is_faint_becomes_fainter():
    mask = torch.zeros(1, 1, 64, 64)
    mask[..., 8, :], mask[..., 24, :], mask[..., 40:, 32:] = 0.15, 0.5, 0.9
    first = steadied(mask, torch.zeros_like(mask))
    assert first[0, 0, 24, 32] > 0.49 and (first - mask)[..., 40:, 32:].abs().max() < 1e-3
    assert 0.04 < first[0, 0, 8, 32] < 0.06


def test_a_corner_counts_as_much_as_the_middle():
    """Of a change over a whole window as much is kept where a part of the window is outside."""
    last, mask = torch.zeros(1, 1, 64, 64), torch.full((1, 1, 64, 64), 0.1)
    change = steadied(mask, last)
    assert float(change[0, 0, 0, 0]) == pytest.approx(float(change[0, 0, 32, 32]))


def test_the_encoder_s_statistics_stay_the_published_ones():
    net = SegNet().train()
    before = {k: v.clone() for k, v in net.encoder.named_buffers()}
    net(torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(1)))
    assert all(torch.equal(v, before[k]) for k, v in net.encoder.named_buffers())


@pytest.fixture(scope="module", params=["lite", "full"])
def sanet(request, vgg_folder):
    torch.manual_seed(1)
    net = SANet(request.param)
    net.vgg = Distilled(vgg_folder)
    return net.eval().requires_grad_(False)


@pytest.fixture(scope="module")
def picture():
    return torch.rand(1, 3, 64, 96, generator=torch.Generator().manual_seed(2))


def constant(value: float, channels: int):
    return torch.full((1, channels, 16, 24), float(value))


def test_noise_is_taken_off_and_edges_stay():
    make = torch.Generator().manual_seed(1)
    scene = torch.full((1, 3, 64, 64), 0.3)
    scene[..., 32:] = 0.7
    noise = torch.randn(scene.shape, generator=make) * 2 / 255
    left = calmed(scene + noise) - scene
    assert left[..., :16].std() < 0.12 * noise.std(), "where it is flat; near an edge noise stays"
    assert (calmed(scene) - scene).abs().max() < 5.7 / 255, "an edge of 100 of 255 is no noise: with NOISE at 10 it loses 5.6"
    fine = torch.zeros(64, 64)
    fine[::4], fine[1::4] = 0.5, 0.5
    assert (calmed(fine.expand(1, 3, 64, 64)) - fine).abs().max() < 0.05, "nor are stripes of two pixels, where they lie in its cells"


def test_noise_is_told_from_edges_in_half_precision():
    make = torch.Generator().manual_seed(1)
    for level in (0.02, 0.5, 0.98):
        scene = torch.full((1, 3, 64, 64), level)
        scene[..., 32:] = 1 - level / 2
        noisy = (scene + torch.randn(scene.shape, generator=make) / 255).clamp(0, 1)
        torch.testing.assert_close(calmed(noisy.half()).float(), calmed(noisy), atol=2e-3, rtol=0)


def test_a_painting_repeats_no_noise_and_a_photograph_its_own(sanet, monkeypatch):
    make = torch.Generator().manual_seed(1)
    scene = 0.4 + 0.2 * F.interpolate(torch.rand(1, 3, 3, 4, generator=make), (64, 96), mode="bilinear")
    noise = torch.randn(scene.shape, generator=make) * 2 / 255
    style = sanet.encode(torch.rand(1, 3, 256, 256, generator=make))

    def repeated(alpha: float) -> float:
        return float((sanet.paint(scene + noise, style, constant(1, 1), constant(alpha, 2))
                      - sanet.paint(scene, style, constant(1, 1), constant(alpha, 2))).std())
    calm = repeated(1)
    assert repeated(0) == pytest.approx(float(noise.std()), rel=1e-3)
    monkeypatch.setattr("training.sanet.calmed", lambda picture: picture)
    assert calm < 0.3 * repeated(1)


def test_alpha_0_gives_the_photograph_back_and_alpha_1_the_style(sanet, picture):
    a, b = (sanet.encode(torch.rand(1, 3, 256, 256, generator=torch.Generator().manual_seed(s))) for s in (3, 4))
    share = constant(1, 1)
    off, on = constant(0, 2), constant(1, 2)
    torch.testing.assert_close(sanet.paint(picture, a, share, off), picture)
    assert not torch.allclose(sanet.paint(picture, a, share, on), sanet.paint(picture, b, share, on))


def test_a_picture_within_a_margin_keeps_its_places(sanet, picture):
    """Where α is 0, the border included, the photograph stands; beside it are paintings."""
    style = sanet.encode(torch.rand(1, 3, 256, 256, generator=torch.Generator().manual_seed(3)))
    alpha = constant(0, 2)
    alpha[..., 12:] = 1
    painting = sanet.paint_within(picture, style, constant(1, 1), alpha)
    torch.testing.assert_close(painting[..., :40], picture[..., :40])
    assert (painting - picture)[..., 56:].abs().mean() > 0.05


def test_a_margin_is_the_picture_reflected(sanet, picture):
    """Padded by hand, and alike in both directions; share and α go on as they end."""
    styles = [sanet.encode(torch.rand(1, 3, 256, 256, generator=torch.Generator().manual_seed(s))) for s in (3, 4)]
    both = type(styles[0])(*(torch.cat(pair, 1) for pair in zip(*styles)))
    slope = torch.linspace(0, 1, 24).expand(1, 1, 16, 24)
    share, alpha = torch.cat([slope, 1 - slope], 1), torch.cat([slope, slope.flip(3)], 1)
    rows, columns = (torch.cat([torch.arange(8, 0, -1), torch.arange(n), torch.arange(n - 2, n - 10, -1)]) for n in (64, 96))
    places = [torch.arange(-2, n + 2).clamp(0, n - 1) for n in (16, 24)]
    wide = sanet.paint(picture[:, :, rows][..., columns], both, *(m[:, :, places[0]][..., places[1]] for m in (share, alpha)))
    within = sanet.paint_within(picture, both, share, alpha)
    torch.testing.assert_close(within, wide[..., 8:-8, 8:-8])
    assert not torch.allclose(within, sanet.paint(picture, both, share, alpha), atol=1e-2)


def test_the_margin_is_the_program_s():
    assert f"\nconst Margin = {MARGIN}\n" in Path("blend/scene.go").read_text()


def without(net: SANet, layer: str) -> SANet:
    """A copy, of which a layer gives nothing."""
    mute = copy.deepcopy(net)
    mute.load_state_dict({k: torch.zeros_like(v) if k.startswith(layer + ".") else v for k, v in net.state_dict().items()})
    return mute


def test_fine_lines_reach_a_full_painting(sanet, picture):
    style = sanet.encode(torch.rand(1, 3, 256, 256, generator=torch.Generator().manual_seed(3)))
    with_lines, without_lines = (net.paint(picture, style, constant(1, 1), constant(1, 2)) for net in (sanet, without(sanet, "skip")))
    assert not torch.allclose(with_lines, without_lines, atol=1e-3)


def test_above_alpha_1_the_photograph_does_not_return(sanet, picture):
    """A decoder without colours paints grey: whatever else is seen is the photograph."""
    style = sanet.encode(torch.rand(1, 3, 256, 256, generator=torch.Generator().manual_seed(3)))
    colourless = without(sanet, "finish")
    full, more, less = (colourless.paint(picture, style, constant(1, 1), constant(a, 2)) for a in (1, 1.25, 0.75))
    torch.testing.assert_close(more, full)
    assert not torch.allclose(less, full, atol=1e-3)


def test_above_alpha_1_only_what_attention_adds_goes_on(sanet, picture):
    """The tone does not: where it shifts in one place, the means change that all places share."""
    style = sanet.encode(torch.rand(1, 3, 256, 256, generator=torch.Generator().manual_seed(3)))
    inattentive = without(without(sanet, "low.mix.2"), "narrow")
    for net, same in ((sanet, False), (inattentive, True)):
        full, more = (net.paint(picture, style, constant(1, 1), constant(a, 2)) for a in (1, 1.25))
        assert torch.allclose(more, full, atol=1e-5) == same


def test_a_tone_is_what_the_channels_have(picture):
    """At full amount a channel has the tone's mean and spread, at none its own; half-way is half-way."""
    f = picture * 3 + 1
    tone, share = torch.tensor([0.5, -1, 2, 3, 1, 0.1])[None, None], torch.ones(1, 1, *f.shape[2:])
    full = toned(f, tone, share, torch.ones(1, 1, 1, 1))
    torch.testing.assert_close(full.mean((2, 3)), torch.tensor([[0.5, -1, 2]]), atol=1e-3, rtol=0)
    torch.testing.assert_close(full.std((2, 3)), torch.tensor([[3, 1, 0.1]]), atol=1e-2, rtol=0)
    torch.testing.assert_close(toned(f, tone, share, torch.zeros(1, 1, 1, 1)), f)
    torch.testing.assert_close(toned(f, tone, share, torch.full((1, 1, 1, 1), 0.5)), (f + full) / 2)


def test_two_styles_by_share(sanet, picture):
    """A share of 1 for one of two styles paints as that style alone."""
    styles = [sanet.encode(torch.rand(1, 3, 256, 256, generator=torch.Generator().manual_seed(s))) for s in (3, 4)]
    both = type(styles[0])(*(torch.cat(pair, 1) for pair in zip(*styles)))
    share = torch.cat([constant(0, 1), constant(1, 1)], 1)
    alone = sanet.paint(picture, styles[1], constant(1, 1), constant(1, 2))
    torch.testing.assert_close(sanet.paint(picture, both, share, constant(1, 2)), alone, atol=1e-5, rtol=1e-4)


def test_a_channel_that_is_shut_can_open_again():
    x = torch.tensor([-2.0, 3.0], requires_grad=True)
    y = Rectified()(x)
    y.sum().backward()
    assert y.tolist() == [0, 3] and x.grad.tolist() == [pytest.approx(Rectified.LEAK), 1]


@pytest.mark.parametrize("bias", (0, 100))
def test_moments_are_the_same_while_training(bias):
    """Features as ReLU leaves them, some channels shut; their gradients too; and where a mean is a hundred times what they differ by."""
    f = F.relu(torch.randn(2, 8, 96, 72, generator=torch.Generator().manual_seed(1)) - torch.linspace(-1, 6, 8)[:, None, None]) + bias
    f = f.contiguous(memory_format=torch.channels_last)
    exact, learning = f.double().requires_grad_(), f.clone().requires_grad_()
    mean, std = moments(learning)
    wanted = exact.mean((2, 3)), (exact.var((2, 3), correction=0) + 1e-5).sqrt()
    assert (f.flatten(2).std(2) == 0).any(), "a channel is shut"
    for got, want in zip((mean, std, *moments(f)), wanted * 2):
        torch.testing.assert_close(got.double(), want, atol=1e-4, rtol=1e-4)
    (mean + std).square().sum().backward()
    sum(wanted).square().sum().backward()
    torch.testing.assert_close(learning.grad.double(), exact.grad, atol=1e-4, rtol=1e-3)


def test_an_enlarged_wave_leaves_little_of_its_mirrored_one():
    """At 4/5 of the small grid's highest frequency, between neighbours a fifth of a wave is left as its mirrored one. Slow waves are kept."""
    n = 40
    for cycles, least, most in ((4, 0.95, 0.02), (16, 0.3, 0.06)):
        wave = torch.cos(2 * torch.pi * cycles * torch.arange(n) / n).expand(1, 1, n, n)
        wave = wave.repeat(1, 1, 3, 3)
        across, down = Enlarge(1)(wave)[0, 0, 3 * n], Enlarge(1)(wave.transpose(2, 3))[0, 0, :, 3 * n]
        for way in (across, down):
            amplitudes = torch.fft.rfft(way[2 * n:4 * n]).abs() / n  # away from the border
            assert amplitudes[cycles] > least and amplitudes[n - cycles] < most, cycles
    assert Enlarge(3)(torch.ones(1, 3, 12, 12))[..., 6:-6, 6:-6].sub(1).abs().max() < 1e-6


def test_the_low_pass_before_the_shuffle_is_one_after_it():
    torch.manual_seed(1)
    finish, f, taps = Shuffled(), torch.randn(1, 24, 8, 8), torch.tensor([-2.0, 15, 38, 15, -2]) / 64
    with torch.no_grad():
        shuffled = F.pixel_shuffle(finish.colours(f), 2)
        filtered = F.conv2d(shuffled, torch.outer(taps, taps).expand(3, 1, 5, 5), padding=2, groups=3)
        torch.testing.assert_close(finish(f, None), filtered)


def test_keys_and_values_start_as_what_tells_places_apart():
    """Half whitened components: the strongest spreads twice as far as one with a sixteenth of its variance. What hardly varies stays small."""
    make = torch.Generator().manual_seed(1)
    spread = torch.tensor([4.0, 1.0, 1e-4])
    f, turn = torch.randn(5, 400, 3, generator=make) * spread + 7, torch.linalg.qr(torch.randn(3, 3, generator=make))[0]
    tokens = Tokens(3, 3, 2)
    tokens.expect(f @ turn, f @ turn)
    keys, values = (t.flatten(0, 1) for t in tokens(f @ turn, f @ turn))
    assert keys.mean(0).abs().max() < 1e-3 and keys.square().mean().item() == pytest.approx(1, abs=0.01)
    assert torch.corrcoef(keys.T).fill_diagonal_(0).abs().max() < 0.01
    assert (values.std(0)[0] / values.std(0)[1]).item() == pytest.approx(2, rel=0.1)
    assert keys.std(0)[2] < 1e-3


def test_a_wider_block_does_what_the_narrow_one_does():
    torch.manual_seed(1)
    small, wide, x = Residual(6, 6), Residual(6, 10), torch.randn(1, 6, 8, 8)
    with torch.no_grad():
        grow.widen(wide, small)
        torch.testing.assert_close(wide(x), small(x))


def test_a_spread_kernel_is_the_small_one_and_a_mean():
    make = torch.Generator().manual_seed(1)
    kernels, x = torch.randn(2, 3, 3, 3, generator=make), torch.randn(1, 3, 24, 24, generator=make)
    mean = torch.outer(grow.FALL_OFF, grow.FALL_OFF).expand(2, 1, 4, 4)
    two_steps = F.conv2d(F.conv2d(x, kernels), mean, stride=2, groups=2)
    torch.testing.assert_close(F.conv2d(x, grow.spread(kernels), stride=2), two_steps)


def test_what_full_has_more_than_lite_adds_nothing_at_first(picture):
    torch.manual_seed(1)
    lite, f8, f4, f2 = SANet(), torch.rand(1, 96, 8, 12), torch.rand(1, 48, 16, 24), torch.rand(1, 24, 32, 48)
    full = grow.grown(lite)
    with torch.no_grad():
        torch.testing.assert_close(full.content.level2(f2), f2)
        torch.testing.assert_close(full.decode2(f2), lite.decode2(f2))
        torch.testing.assert_close(full.content.level8(f8), lite.content.level8(f8))
        torch.testing.assert_close(full.high.mix(torch.cat([f8, f8], 1)), lite.high.mix(torch.cat([f8, f8], 1)))
        torch.testing.assert_close(full.low.mix(torch.cat([f4, f4], 1)), lite.low.mix(torch.cat([f4, f4], 1)))
        torch.testing.assert_close(full.widen[0](f4), F.avg_pool2d(lite.widen(f4), 2), msg="the mean of what was shuffled")
        torch.testing.assert_close(full.finish(f2, picture), full.finish(f2, 1 - picture), msg="no lines of the picture")
    assert full.takes_styles_of(lite) and not full.takes_styles_of(SANet())


KEPT = {"segnet": SegNet, "sanet": SANet}


@pytest.mark.parametrize(("net", "size"), [(net, size) for net in KEPT for size in ("lite", "full")])
def test_the_weights_that_are_kept_are_those_of_the_networks(net, size):
    KEPT[net](size).load_state_dict(weights_of(Path(f"training/weights/{net}-{size}.pt")))


@pytest.fixture(scope="module", params=["lite", "full"])
def trained(request):
    net = SANet(request.param)
    net.load_state_dict(weights_of(Path(f"training/weights/sanet-{request.param}.pt")))
    return net.eval().requires_grad_(False)


@pytest.fixture(scope="module")
def scenes_and_style():
    """Four soft pictures in strong colours (4,3,128,192) with a camera's noise, and a painting of that kind."""
    make = torch.Generator().manual_seed(5)
    colours = torch.rand(4, 3, 8, 12, generator=make), torch.rand(1, 3, 12, 12, generator=make)
    large, style = (F.interpolate(c, size, mode="bicubic").clamp(0, 1) for c, size in zip(colours, ((128, 192), (256, 256))))
    return (large + 0.01 * torch.randn(large.shape, generator=make)).clamp(0, 1), style


def painted(net, scenes, style):
    share, alpha = torch.ones(4, 1, 32, 48), torch.ones(4, 2, 32, 48)
    return net.paint(scenes, type(style)(*(t.expand(4, *t.shape[1:]) for t in style)), share, alpha).clamp(0, 1)


@pytest.mark.parametrize(("part", "least"), [("low_values", 1), ("high_values", 0.2), ("skip", 1)])
def test_every_level_has_a_part_in_a_painting(trained, part, least, scenes_and_style):
    """How far, of 255, a painting is from one for which the style's values are all the same, or the skip tells nothing: a dead level
    passes every other test."""
    scenes, style = scenes_and_style
    style = trained.encode(style)
    if part == "skip":
        lacking = painted(without(trained, part), scenes, style)
    else:
        values = getattr(style, part)
        lacking = painted(trained, scenes, style._replace(**{part: values.mean(2, keepdim=True).expand_as(values)}))
    assert (painted(trained, scenes, style) - lacking).abs().mean() * 255 > least


def test_no_block_is_dead(trained, scenes_and_style):
    """More than a quarter of the channels inside each block open at more than one place in a thousand."""
    scenes, style = scenes_and_style
    alive, hooks = {}, []
    for name, block in trained.named_modules():
        if isinstance(block, Residual):
            def look(_, inputs, out, name=name):
                alive[name] = ((out > 0).float().mean((0, 2, 3)) > 1e-3).float().mean().item()
            hooks.append(block.first.register_forward_hook(look))
    painted(trained, scenes, trained.encode(style))
    for hook in hooks:
        hook.remove()
    assert len(alive) >= 5 and min(alive.values()) > 0.25, alive


def test_a_style_serves_both_sizes_that_are_kept():
    nets = {size: SANet(size) for size in ("lite", "full")}
    for size, net in nets.items():
        net.load_state_dict(weights_of(Path(f"training/weights/sanet-{size}.pt")))
    assert nets["full"].takes_styles_of(nets["lite"])


def test_export_keeps_the_contract(tmp_path, sanet):
    """export() itself compares with PyTorch; here the files are opened as the program opens them."""
    torch.manual_seed(1)
    segnet = SegNet().eval().requires_grad_(False)
    paints = {"lite": export.PAINT, "full": export.PAINT_FULL}[sanet.size]
    entries = [export.export(export.SEGNET, export.SegNetGraph(segnet), segnet, tmp_path, "test"),
               export.export(export.STYLE, export.StyleGraph(sanet), sanet, tmp_path, "test"),
               export.export(paints, export.PaintGraph(sanet), sanet, tmp_path, "test")]
    assert {e["graph"]: e["bytes"] for e in entries} == {e["graph"]: (tmp_path / e["file"]).stat().st_size for e in entries}
    for entry in entries:
        model = onnx.load(tmp_path / entry["file"])
        assert (model.ir_version, model.opset_import[0].version) == (10, 17)
        keep = {p.key: p.value for p in model.metadata_props}
        assert keep["name"] == f"{entry['name']}/{entry['graph']}" and keep.keys() >= {"version", "data", "licence", "commit"}
        names = {node.output[0]: node.op_type for node in model.graph.node}
        if entry["graph"] == "sanet-paint":
            assert names["painting"] == "Cast"
        if entry["graph"] == "segnet":
            assert [i.name for i in model.graph.input] == ["image", "previous"]

    style = onnxruntime.InferenceSession(tmp_path / "sanet-lite-style.onnx")
    paint = onnxruntime.InferenceSession(tmp_path / f"sanet-{sanet.size}-paint.onnx")
    image = np.zeros((1, 256, 256, 3), np.uint8)
    tensors = dict(zip([o.name for o in style.get_outputs()], style.run(None, {"image": image})))
    assert {k: v.shape for k, v in tensors.items()} == {
        "low_keys": (1, 256, 32), "low_values": (1, 256, 48), "high_keys": (1, 256, 32), "high_values": (1, 256, 96),
        "tone": (1, 288)}
    small = np.zeros((1, 48, 80, 3), np.uint8)
    share, alpha = np.ones((1, 1, 12, 20), np.float32), np.ones((1, 2, 12, 20), np.float32)
    painting, = paint.run(None, {"image": small, **tensors, "share": share, "alpha": alpha})
    assert painting.shape == small.shape and painting.dtype == np.uint8


def test_what_is_measured_is_painted_within_a_margin(tmp_path, sanet, picture):
    export.export(export.STYLE, export.StyleGraph(sanet), sanet, tmp_path, "test")
    export.export({"lite": export.PAINT, "full": export.PAINT_FULL}[sanet.size], export.PaintGraph(sanet), sanet, tmp_path, "test")
    net, style = graphs.SANet(tmp_path, sanet.size), np.random.default_rng(3).integers(0, 256, (256, 256, 3), np.uint8)
    photo, alpha = array(picture)[0], constant(0.2, 2)
    alpha[..., 12:] = 0.9
    ours = array(sanet.paint_within(tensor(photo[None]), sanet.encode(tensor(style[None])), constant(1, 1), alpha))[0]
    assert np.abs(np.int16(net.paint(photo, net.encode(style), alpha[0].numpy())) - ours).max() <= 1
    half = array(sanet.paint_within(tensor(photo[None]), sanet.encode(tensor(style[None])), constant(1, 1), constant(0.5, 2)))[0]
    assert np.abs(np.int16(net.paint(photo, net.encode(style), 0.5)) - half).max() <= 1


def test_a_film_s_masks_lean_on_those_before(tmp_path):
    torch.manual_seed(1)
    photos = np.random.default_rng(1).integers(0, 256, (2, 96, 128, 3), np.uint8)
    net = SegNet().eval().requires_grad_(False)
    export.export(export.SEGNET, export.SegNetGraph(net), net, tmp_path, "test")
    segment = graphs.SegNet(tmp_path, (48, 64))
    first, second = segment.film(photos)
    assert np.array_equal(first, segment(photos[0])) and np.array_equal(second, segment(photos[1], first))
    assert not np.array_equal(second, segment(photos[1]))


def test_export_refuses_a_full_of_other_styles(tmp_path, monkeypatch):
    for size in ("lite", "full"):
        torch.save({"weights": SANet(size).state_dict()}, tmp_path / f"{size}.pt")
    monkeypatch.setattr(sys, "argv", ["export", "--sanet", str(tmp_path / "lite.pt"), "--sanet-full", str(tmp_path / "full.pt"),
                                      "--models", str(tmp_path / "models")])
    with pytest.raises(SystemExit, match="was not grown out of"):
        export.main()
    assert not (tmp_path / "models").exists()


def test_export_refuses_a_graph_that_differs(tmp_path, monkeypatch):
    net = SegNet().eval().requires_grad_(False)
    monkeypatch.setattr(export, "TOLERANCE", -1.0)
    with pytest.raises(SystemExit, match="differ by"):
        export.export(export.SEGNET, export.SegNetGraph(net), net, tmp_path, "test")
    assert not list(tmp_path.iterdir())
