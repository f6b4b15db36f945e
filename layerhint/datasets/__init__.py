"""The paper's three data sets: publisher's files in, shuffled LMDBs and mean files out.

`DATASETS` maps a name to its facts; `layerhint.datasets.make` turns the files into what Caffe's Data layer
reads.
"""

from layerhint.datasets.cifar10 import CIFAR10
from layerhint.datasets.cifar100 import CIFAR100
from layerhint.datasets.descriptor import DatasetDescriptor
from layerhint.datasets.mnist import MNIST

DATASETS: dict[str, DatasetDescriptor] = {d.facts.name: d for d in (CIFAR10, CIFAR100, MNIST)}

__all__ = ["DATASETS", "DatasetDescriptor"]
