"""A Python layer that runs in both engines."""

import sys

if "torchcaffe" in sys.modules:
    import torchcaffe as caffe
else:
    import caffe


class ScaledSum(caffe.Layer):
    """y = param_str * (x + w), with a param w of the shape of an item of x."""

    def setup(self, bottom: list, top: list) -> None:
        self.factor = float(self.param_str)
        self.blobs.add_blob(*bottom[0].data.shape[1:])

    def reshape(self, bottom: list, top: list) -> None:
        top[0].reshape(*bottom[0].data.shape)

    def forward(self, bottom: list, top: list) -> None:
        top[0].data[...] = self.factor * (bottom[0].data + self.blobs[0].data)

    def backward(self, top: list, propagate_down: list, bottom: list) -> None:
        self.blobs[0].diff[...] += self.factor * top[0].diff.sum(axis=0)
        if propagate_down[0]:
            bottom[0].diff[...] = self.factor * top[0].diff
