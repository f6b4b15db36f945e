"""Which trainings of a plan go in lockstep, and when their turn comes."""

from collections.abc import Collection, Mapping

from layerhint.running.plan import Plan
from layerhint.steps.step import Step
from layerhint.trainings.alike import alike

Unit = tuple[Step, ...]
"""Steps that are done at the same time: one, or the trainings of a lockstep."""


def units(plan: Plan, pending: Collection[str]) -> list[Unit]:
    """The plan's steps in running order. Pending trainings that are alike are one unit, after all that they need."""
    steps = {step.id: step for step in plan.trains}
    group: dict[str, Unit] = {}
    for trainings in alike([step.training for step in plan.trains]):
        unit = tuple(steps[training.id] for training in trainings if training.id in pending)
        group |= {step.id: unit for step in unit}
    return _in_order(plan, group)


def _in_order(plan: Plan, group: Mapping[str, Unit]) -> list[Unit]:
    by_id = {step.id: step for step in plan.steps}
    placed: set[str] = set()
    ordered: list[Unit] = []

    def place(step: Step) -> None:
        if step.id in placed:
            return
        unit = group.get(step.id, (step,))
        placed.update(member.id for member in unit)
        for member in unit:
            for need in member.needs:
                if need in by_id:
                    place(by_id[need])
        ordered.append(unit)

    for step in plan.steps:
        place(step)
    return ordered
