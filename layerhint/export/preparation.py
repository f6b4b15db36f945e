"""What a test net does to the images of its LMDB before its first layer: subtract a mean, multiply."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from onnx import TensorProto

import torchcaffe as caffe
from layerhint.errors import LayerhintError
from layerhint.export.graph import Graph
from layerhint.nets.data_layer import data_layer
from torchcaffe.data.transformer import DataTransformer


@dataclass(frozen=True)
class Preparation:
    """y = (x - mean) * scale, float32; `mean` is None, (C, H, W) or (1 or C, 1, 1)."""

    mean: npt.NDArray[np.float32] | None
    scale: np.float32

    def add_to(self, graph: Graph, image: str, output: str, blob: str, shape: tuple[int, ...]) -> None:
        """Adds the nodes that make the value `output` of the raw uint8 `image`: what the net's input `blob` holds.

        One image has the `shape` (C, H, W); nodes and constants are named after the blob.

        Raises LayerhintError for a mean of another size.
        """
        steps: list[tuple[str, list[str]]] = [("Cast", [])]
        if self.mean is not None:
            if self.mean.shape not in (shape, (1, 1, 1), (shape[0], 1, 1)):
                raise LayerhintError(
                    f"the mean has shape {self.mean.shape}, but the net's images have {shape}: is the test net of "
                    "another data set than the deploy net?"
                )
            steps.append(("Sub", [graph.constant(f"{blob}/mean", self.mean)]))
        if self.scale != 1:
            steps.append(("Mul", [graph.constant(f"{blob}/scale", np.array(self.scale))]))
        value = image
        for i, (operator, others) in enumerate(steps, start=1):
            result = output if i == len(steps) else graph.fresh(f"{blob}/{operator}")
            attributes = {"to": TensorProto.FLOAT} if operator == "Cast" else {}
            graph.node(operator, [value, *others], [result], name=f"{blob}/{i}_{operator}", **attributes)
            value = result


def read_preparation(test_net: Path) -> Preparation:
    """What the test net's Data layer does to its images.

    Raises LayerhintError for a crop, which no node stands for, and as `data_layer` does.
    """
    layer = data_layer(test_net)
    if layer.transform_param.crop_size:
        raise LayerhintError(
            f"{test_net}: layer '{layer.name}' crops its images, and the ONNX file takes them in the net's own size: "
            "leave --with-mean out and prepare them yourself"
        )
    transformer = DataTransformer(layer.transform_param, caffe.TEST, f"layer '{layer.name}'")
    return Preparation(transformer.mean, transformer.scale)
