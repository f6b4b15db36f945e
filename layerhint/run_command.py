"""How a command line ends: with its status, with one line for a mistake, or stopped."""

import signal
import sys
from collections.abc import Callable, Sequence

from layerhint.caffe_command import ERROR
from layerhint.errors import LayerhintError
from torchcaffe.errors import CaffeError

STOPPED = 130
"""The exit status, as a shell has it for Ctrl-C."""


def run_command(main: Callable[[Sequence[str] | None], int | None], arguments: Sequence[str] | None = None) -> int:
    """Runs a command line; returns its exit status: its own or 0, 1 for a mistake, 130 if stopped.

    Mistakes are `LayerhintError`, `CaffeError` and `OSError`, which is about the user's files, disks and machine.
    Ctrl-C and SIGTERM stop the command; as it renames files when complete, none is left half written.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return main(arguments) or 0
    except (LayerhintError, CaffeError, OSError) as error:
        print(f"{ERROR}{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return STOPPED
