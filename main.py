"""Codebrush's command line: no command opens the window, the others work without a display.

Parses, calls one function of engine, exporters or gui per command, and prints what it tells. Exit
status: 0 done, 1 failed (with a one-line reason on standard error), 2 bad usage.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

# Before torch is imported: threads that spin while waiting slow a shared 2-core machine 10 to 20 times.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from engine import arguments
from engine.errors import CodebrushError, OptionFault
from engine.terminal import is_spoken_for, lines, progress_line, stop_asked, words

DONE, FAILED, BAD_USAGE = 0, 1, 2
Options = arguments.Options


def main(typed: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status."""
    words = list(sys.argv[1:] if typed is None else typed)
    if isinstance(sys.stdout, io.TextIOWrapper):  # file names may hold bytes that are no text
        sys.stdout.reconfigure(errors="backslashreplace")
    if not words or (words[0] not in COMMANDS and not words[0].startswith("-")):
        return _reported(_window, _window_parser().parse_args(words))
    options = _parser().parse_args(words)
    return _reported(options.run, options)


def _reported(run: Callable[[Options], int | None], options: Options) -> int:
    """The command's exit status; what a user can cause is said in one line."""
    try:
        status = run(options) or DONE
        sys.stdout.flush()
        return status
    except OptionFault as error:
        return _fail(options, str(error), BAD_USAGE)
    except CodebrushError as error:
        return _fail(options, str(error))
    except KeyboardInterrupt:
        return _fail(options, "stopped")
    except BrokenPipeError:
        # The reader of our output has gone (`| head`): not an error, and nothing left to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        where = "" if error.filename is None else f"{error.filename}: "
        return _fail(options, where + (error.strerror or str(error)).lower())
    except MemoryError:
        return _fail(options, "there is not enough memory for this")
    except ImportError as error:  # Qt's system libraries, most likely
        return _fail(options, f"a library cannot be loaded ({error}): see Troubleshooting in README.md")


def _fail(options: Options, message: str, status: int = FAILED) -> int:
    if getattr(options, "json", False):
        print(json.dumps({"error": message}))
    print(f"codebrush: {' '.join(message.split())}", file=sys.stderr)
    return status


def _window(options: Options) -> int:
    from gui.app import NoWindowFault, display_fault, run

    _refuse_nothing(options.path)
    try:
        if fault := display_fault():
            raise NoWindowFault(fault)
        return run(options.path)
    except NoWindowFault as error:
        headless = ", ".join(COMMANDS)
        return _fail(options, f"{error}; what works without a window: {headless}", BAD_USAGE)


def _refuse_nothing(path: str | None) -> None:
    """Raise `OptionFault` where `path` is neither a file nor a model: a command mistyped, most likely."""
    from engine.models.registry import builtin_models

    if path is None or path in builtin_models() or Path(path).exists():
        return
    from difflib import get_close_matches

    close = get_close_matches(path, COMMANDS, n=1)
    hint = f"did you mean {close[0]!r}?" if close else "see --help"
    raise OptionFault(f"{path!r} is neither a command nor a file: {hint}")


def _models(options: Options) -> None:
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


def _info(options: Options) -> None:
    from engine.models.catalogue import describe_card
    from exporters.open import open_card

    _print_values(options, describe_card(open_card(options.model)))


def _train(options: Options) -> None:
    _train_by(options, family=options.model)


def _train_prior(options: Options) -> None:
    _train_by(options, trains_priors=True, prior_of=options.model)


def _train_by(options: Options, **what: Any) -> None:
    asked_at = time.monotonic()
    silent = is_spoken_for()
    with stop_asked() as stopping, progress_line(quiet=options.json or silent) as tell:
        from engine.training.start import train

        last: dict[str, Any] = {"event": "stopped", "message": "stopped before training began"}
        for event in train(arguments.train_request(options, asked_at, **what), stopping, tell):
            if event.event == "step":
                # The total is not known before the pace is: at first the bar only shows that it moves.
                tell(_step_words(event.terms), event.step / (event.total_steps or 100 * event.step))
            elif event.event == "warning":
                print(f"codebrush: {event.message}", file=sys.stderr)
            elif event.event in ("saved", "finished"):
                last = {"event": event.event, "step": event.step, "path": event.path}
                last |= {"message": event.message, "metrics": event.terms, "skipped": list(event.skipped)}
    if silent:
        return
    if options.json:
        print(json.dumps({**last, "out": str(options.out)}))
        return
    print(last["message"])
    _print_skipped(last.get("skipped", []))


def _step_words(terms: dict[str, float]) -> str:
    from engine.analysis.reconstruction import psnr_of

    if "mse" not in terms:
        return f"Training: {terms['loss'] / math.log(2):.3f} bits per code"
    return f"Training: loss {terms['loss']:.4f}, {psnr_of(terms['mse']):.2f} dB"


def _print_skipped(names: Sequence[str]) -> None:
    if names:
        print(f"skipped, cannot be read as pictures ({len(names)}): {words(names)}")


def _presets(options: Options) -> None:
    from engine.data.open import natural_shape
    from engine.training.presets import expected_prior_times, expected_times

    if options.prior_of is not None:
        _print_values(options, expected_prior_times(options.prior_of, options.device, options.start_from))
        return
    if options.data is None:
        raise OptionFault("presets --model needs --data: how long a step takes depends on the pictures")
    shape = natural_shape(options.data)
    _print_values(options, expected_times(options.model, shape, options.device, options.start_from))


def _evaluate(options: Options) -> None:
    from engine.analysis.evaluate import evaluate

    with progress_line(quiet=options.json) as tell:
        figures = evaluate(options.model, options.data, options.split, options.device, tell, options.samples)
    _print_values(options, figures)


def _encode(options: Options) -> None:
    from exporters.pictures import encode_pictures

    with progress_line(quiet=options.json) as tell:
        batch, height, width = encode_pictures(options.model, options.images, options.out, tell)
    text = f"{batch} x {height} x {width} codes: {options.out}"
    _print_result(options, text, path=str(options.out), shape=[batch, height, width])


def _decode(options: Options) -> None:
    from exporters.pictures import decode_pictures

    with progress_line(quiet=options.json) as tell:
        paths = [str(path) for path in decode_pictures(options.model, options.codes, options.out, tell)]
    _print_result(options, "\n".join(paths), paths=paths)


def _sample(options: Options) -> None:
    from exporters.samples import sample_pictures

    request = arguments.sample_request(options)
    with progress_line(quiet=options.json) as tell:
        done = sample_pictures(request, options.out, options.codes, tell, options.gif)
    text = "\n".join(done[name] for name in ("path", "codes", "gif") if done[name] is not None)
    _print_result(options, text, **done)


def _resample(options: Options) -> None:
    from exporters.resampled import ResamplingRequest, resample_codes

    request = ResamplingRequest(
        model=options.model,
        codes=options.codes,
        mask=options.mask,
        out=options.out,
        level=options.level,
        seed=options.seed,
        count=options.count,
        label=options.label,
        drawing=arguments.drawing(options),
        device=options.device,
    )
    with progress_line(quiet=options.json) as tell:
        done = resample_codes(request, tell)
    text = f"{' x '.join(map(str, done['shape']))} codes: {done['path']}"
    _print_result(options, text, **done)


def _export(options: Options) -> None:
    from engine.models.registry import find_model
    from exporters.onnx_graphs import export_model

    with progress_line(quiet=options.json) as tell:
        manifest = export_model(find_model(options.model), options.out, options.graphs, options.force, tell)
    parity = "\n".join(words(row) for row in manifest["parity"])
    _print_result(options, f"{parity}\n{options.out}", **manifest)


def _tour(options: Options) -> None:
    from gui.tour import tour

    paths = [str(path) for path in tour(options.out)]
    _print_result(options, "\n".join(paths), paths=paths)


def _benchmark(options: Options) -> None:
    from gui.benchmarks.run import run_benchmarks

    with progress_line(quiet=options.json) as tell:
        figures = run_benchmarks(options.names, tell)
    _print_values(options, figures)


def _print_result(options: Options, text: str, **values: Any) -> None:
    print(json.dumps(values) if options.json else text)


def _print_values(options: Options, values: dict[str, Any]) -> None:
    print(json.dumps(values) if options.json else "\n".join(lines(values)))


def _window_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="codebrush", description="Paint with the codes of a VQ-VAE.")
    parser.add_argument("path", nargs="?", help="a model, painting, image or exported folder to open")
    return parser


# Examples stay on one line, to be copied.
_HelpAsWritten = partial(argparse.RawDescriptionHelpFormatter, max_help_position=28)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="codebrush",
        description="Train autoencoders, paint with the codes of a VQ-VAE. Without a command the window\n"
        "opens, on the model, painting, image or exported folder given, if any.",
        epilog="example: codebrush photo.jpg",
        formatter_class=_HelpAsWritten,
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        sub = commands.add_parser(
            name,
            help=command.summary,
            description=f"{command.summary[0].upper()}{command.summary[1:]}.",
            epilog=f"example: codebrush {command.example}",
            formatter_class=_HelpAsWritten,
        )
        sub.set_defaults(run=command.run)
        if command.add_arguments is not None:
            command.add_arguments(sub)
        sub.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


@dataclass(frozen=True, slots=True)
class Command:
    """What a command does, how it is called, and its arguments besides `--json`."""

    run: Callable[[Options], None]
    summary: str
    example: str
    add_arguments: Callable[[argparse.ArgumentParser], None] | None = None


COMMANDS = {
    "models": Command(_models, "list built-in models and runs", "models --json"),
    "info": Command(_info, "say what a model is", "info emoji-vqvae", arguments.model_argument),
    "train": Command(
        _train,
        "train a model",
        "train --model vqvae --data emoji --out runs/first",
        arguments.train_arguments,
    ),
    "train-prior": Command(
        _train_prior,
        "train priors of a model's codes",
        "train-prior emoji-vqvae --data emoji --out runs/prior",
        arguments.train_prior_arguments,
    ),
    "presets": Command(
        _presets,
        "say how long trainings take here",
        "presets --model vae --data emoji",
        arguments.presets_arguments,
    ),
    "evaluate": Command(
        _evaluate,
        "measure a model on pictures",
        "evaluate emoji-vqvae --data emoji",
        arguments.evaluate_arguments,
    ),
    "encode": Command(
        _encode,
        "turn pictures into codes",
        "encode emoji-vqvae photo.jpg --out codes.npz",
        arguments.encode_arguments,
    ),
    "decode": Command(
        _decode,
        "turn codes into pictures",
        "decode emoji-vqvae codes.npz --out new.png",
        arguments.decode_arguments,
    ),
    "sample": Command(
        _sample,
        "draw new pictures",
        "sample emoji-vqvae --count 16 --label Flags --out sheet.png",
        arguments.sample_arguments,
    ),
    "resample": Command(
        _resample,
        "draw a part of the codes anew",
        "resample emoji-vqvae codes.npz --mask mask.png --count 4 --out new.npz",
        arguments.resample_arguments,
    ),
    "export": Command(
        _export, "take a model away as ONNX", "export emoji-vqvae --out onnx", arguments.export_arguments
    ),
    "tour": Command(
        _tour, "drive the window and picture every screen", "tour --out tour", arguments.tour_arguments
    ),
    "benchmark": Command(
        _benchmark, "measure speed", "benchmark paint startup", arguments.benchmark_arguments
    ),
}


if __name__ == "__main__":
    sys.exit(main())
