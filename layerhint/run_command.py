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
    """Runs a command line; gives its exit status: its own or 0, 1 for a mistake, 130 if stopped.

    A mistake is what `LayerhintError` and `CaffeError` tell, and an `OSError`, which is of the person's files, disks
    and machine. Ctrl-C and SIGTERM stop it; what it writes it renames when whole, so that nothing is left half done.
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
