"""Several processes train as one does: the same model to rounding, the same codebooks to the bit."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from engine.checkpoint import read_tensors
from engine.data.source import DataShape
from engine.errors import OptionFault
from engine.training import processes, start
from engine.training.processes import ALONE, Orders, Processes, joined
from engine.training.run import Run
from engine.training.start import train
from tests.engine.training.families import SMALL, request
from tests.small import small_pictures

ROOT = Path(__file__).resolve().parents[3]
FAMILIES = ("vae", "cvae", "vqvae2")


@pytest.fixture(autouse=True)
def _small_data(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    threads = torch.get_num_threads()
    monkeypatch.setattr(
        start, "open_data", lambda _name, size, channels, *_: small_pictures(40, size, channels)
    )
    monkeypatch.setattr(start, "natural_shape", lambda _: DataShape(16, 3))
    yield
    torch.set_num_threads(threads)


def torchrun(*words: object) -> list[str]:
    started = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    return [*started, *map(str, words)]


def environment() -> dict[str, str]:
    # Without OMP_NUM_THREADS torchrun warns that it sets it.
    return {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def trained_by_two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("two")
    command = torchrun("-m", "tests.engine.training.two_processes", folder, *FAMILIES)
    done = subprocess.run(
        command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False, timeout=250
    )
    assert done.returncode == 0, done.stderr
    return folder


def metrics(run: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def weights(run: Path) -> NDArray[np.float32]:
    """All of a run's newest weights in one row."""
    tensors = read_tensors(run / "last" / "weights.safetensors", "autoencoder.")
    return np.concatenate([tensors[name].ravel() for name in sorted(tensors)])


@pytest.mark.parametrize("family", ["vae", "cvae"])
def test_two_processes_train_what_one_trains(trained_by_two: Path, tmp_path: Path, family: str) -> None:
    beginning, alone, together = tmp_path / "beginning", tmp_path / "alone", trained_by_two / family
    list(train(request(beginning, family, "precision=float32", stop_after=1)))
    list(train(request(alone, family, "precision=float32")))
    for one, two in zip(metrics(alone), metrics(together), strict=True):
        assert one.keys() == two.keys()
        for name, value in one.items():
            assert two[name] == pytest.approx(value, rel=2e-3, abs=2e-3), (name, one["step"])
    first, one, two = (weights(run) for run in (beginning, alone, together))
    assert np.linalg.norm(one - two) < 0.01 * np.linalg.norm(one - first)


def test_two_processes_move_codes_as_one_does(trained_by_two: Path, tmp_path: Path) -> None:
    """The second step's losses say where the first one, with the statistics of both, put codes and weights.

    Later steps may part: an encoding as near to one code as to another takes either by how sums are rounded,
    which depends on the rows of a batch. Losses don't mind a tie, what is counted does.
    """
    list(train(request(tmp_path / "alone", "vqvae2", "precision=float32")))
    for step in (0, 1):
        one, two = metrics(tmp_path / "alone")[step], metrics(trained_by_two / "vqvae2")[step]
        assert one.keys() == two.keys()
        losses = [name for name in one if name in ("mse", "loss") or name.startswith(("codebook", "commit"))]
        assert len(losses) == 6
        for name in losses:
            assert two[name] == pytest.approx(one[name], rel=1e-4), (name, step)


@pytest.mark.parametrize("family", FAMILIES)
def test_all_processes_hold_the_same_to_the_bit(trained_by_two: Path, family: str) -> None:
    lead = read_tensors(trained_by_two / family / "last" / "weights.safetensors", "")
    with np.load(trained_by_two / f"{family}.npz") as other:
        assert sorted(lead) == sorted(other)
        assert all(np.array_equal(lead[name], other[name]) for name in lead)
        if family == "vqvae2":
            assert {"autoencoder.codebooks.0.embedding", "train.model.codebooks.1.counts"} <= set(lead)


def test_one_process_writes(trained_by_two: Path) -> None:
    steps = [row["step"] for row in metrics(trained_by_two / "vae")]
    assert steps == [1, 2, 3, 4, 4, 5, 6, 7, 8, 8, 9, 10, 11, 12, 12]
    assert Run(trained_by_two / "vae").read_config().training.batch_size == 8


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    for index, image in enumerate(small_pictures().images):
        Image.fromarray(image).save(folder / f"{index:02}.png")
    return folder


def command(pictures: Path, run: Path, *words: str) -> list[str]:
    settings = [word for setting in SMALL["vqvae"] for word in ("--set", setting)]
    options = ("--data", pictures, "--out", run, "--device", "cpu", "--batch-size", 8, "--steps", 100_000)
    return torchrun(
        "main.py", "train", "--model", "vqvae", *options, "--set", "image_size=16", *settings, *words
    )


def steps_told(run: Path) -> int:
    events = run / "events.jsonl"
    return events.read_text().count('"event":"step"') if events.exists() else 0


def follow(child: subprocess.Popen[str], run: Path) -> None:
    deadline = time.monotonic() + 120
    while steps_told(run) < 3 and child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)


def test_ctrl_c_saves_once_and_resumes(pictures: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    with subprocess.Popen(
        command(pictures, run), cwd=ROOT, env=environment(),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as child:  # fmt: skip
        follow(child, run)
        child.send_signal(signal.SIGINT)
        out, _ = child.communicate(timeout=60)
    (stopped,) = re.findall(r"stopped at step (\d+); go on with", out)  # said by one of them
    assert json.loads((run / "events.jsonl").read_text().splitlines()[-1])["event"] == "saved"
    stop = int(stopped) + 4
    done = subprocess.run(
        torchrun("main.py", "train", "--out", run, "--resume", "--stop-after", stop, "--json"),
        cwd=ROOT, env=environment(), capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["step"] == stop
    assert "Warning" not in done.stderr


def children_of(pid: int) -> list[int]:
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are found in /proc")
@pytest.mark.parametrize("killed", [0, 1])
def test_a_process_that_dies_ends_the_others_with_a_message(
    pictures: Path, tmp_path: Path, killed: int
) -> None:
    run = tmp_path / "run"
    with subprocess.Popen(
        command(pictures, run), cwd=ROOT, env=environment(),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as child:  # fmt: skip
        follow(child, run)
        ranks = {
            int(re.search(rb"\0RANK=(\d)", Path(f"/proc/{pid}/environ").read_bytes())[1]): pid  # type: ignore[index]
            for pid in children_of(child.pid)
        }
        os.kill(ranks[killed], signal.SIGKILL)
        _, err = child.communicate(timeout=60)
    assert child.returncode != 0
    assert f"another of the 2 processes has ended, so process {1 - killed} ends too" in err


def test_a_batch_that_cannot_be_shared_is_refused() -> None:
    assert Processes(1, 3).part_of(12) == 4
    with pytest.raises(OptionFault, match="--batch-size 16 cannot be shared by 3 processes: use a multiple"):
        Processes(0, 3).part_of(16)


def test_each_process_takes_its_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    cuda = torch.device("cuda")
    assert Processes(3, 4, local_rank=1, local_ranks=2).device(cuda) == torch.device("cuda", 1)
    assert Processes(3, 4, local_rank=1, local_ranks=2).device(torch.device("cpu")) == torch.device("cpu")
    assert ALONE.device(cuda) == cuda
    with pytest.raises(OptionFault, match="4 processes on a machine with 2 GPUs: use --nproc-per-node 2"):
        Processes(0, 4, local_rank=0, local_ranks=4).device(cuda)


def test_processors_are_shared_out() -> None:
    assert ALONE.threads(5) == 5
    assert Processes(0, 64, 0, 64).threads(1) == 1
    assert Processes(0, 2, 0, 1).threads(1) >= 1


def test_alone_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RANK", raising=False)
    rows = torch.arange(3.0)
    with joined() as team:
        assert team is ALONE
        assert team.leads
        assert team.add(rows) is rows
        assert team.gather(rows) is rows
        assert team.share(b"x") == b"x"
        assert team.share_numbers([3]) == [3]
        with team.first_on_machine():
            pass


def test_orders_are_one_step_where_nobody_else_listens() -> None:
    orders = Orders(ALONE)
    for _ in range(5):
        assert orders.are_done
        orders.give(100, None)
        assert not orders.are_done
        orders.count_one()


def test_orders_last_about_a_quarter_of_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(processes.time, "monotonic", lambda: now[0])
    given: list[int] = []
    monkeypatch.setattr(
        Processes, "share_numbers", lambda _self, numbers: given.append(numbers[0]) or numbers
    )
    orders = Orders(Processes(0, 2))
    for _ in range(12):
        orders.give(10**6, None)
        while not orders.are_done:
            orders.count_one()
            now[0] += 0.01
    assert given[:6] == [1, 2, 4, 8, 16, 16]
    assert set(given[5:]) == {16}
    orders.give(3, 50)
    assert given[-1] == 3
