"""Stage 2: a method's nets, which train as the plain student does, from where its Stage 1 ended."""

from dataclasses import replace

from layerhint.experiments.methods import Method
from layerhint.trainings.methods.built_experiment import BuiltExperiment
from layerhint.trainings.schedule import plain_schedule
from layerhint.trainings.trainings import NetFile, Start, Surgery, Training, WeightSource


def stage2_trainings(
    built: BuiltExperiment, method: Method, folder: str, net: NetFile, start: Start, teacher: WeightSource | None = None
) -> list[Training]:
    """One training of `net` for each net of a method; they differ in the random values of what `start` does not give.

    `teacher` is where the layers of the frozen teacher come from, if `net` has one.
    """
    seeds = built.experiment.protocol.seeds
    return [
        Training(
            folder=folder,
            name=f"net{number}",
            title=f"{net.title}, net {number}",
            dataset=built.experiment.dataset,
            method=method,
            stage=2,
            train=replace(net, start=start.name),
            schedule=plain_schedule(built.experiment),
            seed=start.solver_seed(seeds.stage2, number),
            test=built.test_net("stage2_test.prototxt", net.title, built.student),
            init=Surgery(
                sources=(teacher, *start.sources) if teacher else start.sources,
                random=start.random,
                seed=seeds.surgery_stage2 + number,
            ),
            frozen=teacher,
            student=number,
        )
        for number in range(1, built.experiment.nets + 1)
    ]
