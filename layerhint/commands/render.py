"""Renders experiments to Caffe's files, or checks the files on disk against the templates; then lints them.

python tools/render.py                       all experiments, into generated/
python tools/render.py --check               lists what differs from that; exit status 1 if anything does
python tools/render.py table1 --mode cpu --out runs/cpu
python tools/render.py table1 --set shortcut=projection --out runs/projection
python tools/render.py own/objects.yaml --out runs/objects    the folder that the driver uses
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import experiment_names, load_experiment, resolve
from layerhint.experiments.overrides import parse_settings
from layerhint.experiments.profiles import PAPER_PROFILE
from layerhint.files import make_folder
from layerhint.lint import faults_of, lint
from layerhint.paths import ROOT
from layerhint.rendering.layout import Layout
from layerhint.rendering.render import Drift, drift, render, write


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns its exit status: 0, or 1 where --check finds a difference."""
    return _run(_parser().parse_args(arguments))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="render.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("experiments", nargs="*", metavar="experiment", help="a name, group or YAML file; default: all")
    parser.add_argument("--check", action="store_true", help="write nothing; list the files that differ")
    parser.add_argument("--out", metavar="DIR", help="render into DIR/generated, weights in DIR/weights")
    parser.add_argument("--data", metavar="DIR", default="data", help="the data sets' folder (default: data)")
    parser.add_argument("--mode", choices=["cpu", "gpu"], default="gpu", help="solver_mode (default: gpu)")
    parser.add_argument("--profile", default=PAPER_PROFILE, help="paper, or a file of experiments/profiles")
    parser.add_argument("--scale", type=float, default=1.0, metavar="F", help="all iteration counts times F")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="switch or number")
    return parser


def _run(options: argparse.Namespace) -> int:
    overrides = parse_settings(options.set)
    other = overrides or options.profile != PAPER_PROFILE or options.scale != 1 or options.mode != "gpu"
    if other and not options.out:
        raise LayerhintError("generated/ holds the paper's protocol for the GPU; name another folder: --out DIR")
    names = [name for given in options.experiments or experiment_names() for name in resolve(given)]
    experiments = [
        load_experiment(name, overrides, profile=options.profile, scale=options.scale) for name in dict.fromkeys(names)
    ]
    own = next((experiment for experiment in experiments if experiment.is_own), None)
    if own and not options.out:
        raise LayerhintError(
            f"generated/ holds the paper's protocol, and {own.file} is an experiment of your own; name another "
            f"folder: --out runs/{own.name}"
        )
    layout = Layout.under(options.out, options.data) if options.out else Layout(data=options.data)
    files = render(experiments, layout, mode="CPU" if options.mode == "cpu" else "GPU")
    root = Path() if options.out else ROOT
    everything = None if options.experiments else layout.generated
    if options.check:
        status = _report(drift(files, root, everything), len(files))
    else:
        make_folder(Path(options.out or ROOT), "Choose another place with --out")
        written = write(files, root)
        print(f"{len(written)} of {len(files)} files written below {layout.generated}/; the rest were up to date")
        for path in drift(files, root, everything).stray:
            print(f"stray: {path}: no template makes it; delete it", file=sys.stderr)
        status = 0
    findings = lint(experiments, layout, files)
    if findings:
        raise LayerhintError(faults_of(findings))
    return status


def _report(found: Drift, count: int) -> int:
    for what, paths in (("missing", found.missing), ("changed", found.changed), ("stray", found.stray)):
        for path in paths:
            print(f"{what}: {path}")
    if found:
        print("error: run python tools/render.py, and delete what is stray", file=sys.stderr)
        return 1
    print(f"{count} files are as the templates make them")
    return 0
