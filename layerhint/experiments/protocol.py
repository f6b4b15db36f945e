"""A data set's protocol: every number of the paper, as `experiments/protocols/<data set>.yaml` holds it."""

import itertools
from typing import Annotated, Any, Self

from pydantic import Field, Strict, field_validator, model_validator

from layerhint.datasets.own.fit_image import Fit, Order
from layerhint.datasets.publishers import DATASETS
from layerhint.experiments.switches import READINGS
from layerhint.validation import Frozen, matching, nearest

Count = Annotated[int, Strict(), Field(gt=0, le=10**9)]
Whole = Annotated[int, Strict(), Field(ge=0, le=10**9)]
Seed = Annotated[int, Strict(), Field(ge=0, lt=2**31)]
Positive = Annotated[float, Strict(), Field(gt=0)]
Fraction = Annotated[float, Strict(), Field(ge=0, le=1)]
NonNegative = Annotated[float, Strict(), Field(ge=0)]
Flag = Annotated[bool, Strict()]
NAME = r"[a-z0-9][a-z0-9_-]{0,63}"
A_NAME = "up to 64 of a-z, 0-9, - and _, beginning with a letter or digit"
Name = Annotated[str, matching(NAME, A_NAME)]
Line = Annotated[str, matching(r"[^\x00-\x1f\x7f]{1,200}", "one line of 1 to 200 characters")]
Depth = Annotated[int, Strict(), Field(gt=0, le=10**4)]
Width = Annotated[int, Strict(), Field(gt=0, le=2**16)]
Filters = tuple[Width, Width, Width]


class Images(Frozen):
    """Images (channels, size, size); `pad` is the border of the training images that random crops use up."""

    channels: Count
    size: Count
    pad: Whole
    mirror: Flag
    subtract_mean: Flag
    scale: Positive | None = None
    train: Count
    test: Count

    @field_validator("size")
    @classmethod
    def _can_be_halved_twice(cls, size: int) -> int:
        if size % 4:
            raise ValueError(f"{size}: expected a multiple of 4, since stages 2 and 3 of a ResNet halve the images")
        return size


class ImageSource(Frozen):
    """A user's own folder of images: see `layerhint.datasets.own.image_folder.ImageFolder`.

    `folder` is relative to the protocol's file. `mean` are the channel means to subtract instead of the training
    images' own, in the channels' `order`.
    """

    folder: Line
    fit: Fit = "crop"
    order: Order = "rgb"
    mean: tuple[NonNegative, ...] | None = None


class Network(Frozen):
    """Filters of the three stages, and BatchNorm's two numbers."""

    filters: Filters
    moving_average_fraction: Fraction
    eps: Positive


class Sgd(Frozen):
    """Caffe's SGD solver."""

    momentum: Fraction
    weight_decay: NonNegative


class BatchSize(Frozen):
    """Batch sizes N: of the teacher's training, of the students' (see the switch `student_batch_size`), of tests."""

    teacher: Count
    student: Count
    test: Count


class Plain(Frozen):
    """lr_policy multistep: base_lr * gamma^k after the k-th stepvalue. Stage 2 uses the same."""

    base_lr: Positive
    gamma: Positive
    stepvalue: tuple[Count, ...]
    max_iter: Count

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        steps = (0, *self.stepvalue, self.max_iter)
        if any(late < early for early, late in itertools.pairwise(steps)):
            raise ValueError(f"stepvalue {list(self.stepvalue)} must ascend up to max_iter {self.max_iter}")
        return self


class Hint(Frozen):
    """Stage 1: a fixed rate, and how long each kind of hint training runs (iterations).

    `concurrent_weight` is a_i of eq (7), the same for all pairs.
    """

    base_lr: Positive
    single: Count
    layer_wise: tuple[Count, ...] = Field(min_length=2)
    concurrent: Count | None = None
    concurrent_weight: Positive = 1.0


class Kd(Frozen):
    """Stage 2's temperature and the weight of its soft term, eq (2)."""

    tau: Positive
    lambda_: NonNegative = Field(alias="lambda")


class SlResnet(Frozen):
    """SL-ResNet's Stage 1 (iterations of a step), and the lambda of its Stage 2 with KD where that is not `kd`'s."""

    iterations: Count
    kd_lambda: NonNegative | None = None


class Regressor(Frozen):
    """The convolution between unequal widths: its Gaussian filler's standard deviation."""

    std: Positive


class Intervals(Frozen):
    """Iterations between log lines, between tests and between snapshots, at the paper's length.

    Even a short training has `least_tests` tests.
    """

    display: Count
    test: Count
    least_tests: Count = 10
    snapshot: Count


class Seeds(Frozen):
    """random_seed of the solvers by kind, and where the seeds of surgery's random draws begin."""

    plain: Seed
    stage1: Seed
    stage2: Seed
    surgery_stage1: Seed
    surgery_stage2: Seed


class Protocol(Frozen):
    """Everything one data set's runs have in common."""

    dataset: Name
    title: Line
    source: ImageSource | None = None
    classes: Count
    images: Images
    network: Network
    sgd: Sgd
    batch_size: BatchSize
    plain: Plain
    hint: Hint
    kd: Kd
    sl_resnet: SlResnet | None = None
    regressor: Regressor
    intervals: Intervals
    seeds: Seeds
    switches: dict[str, tuple[str, ...]]

    @property
    def lambda_of_sl_resnet(self) -> float:
        """SL-ResNet's own lambda or, where the protocol gives it none, that of the other methods."""
        own = self.sl_resnet.kd_lambda if self.sl_resnet else None
        return self.kd.lambda_ if own is None else own

    @field_validator("switches", mode="before")
    @classmethod
    def _readings(cls, value: Any) -> Any:
        """Turns numbers into text, and checks that the code knows every switch and value; the default comes first."""
        if not isinstance(value, dict):
            return value
        for name, readings in value.items():
            if name not in READINGS:
                raise ValueError(f"unknown switch {name!r}{nearest(name, READINGS)}")
            if not isinstance(readings, list | tuple) or not readings:
                raise ValueError(f"{name}: expected a list of values, the default first")
            for reading in readings:
                if str(reading) not in READINGS[name]:
                    raise ValueError(f"{name}: unknown value {reading!r}{nearest(reading, READINGS[name])}")
        return {name: tuple(str(reading) for reading in readings) for name, readings in value.items()}

    @model_validator(mode="after")
    def _source_fits(self) -> Self:
        if self.source is None:
            return self
        if self.dataset in DATASETS:
            raise ValueError(f"dataset {self.dataset!r} is the paper's; a folder of images takes another name")
        if self.images.channels not in (1, 3):
            raise ValueError(f"images.channels {self.images.channels}: the images of a folder have 1 or 3")
        mean = self.source.mean
        if mean is not None and not self.images.subtract_mean:
            raise ValueError("source.mean is to be subtracted, but images.subtract_mean is false")
        if mean is not None and len(mean) != self.images.channels:
            raise ValueError(f"source.mean has {len(mean)} numbers for images of {self.images.channels} channels")
        return self

    @model_validator(mode="after")
    def _as_published(self) -> Self:
        """Refuses numbers that differ from those with which the LMDBs and means of the paper's data sets are made."""
        published = DATASETS.get(self.dataset)
        if published is None:
            return self
        stated = {
            "classes": (self.classes, published.facts.classes),
            "images.channels": (self.images.channels, published.facts.channels),
            "images.size": (self.images.size, published.facts.size),
            "images.pad": (self.images.pad, published.facts.pad),
            "images.subtract_mean": (self.images.subtract_mean, published.facts.has_mean),
            "images.train": (self.images.train, published.train_count),
        }
        for name, (asked, made) in stated.items():
            if asked != made:
                raise ValueError(
                    f"{name} {_as_yaml(asked)}: only the nets would have it, since the LMDBs and means of "
                    f"{published.facts.title} are made with {_as_yaml(made)}. Leave it so; other images are a data set "
                    "of your own, under another name and with a `source`"
                )
        return self

    @model_validator(mode="after")
    def _test_batches_fit(self) -> Self:
        if self.images.test % self.batch_size.test:
            raise ValueError(
                f"batch_size.test {self.batch_size.test} must divide images.test {self.images.test}, "
                "so that a test sees each image once"
            )
        return self


def _as_yaml(value: bool | int) -> str:
    return str(value).lower()
