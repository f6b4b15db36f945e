"""The weights that all engines start from."""

from pathlib import Path
from typing import Any

import torch

import torchcaffe as caffe
from benchmarks.generated_files import SEED
from benchmarks.pytorch.state import state_dicts
from torchcaffe.proto.caffe_pb2 import NetParameter
from torchcaffe.proto.text import to_text


def write_weights(net: NetParameter, caffemodel: Path, state: Path) -> None:
    """Writes weights as a caffemodel, and for PyTorch as state dicts.

    The fillers draw the weights. The statistics of every BatchNorm, a frozen teacher's too, are those of one batch, so
    that all values have a usual size: untrained statistics are zeros, and dividing by them would blow values up.
    """
    measuring = NetParameter()
    measuring.CopyFrom(net)
    for layer in measuring.layer:
        if layer.type == "BatchNorm":
            layer.batch_norm_param.use_global_stats = False
    file = caffemodel.with_name("measuring.prototxt")
    file.write_text(to_text(measuring), encoding="utf-8")
    caffe.set_mode_cpu()
    caffe.set_random_seed(SEED)
    filled: Any = caffe.Net(str(file), caffe.TRAIN)
    filled.forward()
    filled.save(str(caffemodel))
    torch.save(state_dicts({name: [blob.data for blob in blobs] for name, blobs in filled.params.items()}), state)
