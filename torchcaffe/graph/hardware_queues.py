"""The queues through which a GPU takes its work."""

import os

_VARIABLE, _MOST = "CUDA_DEVICE_MAX_CONNECTIONS", 32


def take_all_queues() -> None:
    """Asks CUDA for as many queues as it has, unless $CUDA_DEVICE_MAX_CONNECTIONS says how many.

    It has 8 unasked. The branches of more trainings side by side (see `Recorder.side_by_side`) share these, and work in
    one queue waits for what is before it there, whether it needs that or not. To be called before anything else asks
    CUDA, which reads it once; later it does nothing.

    Source: CUDA's programming guide, environment variables.
    """
    os.environ.setdefault(_VARIABLE, str(_MOST))
