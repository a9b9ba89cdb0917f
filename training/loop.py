"""The training loop of both networks: seeded, averaged, logged, and resumable at any step.

All randomness of a step comes from (seed, step), so that a run that was stopped goes on exactly as it would have. The
folder of a run holds `last.pt` (weights, their average, optimiser, step, settings), `losses.csv` and contact sheets.
"""
import argparse
import csv
import json
import math
import os
import signal
import time
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

WARM_UP = 100  # steps


class Task(Protocol):
    """What differs between the networks."""

    net: nn.Module
    optimiser: type[torch.optim.Optimizer]  # made of groups, a rate, betas and weight_decay

    def groups(self) -> list[dict]:
        """The optimiser's parameter groups; "rate" scales the learning rate of a group."""

    def losses(self, rng: np.random.Generator, progress: float) -> tuple[Tensor, dict[str, float]]:
        """The loss of one batch, and what of it is worth a column in the log; progress runs from 0 to 1."""

    def sheet(self) -> np.ndarray:
        """What the network does now, as a picture to look at."""


def arguments(description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder of the run; one that exists is resumed")
    parser.add_argument("--init", type=Path, help="weights to start from (a checkpoint or training/weights/*.pt)")
    parser.add_argument("--steps", type=int, default=20000)
    parser.add_argument("--rate", type=float, default=1e-3, help="learning rate at its highest")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32",
                        help="of the networks' arithmetic; bfloat16 pays where the processor has it (avx512_bf16, GPUs)")
    parser.add_argument("--save-every", type=float, default=180, help="seconds")
    parser.add_argument("--sheet-every", type=int, default=500, help="steps")
    return parser


def start(settings: argparse.Namespace) -> None:
    """Print and keep the settings, seed the first weights. Call before the network is made."""
    shown = json.dumps(vars(settings), indent=1, default=str)
    print(shown, flush=True)
    settings.out.mkdir(parents=True, exist_ok=True)
    (settings.out / "settings.json").write_text(shown + "\n")
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)


def average(kept: dict[str, Tensor], net: nn.Module, step: int) -> None:
    """Exponential average of weights and buffers; young averages forget faster."""
    decay = min(0.998, step / (step + 50))
    for name, value in net.state_dict().items():
        if value.dtype.is_floating_point:
            kept[name].lerp_(value, 1 - decay)
        else:
            kept[name].copy_(value)


def save(path: Path, state: dict) -> None:
    beside = path.with_name(path.name + ".new")
    torch.save(state, beside)
    os.replace(beside, path)


class Log:
    """losses.csv: means over EVERY steps. Rows after the step that is resumed from are dropped."""

    EVERY = 50

    def __init__(self, path: Path, step: int):
        self.path, self.sums, self.started = path, [], time.time()
        if path.exists():
            rows = list(csv.reader(path.read_text().splitlines()))
            kept = rows[:1] + [r for r in rows[1:] if int(r[0]) <= step]
            path.write_text("".join(",".join(r) + "\n" for r in kept))

    def add(self, step: int, values: dict[str, float]) -> None:
        self.sums.append(list(values.values()))
        if step % self.EVERY:
            return
        seconds = (time.time() - self.started) / len(self.sums)
        row = [step, f"{seconds:.3f}", *(f"{v:.4f}" for v in np.mean(self.sums, 0))]
        new = not self.path.exists()
        with self.path.open("a") as file:
            writer = csv.writer(file, lineterminator="\n")
            if new:
                writer.writerow(["step", "seconds", *values])
            writer.writerow(row)
        print(" ".join(f"{k} {v}" for k, v in zip(["step", "s", *values], row)), flush=True)
        self.sums, self.started = [], time.time()


def weights_of(path: Path) -> dict[str, Tensor]:
    """A checkpoint's average, or what a file of weights alone holds."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    return state.get("average", state.get("weights"))


def steps_of(checkpoint: Path) -> int:
    return torch.load(checkpoint, map_location="cpu", weights_only=True)["step"]


def load_weights(net: nn.Module, path: Path) -> None:
    """What the file lacks keeps its first values and is named."""
    missing, unknown = net.load_state_dict(weights_of(path), strict=False)
    if missing or unknown:
        print(f"{path}: without {missing or 'nothing'}, unused {unknown or 'nothing'}", flush=True)


def run(task: Task, settings: argparse.Namespace) -> None:
    """Train until settings.steps or a signal; the state is kept either way."""
    net, device = task.net, torch.device(settings.device)
    optimiser = task.optimiser(task.groups(), settings.rate, betas=(0.9, 0.99), weight_decay=1e-4)
    step, path = 0, settings.out / "last.pt"
    if path.exists():
        state = torch.load(path, map_location=device, weights_only=True)
        if state.get("by") != task.optimiser.__name__:
            raise SystemExit(f"{path} was not trained by {task.optimiser.__name__} and cannot go on by it; start from it with --init, in another --out")
        net.load_state_dict(state["weights"])
        optimiser.load_state_dict(state["optimiser"])
        step, kept = state["step"], state["average"]
        print(f"goes on after step {step}", flush=True)
    else:
        if settings.init:
            load_weights(net, settings.init)
        kept = {name: value.clone() for name, value in net.state_dict().items()}

    stopped = []
    signals = {s: signal.signal(s, lambda number, _: stopped.append(number)) for s in (signal.SIGTERM, signal.SIGINT)}
    log, saved = Log(settings.out / "losses.csv", step), time.time()

    def keep() -> None:
        save(path, {"weights": net.state_dict(), "average": kept, "optimiser": optimiser.state_dict(),
                    "by": task.optimiser.__name__, "step": step,
                    "settings": {k: str(v) for k, v in vars(settings).items()}})

    def show() -> None:
        """Drawn with the averaged weights, which are the ones that are exported."""
        now = {name: value.clone() for name, value in net.state_dict().items()}
        net.load_state_dict(kept)
        net.eval()
        with torch.no_grad():
            Image.fromarray(task.sheet()).save(settings.out / f"sheet-{step:06}.jpg", quality=90)
        net.load_state_dict(now)

    try:
        while step < settings.steps and not stopped:
            torch.manual_seed(settings.seed * 1_000_003 + step)
            rng, progress = np.random.default_rng([settings.seed, step]), step / settings.steps
            rate = settings.rate * (min(1, (step + 1) / WARM_UP) * (0.5 + 0.5 * math.cos(math.pi * progress)) + 0.01)
            for group in optimiser.param_groups:
                group["lr"] = rate * group.get("rate", 1.0)
            net.train()
            with torch.autocast(device.type, torch.bfloat16, enabled=settings.precision == "bfloat16"):
                loss, values = task.losses(rng, progress)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            norm = nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            if not torch.isfinite(norm):
                raise SystemExit(f"step {step}: the gradient is not finite; resume from {path} with a lower --rate")
            optimiser.step()
            step += 1
            with torch.no_grad():
                average(kept, net, step)
            log.add(step, values)
            if step % settings.sheet_every == 0:
                show()
            if time.time() - saved > settings.save_every:
                keep()
                saved = time.time()
        keep()
        print(f"{'stopped' if stopped else 'done'} after step {step}", flush=True)
    finally:
        for number, handler in signals.items():
            signal.signal(number, handler)
