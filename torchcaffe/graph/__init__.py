"""Records repeated work once and replays it: iterations and test batches as CUDA graphs.

A recording holds only the device's work and the addresses that it reads and writes, but no Python. So whatever changes
between replays is written to fixed addresses beforehand: which images, the random draws, the learning rates.
"""

from torchcaffe.graph.hardware_queues import take_all_queues
from torchcaffe.graph.iteration import Iteration
from torchcaffe.graph.record_runs import record_forward, record_runs, record_side_by_side
from torchcaffe.graph.recorder import Recorder, recorder_for
from torchcaffe.graph.side_by_side import SideBySide

__all__ = [
    "Iteration",
    "Recorder",
    "SideBySide",
    "record_forward",
    "record_runs",
    "record_side_by_side",
    "recorder_for",
    "take_all_queues",
]
