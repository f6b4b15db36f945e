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
    """Runs the command line; returns its exit status: 0, 1 for an error, 130 for an interrupt, as which SIGTERM counts.

    What was measured before an error or an interrupt is shown and written.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    options = _parser().parse_args(given)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # The tables are wide; where no terminal says how wide it is, they are shown whole.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)
    if options.list:
        for case in CASES:
            net = f"generated/{case.train_net}" if case.committed else "rendered when it is measured"
            console.print(f"{case.name:16} {case.title:28} {net}", soft_wrap=True)
        return 0
    try:
        measured = run(_plan(options), lambda what: console.print(what, style="dim", markup=False))
        if measured:
            _write(measured, Path(options.out), shlex.join(["python", "-m", "benchmarks", *given]), console)
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
    parser.add_argument("--nets", default="", metavar="A,B", help="which, such as plain-8 or 'mnist-*' (default: all)")
    parser.add_argument("--list", action="store_true", help="shows the nets and measures nothing")
    parser.add_argument("--engines", default=",".join(TITLES), metavar="A,B", help="which (default: %(default)s)")
    parser.add_argument("--device", default=CPU, metavar="D", help="cpu or cuda:0, for all engines (default: cpu)")
    parser.add_argument(
        "--precision",
        default=FLOAT32,
        metavar="P",
        help="of PyTorch and the fast path: float32, tf32 (a GPU's) or bf16 (default: float32)",
    )
    parser.add_argument(
        "--parts",
        default="",
        metavar="A,B",
        help=f"what (default: {','.join(PARTS)}; on a GPU {','.join(GPU_PARTS)}, for reading LMDBs is the CPU's work)",
    )
    parser.add_argument(
        "--together",
        type=int,
        default=NETS,
        metavar="N",
        help=f"nets in lockstep (default: {NETS}, as of one method; in Table 1 all of a teacher's students are 12)",
    )
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="how often each has its turn (default: 5)")
    parser.add_argument("--turn", type=float, default=0.7, metavar="S", help="seconds a turn (default: 0.7)")
    parser.add_argument("--warm-up", type=float, default=1.0, metavar="S", help="seconds before the first (default: 1)")
    parser.add_argument(
        "--threads", type=int, default=cores(), metavar="N", help="of every engine (default: all cores)"
    )
    parser.add_argument(
        "--out", default=str(ROOT / "results"), metavar="FOLDER", help="for the table (default: results)"
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
    # A GPU's libraries try their ways in the first iterations, and then the fast path records one.
    pace = Pace(options.rounds, options.turn, options.warm_up, *([10] if setting.on_gpu else []))
    return Plan(choose(_words(options.nets)), _words(options.engines), setting, pace, parts, options.together)


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _write(measured: Measured, folder: Path, command: str, console: Console) -> None:
    """Shows the tables; writes them, and every sample beside them."""
    for shown in renderables(measured):
        console.print(shown)
    make_folder(folder)
    file = folder / f"speed-{slug(measured.conditions)}.md"
    write_bytes_atomically(file, document(measured, command).encode())
    samples = json.dumps(measured.as_json(), indent=1) + "\n"
    write_bytes_atomically(file.with_suffix(".json"), samples.encode())
    console.print(f"wrote {file}", soft_wrap=True)
