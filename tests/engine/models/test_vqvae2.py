"""The VQ-VAE-2: its loss by the paper, its margins by perturbation, its windows over both levels."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from engine.decoding.decoder import CodeLevel
from engine.errors import CodesFault, OptionFault
from engine.models.base import Draws
from engine.models.registry import build
from engine.models.vqvae2 import VQVAE2, VQVAE2Config
from tests.small import small_two_level_config, small_two_level_model

MODEL = small_two_level_model()
PIXELS = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(2))


def random_codes(model: VQVAE2, height: int, width: int, seed: int = 0) -> list[Tensor]:
    """One picture's codes, `height` x `width` coarsest cells."""
    generator = torch.Generator().manual_seed(seed)
    ratios = [model.levels[0].stride_px // level.stride_px for level in model.levels]
    return [
        torch.randint(0, level.codes, (1, height * ratio, width * ratio), generator=generator)
        for level, ratio in zip(model.levels, ratios, strict=True)
    ]


def test_shapes_and_ranges_of_the_round_trip() -> None:
    codes = MODEL.encode_codes(PIXELS)
    shapes = [(tuple(c.shape), c.dtype) for c in codes]
    assert shapes == [((2, 2, 2), torch.int64), ((2, 4, 4), torch.int64)]
    images = MODEL.decode_codes(codes)
    assert images.shape == PIXELS.shape
    assert images.dtype == torch.float32
    assert images.min() >= 0
    assert images.max() <= 1
    assert torch.equal(MODEL.decode(MODEL.encode(PIXELS).mean), images)


@pytest.mark.parametrize("strides", [(4, 2), (8, 2), (16, 4), (16, 8, 2), (16, 8, 4, 2)])
def test_any_list_of_strides_builds_and_keeps_its_levels(strides: tuple[int, ...]) -> None:
    model = small_two_level_model(strides=strides)
    assert model.levels == tuple(CodeLevel(stride, 24, 6) for stride in strides)
    codes = model.encode_codes(PIXELS)
    assert [grid.shape[1] for grid in codes] == [16 // stride for stride in strides]
    assert model.decode_codes(codes).shape == PIXELS.shape


def test_the_defaults_are_the_public_network() -> None:
    public = _PublicNetwork()
    ours = VQVAE2(VQVAE2Config())
    sizes = sorted(tuple(p.shape) for p in ours.parameters())
    assert sizes == sorted([*(tuple(p.shape) for p in public.parameters()), (512, 64), (512, 64)])


def test_images_are_padded_by_their_edge() -> None:
    odd = PIXELS[:, :, :13, :10]
    padded = F.pad(odd, (0, 6, 0, 3), mode="replicate")
    for given_codes, expected in zip(MODEL.encode_codes(odd), MODEL.encode_codes(padded), strict=True):
        assert torch.equal(given_codes, expected)


def test_the_loss_is_the_sum_the_paper_gives() -> None:
    model = small_two_level_model(beta=0.4, pixel_variance=0.05)
    result = model.loss(PIXELS)
    terms = result.terms
    assert set(terms) == {"mse", "codebook_0", "commitment_0", "codebook_1", "commitment_1"}
    expected = terms["mse"] / 0.05 + 0.4 * (terms["commitment_0"] + terms["commitment_1"])
    assert result.total.item() == pytest.approx(expected.item(), rel=1e-6)
    field = model.encode(PIXELS).mean
    assert terms["mse"].item() == pytest.approx(
        (model._to_image(field) - PIXELS).square().mean().item(), rel=1e-4
    )


def test_coarser_levels_may_have_another_number_of_codes() -> None:
    model = small_two_level_model(strides=(8, 4, 2), coarse_codes=7)
    assert [level.codes for level in model.levels] == [7, 7, 24]
    codes = model.encode_codes(PIXELS)
    assert model.decode_codes(codes).shape == PIXELS.shape
    with pytest.raises(CodesFault, match="level 0"):
        model.decode_codes([torch.full_like(codes[0], 7), *codes[1:]])
    with pytest.raises(OptionFault, match="coarse_codes 1"):
        VQVAE2(small_two_level_config(coarse_codes=1))


def test_with_level_dropout_some_pictures_are_made_of_coarser_levels_alone() -> None:
    model = small_two_level_model(strides=(8, 4, 2), level_dropout=0.6)
    images, draws = (
        torch.rand(40, 3, 16, 16, generator=torch.Generator().manual_seed(1)),
        Draws(seed=3, step=5),
    )
    z_q = model.looked_up(model.encode_codes(images))

    def error(levels: int) -> Tensor:
        known = [grid if level < levels else torch.zeros_like(grid) for level, grid in enumerate(z_q)]
        return (model._to_image(model._field(known)) - images).square().mean((1, 2, 3))

    told = [sum(bool(grid[row].any()) for grid in model._without_finer(z_q, draws)) for row in range(40)]
    assert sorted(set(told)) == [1, 2, 3]
    assert 8 <= told.count(3) <= 24  # 40 % are told everything
    expected = torch.stack([error(levels)[row] for row, levels in enumerate(told)]).mean()
    assert model.loss(images, draws=draws).terms["mse"].item() == pytest.approx(expected.item(), rel=1e-5)
    again = model._without_finer(z_q, Draws(seed=3, step=6))
    assert [sum(bool(grid[row].any()) for grid in again) for row in range(40)] != told


def test_every_picture_is_whole_without_level_dropout() -> None:
    z_q = MODEL.looked_up(MODEL.encode_codes(PIXELS))
    assert all(map(torch.equal, MODEL._without_finer(z_q, Draws(seed=1)), z_q))


def test_the_gradient_passes_straight_through_both_levels() -> None:
    """d mse / d encoder is that of a network whose quantisers add a constant."""
    model = small_two_level_model().requires_grad_(True)
    model.config = small_two_level_config(beta=0.0, pixel_variance=1.0)
    model.loss(PIXELS).total.backward()
    weight = model.encoders[1][0].weight
    assert weight.grad is not None
    given_gradient = weight.grad.clone()
    offsets: list[Tensor] = []

    def note(level: int, z_e: Tensor) -> Tensor:
        z_q = model.quantizers[level].lookup(model.quantizers[level].nearest(z_e))
        offsets.append((z_q - z_e).detach())
        return z_q

    with torch.no_grad():
        model._quantise(PIXELS, note)
    model.zero_grad()
    z_q = model._quantise(PIXELS, lambda level, z_e: z_e + offsets[level])
    F.mse_loss(model._to_image(model._field(z_q)), PIXELS).backward()
    assert torch.allclose(weight.grad, given_gradient, atol=1e-7)


def test_a_finer_level_is_told_of_the_coarser_one() -> None:
    seen: list[list[Tensor]] = []
    for shift in (0.0, 1.0):
        z_e: list[Tensor] = []

        def choose(level: int, z: Tensor, shift: float = shift, z_e: list[Tensor] = z_e) -> Tensor:
            z_e.append(z)
            return torch.full_like(z, shift) if level == 0 else z

        MODEL._quantise(PIXELS, choose)
        seen.append(z_e)
    assert torch.equal(seen[0][0], seen[1][0])
    assert not torch.allclose(seen[0][1], seen[1][1], atol=1e-3)


def test_every_level_changes_the_picture() -> None:
    codes = random_codes(MODEL, 3, 3)
    whole = MODEL.decode_codes(codes)
    for level in range(2):
        others = [(grid + (index == level)) % 24 for index, grid in enumerate(codes)]
        assert (MODEL.decode_codes(others) - whole).abs().max() > 1e-3


def test_the_loss_changes_nothing() -> None:
    model = VQVAE2(small_two_level_config())
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    before |= {name: tensor.clone() for name, tensor in model.training_state().items()}
    model.loss(PIXELS)
    after = {**model.state_dict(), **model.training_state()}
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())


def test_beginning_puts_the_codes_of_every_level_onto_its_encodings() -> None:
    torch.manual_seed(0)
    model = VQVAE2(small_two_level_config())
    images = torch.rand(8, 3, 16, 16)
    model.begin(images, torch.Generator().manual_seed(0))

    def compare(level: int, z_e: Tensor) -> Tensor:
        flat = z_e.permute(0, 2, 3, 1).flatten(0, 2)
        assert flat.mean(dim=0).abs().max() < 1e-3
        assert (flat.std(dim=0) - 1).abs().max() < 1e-3
        distances = (flat[:, None] - model.codebook(level)).abs().amax(dim=2)
        assert distances.amin(dim=0).max() < 1e-4
        return model.quantizers[level].lookup(model.quantizers[level].nearest(z_e))

    with torch.no_grad():
        model._quantise(images, compare)
    assert all(len(torch.unique(model.codebook(level), dim=0)) == 24 for level in range(2))


def test_an_update_moves_and_restarts_both_levels_and_tells_of_each() -> None:
    model = VQVAE2(small_two_level_config(restart_every=1))
    before = [model.codebook(level).clone() for level in range(2)]
    statistics = model.loss(PIXELS).statistics
    unused = [int(seen.counts.argmin()) for seen in statistics]
    for quantizer, seen, code in zip(model.quantizers, statistics, unused, strict=True):
        assert seen.counts[code] == 0
        quantizer.counts[code] = 0.0
    figures = model.update(statistics, 5, torch.Generator().manual_seed(0))
    assert set(figures) == {"restarted", "used_0", "perplexity_0", "used_1", "perplexity_1"}
    for level in range(2):
        assert not torch.equal(model.codebook(level), before[level])
        use, restarted_at = model.code_life(level)
        assert use.sum().item() == pytest.approx(1.0)
        assert restarted_at[unused[level]] == 5


def test_training_state_goes_round() -> None:
    model, other = VQVAE2(small_two_level_config(restart_every=1)), VQVAE2(small_two_level_config())
    model.update(model.loss(PIXELS).statistics, 5, torch.Generator().manual_seed(0))
    other.load_training_state({name: tensor.clone() for name, tensor in model.training_state().items()})
    for level in range(2):
        for ours, expected in zip(other.code_life(level), model.code_life(level), strict=True):
            assert torch.equal(ours, expected)


def test_a_uniform_field_has_one_colour_and_a_single_cell_shows_it() -> None:
    for top, bottom in ((0, 0), (7, 23), (23, 5)):
        field = MODEL.decode_codes([torch.full((1, 3, 5), top), torch.full((1, 6, 10), bottom)])
        single = MODEL.decode_codes([torch.full((1, 1, 1), top), torch.full((1, 2, 2), bottom)])
        assert (field - single[:, :, :1, :1]).abs().max() < 1e-5


ARCHITECTURES = [((8, 4), 0), ((8, 4), 1), ((8, 4), 2), ((8, 2), 1), ((16, 4), 2), ((8, 4, 2), 1)]


@pytest.mark.parametrize(("strides", "blocks"), ARCHITECTURES)
def test_a_changed_code_reaches_exactly_the_receptive_margin(strides: tuple[int, ...], blocks: int) -> None:
    model = small_two_level_model(strides=strides, residual_blocks=blocks).double()
    _make_positive(model)
    margin = model.receptive_margin
    size, ratios = 2 * margin + 3, [strides[0] // stride for stride in strides]
    middle = size // 2
    z_q = [torch.zeros(1, 6, size * ratio, size * ratio, dtype=torch.float64) for ratio in ratios]
    reached = []
    for grid, ratio in zip(z_q, ratios, strict=True):
        before = model._to_image(model._field(z_q))
        grid[..., middle * ratio : (middle + 1) * ratio, middle * ratio : (middle + 1) * ratio] = 1
        changed = (model._to_image(model._field(z_q)) - before).abs().amax(dim=(0, 1))
        grid.zero_()
        rows, columns = torch.nonzero(changed, as_tuple=True)
        cells = torch.cat([rows, columns]) // strides[0] - middle
        reached.append(int(cells.abs().max()))
    assert max(reached) == margin


@pytest.mark.parametrize(("strides", "blocks"), ARCHITECTURES)
def test_a_changed_cell_of_image_reaches_exactly_the_encode_margin(
    strides: tuple[int, ...], blocks: int
) -> None:
    """Without quantising, which hides small changes."""
    model = small_two_level_model(strides=strides, residual_blocks=blocks).double()
    _make_positive(model)
    margin, stride = model.encode_margin, strides[0]
    size = 2 * margin + 3
    middle = size // 2
    image = torch.full((1, 3, stride, size * stride), 0.6, dtype=torch.float64)
    changed = image.clone()
    changed[..., middle * stride : (middle + 1) * stride] = 0.9
    with torch.no_grad():
        before, after = (model._quantise(x, lambda _level, z_e: z_e) for x in (image, changed))
    reached = 0
    for one, other, level in zip(before, after, model.levels, strict=True):
        columns = torch.nonzero((one - other).abs().amax(dim=(0, 1, 2))).flatten()
        cells = columns // (stride // level.stride_px) - middle
        reached = max(reached, int(cells.abs().max()))
    assert reached == margin


def _make_positive(model: nn.Module) -> None:
    """So that no ReLU hides and no sum cancels what reaches through."""
    generator = torch.Generator().manual_seed(0)
    for parameter in model.parameters():
        fan_in = max(1, parameter[0].numel()) if parameter.ndim > 1 else 1
        parameter.data.uniform_(0.5, 1.5, generator=generator).div_(fan_in)


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_a_window_decoded_alone_equals_the_whole(data: st.DataObject) -> None:
    height, width = data.draw(st.integers(1, 14)), data.draw(st.integers(1, 14))
    top, left = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    bottom, right = data.draw(st.integers(top + 1, height)), data.draw(st.integers(left + 1, width))
    margin = MODEL.receptive_margin
    codes = random_codes(MODEL, height, width, data.draw(st.integers(0, 2**31)))
    above, before = max(0, top - margin), max(0, left - margin)
    window = [
        grid[:, above * r : (bottom + margin) * r, before * r : (right + margin) * r]
        for r, grid in zip((1, 2), codes, strict=True)
    ]
    part = MODEL.decode_codes(window)[
        :, :, (top - above) * 8 : (bottom - above) * 8, (left - before) * 8 : (right - before) * 8
    ]
    whole = MODEL.decode_codes(codes)[:, :, top * 8 : bottom * 8, left * 8 : right * 8]
    assert (part - whole).abs().max() <= 1e-5


@pytest.mark.parametrize("level", [0, 1])
def test_another_codebook_changes_a_copy(level: int) -> None:
    vectors = MODEL.codebook(level).flip(0)
    changed = MODEL.with_codebook(level, vectors)
    codes = random_codes(MODEL, 2, 3)
    flipped = [23 - grid if index == level else grid for index, grid in enumerate(codes)]
    assert torch.allclose(changed.decode_codes(flipped), MODEL.decode_codes(codes), atol=1e-6)
    assert not torch.equal(MODEL.codebook(level), vectors)
    with pytest.raises(CodesFault, match=r"\(24, 6\) is needed, not \(24, 5\)"):
        MODEL.with_codebook(level, vectors[:, :5])
    with pytest.raises(CodesFault, match="level 2 does not exist: this model has levels 0 to 1"):
        MODEL.codebook(2)


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        ([torch.zeros(1, 2, 2, dtype=torch.int64)], "1 levels"),
        ([torch.zeros(1, 2, 2, dtype=torch.int64)] * 2, r"level 1: .* \(1, 2, 2\), not \(1, 4, 4\)"),
        ([torch.zeros(1, 2, 2, dtype=torch.int64), torch.full((1, 4, 4), 24)], "level 1: .* to 24"),
    ],
)
def test_codes_that_do_not_fit_are_refused(codes: list[Tensor], message: str) -> None:
    with pytest.raises(CodesFault, match=message):
        MODEL.decode_codes(codes)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"strides": (4, 8)}, r"strides \(4, 8\): each must be larger than the next"),
        ({"strides": (8, 8)}, "each must be larger"),
        ({"strides": (4,)}, "strides"),
        ({"strides": (6, 4)}, "strides"),
        ({"image_size": 36}, "36 is not a multiple of stride 8"),
    ],
)
def test_options_out_of_range_are_refused(config: dict[str, object], message: str) -> None:
    with pytest.raises(OptionFault, match=message):
        build("vqvae2", config)


class _PublicNetwork(nn.Module):
    """The layers of the public reproduction's network, for their sizes."""

    def __init__(self) -> None:
        super().__init__()

        def blocks() -> list[nn.Module]:
            return [layer for _ in range(2) for layer in (nn.Conv2d(128, 32, 3), nn.Conv2d(32, 128, 1))]

        def chain(*widths: int, kernel: int, kind: type[nn.Conv2d | nn.ConvTranspose2d]) -> list[nn.Module]:
            return [kind(narrow, wide, kernel) for narrow, wide in pairwise(widths)]

        down, up = nn.Conv2d, nn.ConvTranspose2d
        self.layers = nn.ModuleList(
            [
                *chain(3, 64, 128, kernel=4, kind=down), nn.Conv2d(128, 128, 3), *blocks(),
                *chain(128, 64, kernel=4, kind=down), nn.Conv2d(64, 128, 3), *blocks(),
                nn.Conv2d(128, 64, 1), nn.Conv2d(64 + 128, 64, 1),
                nn.Conv2d(64, 128, 3), *blocks(), *chain(128, 64, kernel=4, kind=up),
                *chain(64, 64, kernel=4, kind=up),
                nn.Conv2d(128, 128, 3), *blocks(), *chain(128, 64, 3, kernel=4, kind=up),
            ]
        )  # fmt: skip
