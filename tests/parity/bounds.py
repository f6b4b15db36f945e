"""How far torchcaffe may be from Caffe.

The distance of two blobs is ||a - b|| / ||b||, and that of two losses |a / b - 1|.
"""

LAYERS = 1e-5
"""Of a blob or a gradient, by one layer or a few: rounding in float32 with sums in another order."""

NETS = 1e-4
"""Of a blob or a gradient of a whole net, where rounding adds up."""

LOSSES = 1e-3
"""Of the loss at an iteration, and of the params at the end of a run."""

NORMAL_ULPS = 1
"""Of a number from a normal distribution, in units of its last place: its tail takes logarithms, and no two libraries
need round those alike. All other numbers that fillers draw must be equal."""

CHAOTIC = 1e-1
"""Of the loss from the sixth iteration on, at a rate that makes training chaotic (see `test_training.py`). By threads
and processor 0.2e-2 to 5.3e-2 were seen, and 1.4e-2 to 3.4e-2 of a real Caffe from itself."""
