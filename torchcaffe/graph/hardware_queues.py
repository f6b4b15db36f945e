"""The hardware queues through which a GPU takes its work."""

import os

_VARIABLE, _MOST = "CUDA_DEVICE_MAX_CONNECTIONS", 32


def take_all_queues() -> None:
    """Sets $CUDA_DEVICE_MAX_CONNECTIONS, if it is not set, to the largest number of queues.

    The default is 8. If more trainings run side by side (see `Recorder.side_by_side`), their branches share queues, and
    work in a queue waits for all work before it there, needed or not. Call this before anything else uses CUDA, which
    reads the variable once; later it has no effect.

    Source: CUDA's programming guide, environment variables.
    """
    os.environ.setdefault(_VARIABLE, str(_MOST))
