"""What the data set does with the codes, against a count by hand, cell by cell."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.analysis.companions import find_companions, uniform_grids
from engine.analysis.statistics import LevelStatistics
from engine.analysis.usage import code_statistics, encode_all, mean_swatches, uniform_fields
from engine.data.source import Pictures
from engine.decoding.decoder import CodeLevel, from_pixels, to_pixels
from engine.errors import DataFault
from engine.models.vqvae import VQVAE
from engine.models.vqvae2 import VQVAE2
from tests.small import small_model, small_pictures, small_two_level_model

STRIDE = 4


@pytest.fixture(scope="module", params=[3, 1], ids=["rgb", "grey"])
def model(request: pytest.FixtureRequest) -> VQVAE:
    return small_model(channels=request.param)


@pytest.fixture(scope="module")
def pictures(model: VQVAE) -> Pictures:
    return small_pictures(count=70, channels=model.config.channels)


@pytest.fixture(scope="module")
def codes(model: VQVAE, pictures: Pictures) -> np.ndarray:
    return np.asarray(encode_all(model, pictures)[0].numpy())


@pytest.fixture(scope="module")
def statistics(model: VQVAE, pictures: Pictures) -> LevelStatistics:
    (level,) = code_statistics(model, pictures)
    return level


def neighbourhoods(images: np.ndarray) -> np.ndarray:
    """Every cell with its eight neighbours, borders repeated: (N, h, w, 3s, 3s, C)."""
    s = STRIDE
    padded = np.pad(images, ((0, 0), (s, s), (s, s), (0, 0)), mode="edge")
    rows, columns = range(0, images.shape[1], s), range(0, images.shape[2], s)
    return np.stack(
        [np.stack([padded[:, y : y + 3 * s, x : x + 3 * s] for x in columns], axis=1) for y in rows], axis=1
    )


def test_encoding_all_is_encoding_each(model: VQVAE, pictures: Pictures, codes: np.ndarray) -> None:
    assert codes.shape == (70, 4, 4)
    assert codes.dtype == np.int64
    for index in (0, 33, 69):
        image = torch.from_numpy(from_pixels(pictures.images[index : index + 1]))
        assert np.array_equal(model.encode_codes(image)[0][0].numpy(), codes[index])


def test_use_counts_cells_and_labels(
    statistics: LevelStatistics, pictures: Pictures, codes: np.ndarray
) -> None:
    for code in range(24):
        assert statistics.use[code] == (codes == code).sum()
        for label in (0, 1):
            assert statistics.use_by_label[label, code] == (codes[pictures.labels == label] == code).sum()
    assert statistics.use.sum() == codes.size


def test_swatches_and_contexts_are_means_over_the_occurrences(
    model: VQVAE, statistics: LevelStatistics, codes: np.ndarray
) -> None:
    decoded = model.decode_codes([torch.from_numpy(codes)]).numpy().transpose(0, 2, 3, 1)
    around = neighbourhoods(decoded.astype(np.float64))
    used = np.unique(codes)
    assert 2 < len(used) <= 24
    for code in used:
        mean = around[codes == code].mean(axis=0)
        assert np.abs(statistics.contexts[code] - 255 * mean).max() <= 0.5 + 1e-3
        middle = statistics.contexts[code][STRIDE : 2 * STRIDE, STRIDE : 2 * STRIDE]
        assert np.array_equal(statistics.swatches[code], middle)


def test_mean_swatches_alone_are_those_of_the_statistics(
    model: VQVAE, statistics: LevelStatistics, codes: np.ndarray
) -> None:
    grids = [torch.from_numpy(codes)]
    (swatches,) = mean_swatches(model, grids, uniform_fields(model, grids))
    assert np.array_equal(to_pixels(swatches.numpy()), statistics.swatches)


def test_a_uniform_field_is_the_middle_of_a_canvas_of_one_code(
    model: VQVAE, statistics: LevelStatistics, codes: np.ndarray
) -> None:
    (fields,) = uniform_fields(model, [torch.from_numpy(codes)])
    for code in (0, 5, 23):
        canvas = model.decode_codes([torch.full((1, 11, 11), code)])[0]
        middle = canvas[:, 5 * STRIDE : 6 * STRIDE, 5 * STRIDE : 6 * STRIDE]
        assert torch.allclose(fields[code], middle, atol=1e-5)
    assert np.array_equal(statistics.fields, to_pixels(fields.numpy()))


def test_the_typical_patch_is_the_nearest_real_one(
    model: VQVAE, statistics: LevelStatistics, pictures: Pictures, codes: np.ndarray
) -> None:
    decoded = model.decode_codes([torch.from_numpy(codes)]).numpy().transpose(0, 2, 3, 1)
    means = neighbourhoods(decoded.astype(np.float64))
    real = neighbourhoods(pictures.images)
    for code in np.unique(codes):
        candidates = real[codes == code]
        distances = ((candidates / 255 - means[codes == code].mean(axis=0)) ** 2).sum(axis=(1, 2, 3))
        patch = statistics.patches[code]
        found = (candidates == patch).all(axis=(1, 2, 3))
        assert found.any(), "the patch is not a real one that chose the code"
        assert distances[found].min() == pytest.approx(distances.min(), rel=1e-4)


def test_followers_count_what_stands_right_and_below(statistics: LevelStatistics, codes: np.ndarray) -> None:
    expected = np.zeros((2, 24, 24), np.int64)
    for grid in codes:
        for row in range(4):
            for column in range(4):
                if column < 3:
                    expected[0, grid[row, column], grid[row, column + 1]] += 1
                if row < 3:
                    expected[1, grid[row, column], grid[row + 1, column]] += 1
    assert np.array_equal(statistics.follower_table(), expected)


def test_codes_that_are_never_used_show_their_uniform_field(model: VQVAE) -> None:
    white = small_pictures(count=3, channels=model.config.channels)
    white.images[:] = 255
    (level,) = code_statistics(model, white)
    unused = np.flatnonzero(level.use == 0)
    assert len(unused) > 12
    assert np.array_equal(level.swatches[unused], level.fields[unused])
    assert np.array_equal(level.contexts[unused], np.tile(level.fields[unused], (1, 3, 3, 1)))
    assert np.array_equal(level.patches[unused], level.contexts[unused])
    assert not level.fills[unused].any()


def test_the_vectors_are_the_codebook(model: VQVAE, statistics: LevelStatistics) -> None:
    assert np.array_equal(statistics.vectors, model.codebook(0).numpy())
    assert np.allclose(statistics.norms, np.sqrt((statistics.vectors**2).sum(axis=1)))


def test_the_share_done_rises_to_all_of_it(model: VQVAE, pictures: Pictures) -> None:
    told: list[float] = []
    code_statistics(model, pictures, told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) > 3


def test_no_pictures_are_named(model: VQVAE, pictures: Pictures) -> None:
    nothing = pictures.split("test").split("train")
    with pytest.raises(DataFault, match="blobs: no pictures"):
        encode_all(model, nothing)


@pytest.fixture(scope="module")
def two() -> VQVAE2:
    return small_two_level_model()


@pytest.fixture(scope="module")
def two_codes(two: VQVAE2) -> list[np.ndarray]:
    return [grid.numpy() for grid in encode_all(two, small_pictures(count=70))]


def test_swatches_of_two_levels_are_means_over_the_cells_of_each(
    two: VQVAE2, two_codes: list[np.ndarray]
) -> None:
    levels = code_statistics(two, small_pictures(count=70))
    decoded = two.decode_codes([torch.from_numpy(grid) for grid in two_codes]).numpy().transpose(0, 2, 3, 1)
    for level, grid, s in zip(levels, two_codes, (8, 4), strict=True):
        cells = decoded.reshape(70, 16 // s, s, 16 // s, s, 3).swapaxes(2, 3)
        assert level.contexts.shape == level.patches.shape == (24, 3 * s, 3 * s, 3)
        assert level.use.sum() == grid.size
        for code in np.unique(grid):
            mean = cells[grid == code].astype(np.float64).mean(axis=0)
            assert np.abs(level.swatches[code] - 255 * mean).max() <= 0.5 + 1e-3


def test_a_field_of_one_level_is_a_canvas_of_the_code_and_its_companions(
    two: VQVAE2, two_codes: list[np.ndarray]
) -> None:
    fields = uniform_fields(two, [torch.from_numpy(grid) for grid in two_codes])
    top, bottom = two_codes
    code = int(bottom[0, 1, 2])
    above = top.repeat(2, axis=1).repeat(2, axis=2)[bottom == code]
    companion = int(np.bincount(above).argmax())
    canvas = two.decode_codes([torch.full((1, 7, 7), companion), torch.full((1, 14, 14), code)])[0]
    assert torch.allclose(fields[1][code], canvas[:, 28:32, 28:32], atol=1e-5)
    code = int(top[0, 0, 1])
    beneath = bottom.reshape(70, 2, 2, 2, 2).swapaxes(2, 3)[top == code]
    companion = int(np.bincount(beneath.ravel()).argmax())
    canvas = two.decode_codes([torch.full((1, 7, 7), code), torch.full((1, 14, 14), companion)])[0]
    assert torch.allclose(fields[0][code], canvas[:, 24:32, 24:32], atol=1e-5)


def test_a_code_that_does_not_occur_goes_with_the_most_used_ones() -> None:
    levels = [CodeLevel(8, 3, 2), CodeLevel(4, 4, 2)]
    top, bottom = np.array([[[0, 1]]]), np.array([[[3, 3, 1, 1], [3, 2, 1, 1]]])
    of_top, of_bottom = find_companions([top, bottom], levels)
    assert [codes.tolist() for codes in of_top] == [[0, 1, 2], [3, 1, 1]]
    assert [codes.tolist() for codes in of_bottom] == [[0, 1, 0, 0], [0, 1, 2, 3]]
    grids = uniform_grids(of_top, levels)
    assert [grid.shape for grid in grids] == [(3, 1, 1), (3, 2, 2)]
    assert grids[1][0].tolist() == [[3, 3], [3, 3]]
