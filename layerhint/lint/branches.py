"""The layers between class scores and what a loss reads."""

from dataclasses import dataclass
from typing import Literal

from layerhint.lint.cases import NetCase
from layerhint.lint.logits import Logits, logits_of

SOFTENING = ("Power", "Softmax", "Log")


@dataclass(frozen=True)
class Branch:
    """The softening layers between a blob and a bottom of a layer, by number; a teacher's own are not among them.

    `reader` is the lowest of them or, if there are none, the layer itself; its bottom number `bottom` is the blob from
    which the branch starts.
    """

    layers: tuple[int, ...]
    reader: int
    bottom: int

    @classmethod
    def of(cls, case: NetCase, number: int, bottom: int) -> "Branch":
        """The branch that ends at a bottom of layer `number`."""
        layers: list[int] = []
        reader = number
        while True:
            maker = case.net.maker(reader, bottom)
            if case.net.layers[maker].type not in SOFTENING or case.is_frozen(case.net.layers[maker].name):
                return cls(tuple(layers), reader, bottom)
            layers.insert(0, maker)
            reader, bottom = maker, 0

    def types(self, case: NetCase) -> tuple[str, ...]:
        """The types of its layers, from the blob up."""
        return tuple(case.net.layers[number].type for number in self.layers)

    def side(self, case: NetCase) -> Literal["student", "teacher"]:
        """Whose blob the branch starts from: the teacher's if the layer that makes it is frozen."""
        maker = case.net.layers[case.net.maker(self.reader, self.bottom)]
        return "teacher" if case.is_frozen(maker.name) else "student"

    def starts_at(self, case: NetCase, logits: Logits) -> bool:
        """Whether the branch starts at a net's class scores, unchanged by other layers."""
        return logits.are_read(case.net, self.reader, self.bottom)


def logits_of_side(case: NetCase, side: Literal["student", "teacher"]) -> Logits:
    """The class scores of the student, or of the frozen teacher."""
    teacher, frozen = case.described.teacher, case.training.frozen
    if side == "teacher" and teacher is not None and frozen is not None:
        return logits_of(teacher, frozen.prefix)
    return logits_of(case.described.net)
