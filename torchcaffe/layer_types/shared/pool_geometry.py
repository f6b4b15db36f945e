"""The windows of a Pooling layer."""

from dataclasses import dataclass

from torchcaffe.layer_types.layer import Layer
from torchcaffe.proto import caffe_pb2

Pair = tuple[int, int]


@dataclass(frozen=True)
class PoolGeometry:
    """Windows of `kernel` size, `stride` apart, on an image of height x width with `pad` around it.

    Along each axis there are ceil((size + 2 pad - kernel) / stride) + 1 windows (with round_mode FLOOR,
    floor), less one if there is padding and the last would start beyond the image and the padding before it.
    So kernel 1 and stride 2 on 32 give 17 windows, the last one empty.
    """

    height: int
    width: int
    kernel: Pair
    stride: Pair
    pad: Pair
    round_up: bool

    @property
    def output_size(self) -> Pair:
        return self._count(0), self._count(1)

    @property
    def padding(self) -> tuple[int, int, int, int]:
        """The padding (negative: cropping) left, right, above and below with which the windows fit exactly."""
        above, below = self._padding(0)
        left, right = self._padding(1)
        return left, right, above, below

    @property
    def areas(self) -> list[list[int]]:
        """Each window's area on the image and its padding, which AVE divides by."""
        heights, widths = self._extents(0), self._extents(1)
        return [[h * w for w in widths] for h in heights]

    def _size(self, axis: int) -> int:
        return (self.height, self.width)[axis]

    def _count(self, axis: int) -> int:
        size, pad, stride = self._size(axis), self.pad[axis], self.stride[axis]
        rest = size + 2 * pad - self.kernel[axis]
        count = (-(-rest // stride) if self.round_up else rest // stride) + 1
        if any(self.pad) and (count - 1) * stride >= size + pad:
            count -= 1
        return count

    def _padding(self, axis: int) -> Pair:
        reach = (self._count(axis) - 1) * self.stride[axis] + self.kernel[axis]
        return self.pad[axis], reach - self.pad[axis] - self._size(axis)

    def _extents(self, axis: int) -> list[int]:
        starts = [i * self.stride[axis] - self.pad[axis] for i in range(self._count(axis))]
        end = self._size(axis) + self.pad[axis]
        return [min(start + self.kernel[axis], end) - start for start in starts]


def read_geometry(layer: Layer, height: int, width: int) -> PoolGeometry:
    """The windows that a layer's `pooling_param` describes for images of height x width."""
    param = layer.param.pooling_param
    stride, pad = _pair(layer, param, "stride"), _pair(layer, param, "pad")
    if param.global_pooling:
        if any(param.HasField(name) for name in ("kernel_size", "kernel_h", "kernel_w")):
            layer.fail("with global_pooling the window is the whole image: remove the kernel size")
        if pad != (0, 0) or stride != (1, 1):
            layer.fail("with global_pooling there is one window: remove pad and stride")
        kernel = (height, width)
    else:
        kernel = _kernel(layer, param)
    if 0 in kernel or 0 in stride:
        layer.fail(f"its kernel is {kernel} and its stride {stride}: every size must be at least 1")
    if pad[0] >= kernel[0] or pad[1] >= kernel[1]:
        layer.fail(f"its pad {pad} must be smaller than its kernel {kernel}")
    up = param.round_mode == caffe_pb2.PoolingParameter.CEIL
    geometry = PoolGeometry(height, width, kernel, stride, pad, up)
    if min(geometry.output_size) < 1:
        layer.fail(f"its kernel {kernel} is larger than its padded bottom of {height} x {width}")
    return geometry


def _kernel(layer: Layer, param: caffe_pb2.PoolingParameter) -> Pair:
    sides = param.HasField("kernel_h") + param.HasField("kernel_w")
    if param.HasField("kernel_size") == (sides == 2) or sides == 1:
        layer.fail("give its window as kernel_size, or as kernel_h and kernel_w (or set global_pooling)")
    return (param.kernel_h, param.kernel_w) if sides else (param.kernel_size, param.kernel_size)


def _pair(layer: Layer, param: caffe_pb2.PoolingParameter, name: str) -> Pair:
    sides = param.HasField(f"{name}_h") + param.HasField(f"{name}_w")
    if sides == 1 or (sides and param.HasField(name)):
        layer.fail(f"give its {name} as {name}, or as {name}_h and {name}_w")
    both = getattr(param, name)
    return (getattr(param, f"{name}_h"), getattr(param, f"{name}_w")) if sides else (both, both)
