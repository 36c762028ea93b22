"""The arguments of the commands: what they are called, what they take, and what of that makes no sense.

And the requests of engine that they make up.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.checkpoint import read_card
from engine.data.names import DATA_IN_WORDS
from engine.models.registry import FAMILIES, find_model
from engine.priors.drawing import AS_TRAINED, Drawing
from engine.sampling.requests import (
    BEST_OF,
    FALLOFF,
    GUIDANCE,
    MOST_CANDIDATES,
    SOURCES,
    SampleRequest,
    sources_of,
    usual,
)
from engine.training.presets import TITLES

if TYPE_CHECKING:
    from engine.training.start import TrainRequest

Parser = argparse.ArgumentParser
Options = argparse.Namespace
SAID_BY_DEFAULTS = "what suits family and data without it"


def model_argument(parser: Parser) -> None:
    """MODEL, which most commands take."""
    parser.add_argument(
        "model", metavar="MODEL", type=_name_or_path, help="built-in name, file, run or export"
    )


def train_arguments(parser: Parser) -> None:
    """Those of `train`."""
    parser.add_argument("--model", metavar="FAMILY", help=f"one of {', '.join(FAMILIES)}")
    _run_arguments(parser, "begin with the weights of a trained model, and its architecture")


def train_prior_arguments(parser: Parser) -> None:
    """Those of `train-prior`."""
    parser.add_argument(
        "model", metavar="MODEL", nargs="?", type=_name_or_path, help="a model with codes: name, file or run"
    )
    _run_arguments(parser, "begin with the weights of a model's priors, and their architecture")


def _run_arguments(parser: Parser, start_from: str) -> None:
    """What both stages of training take."""
    parser.add_argument("--data", metavar="DATA", help=DATA_IN_WORDS)
    parser.add_argument("--out", metavar="RUN", type=Path, required=True, help="the run's folder")
    parser.add_argument(
        "--resume", action="store_true", help="go on to the run's own total, with its options"
    )
    parser.add_argument("--start-from", type=_name_or_path, metavar="TRAINED", help=start_from)
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--minutes", type=_minutes, metavar="M", help="all in all; 10 without any of these")
    length.add_argument("--epochs", type=_epochs, metavar="N", help="times through the train split")
    length.add_argument("--steps", type=_count, metavar="N", help="batches")
    length.add_argument("--preset", choices=tuple(TITLES), help="steps and settings that go together")
    parser.add_argument("--stop-after", type=_count, metavar="N", help="save and stop at step N of the run")
    parser.add_argument("--batch-size", type=_count, metavar="B", help=SAID_BY_DEFAULTS)
    parser.add_argument("--seed", type=_seed, metavar="S", help="0 without it")
    _device_argument(parser)
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="any other option; repeat"
    )


def train_request(options: Options, asked_at: float, **what: Any) -> TrainRequest:
    """What the arguments of both stages ask for; `what` says which one it is, and of what."""
    from engine.training.config import Length
    from engine.training.start import TrainRequest

    length = Length(minutes=options.minutes, epochs=options.epochs, steps=options.steps)
    return TrainRequest(
        out=options.out,
        resume=options.resume,
        start_from=options.start_from,
        data=options.data,
        length=None if length == Length() else length,
        preset=options.preset,
        batch_size=options.batch_size,
        seed=options.seed,
        device=options.device,
        settings=tuple(options.set),
        stop_after=options.stop_after,
        asked_at=asked_at,
        **what,
    )


def presets_arguments(parser: Parser) -> None:
    """Those of `presets`."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--model", metavar="FAMILY", help=f"one of {', '.join(FAMILIES)}; takes --data")
    what.add_argument(
        "--prior-of", metavar="MODEL", type=_name_or_path, help="priors of a model with codes instead"
    )
    parser.add_argument("--data", metavar="DATA", help=DATA_IN_WORDS)
    parser.add_argument(
        "--start-from", type=_name_or_path, metavar="TRAINED", help="as for train and train-prior"
    )
    _device_argument(parser)


def evaluate_arguments(parser: Parser) -> None:
    """Those of `evaluate`."""
    model_argument(parser)
    parser.add_argument("--data", required=True, metavar="DATA", help=DATA_IN_WORDS)
    parser.add_argument("--split", default="test", choices=("test", "valid", "train", "all"))
    parser.add_argument("--samples", type=_count, metavar="N", help="draws of z per picture: gives nll_nats")
    _device_argument(parser)


def encode_arguments(parser: Parser) -> None:
    """Those of `encode`."""
    model_argument(parser)
    parser.add_argument("images", metavar="IMAGE", nargs="+", type=Path)
    parser.add_argument("--out", metavar="CODES.npz", type=Path, required=True)


def decode_arguments(parser: Parser) -> None:
    """Those of `decode`."""
    model_argument(parser)
    parser.add_argument("codes", metavar="CODES.npz", type=Path)
    parser.add_argument(
        "--out", metavar="IMAGE.png", type=Path, required=True, help="several: IMAGE-000.png, ..."
    )


def sample_arguments(parser: Parser) -> None:
    """Those of `sample`."""
    model_argument(parser)
    parser.add_argument("--count", type=_count, default=16, metavar="N", help="pictures; 16 without it")
    _drawing_arguments(parser, f"{GUIDANCE:g} without it, where there is a label")
    parser.add_argument(
        "--falloff",
        type=float,
        metavar="F",
        help=f"each level of codes at F times the temperature of the one before; {FALLOFF:g} without it",
    )
    parser.add_argument(
        "--source",
        choices=SOURCES,
        help="what is drawn from: prior (of codes) or gaussian (of vectors) without it",
    )
    parser.add_argument(
        "--candidates",
        type=_count,
        metavar="N",
        help=f"each picture is the one of N, up to {MOST_CANDIDATES}, that is most surely of its label; "
        f"{BEST_OF} without it, where there is a label",
    )
    parser.add_argument("--out", metavar="SHEET.png", type=Path, required=True, help="pictures side by side")
    parser.add_argument("--codes", metavar="CODES.npz", type=Path, help="the codes too")
    parser.add_argument(
        "--gif", metavar="FILE.gif", type=Path, help="the first picture being drawn, code after code"
    )
    _device_argument(parser)


def sample_request(options: Options) -> SampleRequest:
    """What the arguments of `sample` ask for.

    Raises `OptionFault` as `drawing` does, `ModelNotFound` or `ModelFault`.
    """
    has_codes = bool(read_card(find_model(options.model)).levels)
    usual_drawing, candidates = usual(options.source or sources_of(has_codes)[0], options.label is not None)
    return SampleRequest(
        model=options.model,
        count=options.count,
        label=options.label,
        seed=options.seed,
        drawing=drawing(options, usual_drawing),
        source=options.source,
        device=options.device,
        candidates=options.candidates or candidates,
    )


def resample_arguments(parser: Parser) -> None:
    """Those of `resample`."""
    model_argument(parser)
    parser.add_argument("codes", metavar="CODES.npz", type=Path)
    parser.add_argument(
        "--mask",
        metavar="MASK.png",
        type=Path,
        required=True,
        help="as large as the picture, white: new codes",
    )
    parser.add_argument("--level", type=_index, metavar="L", help="0 is the coarsest; all without it")
    parser.add_argument("--count", type=_count, default=1, metavar="N", help="variations; 1 without it")
    _drawing_arguments(parser, "1 without it")
    parser.add_argument("--out", metavar="CODES.npz", type=Path, required=True)
    _device_argument(parser)


def _drawing_arguments(parser: Parser, usual_guidance: str) -> None:
    """What `drawing` is made of."""
    parser.add_argument("--label", metavar="NAME", help="of this kind; of any without it")
    parser.add_argument("--seed", type=_seed, default=0, metavar="S", help="0 without it")
    parser.add_argument(
        "--temperature",
        type=float,
        metavar="T",
        help="0 always the likeliest; 1, as trained, without it",
    )
    parser.add_argument("--top-k", type=_index, metavar="K", help="of the K likeliest codes only")
    parser.add_argument("--top-p", type=float, metavar="P", help="of the likeliest that hold P")
    parser.add_argument(
        "--guidance",
        type=float,
        metavar="G",
        help=f"above 1 the label counts for more; {usual_guidance}",
    )


def drawing(options: Options, otherwise: Drawing = AS_TRAINED) -> Drawing:
    """Which codes are drawn, as in `otherwise` where nothing is said.

    Raises `OptionFault` for what is out of range.
    """
    said = {field.name: getattr(options, field.name, None) for field in fields(Drawing)}
    return replace(otherwise, **{name: value for name, value in said.items() if value is not None})


def export_arguments(parser: Parser) -> None:
    """Those of `export`."""
    model_argument(parser)
    parser.add_argument("--out", metavar="DIR", type=Path, required=True)
    parser.add_argument("--graphs", nargs="+", metavar="GRAPH", help="encoder, decoder; all without it")
    parser.add_argument("--force", action="store_true", help="replace an earlier export")


def tour_arguments(parser: Parser) -> None:
    """Those of `tour`."""
    parser.add_argument("--out", metavar="DIR", type=Path, required=True)


def benchmark_arguments(parser: Parser) -> None:
    """Those of `benchmark`."""
    parser.add_argument(
        "names",
        metavar="NAME",
        nargs="*",
        help="paint, startup, sampling, training; all of these without it; papers takes hours",
    )


def _device_argument(parser: Parser) -> None:
    parser.add_argument("--device", metavar="D", help="cpu, cuda or mps; the best there is without it")


def _name_or_path(text: str) -> str:
    try:
        Path(text).expanduser()
    except RuntimeError as error:
        raise argparse.ArgumentTypeError(f"{text!r} names no user of this machine") from error
    return text


def _number(pattern: str, what: str, least: float = 0.0) -> Callable[[str], Any]:
    """An argument's type: text of that pattern, as a number of at least `least`."""

    def parse(text: str) -> float:
        number = float(text) if re.fullmatch(pattern, text) else -1.0
        if not least <= number < 2**63:
            raise argparse.ArgumentTypeError(f"{text!r} is not {what}")
        return int(text) if pattern == WHOLE else number

    return parse


WHOLE, DECIMAL = r"\d{1,18}", r"\d{0,9}\.?\d{1,9}"
_count = _number(WHOLE, "a whole number from 1", least=1)
_seed = _index = _number(WHOLE, "a whole number from 0")
_minutes = _epochs = _number(DECIMAL, "a number above 0", least=1e-9)
