"""The `Decoder` protocol on torch: NumPy arrays in and out, the model in between."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.checkpoint import ModelCard
from engine.decoding.decoder import CodeLevel, Codes
from engine.decoding.prior import CodePrior
from engine.errors import CodesFault, ModelFault

if TYPE_CHECKING:
    from torch import Tensor

    from engine.models.base import DiscreteAutoencoder

SMALL_WINDOW_CELLS = 32 * 32


class TorchDecoder:
    """A discrete model held in memory. Safe to call from one worker thread at a time."""

    def __init__(self, model: DiscreteAutoencoder, card: ModelCard, device: str) -> None:
        self._model = model
        self._card = card
        self._device = device
        self._prior = self._prior_of(model, card)
        self._without: Set[int] = frozenset()

    @property
    def name(self) -> str:
        return self._card.name

    @property
    def model_id(self) -> str:
        return self._card.model_id

    @property
    def device(self) -> str:
        """For a person, e.g. `CPU, 2 threads`."""
        return self._device

    @property
    def levels(self) -> tuple[CodeLevel, ...]:
        return self._model.levels

    @property
    def labels(self) -> tuple[str, ...]:
        return self._card.labels

    @property
    def channels(self) -> int:
        return self._card.channels

    @property
    def image_size(self) -> int:
        return self._card.image_size

    @property
    def receptive_margin(self) -> int:
        return self._model.receptive_margin

    @property
    def encode_margin(self) -> int:
        return self._model.encode_margin

    @property
    def prior(self) -> CodePrior | None:
        return self._prior

    def codebook(self, level: int) -> NDArray[np.float32]:
        # A copy: on the CPU the array would share its memory with the model.
        return np.array(self._model.codebook(level).cpu().numpy(), dtype=np.float32)

    def without(self, levels: Set[int]) -> TorchDecoder:
        other = copy.copy(self)
        other._without = frozenset(levels)
        return other

    def encode(self, images: NDArray[np.float32]) -> list[Codes]:
        import torch

        if images.ndim != 4 or images.shape[1] != self.channels or 0 in images.shape:
            raise CodesFault(f"images must be (B, {self.channels}, H, W), not {images.shape}")
        with torch.inference_mode():
            codes = self._model.encode_codes(self._placed(images.astype(np.float32, copy=False)))
        return [level.cpu().numpy() for level in codes]

    def decode(self, codes: Sequence[Codes]) -> NDArray[np.float32]:
        import torch

        for index, level in enumerate(codes):
            if level.dtype != np.int64:  # torch has no word for some types, such as Python objects
                raise CodesFault(
                    f"level {index}: codes must be int64 (B, h, w), not {level.dtype} {level.shape}"
                )
        with torch.inference_mode(), self._threads_for(codes[0].size if codes else 0):
            images = self._model.decode_codes([self._placed(level) for level in codes], self._without)
        return np.asarray(images.cpu().numpy())

    def _prior_of(self, model: DiscreteAutoencoder, card: ModelCard) -> CodePrior | None:
        if model.priors is None:
            return None
        from engine.priors.torch_prior import TorchPrior

        labels = tuple(card.prior.labels) if card.prior is not None else ()
        trained = -(-card.image_size // model.levels[0].stride_px)
        shown = self._shown if model.shows_coarser_levels else None
        return TorchPrior(model.priors, labels, trained, self.codebook, shown)

    def _shown(self, codes: Sequence[Codes], level: int) -> list[Codes]:
        """The codes (h, w) of the picture that `level` and those coarser than it make by themselves."""
        finer = frozenset(range(level + 1, len(codes)))
        images = self.without(finer).decode([grid[None] for grid in codes])
        return [grid[0] for grid in self.encode(images)]

    @contextmanager
    def _threads_for(self, cells: int) -> Iterator[None]:
        """One thread for what a stroke needs.

        Two threads decode a window of 20 x 20 cells sooner (2.3 ms against 3.7 ms on idle cores), but take
        the core that the GUI thread paints with: from stroke to pixels one was as quick. Where the cores
        are busy, each layer waits for the slower thread: 18.2 ms against 11.6 ms, 95th percentile, 9 cells.
        """
        import torch

        threads = torch.get_num_threads()
        if cells > SMALL_WINDOW_CELLS or threads == 1:
            yield
            return
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(threads)

    def _placed(self, array: NDArray[Any]) -> Tensor:
        import torch

        # Copied where it is read-only or strange in memory: torch warns of the one and refuses the other.
        usable = np.require(array, requirements=["C", "W"])
        return torch.from_numpy(usable).to(next(self._model.parameters()).device)


def load_decoder(path: Path, device: str | None = None) -> TorchDecoder:
    """Open a discrete model for painting; raises `ModelFault` where it has no codes."""
    import torch

    from engine.device import describe_device
    from engine.models.base import DiscreteAutoencoder
    from engine.models.registry import load_with_card

    card, model = load_with_card(path, device)
    if not isinstance(model, DiscreteAutoencoder):
        raise ModelFault(path, f"is a {card.family} model: it has no codes to paint with")
    # Channels last measured a fifth quicker on the CPU, at the sizes of a stroke and of a full decode.
    model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's stubs
    return TorchDecoder(model, card, describe_device(next(model.parameters()).device))
