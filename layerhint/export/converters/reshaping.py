"""Layers that move values and compute nothing."""

from layerhint.export.layer import Layer


def copies(layer: Layer) -> list[str]:
    """Each top is the bottom: Split, and Dropout in TEST."""
    return layer.bottoms * len(layer.param.top)


def silence(layer: Layer) -> list[str]:
    """Nothing: it has no top."""
    return []


def reshape(layer: Layer) -> list[str]:
    """The same values in the top's shape."""
    if layer.top_shapes[0][:1] != layer.shape[:1]:
        layer.fail("it changes axis 0, the images of a batch, and an ONNX file takes batches of any size")
    return [layer.reshape(layer.bottoms[0], layer.top_shapes[0])]


def concat(layer: Layer) -> list[str]:
    """The bottoms one after the other along an axis."""
    param = layer.param.concat_param
    axis = param.concat_dim if param.HasField("concat_dim") else param.axis
    return [layer.add("Concat", *layer.bottoms, axis=layer.axis(axis))]


def slices(layer: Layer) -> list[str]:
    """The bottom cut along an axis."""
    param = layer.param.slice_param
    axis = layer.axis(param.slice_dim if param.HasField("slice_dim") else param.axis)
    sizes = layer.integers("sizes", [shape[axis] for shape in layer.top_shapes])
    return layer.add_many("Split", len(layer.top_shapes), layer.bottoms[0], sizes, axis=axis)


def crop(layer: Layer) -> list[str]:
    """The part of the first bottom that begins at an offset and has the second one's size, from `axis` on."""
    param = layer.param.crop_param
    axes = list(range(layer.axis(param.axis), layer.rank))
    offsets = list(param.offset) or [0]
    starts = offsets * len(axes) if len(offsets) == 1 else offsets
    ends = [start + layer.top_shapes[0][axis] for start, axis in zip(starts, axes, strict=True)]
    places = [layer.integers(what, v) for what, v in (("starts", starts), ("ends", ends), ("axes", axes))]
    return [layer.add("Slice", layer.bottoms[0], *places)]


def tile(layer: Layer) -> list[str]:
    """Copies of the bottom joined along an axis."""
    axis = layer.axis(layer.param.tile_param.axis)
    repeats = [layer.param.tile_param.tiles if i == axis else 1 for i in range(layer.rank)]
    return [layer.add("Tile", layer.bottoms[0], layer.integers("repeats", repeats))]
