"""The contract every model keeps, and what a model can do: the window asks, it never tests for a class.

At every public boundary images are float32, [0, 1], NCHW; codes are int64 (B, h, w), one array per
level, coarsest level first.
"""

from __future__ import annotations

import zlib
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, Literal, TypeVar

import msgspec
import numpy as np
import torch
import torch.nn.functional as F
from msgspec import Meta
from torch import Tensor, nn

from engine.decoding.decoder import CodeLevel
from engine.errors import CodesFault

if TYPE_CHECKING:
    from engine.priors.hierarchical import HierarchicalPrior


class ModelConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every family's config has; fields carry their ranges, which forms and `--set` read."""

    image_size: Annotated[int, Meta(ge=4, le=1024, description="side of the pictures, px")] = 64
    channels: Annotated[Literal[1, 3], Meta(description="1 grey, 3 RGB")] = 3


@dataclass(frozen=True, slots=True)
class Latent:
    """What an encoder says: (B, D) or (B, D, h, w); `log_var` where the posterior has one."""

    mean: Tensor
    log_var: Tensor | None = None


@dataclass(frozen=True, slots=True)
class Draws:
    """The random numbers of one training step: functions of (seed, step) and what they are for.

    Drawn on the CPU for the pictures of all `ranks` processes at once; each takes the rows of its own, so two
    processes see what one with the doubled batch sees.
    """

    seed: int = 0
    step: int = 0
    rank: int = 0
    ranks: int = 1

    def normal(self, purpose: str, batch: int, *shape: int) -> Tensor:
        """Standard normal numbers for a rank's `batch` pictures, float32 (batch, *shape)."""
        return self._own(torch.randn(self.ranks * batch, *shape, generator=self.generator(purpose)), batch)

    def uniform(self, purpose: str, batch: int, *shape: int) -> Tensor:
        """Numbers from [0, 1) for a rank's `batch` pictures, float32 (batch, *shape)."""
        return self._own(torch.rand(self.ranks * batch, *shape, generator=self.generator(purpose)), batch)

    def generator(self, purpose: str) -> torch.Generator:
        """A generator that is the same in every process."""
        return torch.Generator().manual_seed(self.seed_of(purpose))

    def seed_of(self, purpose: str, *more: int) -> int:
        """A seed that is the same in every process, but for what `more` tells apart."""
        entropy = np.random.SeedSequence((self.seed, zlib.crc32(purpose.encode()), self.step, *more))
        return int(entropy.generate_state(1, np.uint64)[0] >> np.uint64(1))

    def _own(self, rows: Tensor, batch: int) -> Tensor:
        return rows[self.rank * batch : (self.rank + 1) * batch]


@dataclass(frozen=True, slots=True)
class LossResult:
    """A loss, its named terms (detached, for curves) and what the codebooks saw."""

    total: Tensor
    terms: Mapping[str, Tensor]
    statistics: Any = None


@dataclass(frozen=True, slots=True)
class ExportGraph:
    """One graph to take away: a module, example inputs and the names of its tensors and free axes."""

    module: nn.Module
    example: tuple[Tensor, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    free_axes: tuple[Mapping[int, str], ...]  # per input: axis -> name


NO_DRAWS = Draws()
"""Those of seed 0 and step 0."""


Inputs = TypeVar("Inputs")


class Trainable(nn.Module, ABC, Generic[Inputs]):
    """What a run trains, on batches of `Inputs`. `loss` has no side effects.

    `file_prefix` stands before the names of its tensors in a model file.
    """

    file_prefix: ClassVar[str]
    was_trained = False  # its training began with the weights of a trained model

    @property
    def label_count(self) -> int:
        """Labels that a condition weighs, L; 0 for a model that takes none."""
        return 0

    @abstractmethod
    def loss(self, inputs: Inputs, condition: Tensor | None = None, draws: Draws = NO_DRAWS) -> LossResult:
        """The training loss of a batch; all that is random in it comes from `draws`, dropout aside."""

    @torch.no_grad()
    def begin(self, inputs: Inputs, generator: torch.Generator) -> None:
        """Data-dependent initialisation of random weights, called once before the first step."""

    def begins_anew(self, unfit: Set[str]) -> Set[str] | None:
        """Which tensors get a start of their own where a trained model's weights are to be taken over.

        `unfit` are those that one of both lacks or has in another shape; None where these are needed.
        """
        return None if unfit else unfit

    @torch.no_grad()
    def go_on(self, inputs: Inputs, generator: torch.Generator, missing: Set[str] = frozenset()) -> None:
        """What comes before the first step instead where the weights are those of a trained model.

        `missing` are those that were not taken over.
        """

    @torch.no_grad()
    def update(self, statistics: Any, step: int, generator: torch.Generator) -> Mapping[str, float | Tensor]:
        """What follows an optimiser step without gradients (EMA, restarts); returns figures to log."""
        del statistics, step, generator
        return {}

    def training_state(self) -> dict[str, Tensor]:
        """Buffers that training needs to go on and the finished model does not."""
        persistent = self.state_dict().keys()
        return {name: buffer for name, buffer in self.named_buffers() if name not in persistent}

    def load_training_state(self, state: Mapping[str, Tensor]) -> None:
        """The inverse of `training_state`."""
        for name, buffer in self.training_state().items():
            buffer.copy_(state[name])


class Autoencoder(Trainable[Tensor]):
    """An autoencoder: what it is trained on are images (B, C, H, W) in [0, 1]."""

    file_prefix = "autoencoder."
    family: str
    config: ModelConfig

    @property
    def latent_dim(self) -> int:
        """Numbers of a vector latent, D; 0 where latents are grids of codes."""
        return 0

    @abstractmethod
    def encode(self, images: Tensor, condition: Tensor | None = None) -> Latent:
        """Latents of images (B, C, H, W) in [0, 1]; `condition` (B, L) float32 weights over labels."""

    @abstractmethod
    def decode(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Images (B, C, H, W) of latents as `encode` gives them; clamped to [0, 1]."""

    @abstractmethod
    def export_graphs(self) -> dict[str, ExportGraph]:
        """The graphs by name, on copies of nothing: the caller gives an eval, CPU, float32 model."""


class VariationalAutoencoder(Autoencoder):
    """An autoencoder with vector latents, a posterior q(z|x) = N(mean, exp(log_var)) and a prior N(0, I)."""

    @property
    def importance_samples(self) -> int:
        """Draws of z for each picture in the bound that it learns by."""
        return 1

    @abstractmethod
    def targets(self, images: Tensor, draws: Draws = NO_DRAWS) -> Tensor:
        """What p(x|z) is a distribution over: the images, or a binary draw from them (B, C, H, W)."""

    @abstractmethod
    def log_likelihood(self, targets: Tensor, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """log p(x|z) in nats, summed over pixels: (B,) for z (B, D)."""


class DiscreteAutoencoder(Autoencoder):
    """An autoencoder whose latents are grids of codes."""

    _priors: tuple[HierarchicalPrior, ...] = ()

    @property
    def priors(self) -> HierarchicalPrior | None:
        """The priors of its codes, where its file has some."""
        return self._priors[0] if self._priors else None

    def take_priors(self, priors: HierarchicalPrior) -> None:
        """Offer these from now on."""
        # In a tuple they are no part of the module: its tensors, and so its `model_id`, are its own alone.
        self._priors = (priors,)

    @property
    @abstractmethod
    def levels(self) -> tuple[CodeLevel, ...]:
        """Stride, K and D per level, coarsest first."""

    @property
    @abstractmethod
    def receptive_margin(self) -> int:
        """Coarsest cells of codes around a window that its pixels depend on."""

    @property
    @abstractmethod
    def encode_margin(self) -> int:
        """Coarsest cells of image around a window that its codes depend on."""

    @abstractmethod
    def codebook(self, level: int) -> Tensor:
        """The code vectors of a level, (K, D)."""

    @abstractmethod
    def with_codebook(self, level: int, vectors: Tensor) -> DiscreteAutoencoder:
        """A copy of the model with other code vectors (K, D) at a level."""

    @abstractmethod
    def code_life(self, level: int) -> tuple[Tensor, Tensor]:
        """While it trains: each code's share of the tokens, (K,) float32, and its last restart.

        The latter is a step, (K,) int64, -1 where there never was one.
        """

    @property
    def shows_coarser_levels(self) -> bool:
        """Whether it was trained to make a picture of coarser levels alone."""
        return False

    @abstractmethod
    def encode_codes(self, images: Tensor) -> list[Tensor]:
        """Codes per level; images (B, C, H, W) are padded by their edge to the coarsest stride."""

    @abstractmethod
    def decode_codes(self, codes: Sequence[Tensor], without: Set[int] = frozenset()) -> Tensor:
        """Images (B, C, h * stride, w * stride) in [0, 1]. Raises `CodesFault` where codes do not fit.

        The levels `without` say nothing: zeros stand for their vectors.
        """

    def pad_to_stride(self, images: Tensor) -> Tensor:
        """Repeat the right and bottom edge until height and width are multiples of the coarsest stride."""
        stride = self.levels[0].stride_px
        height, width = images.shape[-2:]
        return F.pad(images, (0, -width % stride, 0, -height % stride), mode="replicate")

    def check_codes(self, codes: Sequence[Tensor]) -> None:
        """Raise `CodesFault` unless `codes` has this model's levels, sizes in ratio and codes in range."""
        if len(codes) != len(self.levels):
            raise CodesFault(f"{len(codes)} levels of codes given, the model has {len(self.levels)}")
        for index, (grid, level) in enumerate(zip(codes, self.levels, strict=True)):
            if grid.ndim != 3 or grid.dtype != torch.int64:
                raise CodesFault(
                    f"level {index}: codes must be int64 (B, h, w), not {grid.dtype} {tuple(grid.shape)}"
                )
            ratio = self.levels[0].stride_px // level.stride_px
            expected = (codes[0].shape[0], codes[0].shape[1] * ratio, codes[0].shape[2] * ratio)
            if tuple(grid.shape) != expected or grid.numel() == 0:
                raise CodesFault(f"level {index}: codes have shape {tuple(grid.shape)}, not {expected}")
            low, high = int(grid.min()), int(grid.max())
            if low < 0 or high >= level.codes:
                raise CodesFault(f"level {index}: codes from {low} to {high}, not 0 to {level.codes - 1}")
