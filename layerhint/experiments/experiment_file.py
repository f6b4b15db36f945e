"""What the YAML files under experiments/ may hold."""

from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Strict, Tag, field_validator, model_validator

from layerhint.experiments.methods import Method
from layerhint.experiments.protocol import Depth, Filters, Line, Name, Positive
from layerhint.records.experiment_description import Measure, Shows
from layerhint.validation import Frozen, matching, nearest

Students = Annotated[int, Strict(), Field(gt=0, le=99)]
"""The number of students of each method."""


class NetChoice(Frozen):
    """A ResNet by depth (6n+2); its filters are the protocol's where not given."""

    depth: Depth
    filters: Filters | None = None


class OwnTeacherChoice(Frozen):
    """A teacher that the user has trained: its prototxt and caffemodel, as paths relative to the experiment's file.

    `input` is the blob of the images, `logits` that of the class scores, before Softmax. Folders and titles have its
    `name` or, without one, the prototxt's file name.
    """

    net: Line
    weights: Line
    logits: Line
    input: Line = "data"
    name: Name | None = None


def _kind_of_teacher(value: Any) -> str:
    if not isinstance(value, dict):
        return "[own]" if isinstance(value, OwnTeacherChoice) else "[resnet]"
    others = "depth" not in value and not value.keys().isdisjoint(("weights", "logits"))  # Where `net` is misspelt.
    return "[own]" if "net" in value or others else "[resnet]"


TeacherChoice = Annotated[
    Annotated[NetChoice, Tag("[resnet]")] | Annotated[OwnTeacherChoice, Tag("[own]")], Discriminator(_kind_of_teacher)
]
"""A ResNet that is trained first, or a user's own trained net, which is recognised by its key `net`."""


class PairChoice(Frozen):
    """A hint layer of the teacher and a guided layer of the student, by their blobs."""

    hint: Line
    guided: Line


class ReportedRow(Frozen):
    """A row of the paper's table, in %."""

    nets: tuple[Positive, ...] = ()
    average: Positive | None = None


class Reported(Frozen):
    """What the paper reports, in %."""

    measure: Measure
    teacher: Positive | None = None
    student: Positive | None = None
    methods: dict[Method, ReportedRow] = Field(default_factory=dict)


_TERM = r"(student|teacher|[a-z0-9-]+(@[a-z0-9_-]+)?)"
Claim = Annotated[str, matching(rf"{_TERM} > {_TERM}", "`A > B`, such as `proposed > hint-kd`")]
"""`proposed > hint-kd`: the first is better. `proposed@table1` is the row of `against`."""


class ExperimentFile(Frozen):
    """The keys of `experiments/<name>.yaml`; the name is the file's alone.

    `claims` are the orderings that the paper's text states, `comparisons` others that get a verdict by the same rule.
    `stages` are those that run; `against` names another experiment, whose rows of the same methods are shown beside.
    `pairs` are the hint and guided layers, bottom to top, instead of those that the switches choose between ResNets.
    """

    title: Line
    dataset: Name
    teacher: TeacherChoice
    student: NetChoice
    methods: tuple[Method, ...] = Field(min_length=1)
    nets: Students = 3
    stages: tuple[Literal[1, 2], ...] = (1, 2)
    shows: Shows = "table"
    against: Name | None = None
    pairs: tuple[PairChoice, ...] = ()
    claims: tuple[Claim, ...] = ()
    comparisons: tuple[Claim, ...] = ()
    switches: dict[str, Any] = Field(default_factory=dict)
    numbers: dict[str, Any] = Field(default_factory=dict)
    reported: Reported | None = None

    @field_validator("stages")
    @classmethod
    def _stages_from_the_first(cls, stages: tuple[int, ...]) -> tuple[int, ...]:
        if stages not in ((1,), (1, 2)):
            raise ValueError(
                f"{list(stages)}: expected [1], Stage 1 alone, or [1, 2]: Stage 2 starts from what Stage 1 leaves"
            )
        return stages

    @model_validator(mode="after")
    def _methods_once(self) -> Self:
        if len(set(self.methods)) < len(self.methods):
            raise ValueError(f"methods {list(self.methods)}: a method stands twice")
        return self

    @model_validator(mode="after")
    def _claims_about_rows(self) -> Self:
        rows = {"student", "teacher", *self.methods}
        rows |= {f"{method}@{self.against}" for method in self.methods if self.against}
        orderings = (*self.claims, *self.comparisons)
        for ordering in orderings:
            for term in ordering.split(" > "):
                if term not in rows:
                    raise ValueError(f"claim {ordering!r}: {term!r} is no row{nearest(term, sorted(rows))}")
            if orderings.count(ordering) > 1:
                raise ValueError(f"claim {ordering!r} stands twice in claims and comparisons")
        return self


class Profile(Frozen):
    """The keys of `experiments/profiles/<name>.yaml`."""

    title: Line
    data: Literal["full", "sample"]
    numbers: dict[str, Any]
