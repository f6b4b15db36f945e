"""The record of a finished step: its result, and what every step's record has."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from layerhint.records.provenance import Provenance
from layerhint.records.recorded import Recorded
from layerhint.validation import validated

HEAD = ("schema", "id", "kind")
"""The keys that every record begins with."""


class _OfEveryStep(Recorded):
    seconds: float
    prototxt: dict[str, str]
    inputs: dict[str, str]
    outputs: dict[str, str]


_COMMON = frozenset((*HEAD, *_OfEveryStep.model_fields, *Provenance.model_fields))


class Result(Recorded):
    """Base of the results, the part of a record that only one kind of step has."""

    kind: ClassVar[str]

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        taken = sorted(_COMMON.intersection(cls.model_fields))
        if taken:
            raise TypeError(f"{cls.__name__}: every step's record has a place of its own for {', '.join(taken)}")


R = TypeVar("R", bound=Result)
R_co = TypeVar("R_co", bound=Result, covariant=True)


@dataclass(frozen=True)
class Finished(Generic[R_co]):
    """A finished step.

    `inputs` and `outputs` are fingerprints of what it was made from, by name, and of the files that it left, by path;
    `prototxt` has the texts of the generated files among the inputs. `seconds` is how long it took, over all the stints
    in which it was done.
    """

    id: str
    result: R_co
    seconds: float
    prototxt: Mapping[str, str]
    provenance: Provenance
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]

    def of(self, kind: type[R]) -> "Finished[R] | None":
        """This record, if its result is of that kind; else None."""
        result = self.result
        if not isinstance(result, kind):
            return None
        return Finished(self.id, result, self.seconds, self.prototxt, self.provenance, self.inputs, self.outputs)

    def as_json(self) -> dict[str, Any]:
        """The content of its file, after schema and id."""
        return {
            "kind": self.result.kind,
            "seconds": self.seconds,
            **self.result.as_json(),
            "prototxt": dict(self.prototxt),
            **self.provenance.as_json(),
            "inputs": dict(self.inputs),
            "outputs": dict(self.outputs),
        }


def finished_from(step_id: str, content: Mapping[str, Any], kind: type[R]) -> Finished[R]:
    """The record from the values that `as_json` gave. Raises LayerhintError, which names the key, for other values."""
    origin = f"of the kind '{kind.kind}'"
    result = validated(kind, {key: value for key, value in content.items() if key not in _COMMON}, origin, named=False)
    said = validated(_OfEveryStep, _only(_OfEveryStep, content), origin, named=False)
    made_by = validated(Provenance, _only(Provenance, content), origin, named=False)
    return Finished(step_id, result, said.seconds, said.prototxt, made_by, said.inputs, said.outputs)


def _only(model: type[Recorded], content: Mapping[str, Any]) -> dict[str, Any]:
    return {key: content[key] for key in model.model_fields if key in content}
