"""A trained net through pycaffe: which digits does it see on the sample's test images?

`python examples/classify.py` takes torchcaffe; `python examples/classify.py caffe` a real Caffe, where Python has one.
"""

import gzip
import importlib
import os
import sys
from pathlib import Path

import numpy as np

os.environ.setdefault("GLOG_minloglevel", "2")  # What a net says while it is set up is left out.
caffe = importlib.import_module(sys.argv[1] if len(sys.argv) > 1 else "torchcaffe")

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "data/sample/mnist"


def read_idx(path, header):
    """The bytes of an IDX file of MNIST's publisher, after its header."""
    return np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8, offset=header)


images = read_idx(SAMPLE / "t10k-images-idx3-ubyte.gz", 16).reshape(-1, 1, 28, 28)
labels = read_idx(SAMPLE / "t10k-labels-idx1-ubyte.gz", 8)

net = caffe.Net(
    str(ROOT / "generated/mnist/resnet8/plain/deploy.prototxt"),
    str(ROOT / "weights/trained/mnist/resnet8/plain/plain.caffemodel"),
    caffe.TEST,
)
net.blobs["data"].reshape(*images.shape)  # The deploy net is for one image; now it is for all of them.
net.blobs["data"].data[...] = images  # Values from 0 to 255, as the net was trained: its header says so.
net.forward()

probabilities = net.blobs["prob"].data
found = probabilities.argmax(axis=1)
for i in np.flatnonzero(found != labels):
    print(f"image {i}: a {labels[i]}, taken for a {found[i]} with probability {probabilities[i].max():.2f}")
print(f"{(found == labels).sum()} of {len(labels)} images are right")
