"""What the tests of the export share: nets of a few layers with random params, their ONNX models, both run."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

import torchcaffe as caffe
from layerhint.export.convert import convert, read_deployed

Draw = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]


def normal(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return generator.normal(size=shape)


def positive(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return generator.uniform(0.5, 2, size=shape)


def input_layer(*shape: int, name: str = "x") -> str:
    dims = " ".join(f"dim: {size}" for size in shape)
    return f'layer {{ name: "{name}" type: "Input" top: "{name}" input_param {{ shape {{ {dims} }} }} }}\n'


def make_net(folder: Path, text: str, draw: Draw = positive, name: str = "net") -> tuple[Path, Path]:
    """Writes a net and a caffemodel whose params are drawn at random; positive ones do as variances as well."""
    model, weights = folder / f"{name}.prototxt", folder / f"{name}.caffemodel"
    model.write_text(text)
    net = caffe.Net(str(model), caffe.TEST)
    generator = np.random.default_rng(5)
    for blobs in net.params.values():
        for blob in blobs:
            blob.data[...] = draw(generator, blob.data.shape)
    net.save(str(weights))
    return model, weights


def exported(folder: Path, text: str, draw: Draw = positive) -> onnx.ModelProto:
    return convert(read_deployed(*make_net(folder, text, draw)), {})


def run_onnx(model: onnx.ModelProto, images: np.ndarray) -> dict[str, np.ndarray]:
    """Every output by name."""
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {session.get_inputs()[0].name: images}), strict=True))


def run_caffe(folder: Path, images: np.ndarray, name: str = "net") -> dict[str, np.ndarray]:
    """Every blob by name, of the net that `make_net` wrote."""
    net = caffe.Net(str(folder / f"{name}.prototxt"), str(folder / f"{name}.caffemodel"), caffe.TEST)
    net.blobs["x"].reshape(*images.shape)
    net.blobs["x"].data[...] = images
    net.forward()
    return {blob: np.array(net.blobs[blob].data) for blob in net.blobs}


def shapes(model: onnx.ModelProto) -> Mapping[str, tuple[int | str, ...]]:
    """The shapes that the model states, by value."""
    infos = [*model.graph.input, *model.graph.value_info, *model.graph.output]
    return {info.name: tuple(d.dim_param or d.dim_value for d in info.type.tensor_type.shape.dim) for info in infos}
