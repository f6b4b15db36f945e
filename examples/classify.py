"""Classifies the MNIST sample's test images with a trained net, through pycaffe.

`python examples/classify.py` uses torchcaffe; `python examples/classify.py caffe` uses a real Caffe, if Python has one.
"""

import argparse
import gzip
import importlib
import os
from pathlib import Path

import numpy as np

parser = argparse.ArgumentParser(description="Classifies the MNIST sample's test images with a trained net.")
parser.add_argument("module", nargs="?", default="torchcaffe", help="torchcaffe (default), or caffe: a real Caffe")
module = parser.parse_args().module

os.environ.setdefault("GLOG_minloglevel", "2")  # Leaves out the log lines of building a net.
caffe = importlib.import_module(module)

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "data/sample/mnist"


def read_idx(path, header):
    """The bytes of a gzipped IDX file (MNIST's format) after its header of `header` bytes."""
    return np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8, offset=header)


images = read_idx(SAMPLE / "t10k-images-idx3-ubyte.gz", 16).reshape(-1, 1, 28, 28)
labels = read_idx(SAMPLE / "t10k-labels-idx1-ubyte.gz", 8)

net = caffe.Net(
    str(ROOT / "generated/mnist/resnet8/plain/deploy.prototxt"),
    str(ROOT / "weights/trained/mnist/resnet8/plain/plain.caffemodel"),
    caffe.TEST,
)
net.blobs["data"].reshape(*images.shape)  # The deploy net takes one image; now it takes all of them.
net.blobs["data"].data[...] = images  # Values from 0 to 255, as in training (see the prototxt's header).
net.forward()

probabilities = net.blobs["prob"].data
classes = probabilities.argmax(axis=1)
for i in np.flatnonzero(classes != labels):
    print(f"image {i}: a {labels[i]}, taken for a {classes[i]} with probability {probabilities[i].max():.2f}")
print(f"{(classes == labels).sum()} of {len(labels)} images are right")
