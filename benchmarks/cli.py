"""The command line of the benchmarks: `python -m benchmarks`, from the repository's root."""

import argparse
import json
import re
import shlex
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.cases import CASES, choose
from benchmarks.contender import TITLES
from benchmarks.interleave import Pace
from benchmarks.measured import Conditions, Measured
from benchmarks.report.markdown import document
from benchmarks.report.terminal import renderables
from benchmarks.run import GPU_PARTS, INTERRUPTED, NETS, PARTS, Plan, run
from benchmarks.setting import CPU, FLOAT32, Setting
from layerhint.errors import LayerhintError
from layerhint.files import make_folder
from layerhint.machine import cores
from layerhint.paths import ROOT
from torchcaffe.errors import CaffeError
from torchcaffe.files import write_bytes_atomically

_WIDTH = 200


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit status: 0, 1 for an error, 130 for an interrupt (Ctrl-C, SIGTERM).

    Results from before an error or interrupt are shown and written all the same.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    options = _parser().parse_args(words)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # The tables are wide; into a file or pipe they are written in full width.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)
    if options.list:
        for case in CASES:
            net = f"generated/{case.train_net}" if case.committed else "rendered when it is measured"
            console.print(f"{case.name:16} {case.title:28} {net}", soft_wrap=True)
        return 0
    try:
        measured = run(_plan(options), lambda what: console.print(what, style="dim", markup=False))
        if measured:
            _write(measured, Path(options.out), shlex.join(["python", "-m", "benchmarks", *words]), console)
    except (LayerhintError, CaffeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if measured.ended_early:
        rest = "what was measured before is written" if measured else "nothing was measured before"
        print(f"error: {measured.ended_early}; {rest}", file=sys.stderr)
        return 130 if measured.ended_early == INTERRUPTED else 1
    return 0


def slug(conditions: Conditions) -> str:
    """Device and precision as part of a file's name: `amd-epyc-9654-2-cores`, `nvidia-h100-80gb-hbm3-tf32`."""
    name = re.sub(r"\((r|tm)\)", " ", (conditions.gpu or conditions.machine).lower())
    precision = conditions.setting.precision
    return "-".join(re.findall(r"[a-z0-9]+", name) + [precision] * (precision != FLOAT32))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measures the paper's trainings side by side: a real Caffe, plain PyTorch, torchcaffe's plain "
        "layers and its fast path. Run it on a machine that does nothing else.",
        allow_abbrev=False,
    )
    parser.add_argument("--nets", default="", metavar="A,B", help="nets, such as plain-8 or 'mnist-*' (default: all)")
    parser.add_argument("--list", action="store_true", help="shows the nets and measures nothing")
    parser.add_argument("--engines", default=",".join(TITLES), metavar="A,B", help="engines (default: %(default)s)")
    parser.add_argument("--device", default=CPU, metavar="D", help="cpu or cuda:0, for all engines (default: cpu)")
    parser.add_argument(
        "--precision",
        default=FLOAT32,
        metavar="P",
        help="for PyTorch and the fast path: float32, tf32 (GPUs only) or bf16 (default: float32)",
    )
    parser.add_argument(
        "--parts",
        default="",
        metavar="A,B",
        help=f"what to measure (default: {','.join(PARTS)}; on a GPU {','.join(GPU_PARTS)}: the CPU reads LMDBs)",
    )
    parser.add_argument(
        "--together",
        type=int,
        default=NETS,
        metavar="N",
        help=f"nets in lockstep (default: {NETS}, those of one method; in Table 1 a teacher has 12 students)",
    )
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="turns of each engine (default: 5)")
    parser.add_argument("--turn", type=float, default=0.7, metavar="S", help="seconds a turn (default: 0.7)")
    parser.add_argument("--warm-up", type=float, default=1.0, metavar="S", help="seconds before the turns (default: 1)")
    parser.add_argument(
        "--threads", type=int, default=cores(), metavar="N", help="CPU threads of every engine (default: all cores)"
    )
    parser.add_argument(
        "--out", default=str(ROOT / "results"), metavar="FOLDER", help="where to write the tables (default: results)"
    )
    return parser


def _plan(options: argparse.Namespace) -> Plan:
    for name, least in (("together", 2), ("rounds", 1), ("turn", 0), ("threads", 1), ("warm_up", 0)):
        if getattr(options, name) < least:
            raise LayerhintError(f"--{name.replace('_', '-')} {getattr(options, name)}: it must be at least {least}")
    setting = Setting(options.threads, options.device, options.precision)
    known = GPU_PARTS if setting.on_gpu else PARTS
    parts = _words(options.parts) or known
    for part in parts:
        if part not in known:
            raise LayerhintError(
                f"--parts {part}: there is no such part of {setting.device}; choose among {', '.join(known)}"
            )
    # On a GPU, libraries compare algorithms in the first iterations, and then the fast path records a graph.
    pace = Pace(options.rounds, options.turn, options.warm_up, *([10] if setting.on_gpu else []))
    return Plan(choose(_words(options.nets)), _words(options.engines), setting, pace, parts, options.together)


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _write(measured: Measured, folder: Path, command: str, console: Console) -> None:
    """Shows the tables; writes them, and every sample beside them."""
    for renderable in renderables(measured):
        console.print(renderable)
    make_folder(folder)
    file = folder / f"speed-{slug(measured.conditions)}.md"
    write_bytes_atomically(file, document(measured, command).encode())
    samples = json.dumps(measured.as_json(), indent=1) + "\n"
    write_bytes_atomically(file.with_suffix(".json"), samples.encode())
    console.print(f"wrote {file}", soft_wrap=True)
