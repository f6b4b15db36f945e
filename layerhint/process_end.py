"""How a child process ended, in words."""

import signal
from collections.abc import Sequence

_WHY = {
    signal.SIGKILL: ", as the system does when memory runs out: take a smaller batch_size, or end what else runs here",
    signal.SIGILL: ", as a program built for another processor does: build it on this machine",
    signal.SIGFPE: ", which is a division of whole numbers by zero: is a stepsize or a stride 0?",
    signal.SIGBUS: ", as when a disk is full: free space on it",
}


def how_it_ended(status: int, printed: Sequence[str]) -> str:
    """The exit status and the last printed line, or the signal and what it usually means.

    Args:
        status: as `subprocess` gives it: negative for a signal.
        printed: the lines that the process printed.
    """
    if status >= 0:
        last = next((line.strip() for line in reversed(printed) if line.strip()), "it printed nothing")
        return f"it ended with status {status}: {last}"
    try:
        name = signal.Signals(-status)
    except ValueError:
        return f"it was ended by signal {-status}"
    return f"it was ended by {name.name}{_WHY.get(name, '')}"
