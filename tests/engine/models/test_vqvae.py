"""The VQ-VAE: its loss by the paper, its margins by perturbation, its windows against the whole."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.decoding.decoder import CodeLevel
from engine.errors import CodesFault, OptionFault
from engine.models.registry import build
from engine.models.vqvae import VQVAE
from tests.small import small_config, small_model

MODEL = small_model()
PIXELS = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(2))


def test_shapes_and_ranges_of_the_round_trip() -> None:
    codes = MODEL.encode_codes(PIXELS)
    assert [(tuple(c.shape), c.dtype) for c in codes] == [((2, 4, 4), torch.int64)]
    images = MODEL.decode_codes(codes)
    assert images.shape == PIXELS.shape
    assert images.dtype == torch.float32
    assert images.min() >= 0
    assert images.max() <= 1
    assert torch.equal(MODEL.decode(MODEL.encode(PIXELS).mean), images)


@pytest.mark.parametrize("stride", [2, 4, 8, 16])
def test_every_stride_builds_and_keeps_its_level(stride: int) -> None:
    model = VQVAE(small_config(stride=stride))
    assert model.levels == (CodeLevel(stride, 24, 6),)
    assert model.decode_codes(model.encode_codes(PIXELS)).shape == PIXELS.shape


def test_images_are_padded_by_their_edge() -> None:
    odd = PIXELS[:, :, :13, :10]
    padded = torch.nn.functional.pad(odd, (0, 2, 0, 3), mode="replicate")
    assert torch.equal(MODEL.encode_codes(odd)[0], MODEL.encode_codes(padded)[0])


def test_the_loss_is_the_sum_the_paper_gives() -> None:
    model = VQVAE(small_config(codebook_update="gradient", beta=0.4, pixel_variance=0.05))
    result = model.loss(PIXELS)
    terms = result.terms
    expected = terms["mse"] / 0.05 + terms["codebook"] + 0.4 * terms["commitment"]
    assert result.total.item() == pytest.approx(expected.item(), rel=1e-6)
    decoded = model._to_image(model.quantizer.lookup(model.encode_codes(PIXELS)[0]))
    assert terms["mse"].item() == pytest.approx((decoded - PIXELS).square().mean().item(), rel=1e-4)


def test_with_ema_the_codebook_term_is_shown_but_not_learned_from() -> None:
    model = VQVAE(small_config(beta=0.4))
    result = model.loss(PIXELS)
    expected = result.terms["mse"] / model.config.pixel_variance + 0.4 * result.terms["commitment"]
    assert result.total.item() == pytest.approx(expected.item(), rel=1e-6)


def test_the_loss_changes_nothing() -> None:
    model = VQVAE(small_config())
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    before |= {name: tensor.clone() for name, tensor in model.training_state().items()}
    model.loss(PIXELS)
    after = {**model.state_dict(), **model.training_state()}
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())


def test_restarts_come_every_so_many_steps() -> None:
    model = VQVAE(small_config(restart_every=5))
    statistics = model.loss(PIXELS).statistics
    restarted = []
    for step in range(10):
        model.quantizer.counts.zero_()
        restarted.append(model.update(statistics, step, torch.Generator().manual_seed(step))["restarted"] > 0)
    assert restarted == [False] * 4 + [True] + [False] * 4 + [True]
    assert model.code_life(0)[1].max() == 9


def test_an_update_tells_how_many_codes_are_in_use() -> None:
    model = VQVAE(small_config())
    figures = model.update(model.loss(PIXELS).statistics, 0, torch.Generator())
    assert (figures["used_0"], figures["perplexity_0"]) == model.quantizer.use()
    assert torch.equal(model.code_life(0)[0], model.quantizer.counts / model.quantizer.counts.sum())


def test_a_uniform_field_has_one_colour_and_a_single_cell_shows_it() -> None:
    for code in (0, 7, 23):
        field = MODEL.decode_codes([torch.full((1, 5, 9), code)])
        single = MODEL.decode_codes([torch.full((1, 1, 1), code)])
        assert (field - single[:, :, :1, :1]).abs().max() < 1e-5


@pytest.mark.parametrize("blocks", [0, 1, 3])
def test_a_changed_code_reaches_exactly_the_receptive_margin(blocks: int) -> None:
    model = small_model(residual_blocks=blocks).double()
    size, margin = 4 * model.receptive_margin + 1, model.receptive_margin
    generator = torch.Generator().manual_seed(0)
    reached = torch.zeros(size * 4, size * 4)
    for _ in range(5):
        codes = torch.randint(0, 24, (1, size, size), generator=generator)
        changed = codes.clone()
        changed[0, size // 2, size // 2] = (codes[0, size // 2, size // 2] + 11) % 24
        z, z_changed = model.quantizer.lookup(codes), model.quantizer.lookup(changed)
        reached += (model.decoder(z) - model.decoder(z_changed)).abs().amax(dim=(0, 1))
    rows, columns = torch.nonzero(reached, as_tuple=True)
    for cells in (rows // 4, columns // 4):
        assert (size // 2 - cells.min(), cells.max() - size // 2) == (margin, margin)


@pytest.mark.parametrize("blocks", [0, 2])
def test_a_changed_cell_of_image_reaches_no_further_than_the_encode_margin(blocks: int) -> None:
    model = small_model(residual_blocks=blocks).double()
    cells = 4 * model.encode_margin + 1
    image = torch.rand(1, 3, cells * 4, cells * 4, dtype=torch.float64)
    changed, at = image.clone(), cells // 2 * 4
    changed[..., at : at + 4, at : at + 4] = 1 - changed[..., at : at + 4, at : at + 4]
    rows, columns = torch.nonzero(
        (model.encoder(image) - model.encoder(changed)).abs().amax(dim=(0, 1)), as_tuple=True
    )
    assert max((rows - cells // 2).abs().max(), (columns - cells // 2).abs().max()) <= model.encode_margin


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_a_window_decoded_alone_equals_the_whole(data: st.DataObject) -> None:
    height, width = data.draw(st.integers(1, 24)), data.draw(st.integers(1, 24))
    top, left = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    bottom, right = data.draw(st.integers(top + 1, height)), data.draw(st.integers(left + 1, width))
    seed, margin = data.draw(st.integers(0, 2**31)), MODEL.receptive_margin
    codes = torch.randint(0, 24, (1, height, width), generator=torch.Generator().manual_seed(seed))
    above, before = max(0, top - margin), max(0, left - margin)
    window = codes[:, above : bottom + margin, before : right + margin]
    part = MODEL.decode_codes([window])[
        :, :, (top - above) * 4 : (bottom - above) * 4, (left - before) * 4 : (right - before) * 4
    ]
    whole = MODEL.decode_codes([codes])[:, :, top * 4 : bottom * 4, left * 4 : right * 4]
    assert (part - whole).abs().max() <= 1e-5


def test_another_codebook_changes_a_copy() -> None:
    vectors = MODEL.codebook(0).flip(0)
    changed = MODEL.with_codebook(0, vectors)
    codes = torch.arange(24).view(1, 4, 6)
    assert torch.allclose(changed.decode_codes([23 - codes]), MODEL.decode_codes([codes]), atol=1e-6)
    assert not torch.equal(MODEL.codebook(0), vectors)
    with pytest.raises(CodesFault, match=r"\(24, 6\) is needed, not \(24, 5\)"):
        MODEL.with_codebook(0, vectors[:, :5])
    with pytest.raises(CodesFault, match="level 1"):
        MODEL.codebook(1)


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        ([], "0 levels"),
        ([torch.zeros(1, 2, 2, dtype=torch.int64)] * 2, "2 levels"),
        ([torch.zeros(1, 2, 2, dtype=torch.int32)], "int64"),
        ([torch.zeros(2, 2, dtype=torch.int64)], "int64"),
        ([torch.zeros(1, 0, 2, dtype=torch.int64)], "shape"),
        ([torch.full((1, 2, 2), -1)], "from -1 to -1, not 0 to 23"),
        ([torch.full((1, 2, 2), 24)], "from 24 to 24, not 0 to 23"),
    ],
)
def test_codes_that_do_not_fit_are_refused(codes: list[torch.Tensor], message: str) -> None:
    with pytest.raises(CodesFault, match=message):
        MODEL.decode_codes(codes)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"codes": 1}, "codes"),
        ({"stride": 3}, "stride"),
        ({"beta": -0.1}, "beta"),
        ({"hue": 1}, "hue"),
        ({"image_size": 30, "stride": 4}, "30 is not a multiple of stride 4"),
        ({"image_size": 0}, "image_size"),
        ({"channels": 2}, "channels"),
    ],
)
def test_options_out_of_range_are_refused(config: dict[str, object], message: str) -> None:
    with pytest.raises(OptionFault, match=message):
        build("vqvae", config)


def test_an_unknown_family_is_refused() -> None:
    with pytest.raises(OptionFault, match=r"'gan' does not exist: use .*vqvae, vqvae2"):
        build("gan", {})


def test_beginning_spreads_the_encodings_and_puts_the_codes_onto_them() -> None:
    torch.manual_seed(0)
    model, images = VQVAE(small_config()), torch.rand(8, 3, 16, 16)
    model.begin(images, torch.Generator().manual_seed(0))
    flat = model._to_z_e(images).detach().permute(0, 2, 3, 1).flatten(0, 2)
    assert flat.mean(dim=0).abs().max() < 1e-3
    assert (flat.std(dim=0) - 1).abs().max() < 1e-3
    assert (flat[:, None] - model.codebook(0)).abs().amax(dim=2).amin(dim=0).max() < 1e-4


def test_pictures_that_do_not_vary_leave_the_weights_finite() -> None:
    model = VQVAE(small_config())
    model.begin(torch.ones(2, 3, 16, 16), torch.Generator().manual_seed(0))
    assert all(parameter.isfinite().all() for parameter in model.parameters())
    assert model._to_z_e(PIXELS).abs().max() < 1e3
