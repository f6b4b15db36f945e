"""What the tests of own teachers share: a net that is no ResNet, its caffemodel, and experiments with it."""

from pathlib import Path
from typing import Any

import numpy as np
import yaml

import torchcaffe as caffe
from layerhint.experiments.experiment import Experiment, load_experiment
from layerhint.trainings.own_net import OwnNet
from layerhint.trainings.own_net_file import OwnNetRequest, read_own_net
from torchcaffe.proto import caffe_pb2

IMAGE = (3, 32, 32)

DEPLOY = 'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 3 dim: 32 dim: 32 } } }\n'
TRAIN = """
layer { name: "data" type: "Data" top: "data" top: "label" include { phase: TRAIN }
  data_param { source: "a" batch_size: 7 } }
layer { name: "data" type: "Data" top: "data" top: "label" include { phase: TEST }
  data_param { source: "b" batch_size: 9 } }
"""
BODY = """
layer { name: "halve" type: "Power" bottom: "data" top: "data" power_param { scale: 0.5 } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  param { lr_mult: 1 } param { lr_mult: 2 decay_mult: 0 }
  convolution_param { num_output: 6 kernel_size: 3 pad: 1 weight_filler { type: "xavier" } } }
layer { name: "conv1/bn" type: "BatchNorm" bottom: "conv1" top: "conv1" batch_norm_param { eps: 0.01 } }
layer { name: "conv1/scale" type: "Scale" bottom: "conv1" top: "conv1" scale_param { bias_term: true } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer { name: "split" type: "Slice" bottom: "conv1" top: "few" top: "many" slice_param { slice_point: 2 } }
layer { name: "conv2" type: "Convolution" bottom: "many" top: "conv2"
  convolution_param { num_output: 32 kernel_size: 2 stride: 2 weight_filler { type: "xavier" } } }
layer { name: "twin_a" type: "Convolution" bottom: "conv2" top: "twin_a" param { name: "w" } param { name: "b" }
  convolution_param { num_output: 9 kernel_size: 1 weight_filler { type: "xavier" } } }
layer { name: "twin_b" type: "Convolution" bottom: "twin_a" top: "twin_b"
  convolution_param { num_output: 32 kernel_size: 1 weight_filler { type: "xavier" } } }
layer { name: "twin_c" type: "Convolution" bottom: "twin_b" top: "twin_c" param { name: "w" } param { name: "b" }
  convolution_param { num_output: 9 kernel_size: 1 weight_filler { type: "xavier" } } }
layer { name: "drop" type: "Dropout" bottom: "twin_c" top: "dropped" dropout_param { dropout_ratio: 0.75 } }
layer { name: "conv3" type: "Convolution" bottom: "dropped" top: "conv3"
  convolution_param { num_output: 12 kernel_size: 2 stride: 2 weight_filler { type: "xavier" } } }
layer { name: "pool" type: "Pooling" bottom: "conv3" top: "pool" pooling_param { pool: AVE global_pooling: true } }
layer { name: "scores" type: "InnerProduct" bottom: "pool" top: "scores"
  inner_product_param { num_output: 10 weight_filler { type: "xavier" } } }
"""
LOSSES = """
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "scores" bottom: "label" top: "loss" }
layer { name: "accuracy" type: "Accuracy" bottom: "scores" bottom: "label" top: "accuracy" include { phase: TEST } }
"""
WEIGHTED = ("conv1", "conv1/bn", "conv1/scale", "conv2", "twin_a", "twin_b", "twin_c", "conv3", "scores")
HINTS = ("conv1", "conv2", "conv3")


def write_own(folder: Path, body: str = BODY, head: str = TRAIN, tail: str = LOSSES) -> Path:
    """own.prototxt, and own.caffemodel with random params and statistics; returns the prototxt."""
    (folder / "deploy.prototxt").write_text(DEPLOY + body)
    net = caffe.Net(str(folder / "deploy.prototxt"), caffe.TEST)
    generator = np.random.default_rng(7)
    for blobs in net.params.values():
        for blob in blobs:
            blob.data[...] = generator.normal(0, 0.3, blob.data.shape)
    if "conv1/bn" in net.params:
        net.params["conv1/bn"][1].data[...] = generator.uniform(0.5, 2, 6)  # a variance
        net.params["conv1/bn"][2].data[...] = 4  # the factor that the sums are divided by
    net.save(str(folder / "own.caffemodel"))
    (folder / "own.prototxt").write_text(head + body + tail)
    return folder / "own.prototxt"


def read_own(prototxt: Path, **changes: Any) -> OwnNet:
    request: dict[str, Any] = {
        "label": "own",
        "net": str(prototxt),
        "weights": str(prototxt.with_name("own.caffemodel")),
        "input": "data",
        "logits": "scores",
        "hints": HINTS,
        "image": IMAGE,
        "classes": 10,
    }
    return read_own_net(OwnNetRequest(**(request | changes)))


def weights(prototxt: Path) -> caffe_pb2.NetParameter:
    return caffe_pb2.NetParameter.FromString(prototxt.with_name("own.caffemodel").read_bytes())


def experiment_with(folder: Path, overrides: dict[str, Any] | None = None, **changes: Any) -> Experiment:
    """An experiment on CIFAR-10 with the net of `write_own` as teacher; `changes` replace keys of its file."""
    if not (folder / "own.prototxt").exists():
        write_own(folder)
    content: dict[str, Any] = {
        "title": "Mine",
        "dataset": "cifar10",
        "teacher": {"net": "own.prototxt", "weights": "own.caffemodel", "logits": "scores"},
        "student": {"depth": 8},
        "pairs": [
            {"hint": "conv1", "guided": "res1_1"},
            {"hint": "conv2", "guided": "res2_1"},
            {"hint": "conv3", "guided": "res3_1"},
        ],
        "methods": ["kd", "hint-kd", "hint-kd-plus", "proposed", "concurrent"],
        "nets": 2,
    }
    path = folder / "mine.yaml"
    path.write_text(yaml.safe_dump(content | changes), encoding="utf-8")
    return load_experiment(path, overrides)
