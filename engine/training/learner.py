"""One optimiser step: the loss, its gradients, AdamW, then what follows without gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from engine.analysis.reconstruction import condition_of
from engine.data.batches import Batch
from engine.device import trains_in_bfloat16
from engine.models.base import Draws, LossResult, Trainable
from engine.models.registry import build
from engine.training.config import RunConfig
from engine.training.processes import ALONE, Processes
from engine.training.schedule import learning_rate
from engine.training.snapshot import Arrays, load_tensors, model_tensors, restore, training_tensors
from engine.training.warm_start import first_weights
from engine.training.weights import AveragedWeights


class Learner:
    """A model, its optimiser and, where the run asks for them, its averaged weights."""

    def __init__(
        self,
        config: RunConfig,
        device: torch.device,
        processes: Processes = ALONE,
        builds: Callable[[], Trainable[Any]] | None = None,
    ) -> None:
        """Of what `builds` gives; without it, of the autoencoder that the config asks for."""
        self.device = device
        self._processes = processes
        self._training = config.training
        self._seed = config.seed
        self._start_from = config.start_from
        torch.manual_seed(config.seed)
        model = builds() if builds is not None else build(config.family, config.model)
        self.model = model.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs
        self.model.was_trained = config.start_from is not None
        self._trained = [p for p in self.model.parameters() if p.requires_grad]
        self._optimiser = torch.optim.AdamW(
            self._trained,
            lr=config.training.learning_rate,
            # 0.999 remembers the small gradients of quiet times: one strange batch then moves the weights far
            # (two levels at a learning rate of 0.003 diverged within 500 steps; with 0.99 they do not).
            betas=(0.9, config.training.adam_beta2),
            eps=config.training.adam_epsilon,
            weight_decay=config.training.weight_decay,
            fused=device.type in ("cpu", "cuda"),
        )
        self._averages = self._new_averages()
        self._loss = processes.wrapped(_Loss(self.model), device)
        wanted = config.training.precision
        self.bfloat16 = wanted == "bfloat16" or (wanted == "auto" and trains_in_bfloat16(device))

    def begin(self, batch: Batch) -> None:
        """What comes before the first step; `batch` is this process's part.

        Raises as `first_weights` where the run starts from a trained model.
        """
        gathered = batch.mapped(self._processes.gather)
        if self._start_from is None:
            self.model.begin(gathered.inputs, self._draws(0).generator("begin"))
        else:
            own, given = model_tensors(self.model), first_weights(self._start_from, self.model)
            load_tensors(self.model, {**own, **given})
            missing = {name.removeprefix(self.model.file_prefix) for name in own.keys() - given.keys()}
            self.model.go_on(gathered.inputs, self._draws(0).generator("begin"), missing)
        self._averages = self._new_averages()

    def step(self, batch: Batch, config: RunConfig, step: int) -> dict[str, Tensor | float]:
        """Train on a batch; the terms of its loss, `loss` among them, are left on the device."""
        rate = learning_rate(config, step)
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        self.model.train()
        draws = self._draws(step)
        # What dropout draws from. Each process drops other values, so two are not quite as one.
        torch.manual_seed(draws.seed_of("dropout", draws.rank))
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16):
            result = self._loss(batch.inputs, condition_of(self.model, batch.labels), draws)
        self._optimiser.zero_grad(set_to_none=True)
        result.total.backward()
        figures: dict[str, Tensor | float] = {**self._terms(result), **self._clip()}
        self._optimiser.step()
        seen = self._reduced(result.statistics)
        figures |= self.model.update(seen, step, draws.generator("update"))
        if self._averages is not None:
            self._averages.update(step)
        return {**figures, "learning_rate": rate}

    @contextmanager
    def finished_weights(self) -> Iterator[None]:
        """The model as it would be saved, in eval mode: with averaged weights where the run has them."""
        self.model.eval()
        with nullcontext() if self._averages is None else self._averages.in_place():
            yield

    def tensors(self, step: int) -> Arrays:
        """All that a snapshot holds, to be called with the finished weights in place."""
        trained = {} if self._averages is None else self._averages.trained()
        return {**model_tensors(self.model), **training_tensors(self.model, self._optimiser, trained, step)}

    def restore(self, tensors: Arrays) -> int:
        """Put everything where `tensors` found it; returns the step. Raises what `snapshot.restore` does."""
        step, trained = restore(self.model, self._optimiser, tensors)
        if self._averages is not None:
            self._averages.restore(trained)
        return step

    def _new_averages(self) -> AveragedWeights | None:
        decay = self._training.ema_decay
        return AveragedWeights(self.model, decay) if decay else None

    def _clip(self) -> Mapping[str, Tensor]:
        if not self._training.clip_norm:
            return {}
        return {"gradient_norm": torch.nn.utils.clip_grad_norm_(self._trained, self._training.clip_norm)}

    def _draws(self, step: int) -> Draws:
        return Draws(self._seed, step, self._processes.rank, self._processes.ranks)

    def _terms(self, result: LossResult) -> Mapping[str, Tensor]:
        """The terms and the `loss`, means over all processes."""
        terms = {**result.terms, "loss": result.total.detach()}
        if self._processes.ranks == 1:
            return terms
        together = torch.stack([term.to(self.device, torch.float32) for term in terms.values()])
        return dict(zip(terms, self._processes.add(together) / self._processes.ranks, strict=True))

    def _reduced(self, statistics: Any) -> Any:
        """What the codebooks saw in all processes."""
        if statistics is None or self._processes.ranks == 1:
            return statistics
        return tuple(seen.reduced(self._processes.add, self._processes.gather) for seen in statistics)


class _Loss(nn.Module):
    """A model's loss as a `forward`, which is what gradients are averaged behind."""

    def __init__(self, model: Trainable[Any]) -> None:
        super().__init__()
        self.model = model

    def forward(self, inputs: Any, condition: Tensor | None, draws: Draws) -> LossResult:
        return self.model.loss(inputs, condition, draws)
