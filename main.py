"""Codebrush's command line: no command opens the window, the others work without a display.

Parses, calls one function of engine, exporters or gui per command, and prints what it tells. Exit
status: 0 done, 1 failed (with a one-line reason on standard error), 2 bad usage.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Before torch is imported: threads that spin while waiting slow a shared 2-core machine 10 to 20 times.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from engine.errors import CodebrushError

if TYPE_CHECKING:
    from engine.training.start import TrainRequest

EXIT_FAILED, EXIT_USAGE = 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = _parser()
    if not words or (words[0] not in COMMANDS and not words[0].startswith("-")):
        return _window(_window_parser().parse_args(words))
    options = parser.parse_args(words)
    try:
        return int(options.run(options) or 0)
    except CodebrushError as error:
        return _fail(options, str(error))
    except KeyboardInterrupt:
        return _fail(options, "stopped")
    except BrokenPipeError:
        # The reader of our output has gone (`| head`): not an error, and nothing left to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED


def _fail(options: argparse.Namespace, message: str) -> int:
    if getattr(options, "json", False):
        print(json.dumps({"error": message}))
    print(f"codebrush: {' '.join(message.split())}", file=sys.stderr)
    return EXIT_FAILED


def _window(options: argparse.Namespace) -> int:
    from gui.app import display_fault, run

    if fault := display_fault():
        print(f"codebrush: {fault}", file=sys.stderr)
        return EXIT_USAGE
    return run(options.path)


def _models(options: argparse.Namespace) -> None:
    from engine.models.catalogue import list_models

    rows = list_models()
    if options.json:
        print(json.dumps({"models": rows}))
        return
    for row in rows:
        if "fault" in row:
            print(f"{row['name']:<20} damaged: {row['fault']}")
            continue
        place = "built in" if row["builtin"] else row["path"]
        sizes = f"{row['bytes'] / 1e6:5.1f} MB  {row['image_size']} px x {row['channels']}"
        print(f"{row['name']:<20} {row['family']:<8} {sizes}  {row['data']}  {place}")


def _info(options: argparse.Namespace) -> None:
    from engine.models.catalogue import describe_card
    from exporters.open import open_card

    _print_mapping(describe_card(open_card(options.model)), options.json)


def _train(options: argparse.Namespace) -> int:
    from engine.training.start import train

    stop = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: _ask_to_stop(stop))
    request = _train_request(options)
    last: dict[str, Any] = {}
    with _progress(quiet=options.json) as show:
        for event in train(request, stop.is_set, show):
            if event.event == "step":
                show(_step_words(event.terms), event.step / (event.total_steps or event.step * 100))
            if event.event in ("saved", "finished"):
                last = {"event": event.event, "step": event.step, "path": event.path}
                last |= {"message": event.message, "metrics": event.terms}
    if options.json:
        print(json.dumps({**last, "out": str(options.out)}))
    else:
        print(last.get("message") or f"trained {last.get('step')} steps: {last.get('path')}")
    return 0


def _ask_to_stop(stop: threading.Event) -> None:
    if stop.is_set():  # asked twice: do not wait for the save
        raise KeyboardInterrupt
    stop.set()


def _train_request(options: argparse.Namespace) -> TrainRequest:
    from engine.training.config import Length
    from engine.training.start import TrainRequest

    length = Length(minutes=options.minutes, epochs=options.epochs, steps=options.steps)
    if length == Length():
        length = Length(minutes=10.0)
    return TrainRequest(
        out=options.out,
        resume=options.resume,
        family=options.model,
        data=options.data,
        length=length,
        batch_size=options.batch_size,
        seed=options.seed,
        device=options.device,
        settings=tuple(options.set),
        stop_after=options.stop_after,
    )


def _step_words(terms: dict[str, float]) -> str:
    import math

    psnr = -10 * math.log10(max(terms["mse"], 1e-12)) if "mse" in terms else float("nan")
    return f"training: loss {terms['loss']:.4f}, {psnr:.2f} dB"


def _evaluate(options: argparse.Namespace) -> None:
    from engine.analysis.evaluate import evaluate

    _print_mapping(evaluate(options.model, options.data, options.split, options.device), options.json)


def _encode(options: argparse.Namespace) -> None:
    from exporters.pictures import encode_pictures

    batch, height, width = encode_pictures(options.model, options.images, options.out)
    _print_result(options, f"{batch} x {height} x {width} codes: {options.out}", path=str(options.out))


def _decode(options: argparse.Namespace) -> None:
    from exporters.pictures import decode_pictures

    paths = decode_pictures(options.model, options.codes, options.out)
    _print_result(options, "\n".join(map(str, paths)), paths=[str(path) for path in paths])


def _export(options: argparse.Namespace) -> None:
    from engine.models.registry import find_model
    from exporters.onnx_graphs import export_model

    with _progress(quiet=options.json) as show:
        manifest = export_model(find_model(options.model), options.out, options.graphs, options.force, show)
    if options.json:
        print(json.dumps(manifest))
        return
    for row in manifest["parity"]:
        print("  ".join(f"{key} {value}" for key, value in row.items()))
    print(options.out)


def _tour(options: argparse.Namespace) -> None:
    from gui.tour import tour

    for path in tour(options.out):
        print(path)


def _benchmark(options: argparse.Namespace) -> int:
    from gui.benchmarks.run import BENCHMARKS, run_benchmarks

    unknown = [name for name in options.names if name not in BENCHMARKS]
    if unknown:
        print(f"codebrush: no benchmark {unknown[0]!r}: use {', '.join(BENCHMARKS)}", file=sys.stderr)
        return EXIT_USAGE
    _print_mapping(run_benchmarks(options.names or list(BENCHMARKS)), options.json)
    return 0


def _print_result(options: argparse.Namespace, text: str, **values: Any) -> None:
    print(json.dumps(values) if options.json else text)


def _print_mapping(values: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(values))
        return
    for key, value in values.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for row in value:
                cells = (f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items())
                print(f"{key}: {', '.join(cells)}")
        elif value not in (None, [], {}):
            print(f"{key}: {f'{value:.6g}' if isinstance(value, float) else value}")


class _progress:
    """A progress line with ETA on a terminal; nothing where the output goes elsewhere."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet or not sys.stderr.isatty()

    def __enter__(self) -> Callable[[str, float], None]:
        if self._quiet:
            return lambda _what, _part: None
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>5.1f} %"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._bar.start()
        task = self._bar.add_task("", total=1.0)
        return lambda what, part: self._bar.update(task, description=what, completed=part)

    def __exit__(self, *_: object) -> None:
        if not self._quiet:
            self._bar.stop()


def _window_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="codebrush", description="Paint with the codes of a VQ-VAE.")
    parser.add_argument("path", nargs="?", help="a model, painting, image or exported folder to open")
    return parser


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="codebrush",
        description="Paint with the codes of a VQ-VAE. Without a command the window opens, "
        "on the model, painting, image or exported folder given, if any.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for name, (run, summary, example, add_arguments) in COMMANDS.items():
        command = commands.add_parser(
            name,
            help=summary,
            description=summary[0].upper() + summary[1:] + ".",
            epilog=f"example: codebrush {example}",
        )
        command.set_defaults(run=run, command=name)
        add_arguments(command)
    return parser


def _json_only(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="print one JSON object")


def _model_argument(command: argparse.ArgumentParser) -> None:
    command.add_argument("model", metavar="MODEL", help="a built-in name, a model file or a run folder")
    _json_only(command)


def _train_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--model", metavar="FAMILY", help="vqvae")
    command.add_argument("--data", metavar="DATA", help="emoji, or a folder of images")
    command.add_argument("--out", metavar="RUN", type=Path, required=True, help="the run's folder")
    command.add_argument("--resume", action="store_true", help="go on to the run's own total")
    length = command.add_mutually_exclusive_group()
    length.add_argument("--minutes", type=_positive_float, metavar="M")
    length.add_argument("--epochs", type=_positive_float, metavar="N")
    length.add_argument("--steps", type=_positive_int, metavar="N")
    command.add_argument("--stop-after", type=_positive_int, metavar="N", help="save and stop at step N")
    command.add_argument("--batch-size", type=_positive_int, metavar="B")
    command.add_argument("--seed", type=_seed, default=0, metavar="S")
    command.add_argument("--device", metavar="D", help="cpu, cuda or mps; the best there is without it")
    command.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="any option; repeat")
    _json_only(command)


def _evaluate_arguments(command: argparse.ArgumentParser) -> None:
    _model_argument(command)
    command.add_argument("--data", required=True, metavar="DATA", help="emoji, or a folder of images")
    command.add_argument("--split", default="test", choices=("test", "valid", "train", "all"))
    command.add_argument("--samples", type=_positive_int, metavar="N", help="importance samples")
    command.add_argument("--device", metavar="D")


def _encode_arguments(command: argparse.ArgumentParser) -> None:
    _model_argument(command)
    command.add_argument("images", metavar="IMAGE", nargs="+", type=Path)
    command.add_argument("--out", metavar="CODES.npz", type=Path, required=True)


def _decode_arguments(command: argparse.ArgumentParser) -> None:
    _model_argument(command)
    command.add_argument("codes", metavar="CODES.npz", type=Path)
    command.add_argument("--out", metavar="IMAGE.png", type=Path, required=True)


def _export_arguments(command: argparse.ArgumentParser) -> None:
    _model_argument(command)
    command.add_argument("--out", metavar="DIR", type=Path, required=True)
    command.add_argument("--graphs", nargs="+", metavar="GRAPH", help="encoder, decoder; all without it")
    command.add_argument("--force", action="store_true", help="replace an earlier export")


def _tour_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--out", metavar="DIR", type=Path, required=True)


def _benchmark_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("names", metavar="NAME", nargs="*", help="paint, startup; all without it")
    _json_only(command)


def _positive_int(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return number


def _positive_float(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0")
    return number


def _seed(text: str) -> int:
    number = int(text)
    if not 0 <= number < 2**63:
        raise argparse.ArgumentTypeError(f"{text} is not from 0 to 2^63 - 1")
    return number


COMMANDS: dict[str, tuple[Callable[..., int | None], str, str, Callable[[argparse.ArgumentParser], None]]] = {
    "models": (_models, "list built-in models and runs", "models --json", _json_only),
    "info": (_info, "say what a model is", "info emoji-vqvae", _model_argument),
    "train": (
        _train,
        "train a model",
        "train --model vqvae --data emoji --out runs/first --minutes 10",
        _train_arguments,
    ),
    "evaluate": (
        _evaluate,
        "measure a model on held-out pictures",
        "evaluate emoji-vqvae --data emoji --split test",
        _evaluate_arguments,
    ),
    "encode": (
        _encode,
        "turn pictures into codes",
        "encode emoji-vqvae photo.jpg --out codes.npz",
        _encode_arguments,
    ),
    "decode": (
        _decode,
        "turn codes into pictures",
        "decode emoji-vqvae codes.npz --out picture.png",
        _decode_arguments,
    ),
    "export": (_export, "take a model away as ONNX", "export emoji-vqvae --out onnx", _export_arguments),
    "tour": (_tour, "drive the window and picture every screen", "tour --out tour", _tour_arguments),
    "benchmark": (_benchmark, "measure speed", "benchmark paint startup", _benchmark_arguments),
}


if __name__ == "__main__":
    sys.exit(main())
