"""What the YAML files under experiments/ may hold."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from layerhint.protocol import Count, Filters, Line, Method, Name, Positive
from layerhint.validation import Frozen


class NetChoice(Frozen):
    """A ResNet by depth (6n+2); its filters are the protocol's where not given."""

    depth: Count
    filters: Filters | None = None


class ReportedRow(Frozen):
    """A row of the paper's table, in %."""

    nets: tuple[Positive, ...] = ()
    average: Positive | None = None


class Reported(Frozen):
    """What the paper reports: test accuracy P_c, or error P_e = 100 - P_c, in %."""

    measure: Literal["accuracy", "error"]
    teacher: Positive | None = None
    student: Positive | None = None
    methods: dict[Method, ReportedRow] = Field(default_factory=dict)


class ExperimentFile(Frozen):
    """The keys of `experiments/<name>.yaml`."""

    name: Name
    title: Line
    dataset: Name
    teacher: NetChoice
    student: NetChoice
    methods: tuple[Method, ...] = Field(min_length=1)
    nets: Count = Field(default=3, le=99)
    switches: dict[str, Any] = Field(default_factory=dict)
    numbers: dict[str, Any] = Field(default_factory=dict)
    reported: Reported | None = None

    @model_validator(mode="after")
    def _methods_once(self) -> Self:
        if len(set(self.methods)) < len(self.methods):
            raise ValueError(f"methods {list(self.methods)}: a method stands twice")
        return self


class Profile(Frozen):
    """The keys of `experiments/profiles/<name>.yaml`."""

    title: Line
    data: Literal["full", "sample"]
    numbers: dict[str, Any]
