"""Every family at a size that trains in milliseconds."""

from __future__ import annotations

from pathlib import Path

from engine.training.config import Length
from engine.training.start import TrainRequest

CODES = ("codes=24", "code_dim=6", "hidden=16", "residual_hidden=8", "restart_every=5")
VECTOR = ("latent_dim=4", "width=8", "blocks=1")
NATS = (*VECTOR, "kl_warmup_steps=8")
SMALL = {"ae": VECTOR, "vae": NATS, "cvae": (*NATS, "label_dim=4"), "vqvae": CODES, "vqvae2": CODES}


def request(out: Path, family: str, *settings: str, **changes: object) -> TrainRequest:
    """A run of 12 steps of 8 pictures, validated three times."""
    common = ("validations=3", "warmup_steps=4")
    values: dict[str, object] = {"length": Length(steps=12), "batch_size": 8, "device": "cpu", "threads": 1}
    return TrainRequest(
        out=out,
        family=family,
        data="blobs",
        settings=(*common, *SMALL[family], *settings),
        **{**values, **changes},  # type: ignore[arg-type]
    )
