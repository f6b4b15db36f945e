"""The one number more that the Data layer of the source which `make caffe` builds takes from the global generator.

Caffe 1.0 takes two numbers for the layer's transformer and one for its prefetch thread when it sets the layer up, and
torchcaffe does as well. That source reads the database in a thread of its own, which the layer's constructor starts and
which is seeded like every thread of Caffe: by a number taken from the global generator, before the other three. It is
so in every net, also in a test net that draws nothing else.

As a script this is torchcaffe's `caffe`, drawing so.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from torchcaffe.cli import main
from torchcaffe.layer_types.data import DataLayer
from torchcaffe.layer_types.layer import Blobs


@contextmanager
def reader_thread() -> Iterator[None]:
    """Within it, each Data layer that is set up first draws a number for a reader thread."""
    setup = DataLayer.setup

    def draw_first(self: DataLayer, bottoms: Blobs, tops: Blobs) -> None:
        self.place.rng.next_u32()
        setup(self, bottoms, tops)

    with mock.patch.object(DataLayer, "setup", draw_first):
        yield


if __name__ == "__main__":
    with reader_thread():
        sys.exit(main())
