"""HDF5Output: writes a batch to an HDF5 file."""

import io
from collections.abc import Sequence

import h5py

from torchcaffe.files import write_bytes_atomically
from torchcaffe.glog import logger
from torchcaffe.layer_types.layer import Blobs, Layer


class HDF5OutputLayer(Layer):
    """Writes its bottoms to the file `hdf5_output_param.file_name`, as the data sets `data` and `label`.

    Both have four axes, 1 for each that the bottom lacks. As in Caffe there is one batch to a file: a second
    forward pass is refused. The bottoms get no gradient.

    Raises:
        CaffeError: a file that cannot be written.

    Source: Caffe 1.0, `src/caffe/layers/hdf5_output_layer.cpp`.
    """

    exact_bottoms = 2
    exact_tops = 0

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        if not self.param.hdf5_output_param.file_name:
            self.fail("its hdf5_output_param needs a file_name")
        self._is_written = False

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        for name, bottom in zip(self.bottom_names, bottoms, strict=True):
            if not 1 <= len(bottom.shape) <= 4:
                self.fail(f"its bottom '{name}' has {len(bottom.shape)} axes: expected 1 to 4")
        if bottoms[0].shape[0] != bottoms[1].shape[0]:
            self.fail(f"its bottoms hold {bottoms[0].shape[0]} and {bottoms[1].shape[0]} items: expected as many")

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        path = self.param.hdf5_output_param.file_name
        if self._is_written:
            self.fail(f"it has written its batch to {path} already: run the net forward once only")
        buffer = io.BytesIO()
        with h5py.File(buffer, "w") as file:
            for key, bottom in zip(("data", "label"), bottoms, strict=True):
                shape = bottom.shape + (1,) * (4 - len(bottom.shape))
                file[key] = bottom.data.view(shape).cpu().numpy()
        write_bytes_atomically(path, buffer.getvalue())
        self._is_written = True
        logger.info("Successfully saved %d rows", bottoms[0].shape[0])

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        """Nothing that is only written has a gradient."""
