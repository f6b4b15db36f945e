"""Builds a real Caffe, or checks one that is there: see docs/real-caffe.md."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from layerhint.realcaffe.build import Request, build
from layerhint.realcaffe.find import open_root
from layerhint.realcaffe.probe import verify
from layerhint.realcaffe.recipe import Options


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line."""
    options = _parser().parse_args(arguments)
    if options.caffe_root is not None:
        root = options.caffe_root
    else:
        what = Options(options.cuda, options.cuda_architectures)
        request = Request.of(what, options.prefix, options.jobs, options.source)
        if not build(request, report=lambda line: print(line, flush=True)):
            return
        root = request.prefix
    real = open_root(root)
    found = verify(real)
    print(real.describe())
    print(f"  command: {real.binary} ({found.version}, {found.gpu.value})")
    print(f"  Python:  PYTHONPATH={real.pythonpath} {real.python} ({len(found.layer_types)} layer types)")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="build_caffe.py", description=__doc__)
    parser.add_argument("--prefix", type=Path, help="folder to build into (default: below ~/.cache)")
    parser.add_argument("--jobs", type=int, help="parallel compiler jobs (default: one per core)")
    parser.add_argument("--cuda", action="store_true", help="build for NVIDIA GPUs with the installed toolkit")
    parser.add_argument("--cuda-architectures", default="90", metavar="N", help="compute capability (default: 90)")
    parser.add_argument("--source", type=Path, metavar="FILE", help="the source archive, if you have it")
    parser.add_argument("--caffe-root", type=Path, metavar="DIR", help="only check the Caffe in DIR")
    return parser
