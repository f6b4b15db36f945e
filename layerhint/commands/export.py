"""The command line of `tools/export.py`: a trained student as ONNX, checked against Caffe and measured beside it."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from layerhint import engines
from layerhint.errors import LayerhintError
from layerhint.export.locate import Subject, choices, of_files, of_training
from layerhint.paths import ROOT

_PACKAGES = ("onnx", "onnxruntime")


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.run is None and not (options.model and options.weights and options.out):
        parser.error("give the folder of a run and a training, or --model, --weights and -o")
    if options.run is not None and (options.model or options.weights or options.test_net):
        parser.error("a run's training has its own files: drop --model, --weights and --test-net")
    try:
        _run(options, Console(highlight=False))
    except ModuleNotFoundError as error:
        if error.name not in _PACKAGES:
            raise
        raise LayerhintError(f"{error.name} is not installed: pip install -e '.[export]'") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="export.py",
        usage="%(prog)s [options] RUN TRAINING\n       %(prog)s [options] --model FILE --weights FILE -o FILE",
        description="Writes a trained net as ONNX after checking that it computes what Caffe computes, and compares "
        "both: scores, accuracy on the test images, latency.",
        allow_abbrev=False,
    )
    parser.add_argument("run", nargs="?", metavar="RUN", help="the folder of a run that tools/run_pipeline.py made")
    parser.add_argument("training", nargs="?", metavar="TRAINING", help="cifar10/resnet26-resnet14/proposed/net1, ...")
    parser.add_argument("--model", metavar="FILE", help="a deploy net, in place of a run's training")
    parser.add_argument("--weights", metavar="FILE", help="its caffemodel")
    parser.add_argument("--test-net", metavar="FILE", help="a test net, whose Data layer gives the test images")
    parser.add_argument("-o", "--out", metavar="FILE", help="the ONNX file (of a run: RUN/export/TRAINING.onnx)")
    parser.add_argument(
        "--with-mean", action="store_true", help="the file takes bytes 0..255 and subtracts the mean (scales) itself"
    )
    parser.add_argument("--images", type=int, metavar="N", help="how many test images (default: all)")
    parser.add_argument("--engine", default="torch", help="torch (default), or caffe: a real Caffe beside torchcaffe")
    parser.add_argument("--caffe-root", help="where the real Caffe is")
    return parser


def _run(options: argparse.Namespace, console: Console) -> None:
    subject, out = _of_files(options) if options.run is None else _of_run(options)
    used = [engines.get_engine("torch", "cpu", options.caffe_root if options.engine == "torch" else None)]
    if options.engine != "torch":
        used.append(engines.get_engine(options.engine, "cpu", options.caffe_root))
    from layerhint.export.export import export  # It needs packages that only an export needs.

    export(subject, out, used, with_mean=options.with_mean, limit=options.images, console=console)


def _of_run(options: argparse.Namespace) -> tuple[Subject, Path]:
    run = Path(options.run).resolve()
    if options.training is None:
        raise LayerhintError(f"name a training of {options.run}. {choices(run / 'records')}")
    out = Path(options.out).resolve() if options.out else run / "export" / f"{options.training}.onnx"
    os.chdir(ROOT)  # Paths in a run's records are relative to it.
    return of_training(run, options.training), out


def _of_files(options: argparse.Namespace) -> tuple[Subject, Path]:
    test_net = Path(options.test_net) if options.test_net else None
    if options.with_mean and test_net is None:
        raise LayerhintError("--with-mean takes the mean from a test net's Data layer: give one by --test-net")
    return of_files(Path(options.model), Path(options.weights), test_net), Path(options.out)
