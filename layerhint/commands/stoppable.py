"""How a command line ends that its person stops."""

import signal
import sys
from collections.abc import Callable

STOPPED = 130
"""The exit status, as a shell has it for Ctrl-C."""


def stoppable(main: Callable[[], int]) -> int:
    """Runs a command line; gives its exit status. Ctrl-C and SIGTERM end it in one line.

    What it writes it renames when whole, so that nothing is left half done.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return main()
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return STOPPED
