"""The work that several compiled nets have in common, done once for all of them."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import torch

from torchcaffe.blob import Blob
from torchcaffe.errors import CaffeError
from torchcaffe.fast.op import Op
from torchcaffe.fast.program import Program
from torchcaffe.fast.replayable import Replayable
from torchcaffe.fast.same_work import Survey, Work

if TYPE_CHECKING:
    from torchcaffe.net import Net


class CommonPass(Replayable):
    """The common operations of some nets, in an order in which they can run.

    Each is run in one net, and its results are shown by the blobs of the others, which compute nothing then. The nets
    take turns: whichever is first to go forward once more has the common pass run.

    `computed_by` is what runs it then: `compute`, or larger work that `compute` is a part of.
    """

    def __init__(self, survey: Survey, programs: Sequence[tuple["Net", Program]]) -> None:
        self.works: list[Work] = []
        self.taken: set[Op] = set()  # Operations that no net runs by itself any more.
        self.results: list[Blob] = []  # In all nets.
        self.computed_by: Callable[[], None] = self.compute
        self._steps: list[Callable[[], object]] = []
        self._number = 0  # Of the forward pass that it has run for.
        self._failure: CaffeError | None = None
        run: list[Op] = []
        for net, program in programs:
            for op in program.ops:
                work = survey.works.get(op)
                if work is not None and work.common:
                    self._take(net, op, work, program.bf16)
                    if (net, op) not in work.others:
                        run.append(op)
        super().__init__(run)

    def _take(self, net: "Net", op: Op, work: Work, bf16: bool) -> None:
        """Takes an operation over: the one that does the work, another that is shown it, or a Split of its result."""
        self.taken.add(op)
        self.results += _tops(net, op)
        if (net, op) in work.others:
            for node, first in zip(op.nodes, work.op.nodes, strict=True):
                if node.layer.get_state() is not None:
                    node.layer = first.layer  # What one net reads is read for the other.
            return
        self._steps += [op.widen_data, op.forward] if bf16 and not op.takes_bf16 else [op.forward]
        if op is work.op:
            self.works.append(work)
            for other, shown in work.others:
                self._steps += [partial(b.show, a) for a, b in zip(_tops(net, op), _tops(other, shown), strict=True)]

    def addresses(self) -> list[int]:
        """Where the params are that it reads."""
        return [blob.data.data_ptr() for op in self.ops for node in op.nodes for blob in node.layer.blobs]

    def run(self, number: int) -> None:
        """Runs for the nets' forward pass of this number, unless it has; what fails for one net fails for all."""
        if self._failure is not None:
            raise self._failure
        if number == self._number:
            return
        if number != self._number + 1:
            raise AssertionError(f"a net asks for forward pass {number} in common, and {self._number} was the last")
        self._number = number
        try:
            self.computed_by()
        except CaffeError as error:
            self._failure = error
            raise

    def compute(self) -> None:
        """Computes the results anew, and shows them."""
        for blob in self.results:
            blob.release()
        with torch.no_grad():
            for step in self._steps:
                step()


class Member:
    """A net's program: what it has in common with others, and its `own`."""

    def __init__(self, net: "Net", program: Program, common: CommonPass) -> None:
        own = [op for op in program.ops if op not in common.taken]
        self.own = Program(own, net.place.device, net.place.dtype, program.bf16)
        self._common, self._number = common, 0
        outputs = [blob for _, blob, _ in net.outputs()]
        tops = [top for op in own if op.bottoms for top in _tops(net, op)]
        self._activations = [top for top in tops if not any(top is output for output in outputs)]

    def forward(self) -> torch.Tensor:
        self.take_part()
        return self.own.forward()

    def take_part(self) -> None:
        """Has the common pass run for the net's next forward pass, unless it has for another's."""
        self._number += 1
        self._common.run(self._number)

    def backward(self) -> None:
        self.own.backward()

    def release(self) -> None:
        """Lets go of what the layers have made of their bottoms, for the next net's sake."""
        for blob in self._activations:
            blob.release()


def join(nets: Sequence["Net"]) -> CommonPass:
    """Has compiled nets do what they have in common once, from now on, by a `Member` each; gives that.

    If there is nothing, each keeps its program.

    Each net must go forward as often as the others, in turns: none a second time before all have once. A net whose
    layers are watched one by one keeps to itself.
    """
    survey = Survey()
    programs = [(net, net.program) for net in nets if isinstance(net.program, Program) and not net.is_watched]
    for net, program in programs:
        survey.add(net, program.ops)
    common = CommonPass(survey, programs)
    if common.works:
        for net, program in programs:
            net.program = Member(net, program, common)
    return common


def summary(works: Sequence[Work]) -> str:
    """What is done once and for how many nets: `1 Data for 3 nets, 25 Convolution+BatchNorm+Scale for 2, ...`."""
    counts = Counter((work.op.kind, 1 + len(work.others)) for work in works)
    return ", ".join(f"{count} {kind} for {nets} nets" for (kind, nets), count in counts.items())


def _tops(net: "Net", op: Op) -> list[Blob]:
    return [net.blobs[i] for node in op.nodes for i in node.top_ids]
