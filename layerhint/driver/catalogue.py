"""What can be run: the experiments, their groups, how long each takes."""

from rich.console import Group, RenderableType
from rich.table import Table

from layerhint.experiments.experiment import experiment_names, groups, load_experiment
from layerhint.running.plan import count_steps
from layerhint.tables import plain_table
from layerhint.trainings.expand import expand, expand_all
from layerhint.trainings.trainings import Training
from layerhint.watching.forecast import forecast_on_cpu
from layerhint.wording import count, duration


def catalogue(profile: str, scale: float, engine: str, in_lockstep: bool) -> RenderableType:
    """A table of the experiments and one of the groups, under a profile and a scale.

    The forecast is for an engine on this machine's CPU, from its rate of matrix products measured now. A group counts
    once what its experiments share.
    """

    def amounts(trainings: tuple[Training, ...]) -> tuple[str, str, str, str]:
        iterations = sum(training.schedule.max_iter for training in trainings)
        seconds = forecast_on_cpu(trainings, engine, in_lockstep)
        return str(count_steps(trainings)), str(len(trainings)), count(iterations), f"about {duration(seconds)}"

    table = _table("experiment", "what it is")
    experiments = {}
    for name in sorted(experiment_names(), key=_natural):
        experiment = load_experiment(name, profile=profile, scale=scale)
        experiments[name] = experiment
        table.add_row(name, experiment.title, *amounts(expand(experiment)))
    grouped = _table("group", "experiments")
    for name, members in groups().items():
        together = expand_all(experiments[member] for member in members)
        grouped.add_row(name, ", ".join(members), *amounts(together))
    return Group(table, "", grouped)


def _table(*headers: str) -> Table:
    table = plain_table(*headers)
    for header in ("steps", "trainings", "iterations", "on this CPU"):
        table.add_column(header, justify="right", no_wrap=True)
    return table


def _natural(name: str) -> tuple[str, int]:
    """A sort key: fig4 before fig10, and figures before tables."""
    letters = name.rstrip("0123456789")
    return letters, int(name[len(letters) :] or 0)
