"""New pictures from command line and window: sheets of samples, more like one, and every mistake."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.models.registry import find_model
from engine.sampling.requests import BEST_OF, FALLOFF, GUIDANCE
from gui import theme
from gui.state.samples import MORE
from gui.workspaces.samples import SamplesWorkspace
from tests.journeys.command import Call
from tests.journeys.test_first_light import Journey
from tests.small import (
    write_small_model,
    write_small_priors,
    write_small_two_level_model,
    write_small_vector_model,
)

Control = Qt.KeyboardModifier.ControlModifier


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of small models; only read."""
    folder = tmp_path_factory.mktemp("models")
    bare = write_small_model(folder / "bare.safetensors")
    write_small_priors(folder / "one.safetensors", bare)
    two = write_small_two_level_model(folder / "bare two.safetensors")
    write_small_priors(folder / "two.safetensors", two)
    write_small_vector_model(folder / "vae.safetensors")
    return folder


def levels(path: str) -> list[np.ndarray]:
    with np.load(path) as codes:
        return [codes[name] for name in sorted(codes.files) if name.startswith("level_")]


def mask(path: str, size: tuple[int, int], box: tuple[int, int, int, int] | None = None) -> str:
    """Black, with a white box (left, top, right, bottom)."""
    image = Image.new("L", size, 0)
    if box is not None:
        image.paste(255, box)
    image.save(path)
    return path


def test_samples_come_as_a_sheet_and_as_codes_that_decode_to_it(call: Call, models: Path) -> None:
    words = ("sample", models / "two.safetensors", "--count", 3, "--label", "odd", "--seed", 5)
    told = call(*words, "--out", "sheet.png", "--codes", "codes.npz", "--json").json
    assert told == {
        "path": "sheet.png",
        "codes": "codes.npz",
        "gif": None,
        "count": 3,
        "source": "prior",
    }
    coarse, fine = levels("codes.npz")
    assert (coarse.shape, fine.shape) == ((3, 2, 2), (3, 4, 4))
    call("decode", models / "two.safetensors", "codes.npz", "--out", "one.png")
    with Image.open("sheet.png") as sheet, Image.open("one-001.png") as second:
        assert sheet.size == (4 + 2 * 20, 4 + 2 * 20)
        assert np.array_equal(np.asarray(sheet)[4:20, 24:40], np.asarray(second))


def test_the_same_seed_gives_the_same_first_pictures(call: Call, models: Path) -> None:
    for count in (2, 20):  # more than are drawn at once
        words = ("sample", models / "one.safetensors", "--count", count, "--temperature", 0.9, "--top-k", 9)
        call(*words, "--out", "sheet.png", "--codes", f"{count}.npz")
    assert np.array_equal(levels("2.npz")[0], levels("20.npz")[0][:2])
    assert len(np.unique(levels("20.npz")[0], axis=0)) > 15


def test_how_levels_and_candidates_are_drawn_can_be_said(call: Call, models: Path) -> None:
    words = ("sample", models / "two.safetensors", "--count", 8, "--label", "odd", "--out", "sheet.png")
    drawn = {}
    usual = ("--falloff", FALLOFF, "--candidates", BEST_OF, "--guidance", GUIDANCE)
    for said in ((), usual, ("--falloff", 1), ("--candidates", 1)):
        call(*words, *said, "--codes", "codes.npz")
        drawn[said] = np.concatenate([level.ravel() for level in levels("codes.npz")])
    unsaid, same, flat, alone = drawn.values()
    assert np.array_equal(unsaid, same)
    assert not np.array_equal(unsaid, flat)
    assert not np.array_equal(unsaid, alone)


@pytest.mark.parametrize("source", ["unigram", "uniform"])
def test_codes_can_be_drawn_without_a_prior(call: Call, models: Path, source: str) -> None:
    words = ("sample", models / "bare.safetensors", "--source", source, "--count", 4)
    assert call(*words, "--out", "sheet.png", "--codes", "codes.npz", "--json").json["source"] == source
    assert levels("codes.npz")[0].shape == (4, 4, 4)


def test_vectors_are_drawn_from_a_gaussian(call: Call, models: Path) -> None:
    assert call("sample", models / "vae.safetensors", "--out", "sheet.png").out == "sheet.png\n"
    with Image.open("sheet.png") as sheet:
        assert sheet.size == (84, 84)


@pytest.mark.parametrize(("name", "cells"), [("one", 16), ("two", 20)])
def test_the_first_picture_is_drawn_in_a_gif(call: Call, models: Path, name: str, cells: int) -> None:
    words = ("sample", models / f"{name}.safetensors", "--count", 2, "--out", "sheet.png")
    assert call(*words, "--gif", "new/drawn.gif").out == "sheet.png\nnew/drawn.gif\n"
    assert call(*words, "--gif", "new/drawn.gif", "--json").json["gif"] == "new/drawn.gif"
    with Image.open("new/drawn.gif") as gif, Image.open("sheet.png") as sheet:
        assert (gif.size, gif.info["loop"]) == ((256, 256), 0)
        assert 2 < gif.n_frames <= cells  # frames that are alike are one
        gif.seek(gif.n_frames - 1)
        last = np.asarray(gif.convert("RGB"))[8::16, 8::16].astype(int)
        assert np.abs(last - np.asarray(sheet)[4:20, 4:20]).mean() < 8


def test_mistakes_with_samples_are_told_in_one_line(call: Call, models: Path) -> None:
    bare, one, vae = (models / f"{name}.safetensors" for name in ("bare", "one", "vae"))
    out = ("--out", "sheet.png")
    call("sample", bare, *out).refused("bare has no prior", "train-prior")
    call("sample", one, *out, "--label", "ood").refused("no label 'ood': did you mean 'odd'?", status=2)
    call("sample", one, *out, "--label", "zebra").refused("use one of even, odd", status=2)
    call("sample", vae, *out, "--label", "odd").refused("there are no labels here", status=2)
    call("sample", one, *out, "--temperature", "-1").refused("temperature of -1", status=2)
    call("sample", one, *out, "--temperature", "inf").refused("temperature of inf", status=2)
    call("sample", one, *out, "--top-p", "0").refused("top-p 0", status=2)
    call("sample", one, *out, "--falloff", "1e200").refused("falloff of 1e+200", status=2)
    call("sample", bare, *out, "--source", "unigram", "--falloff", "0.5").refused(
        "levels of a prior", status=2
    )
    call("sample", one, *out, "--candidates", "2").refused("takes a prior and a label", status=2)
    call("sample", one, *out, "--label", "odd", "--candidates", "65").refused("give 1 to 64", status=2)
    call("sample", one, *out, "--guidance", "2").refused("guidance", "needs both", status=2)
    call("sample", one, *out, "--source", "gaussian").refused("use prior or unigram or uniform", status=2)
    call("sample", vae, *out, "--source", "prior").refused("use gaussian", status=2)
    assert call("sample", one, *out, "--top-k", 2**63).status == 2
    call("sample", vae, *out, "--temperature", "1e300").refused("too high for latent vectors", status=2)
    call("sample", vae, *out, "--falloff", "0.5").refused("falloff", status=2)
    call("sample", vae, *out, "--top-k", "3").refused("top-k", status=2)
    call("sample", bare, *out, "--source", "uniform", "--label", "odd").refused("all as likely", status=2)
    call("sample", vae, *out, "--codes", "codes.npz").refused("vae has no codes", status=2)
    call("sample", vae, *out, "--gif", "a.gif").refused("vae has no codes", "leave --gif out", status=2)
    call("sample", one, *out, "--gif", "a.png").refused("a.png", "end in .gif", status=2)
    Path("folder.gif").mkdir()
    call("sample", one, *out, "--gif", "folder.gif").refused("folder.gif", "it is a folder")
    call("sample", one, "--out", "sheet.jpg").refused("end in .png", status=2)
    call("sample", one, *out, "--codes", "codes.txt").refused("end in .npz", status=2)
    call("sample", one, *out, "--count", "999999999").refused("too many for one sheet", status=2)
    Path("onnx").mkdir()
    Path("onnx/manifest.json").write_text("{}")
    call("sample", "onnx", *out).refused("onnx: is an exported folder, with no prior", "open the model file")
    assert not Path("sheet.png").exists()


@pytest.mark.parametrize("name", ["one", "two"])
def test_resampling_changes_what_is_white_and_nothing_else(call: Call, models: Path, name: str) -> None:
    model = models / f"{name}.safetensors"
    call("sample", model, "--count", 2, "--out", "sheet.png", "--codes", "codes.npz")
    mask("mask.png", (16, 16), (8, 0, 16, 8))
    words = ("resample", model, "codes.npz", "--mask", "mask.png", "--count", 3, "--label", "even")
    told = call(*words, "--out", "new.npz", "--json").json
    before, after = levels("codes.npz"), levels("new.npz")
    assert told["shape"] == list(after[0].shape) == [6, *before[0].shape[1:]]
    assert np.array(told["bits"]).shape == (2, 3)
    for old, new in zip(before, after, strict=True):
        side = old.shape[1]
        selected = np.zeros((side, side), np.bool_)
        selected[: side // 2, side // 2 :] = True
        assert np.array_equal(new[:, ~selected], np.repeat(old, 3, axis=0)[:, ~selected])
    assert len(np.unique(after[-1], axis=0)) == 6
    call(*words, "--out", "again.npz")
    assert all(np.array_equal(a, b) for a, b in zip(after, levels("again.npz"), strict=True))


def test_one_level_alone_is_resampled(call: Call, models: Path) -> None:
    model = models / "two.safetensors"
    call("sample", model, "--count", 1, "--out", "sheet.png", "--codes", "codes.npz")
    mask("mask.png", (16, 16), (0, 0, 16, 16))
    call("resample", model, "codes.npz", "--mask", "mask.png", "--level", 1, "--out", "new.npz")
    (coarse, fine), (new_coarse, new_fine) = levels("codes.npz"), levels("new.npz")
    assert np.array_equal(coarse, new_coarse)
    assert not np.array_equal(fine, new_fine)


def test_the_mask_may_be_as_large_as_the_picture_was(call: Call, models: Path) -> None:
    model = models / "one.safetensors"
    Image.new("RGB", (21, 14), (9, 99, 199)).save("photo.png")
    call("encode", model, "photo.png", "--out", "codes.npz")
    mask("mask.png", (21, 14), (20, 0, 21, 14))  # the last column of cells is one pixel and what repeats it
    call("resample", model, "codes.npz", "--mask", "mask.png", "--out", "new.npz")
    ((old,), (new,)) = levels("codes.npz"), levels("new.npz")
    assert np.array_equal(old[:, :, :5], new[:, :, :5])
    assert not np.array_equal(old[:, :, 5], new[:, :, 5])
    call("decode", model, "new.npz", "--out", "out.png")
    with Image.open("out.png") as decoded:
        assert decoded.size == (21, 14)


def test_mistakes_with_resampling_are_told_in_one_line(call: Call, models: Path) -> None:
    one, two = models / "one.safetensors", models / "two.safetensors"
    np.savez("codes.npz", level_0=np.zeros((1, 4, 4), np.int64))
    np.savez("coarse.npz", level_0=np.zeros((1, 2, 2), np.int64))
    white = mask("white.png", (16, 16), (0, 0, 16, 16))
    out = ("--out", "new.npz")
    call("resample", one, "codes.npz", "--mask", mask("black.png", (16, 16)), *out).refused(
        "centre of no cell"
    )
    call("resample", one, "codes.npz", "--mask", mask("odd.png", (9, 7)), *out).refused("9 x 7 px", "16 x 16")
    call("resample", one, "codes.npz", "--mask", "none.png", *out).refused("none.png", "does not exist")
    call("resample", one, "none.npz", "--mask", white, *out).refused("none.npz", "does not exist")
    call("resample", two, "coarse.npz", "--mask", white, *out).refused("needs level_0, level_1")
    call("resample", one, "codes.npz", "--mask", white, "--level", 1, *out).refused("no level 1", status=2)
    call("resample", one, "codes.npz", "--mask", white, "--label", "x", *out).refused("no label", status=2)
    many = "--count", "999999999"
    call("resample", one, "codes.npz", "--mask", white, *many, *out).refused("too many", status=2)
    bare = models / "bare.safetensors"
    call("resample", bare, "codes.npz", "--mask", white, *out).refused("bare has no prior", "train-prior")
    vae = models / "vae.safetensors"
    call("resample", vae, "codes.npz", "--mask", white, *out).refused("has no codes", status=2)
    call("resample", one, "codes.npz", "--mask", white, "--out", "new").refused("end in .npz", status=2)
    assert not Path("new.npz").exists()


# In the window


@pytest.fixture
def journey(qtbot: QtBot, tmp_path: Path) -> Iterator[Journey]:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.apply_theme(app)
    made = Journey(tmp_path / "journey")
    yield made
    made.close()


def sample(journey: Journey, count: int = 2) -> SamplesWorkspace:
    """Go to the samples and draw some with the settings as they are."""
    visitor, studio = journey.visitor, journey.studio
    visitor.press(visitor.canvas, Qt.Key.Key_5, Control)
    workspace = studio.window.workspaces.currentWidget()
    assert isinstance(workspace, SamplesWorkspace)
    workspace.form.numbers["count"].number.setValue(count)
    visitor.click(workspace.form.draw)
    visitor.wait(lambda: not studio.samples.is_running, "the samples")
    return workspace


def test_more_like_this_from_the_window(journey: Journey) -> None:
    visitor, studio, samples = journey.visitor, journey.studio, journey.studio.samples
    workspace = sample(journey)
    gallery, messages = workspace.gallery, studio.window.messages
    (group,) = samples.groups

    # Without a chosen picture it says what to do.
    visitor.press(gallery, Qt.Key.Key_M)
    assert "No picture is chosen" in messages.text

    # A click chooses the second one; M draws more like it, which come one after another, each from above.
    visitor.click(gallery, dict(gallery.places())[0, 1].center())
    one = group.samples[1]
    visitor.press(gallery, Qt.Key.Key_M)
    visitor.wait(lambda: len(group.samples) == 4, "the second of them")
    assert [sample.is_whole for sample in group.in_order[:3]] == [True, True, True]
    assert not group.samples[3].is_whole
    visitor.wait(lambda: not samples.is_running, "all of them")
    assert [sample.line for sample in group.in_order] == [(0,), (1,), *((1, 2 + k) for k in range(MORE))]
    for sample_ in group.in_order[2:]:
        same = (sample_.codes[0] == one.codes[0]).mean()
        assert 0.4 < same < 1
    kept = [sample_.codes[0] for sample_ in group.in_order]

    # Undo takes them back; the same is drawn again by the button.
    visitor.press(gallery, Qt.Key.Key_Z, Control)
    assert len(group.samples) == 2
    visitor.click(workspace.more)
    visitor.wait(lambda: not samples.is_running, "all of them")
    assert np.array_equal([sample_.codes[0] for sample_ in group.in_order], kept)

    # More of the first of them, stopped by Cancel, which keeps what is there.
    visitor.press(gallery, Qt.Key.Key_Right)
    visitor.press(gallery, Qt.Key.Key_M)
    visitor.wait(lambda: len(group.samples) > 2 + MORE, "some more")
    visitor.click(workspace.form.cancel)
    assert not samples.is_running
    assert group.in_order[3].like == (1, 2)

    # One of them is painted on.
    visitor.press(gallery, Qt.Key.Key_Return)
    assert studio.window.workspace == "paint"
    assert np.array_equal(journey.codes, kept[2])


def test_a_gif_of_a_picture_being_drawn_from_the_window(journey: Journey, tmp_path: Path) -> None:
    visitor, studio = journey.visitor, journey.studio
    workspace = sample(journey)
    gallery, messages = workspace.gallery, studio.window.messages
    assert not workspace.gif.isEnabled()
    visitor.trigger("samples.save_gif")
    assert "No picture is chosen" in messages.text

    visitor.press(gallery, Qt.Key.Key_Right)
    journey.answers.answer = tmp_path / "drawn.gif"
    visitor.click(workspace.gif)
    visitor.wait(lambda: "Saved to" in messages.text, "the file")
    picture = studio.samples.groups[0].samples[0].picture
    with Image.open(tmp_path / "drawn.gif") as gif:
        assert gif.size == (256, 256)
        spent = 0
        for frame in range(gif.n_frames):
            gif.seek(frame)
            spent += gif.info["duration"]
        assert 4000 < spent < 5000
        last = np.asarray(gif.convert("RGB"))[2::4, 2::4].astype(int)
    assert np.abs(last - picture).mean() < 8

    # What cannot be written is told, and so is a picture that has no codes.
    (tmp_path / "file").write_bytes(b"")
    journey.answers.answer = tmp_path / "file" / "drawn.gif"
    visitor.click(workspace.gif)
    visitor.wait(lambda: "cannot be written" in messages.text, "why not")
    studio.samples.choose_model(find_model("mnist-vae"))
    visitor.click(workspace.form.draw)
    visitor.wait(lambda: not studio.samples.is_running, "pictures of vectors")
    visitor.press(gallery, Qt.Key.Key_Right)
    assert not workspace.gif.isEnabled()
    visitor.trigger("samples.save_gif")
    assert "only codes are drawn one after another" in messages.text
    visitor.press(gallery, Qt.Key.Key_M)
    visitor.wait(lambda: not studio.samples.is_running, "more like it")
    assert len(studio.samples.groups[0].samples) == 2 + MORE
