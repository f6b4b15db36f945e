"""Checks options that contradict each other or the machine, before anything is read or started."""

import argparse
from contextlib import suppress
from pathlib import Path

from layerhint.errors import LayerhintError
from layerhint.paths import absolute


def check_options(options: argparse.Namespace) -> None:
    """Raises LayerhintError for options that would be ignored, or could only end in an error later.

    The working directory must still be the one where the driver was called, as --out is relative to it.
    """
    if options.gpu_share is not None:
        _check_gpu_share(options.gpu_share, options.ray)
    if options.list and options.names:
        raise LayerhintError(f"--list shows all that there is: leave out {' '.join(options.names)}, or --list")
    out = absolute(Path(options.out)) if options.out else None
    for place in (out, *out.parents) if out else ():
        with suppress(OSError):  # An error is reported when the folder is made.
            if place.is_file():
                raise LayerhintError(f"--out {options.out}: {place} is a file, and a run needs a folder: name another")


def _check_gpu_share(share: float, ray: str | None) -> None:
    if not 0 < share <= 1:
        raise LayerhintError(f"--gpu-share {share:g}: a step has more than 0 and at most 1 of a GPU")
    if ray is None:
        raise LayerhintError(
            f"--gpu-share {share:g} shares GPUs among the steps of a run with --ray: add --ray local, or leave it out"
        )
