"""The layers that a described ResNet should have, as Caffe reads them; no template is involved."""

from collections.abc import Iterator
from functools import lru_cache

from layerhint.trainings.architecture import LOGITS, Module, ResNet
from torchcaffe.proto.caffe_pb2 import (
    BatchNormParameter,
    ConvolutionParameter,
    EltwiseParameter,
    FillerParameter,
    InnerProductParameter,
    LayerParameter,
    PoolingParameter,
    PowerParameter,
    ScaleParameter,
)

IMAGES = "data"
_MSRA = FillerParameter(type="msra")


@lru_cache(maxsize=256)
def described_layers(net: ResNet, last: str, prefix: str = "") -> tuple[LayerParameter, ...]:
    """The layers up to the part `last`, in their order, with `prefix` before the names of layers and blobs.

    BatchNorm's numbers, and the solver's multipliers (`param`), are left out.
    """
    made = {layer.name: layer for layer in _layers(net)}
    shown = net.parts[: net.parts.index(last) + 1]
    return tuple(_named(made[name], prefix) for name in net.layer_names() if name.partition("/")[0] in shown)


def _named(layer: LayerParameter, prefix: str) -> LayerParameter:
    layer.name = prefix + layer.name
    layer.bottom[:] = [blob if blob == IMAGES else prefix + blob for blob in layer.bottom]
    layer.top[:] = [prefix + blob for blob in layer.top]
    return layer


def _layers(net: ResNet) -> Iterator[LayerParameter]:
    yield from _convolution_bn("conv1", IMAGES, net.filters[0], kernel=3)
    yield _relu("conv1", "conv1")
    below = "conv1"
    for module in net.modules:
        yield from _module(net, module, below)
        below = module.name
    pooling = PoolingParameter(pool=PoolingParameter.AVE, global_pooling=True)
    yield LayerParameter(name="pool", type="Pooling", bottom=[below], top=["pool"], pooling_param=pooling)
    scores = InnerProductParameter(
        num_output=net.classes, weight_filler=_MSRA, bias_filler=FillerParameter(type="constant")
    )
    yield LayerParameter(name=LOGITS, type="InnerProduct", bottom=["pool"], top=[LOGITS], inner_product_param=scores)


def _module(net: ResNet, module: Module, below: str) -> Iterator[LayerParameter]:
    """relu(shortcut(x) + conv2(relu(conv1(x)))), each convolution 3x3 and with BatchNorm; the first has the stride."""
    name, width = module.name, module.out_channels
    yield from _convolution_bn(f"{name}/conv1", below, width, kernel=3, stride=module.stride)
    yield _relu(f"{name}/conv1", f"{name}/conv1")
    yield from _convolution_bn(f"{name}/conv2", f"{name}/conv1", width, kernel=3)
    shortcut = below
    if module.changes_size:
        shortcut = f"{name}/shortcut"
        projects = net.shortcut == "projection"
        yield from (
            _convolution_bn(shortcut, below, width, kernel=1, stride=module.stride)
            if projects
            else _zero_padded(module, below)
        )
    added = EltwiseParameter(operation=EltwiseParameter.SUM)
    bottoms = [shortcut, f"{name}/conv2"]
    yield LayerParameter(name=f"{name}/sum", type="Eltwise", bottom=bottoms, top=[name], eltwise_param=added)
    yield _relu(name, name)


def _zero_padded(module: Module, below: str) -> Iterator[LayerParameter]:
    """Every second row and column exactly, by a constant 1 for each channel; then channels of zeros."""
    subsample, zeros, shortcut = (f"{module.name}/{layer}" for layer in ("subsample", "zeros", "shortcut"))
    param = ConvolutionParameter(
        num_output=module.in_channels,
        group=module.in_channels,
        kernel_size=[1],
        stride=[module.stride],
        pad=[0],
        dilation=[1],
        bias_term=False,
        weight_filler=FillerParameter(type="constant", value=1),
    )
    yield LayerParameter(name=subsample, type="Convolution", bottom=[below], top=[subsample], convolution_param=param)
    nothing = PowerParameter(scale=0)
    yield LayerParameter(name=zeros, type="Power", bottom=[subsample], top=[zeros], power_param=nothing)
    bottoms = [subsample, *[zeros] * module.zero_blobs]
    yield LayerParameter(name=shortcut, type="Concat", bottom=bottoms, top=[shortcut])


def _convolution_bn(name: str, bottom: str, num_output: int, kernel: int, stride: int = 1) -> Iterator[LayerParameter]:
    """A convolution without bias that keeps the size at stride 1; BatchNorm; a scale and a shift for each channel."""
    param = ConvolutionParameter(
        num_output=num_output,
        kernel_size=[kernel],
        stride=[stride],
        pad=[kernel // 2],
        dilation=[1],
        bias_term=False,
        weight_filler=_MSRA,
    )
    yield LayerParameter(name=name, type="Convolution", bottom=[bottom], top=[name], convolution_param=param)
    norm, scale = BatchNormParameter(), ScaleParameter(bias_term=True)
    yield LayerParameter(name=f"{name}/bn", type="BatchNorm", bottom=[name], top=[name], batch_norm_param=norm)
    yield LayerParameter(name=f"{name}/scale", type="Scale", bottom=[name], top=[name], scale_param=scale)


def _relu(name: str, blob: str) -> LayerParameter:
    return LayerParameter(name=f"{name}/relu", type="ReLU", bottom=[blob], top=[blob])
