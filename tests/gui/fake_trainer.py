"""A stand-in for `main.py`: writes the files of a run and obeys requests, without torch.

`train` writes the figures of a VQ-VAE, `train-prior MODEL` those of priors of two levels, `presets` times.
Its behaviour is set by `--set=KEY=VALUE`: `steps_per_s`, `die_at` (a step) with `how` (`kill`, `fail`,
`crash`), `refuse` (a message before anything begins).
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from engine.files import write_bytes
from engine.terminal import stop_asked
from engine.training.follow import requested
from engine.training.lock import held

PROGRAM = (sys.executable, __file__)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("command")
    parser.add_argument("of", nargs="?")
    parser.add_argument("--json", action="store_true")
    for name in ("model", "prior-of", "data", "start-from", "minutes", "seed", "device"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    if options.command == "presets":
        return tell_times(options)
    chosen = dict(setting.split("=", 1) for setting in options.set)
    if "refuse" in chosen:
        print(f"codebrush: {chosen['refuse']}", file=sys.stderr)
        return 1
    with stop_asked() as stopping, held(options.out):
        return FakeTrainer(options, chosen).train(stopping)


def tell_times(options: argparse.Namespace) -> int:
    """Of a quick look, by what the data is called: `slow` takes a minute, `broken` says why it cannot be."""
    if options.data == "slow":
        Path(os.environ["CODEBRUSH_TEST_PID"]).write_text(str(os.getpid()))
        time.sleep(60)
    if options.data == "broken":
        print(json.dumps({"error": "data 'broken': cannot be read"}))
        return 1
    if options.data == "silent":
        return 3
    seconds = 20.0 if options.prior_of else 8.0 if options.start_from else 10.0
    print(json.dumps({"presets": [{"name": "quick", "seconds": seconds}]}))
    return 0


class FakeTrainer:
    def __init__(self, options: argparse.Namespace, chosen: dict[str, str]) -> None:
        self.folder: Path = options.out
        self.step, self.steps = 0, options.steps
        if options.resume:
            config = json.loads((self.folder / "config.json").read_text())
            options.of = config["prior"] and config["prior"]["model"]
            chosen, self.steps = config["model"] | {"die_at": "-1"}, config["total_steps"]
            last = (self.folder / "events.jsonl").read_text().splitlines()[-1]
            self.step = json.loads(last)["step"]
        self.chosen = chosen
        self.is_prior = options.of is not None
        start = options.start_from
        prior = {"model": options.of, "name": Path(options.of).stem, "config": chosen} if options.of else None
        config = {
            "family": options.model or "vqvae",
            "data": options.data or "emoji",
            "model": chosen,
            "prior": prior,
            "start_from": {"model": start, "name": Path(start).stem} if start else None,
        }
        (self.folder / "previews").mkdir(exist_ok=True)
        write_bytes(self.folder / "config.json", json.dumps(config | {"total_steps": self.steps}).encode())

    def train(self, stopping) -> int:  # type: ignore[no-untyped-def]
        (self.folder / "control.json").unlink(missing_ok=True)
        while self.step < self.steps:
            if requested(self.folder) == "pause" and not stopping():
                time.sleep(0.02)
                continue
            if stopping() or requested(self.folder) == "stop":
                self.save(f"stopped at step {self.step}; go on with ...")
                return 0
            self.one_step()
        self.save(None)
        self.tell("finished", message="trained", path=str(self.folder / "model.safetensors"))
        return 0

    def one_step(self) -> None:
        time.sleep(1 / float(self.chosen.get("steps_per_s", 50)))
        self.step += 1
        if self.step == int(self.chosen.get("die_at", -1)):
            self.die(self.chosen["how"])
        figures = {"loss": 1 / self.step}
        if self.is_prior:
            figures |= {"bits_0": 1 / self.step, "bits_1": 2 / self.step}
        with (self.folder / "metrics.jsonl").open("a") as file:
            file.write(json.dumps({"step": self.step, **figures}) + "\n")
        self.tell("step", terms={**figures, "images_per_s": 320.0}, memory_mb=512.0)
        if self.step == 3:
            self.save(None)
            (self.folder / "previews" / "latest.png").write_bytes(b"png")
            self.tell("preview", path="elsewhere/previews/latest.png")

    def save(self, message: str | None) -> None:
        write_bytes(self.folder / "last" / "weights.safetensors", b"weights")
        self.tell("saved", path=str(self.folder / "last" / "weights.safetensors"), message=message)

    def die(self, how: str) -> None:
        print("the last words of the log", flush=True)
        if how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if how == "fail":
            self.tell("failed", message="the loss is no longer finite at step 5")
            print("codebrush: the loss is no longer finite at step 5")
            sys.exit(1)
        os._exit(7)

    def tell(self, kind: str, **values: object) -> None:
        event = {"event": kind, "step": self.step, "time_s": self.step / 10, "total_steps": self.steps}
        with (self.folder / "events.jsonl").open("a") as file:
            file.write(json.dumps(event | values) + "\n")


if __name__ == "__main__":
    sys.exit(main())
