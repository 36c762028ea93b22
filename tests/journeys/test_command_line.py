"""The command line as a user meets it: train both stages, measure, encode, decode, export."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from engine.models import registry
from tests.journeys.command import HEADLESS, ROOT, Call, Result, pictures, real, settings, train
from tests.small import write_small_model

# What there is


def test_models_lists_what_is_built_in_and_the_runs_at_hand(
    call: Call, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "BUILTIN_FOLDER", tmp_path / "builtin")
    write_small_model(tmp_path / "builtin" / "house.safetensors", with_statistics=False)
    shutil.copytree(trained, tmp_path / "runs" / "first")
    (tmp_path / "runs" / "torn").mkdir()
    (tmp_path / "runs" / "torn" / "model.safetensors").write_bytes(b"torn")
    rows = call("models", "--json").json["models"]
    assert [row["name"] for row in rows] == ["house", "first", "torn"]
    assert {"name", "family", "bytes", "image_size", "data"} <= rows[1].keys()
    assert (rows[1]["data"], rows[1]["image_size"]) == ("photos", 16)
    listed = call("models")
    assert listed.status == 0
    assert len(listed.out.splitlines()) == 3
    assert "damaged" in listed.out


def test_info_says_what_a_model_is(call: Call, trained: Path) -> None:
    facts = call("info", trained, "--json").json
    assert facts["levels"] == [{"stride_px": 4, "codes": 16, "dim": 4}]
    assert facts["config"]["hidden"] == 8
    assert facts["training"]["total_steps"] == 6
    assert facts["metrics"].keys() == {"valid_mse", "valid_psnr"}
    assert facts["parameters"] > 1000
    told = call("info", trained).out
    assert "levels: stride_px 4, codes 16, dim 4" in told
    assert "config:\n  beta: 0.25\n" in told


# Training


def test_training_stops_where_it_is_told_and_goes_on_to_the_same_end(
    call: Call, photos: Path, trained: Path
) -> None:
    options = ("--steps", 6, "--batch-size", 4)
    stopped = train(call, photos, "run", *options, "--stop-after", 2)
    assert stopped.out == "stopped at step 2; go on with: train --out run --resume\n"
    assert call("train", "--out", "run", "--resume", "--stop-after", 3, "--json").json["step"] == 3
    # The whole command again, with --resume, is welcome too.
    finished = train(call, photos, "run", *options, "--resume", "--json").json
    assert finished["event"] == "finished"
    assert (finished["step"], finished["out"], finished["skipped"]) == (6, "run", [])
    assert finished["metrics"]["valid_psnr"] > 0
    # The same bytes of weights as the run that was never stopped.
    ids = [call("info", run, "--json").json["model_id"] for run in ("run", trained)]
    assert ids[0] == ids[1]
    again = call("train", "--out", "run", "--resume")
    assert again.out.startswith("already finished: 6 steps, ")


def test_options_beside_resume_must_agree_with_the_run(call: Call, photos: Path) -> None:
    train(call, photos, "run", "--steps", 6, "--stop-after", 1)
    resumed = call("train", "--out", "run", "--resume", "--seed", 5)
    resumed.refused("--seed 5", "run was started with 0", "its own options", status=2)
    call("train", "--out", "run", "--resume", "--steps", 9).refused("--steps 9", "with 6", status=2)


def test_skipped_files_are_named(call: Call, photos: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(photos, tmp_path / "data"))
    (data / "train" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (data / "test" / "notes.txt").write_text("not a picture")
    finished = train(call, data, "run", "--steps", 2)
    assert finished.status == 0
    assert "skipped, cannot be read as pictures (2): test/notes.txt, train/broken.png" in finished.out
    assert call("evaluate", "run", "--data", data, "--json").json["skipped"] == [
        "test/notes.txt", "train/broken.png",
    ]  # fmt: skip
    assert "skipped: test/notes.txt, train/broken.png" in call("evaluate", "run", "--data", data).out


def test_a_folder_without_splits_for_validation_trains(call: Call, tmp_path: Path) -> None:
    pictures(tmp_path / "data" / "train", 5)
    assert train(call, "data", "run", "--steps", 3).status == 0
    assert call("info", "run", "--json").json["training"]["step"] == 3
    call("evaluate", "run", "--data", "data").refused(
        "data: its test split is empty (train 5, valid 0, test 0)"
    )
    assert call("evaluate", "run", "--data", "data", "--split", "train", "--json").json["images"] == 5


def test_a_grey_model_goes_all_the_way(call: Call, photos: Path) -> None:
    assert train(call, photos, "run", "--steps", 2, "--set", "channels=1").status == 0
    assert call("evaluate", "run", "--data", photos, "--json").json["images"] == 4
    photo = photos / "test" / "0.png"
    assert call("encode", "run", photo, "--out", "codes.npz").status == 0
    assert call("decode", "run", "codes.npz", "--out", "out.png").status == 0
    with Image.open("out.png") as decoded:
        assert (decoded.mode, decoded.size) == ("L", (20, 16))


# Priors

PRIOR = ("channels=8", "layers=2", "head=8", "validations=2")


def train_prior(call: Call, *words: object) -> Result:
    return call("train-prior", *words, *(word for setting in PRIOR for word in ("--set", setting)))


def test_a_model_is_given_priors_and_measured_with_them(call: Call, photos: Path, trained: Path) -> None:
    options = ("--data", photos, "--out", "prior", "--steps", 6, "--batch-size", 4)
    stopped = train_prior(call, trained, *options, "--stop-after", 2)
    assert stopped.out == "stopped at step 2; go on with: train-prior --out prior --resume\n"
    finished = call("train-prior", "--out", "prior", "--resume", "--json").json
    assert (finished["event"], finished["step"], finished["out"]) == ("finished", 6, "prior")
    before, after = (call("info", model, "--json").json for model in (trained, "prior"))
    assert before["prior"] is None
    assert after["model_id"] == before["model_id"] == after["prior"]["model_id"]
    assert finished["metrics"] == after["prior"]["metrics"]
    assert after["prior"]["config"]["channels"] == 8
    (level,) = call("evaluate", "prior", "--data", photos, "--split", "valid", "--json").json["levels"]
    assert level["bits_per_code"] == pytest.approx(finished["metrics"]["valid_bits"], rel=1e-4)
    assert level["unigram_bits"] > 0
    again = call("train-prior", "--out", "prior", "--resume")
    assert again.out.startswith("already finished: 6 steps")


# Measuring


def test_evaluate_gives_the_figures_that_are_fixed(call: Call, photos: Path, trained: Path) -> None:
    figures = call("evaluate", trained, "--data", photos, "--split", "all", "--json").json
    assert figures.keys() >= {
        "mse", "psnr", "levels", "elbo_nats", "nll_nats", "active_units", "images", "seconds", "protocol",
    }  # fmt: skip
    (level,) = figures["levels"]
    assert level.keys() == {
        "codes", "used_codes", "perplexity", "unigram_bits", "bits_per_code", "fill_codes",
        "fill_field_sd_p95",
    }  # fmt: skip
    assert figures["images"] == 20
    assert call("evaluate", trained, "--data", photos, "--samples", 3, "--json").json["images"] == 4
    told = call("evaluate", trained, "--data", photos).out
    assert "psnr: " in told
    assert "levels: codes 16, used_codes" in told


# Pictures and codes


def test_pictures_become_codes_and_pictures_again(call: Call, trained: Path, tmp_path: Path) -> None:
    pictures(tmp_path / "odd", 1, size=(37, 23))
    encoded = call("encode", trained, "odd/0.png", "--out", "codes.npz", "--json").json
    assert encoded == {"path": "codes.npz", "shape": [1, 6, 10]}
    assert call("decode", trained, "codes.npz", "--out", "out.png").out == "out.png\n"
    with Image.open("out.png") as decoded:
        assert decoded.size == (37, 23)


def test_several_pictures_are_numbered(call: Call, trained: Path, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "in", 2)
    assert call("encode", trained, *sorted(folder.iterdir()), "--out", "new/codes.npz").status == 0
    decoded = call("decode", trained, "new/codes.npz", "--out", "out/image.png", "--json").json
    assert decoded == {"paths": ["out/image-000.png", "out/image-001.png"]}
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["image-000.png", "image-001.png"]


# Taking it away


def test_an_export_opens_like_a_model(call: Call, trained: Path, tmp_path: Path) -> None:
    manifest = call("export", trained, "--out", "onnx", "--graphs", "decoder", "encoder", "--json").json
    assert manifest["model_id"] == call("info", trained, "--json").json["model_id"]
    assert manifest["parity"]
    facts = call("info", "onnx", "--json").json
    assert (facts["model_id"], facts["levels"]) == (
        manifest["model_id"],
        [{"stride_px": 4, "codes": 16, "dim": 4}],
    )
    assert facts["bytes"] > 1000
    photo = pictures(tmp_path / "in", 1) / "0.png"
    assert call("encode", "onnx", photo, "--out", "codes.npz").status == 0
    assert call("decode", "onnx", "codes.npz", "--out", "out.png").status == 0
    call("export", trained, "--out", "onnx").refused("onnx: ")
    call("export", trained, "--out", "other", "--graphs", "prior").refused("'prior'", status=2)
    assert not (tmp_path / "other").exists()


# How it is called


@pytest.mark.parametrize("command", HEADLESS)
def test_every_command_helps_with_an_example(call: Call, command: str) -> None:
    helped = call(command, "--help")
    assert helped.status == 0
    assert helped.out.splitlines()[-1].startswith(f"example: codebrush {command}")
    assert "--json" in helped.out


def test_help_lists_every_command(call: Call) -> None:
    helped = call("--help")
    assert helped.status == 0
    listed = [line.split()[0] for line in helped.out.splitlines() if line.startswith("    ")]
    assert set(HEADLESS) <= set(listed)


@pytest.mark.parametrize(
    "words",
    [
        ["info"],
        ["train"],
        ["train", "--out", "r", "--minutes", "1", "--steps", "3"],
        ["train", "--out", "r", "--steps", "0"],
        ["train", "--out", "r", "--steps", "many"],
        ["train", "--out", "r", "--minutes", "nan"],
        ["train", "--out", "r", "--minutes", "0"],
        ["train", "--out", "r", "--seed", "-1"],
        ["evaluate", "m"],
        ["evaluate", "m", "--data", "d", "--split", "dev"],
        ["encode", "m", "--out", "c.npz"],
        ["decode", "m", "c.npz"],
        ["models", "more"],
        ["--json"],
        ["--"],
        ["train", "--hue"],
        ["benchmark", "speed"],
        ["info", "~nobody-of-this-name/model"],
    ],
    ids=" ".join,
)
def test_bad_usage_ends_with_two(call: Call, words: Sequence[str]) -> None:
    result = call(*words)
    assert result.status == 2
    assert result.out == ""
    assert "Traceback" not in result.err
    assert "_" not in result.err.splitlines()[-1].replace("metavar", "")  # no name of a function of ours


def test_a_mistyped_command_is_guessed(call: Call, tmp_path: Path) -> None:
    call("trian").refused("'trian' is neither a command nor a file: did you mean 'train'?", status=2)
    call("photo.jpg").refused("'photo.jpg' is neither a command nor a file: see --help", status=2)


def test_a_failure_in_json_is_one_object_too(call: Call) -> None:
    result = call("info", "nobody", "--json")
    result.refused("'nobody'")
    assert result.err == f"codebrush: {json.loads(result.out)['error']}\n"


def test_ctrl_c_during_any_command_is_one_line(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("engine.models.catalogue.list_models", interrupted)
    call("models").refused("stopped")


def test_a_library_that_is_missing_is_one_line(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise ImportError("libEGL.so.1: cannot open shared object file")

    monkeypatch.setattr("engine.models.catalogue.list_models", missing)
    call("models").refused("libEGL.so.1", "see Troubleshooting in README.md")


def test_what_the_system_refuses_is_one_line(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    call("info", "x" * 5000).refused("file name too long")


def without_display(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a display")
def test_without_a_display_the_headless_commands_are_named(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    without_display(monkeypatch)
    call().refused("there is no display", ", ".join(HEADLESS), status=2)
    call(tmp_path).refused("there is no display", status=2)
    real(cwd=tmp_path).refused("there is no display", "evaluate", status=2)


# The real program


def test_the_real_program_lists_and_refuses(tmp_path: Path) -> None:
    listed = real("models", "--json", cwd=tmp_path)
    assert isinstance(listed.json["models"], list)
    assert listed.err == ""
    real("info", "nobody", cwd=tmp_path).refused("'nobody'")


def test_output_that_nobody_reads_is_no_error(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, ROOT / "main.py", "models"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        program.stdout.close()
        assert program.stderr.read() == b""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for a single process there")
def test_ctrl_c_saves_and_says_how_to_go_on(tmp_path: Path, photos: Path, call: Call) -> None:
    run = tmp_path / "my run"
    words = ["train", "--model", "vqvae", "--data", photos, "--out", run, "--steps", "100000", *settings()]
    with subprocess.Popen(
        [sys.executable, ROOT / "main.py", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        wait_for_a_step(run, program)
        call("train", "--out", run, "--resume").refused("is being trained by another program")
        program.send_signal(signal.SIGINT)
        out, err = program.communicate(timeout=60)
    assert program.returncode == 0
    assert err == ""
    step = json.loads((run / "events.jsonl").read_text().splitlines()[-1])["step"]
    assert out == f"stopped at step {step}; go on with: train --out '{run}' --resume\n"
    resumed = real("train", "--out", run, "--resume", "--stop-after", step + 2, "--json", cwd=tmp_path)
    assert resumed.json["step"] == step + 2


def wait_for_a_step(run: Path, program: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 100
    while not (run / "metrics.jsonl").exists():
        assert program.poll() is None, program.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
