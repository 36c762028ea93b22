"""A stand-in for `main.py`: writes the files of a run and obeys requests, without torch.

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
    for name in ("model", "data", "minutes", "seed", "device"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    chosen = dict(setting.split("=", 1) for setting in options.set)
    if "refuse" in chosen:
        print(f"codebrush: {chosen['refuse']}", file=sys.stderr)
        return 1
    with stop_asked() as stopping, held(options.out):
        return FakeTrainer(options, chosen).train(stopping)


class FakeTrainer:
    def __init__(self, options: argparse.Namespace, chosen: dict[str, str]) -> None:
        self.folder: Path = options.out
        self.step, self.steps = 0, options.steps
        if options.resume:
            config = json.loads((self.folder / "config.json").read_text())
            chosen, self.steps = config["model"] | {"die_at": "-1"}, config["total_steps"]
            last = (self.folder / "events.jsonl").read_text().splitlines()[-1]
            self.step = json.loads(last)["step"]
        self.chosen = chosen
        config = {"family": options.model or "vqvae", "data": options.data or "emoji", "model": chosen}
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
        with (self.folder / "metrics.jsonl").open("a") as file:
            file.write(json.dumps({"step": self.step, "loss": 1 / self.step}) + "\n")
        self.tell("step", terms={"loss": 1 / self.step, "images_per_s": 320.0}, memory_mb=512.0)
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
