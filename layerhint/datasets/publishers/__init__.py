"""The paper's three data sets as their publishers give them: `DATASETS` has them by name."""

from layerhint.datasets.publishers.cifar10 import CIFAR10
from layerhint.datasets.publishers.cifar100 import CIFAR100
from layerhint.datasets.publishers.descriptor import DatasetDescriptor
from layerhint.datasets.publishers.mnist import MNIST

DATASETS: dict[str, DatasetDescriptor] = {d.facts.name: d for d in (CIFAR10, CIFAR100, MNIST)}
