"""Does the work that several compiled nets have in common once for all of them."""

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

    Each operation runs in one net; the blobs of the other nets show its results. The nets take turns: the first to
    begin a new forward pass runs the common pass, the others use its results.

    `computed_by` is the function that runs it: `compute`, or larger work that calls `compute`.
    """

    def __init__(self, survey: Survey, programs: Sequence[tuple["Net", Program]]) -> None:
        self.works: list[Work] = []
        self.taken: set[Op] = set()  # Operations that the nets no longer run themselves.
        self.results: list[Blob] = []  # The tops of `taken`, in all nets.
        self.computed_by: Callable[[], None] = self.compute
        self._steps: list[Callable[[], object]] = []
        self._number = 0  # The number of the nets' forward pass that it last ran for.
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
        """Takes over a net's operation: one that does the work, one that gets its results, or a Split of them."""
        self.taken.add(op)
        self.results += _tops(net, op)
        if (net, op) in work.others:
            for node, first in zip(op.nodes, work.op.nodes, strict=True):
                if node.layer.get_state() is not None:
                    node.layer = first.layer  # A Data layer that reads for both nets.
            return
        self._steps += [op.widen_data, op.forward] if bf16 and not op.takes_bf16 else [op.forward]
        if op is work.op:
            self.works.append(work)
            for other, shown in work.others:
                self._steps += [partial(b.show, a) for a, b in zip(_tops(net, op), _tops(other, shown), strict=True)]

    def addresses(self) -> list[int]:
        """The addresses of the params that it reads."""
        return [blob.data.data_ptr() for op in self.ops for node in op.nodes for blob in node.layer.blobs]

    def run(self, number: int) -> None:
        """Runs for the nets' forward pass `number`, if it has not run yet; an error is raised for every net."""
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
    """The program of a net that takes part in a common pass; `own` holds the rest of its operations."""

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
        """Runs the common pass for the net's next forward pass, if no other net has."""
        self._number += 1
        self._common.run(self._number)

    def backward(self) -> None:
        self.own.backward()

    def release(self) -> None:
        """Frees the data that the net's own layers have computed, outputs apart, to make room for the next net."""
        for blob in self._activations:
            blob.release()


def join(nets: Sequence["Net"]) -> CommonPass:
    """Makes compiled nets share a common pass from now on, by a `Member` each; returns the pass.

    If they have nothing in common, each keeps its program.

    The nets must run forward in turns: none a second time before all have run once. A net whose layers are watched one
    by one does not take part.
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
    """The shared work and how many nets share it: `1 Data for 3 nets, 25 Convolution+BatchNorm+Scale for 2 nets`."""
    counts = Counter((work.op.kind, 1 + len(work.others)) for work in works)
    return ", ".join(f"{count} {kind} for {nets} nets" for (kind, nets), count in counts.items())


def _tops(net: "Net", op: Op) -> list[Blob]:
    return [net.blobs[i] for node in op.nodes for i in node.top_ids]
