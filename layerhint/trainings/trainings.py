"""What a training is: the one description that the templates render and the driver runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from layerhint.datasets.own.fit_image import Order
from layerhint.experiments.methods import Method
from layerhint.surgery.declaration import Modules, is_filled
from layerhint.trainings.architecture import FeatureMap, ResNet
from layerhint.trainings.own_net import OwnNet
from layerhint.trainings.schedule import Schedule

TEACHER = "teacher/"

Teacher = ResNet | OwnNet
"""A teacher that this project trains, or one that its owner has trained."""


@dataclass(frozen=True)
class Regressor:
    """A convolution from the student's width to the teacher's: no bias, Gaussian filler of that `std`."""

    kernel: int
    std: float


@dataclass(frozen=True)
class HintPair:
    """A hint layer H of the teacher and a guided layer G of the student; `number` is "" for a lone pair.

    Its layers in a net are `<prefix>/loss` (EuclideanLoss of loss_weight `weight`) and, between unequal
    widths, `<prefix>/regressor`.
    """

    number: str
    prefix: str
    hint: FeatureMap
    guided: FeatureMap
    weight: float = 1.0
    regressor: Regressor | None = None


@dataclass(frozen=True)
class KdLoss:
    """Eq (2): true-label term + soft_weight * CE(P_T, P_S), P = softmax(logits / tau).

    `soft_weight` is lambda, or lambda * tau^2; `label_term` says whether the true-label term is on
    softmax(p_s) or on softmax(p_s / tau).
    """

    tau: float
    lambda_: float
    soft_weight: float
    label_term: Literal["softmax", "softened"]


@dataclass(frozen=True)
class Images:
    """How the images of a split reach a net: Caffe's transform_param, with `mean` the value of that switch, or None.

    `order` is that of three channels, as the LMDBs have them.
    """

    split: Literal["train", "test"]
    mean: str | None
    crop_size: int | None
    mirror: bool
    scale: float | None
    order: Order = "rgb"


@dataclass(frozen=True)
class BatchNorm:
    """BatchNorm's two numbers, under Caffe's names."""

    moving_average_fraction: float
    eps: float


@dataclass(frozen=True)
class NetFile:
    """A prototxt in its training's folder: a template, and what it shows.

    `net` is the net that trains, but for its `frozen_parts`; `start` says what it starts from, and `layers` what the
    hint and guided layers of its `pairs` are.
    """

    file: str
    template: str
    title: str
    net: ResNet
    batch_size: int
    images: Images
    batch_norm: BatchNorm
    teacher: Teacher | None = None
    pairs: tuple[HintPair, ...] = ()
    layers: str = field(default="", compare=False)
    kd: KdLoss | None = None
    start: str = "random weights"
    frozen_parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class WeightsFile:
    """A caffemodel that no training here makes; `path` is spelt as Caffe reads it."""

    path: str


@dataclass(frozen=True)
class WeightSource:
    """Layers taken from the final caffemodel of another training, whose id is the `origin`, or from a given one.

    The layer `<prefix>X` takes the layer X, for every X in the parts `layers` (a part's own name, or a name
    that begins with it and a slash), or for all of them.
    """

    origin: str | WeightsFile
    prefix: str
    layers: Modules

    @property
    def training(self) -> str | None:
        """The id of the training whose caffemodel it is; None for a given one."""
        return self.origin if isinstance(self.origin, str) else None

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts by name; none where all layers are meant."""
        return () if self.layers == "all" else self.layers

    def fills(self, layer: str) -> bool:
        """Whether it fills this layer of the net that starts from it."""
        return is_filled(layer, self.prefix, self.layers)


@dataclass(frozen=True)
class Start:
    """What the nets of a method's Stage 2 start from: its name in the paper's words, copied parts, random parts.

    With `own_seeds` nothing is random, and each net's solver has a seed of its own instead.
    """

    name: str
    sources: tuple[WeightSource, ...]
    random: tuple[str, ...]
    own_seeds: bool = False

    def solver_seed(self, common: int, number: int) -> int:
        """The random_seed of net `number`'s solver."""
        return common + number if self.own_seeds else common


@dataclass(frozen=True)
class Surgery:
    """How a training's initial caffemodel is put together: what is copied, and what is drawn with `seed`."""

    sources: tuple[WeightSource, ...]
    random: tuple[str, ...]
    seed: int


@dataclass(frozen=True)
class Training:
    """One `caffe train`. `id` is `folder`/`name`; trainings of one id are one training.

    `stage` is 0 for plain training, 1 for hint training, 2 for KD training; `step` of `steps` counts
    Stage 1's, `student` is the number of Stage 2's net. `frozen` is the source of the layers that must not
    move, or None. `own_stage1` says that Stage 1 is repeated for each net; a repetition has its net's `student`.
    """

    folder: str
    name: str
    title: str
    dataset: str
    method: Method | Literal["plain"]
    stage: Literal[0, 1, 2]
    train: NetFile
    schedule: Schedule
    seed: int
    test: NetFile | None = None
    deploy: NetFile | None = None
    init: Surgery | None = None
    frozen: WeightSource | None = None
    step: int = 0
    steps: int = 0
    student: int | None = None
    own_stage1: bool = False

    @property
    def id(self) -> str:
        return f"{self.folder}/{self.name}"

    @property
    def batch_size(self) -> int:
        return self.train.batch_size

    @property
    def parents(self) -> tuple[str, ...]:
        """The ids of the trainings whose final caffemodels this one starts from."""
        sources = self.init.sources if self.init else ()
        return tuple(source.training for source in sources if source.training is not None)

    @property
    def net_files(self) -> tuple[NetFile, ...]:
        return tuple(net for net in (self.train, self.test, self.deploy) if net)

    def with_origins(self, moved: Mapping[str, str]) -> "Training":
        """The training with its sources' origins replaced as `moved` says, from old ids to new ones."""

        def renamed(source: WeightSource) -> WeightSource:
            return replace(source, origin=moved.get(source.training, source.origin)) if source.training else source

        init = self.init and replace(self.init, sources=tuple(map(renamed, self.init.sources)))
        return replace(self, init=init, frozen=self.frozen and renamed(self.frozen))


@dataclass(frozen=True)
class TeacherTest:
    """One `caffe test` of a teacher that its owner has trained, on the images as they reach the other nets."""

    folder: str
    title: str
    dataset: str
    net: OwnNet
    images: Images
    batch_size: int
    test_iter: int
    weights: WeightsFile

    @property
    def id(self) -> str:
        return f"{self.folder}/test"
