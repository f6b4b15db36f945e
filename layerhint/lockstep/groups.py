"""Which trainings of a plan go in lockstep, and when their turn comes."""

from collections.abc import Collection, Hashable

from layerhint.running.plan import Plan
from layerhint.steps.step import Step
from layerhint.steps.train import Train

Unit = tuple[Step, ...]
"""Steps that are done at the same time: one, or the trainings of a lockstep."""


def units(plan: Plan, pending: Collection[str]) -> list[Unit]:
    """The plan's steps in running order, with those in lockstep as one unit, after all that any of them needs.

    In lockstep go trainings that have to be done, that nothing else waits for, and that have the same teacher, frozen,
    the same images with the same random numbers, and the same schedule.
    """
    needed = {need for step in plan.steps for need in step.needs}
    alike: dict[Hashable, list[Train]] = {}
    for step in plan.trains:
        if step.kept is not None and step.id in pending and step.id not in needed:
            alike.setdefault(_key(step), []).append(step)
    group = {step.id: tuple(steps) for steps in alike.values() for step in steps}
    return _in_order(plan, group)


def _key(step: Train) -> Hashable:
    training = step.training
    return step.kept, step.data, training.train.images, training.batch_size, training.seed, training.schedule


def _in_order(plan: Plan, group: dict[str, tuple[Train, ...]]) -> list[Unit]:
    by_id = {step.id: step for step in plan.steps}
    placed: set[str] = set()
    ordered: list[Unit] = []

    def place(step: Step) -> None:
        if step.id in placed:
            return
        unit: Unit = group.get(step.id, (step,))
        placed.update(member.id for member in unit)
        for member in unit:
            for need in member.needs:
                if need in by_id:
                    place(by_id[need])
        ordered.append(unit)

    for step in plan.steps:
        place(step)
    return ordered
