"""The driver's command line: from a name of experiments to their tables."""

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from layerhint import engines
from layerhint.driver.budget import SPENT, Budget
from layerhint.driver.catalogue import catalogue
from layerhint.driver.describe import describe
from layerhint.driver.drawn_nets import drawn_nets
from layerhint.driver.given_teacher import with_given_teacher
from layerhint.driver.idle_settings import idle_settings
from layerhint.driver.leftovers import tidy
from layerhint.driver.one_name import check_name
from layerhint.driver.options import make_parser
from layerhint.driver.selection import chosen_experiments, chosen_workspace, left_out, watched_folder
from layerhint.driver.unfit_options import check_options
from layerhint.driver.widened import record_before, widened
from layerhint.engines.engine import Engine
from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import Experiment, is_file_name
from layerhint.kept.description import read_description
from layerhint.lint import faults_of, lint
from layerhint.lockstep.run import run_in_lockstep
from layerhint.paths import ROOT, absolute, seen_from_root
from layerhint.records.records import write_experiment
from layerhint.records.run_lock import locked
from layerhint.rendering.render import render, write
from layerhint.run_command import STOPPED
from layerhint.running.plan import Plan, make_plan
from layerhint.running.report_plan import make_report_plan
from layerhint.running.run import Outcome, mark, run
from layerhint.spans import seconds_of
from layerhint.status.board import Board
from layerhint.status.cli import status_of, status_of_all
from layerhint.steps.snapshot_every import SnapshotEvery
from layerhint.steps.step import Context, StoppedError
from layerhint.steps.workspace import Workspace
from layerhint.trainings.trainings import Training
from layerhint.watching.events import EventFiles
from layerhint.watching.forecast import forecast_on_cpu, works
from layerhint.watching.outlook import Outlook
from layerhint.watching.progress import Display
from layerhint.watching.watcher import Watcher
from layerhint.wording import duration

LONG_SECONDS = 2 * 3600


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line, for `run_command`.

    Returns:
        The exit status: 0; 75 where --budget is used up; 130 if stopped.

    Raises:
        LayerhintError, CaffeError, OSError: a mistake.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = make_parser().parse_args(given)
    display = Display()
    budget = Budget(seconds_of(options.budget, "--budget") if options.budget else None)
    try:
        with budget.running():
            _run(options, display)
    except (StoppedError, KeyboardInterrupt):
        if budget.spent:
            display.say(f"the budget of {options.budget} is used up; what is done is kept. To continue:")
            display.say(f"  python tools/run_pipeline.py {shlex.join(given)}")
            return SPENT
        display.say("stopped; what is done is kept. Run the same command to continue")
        return STOPPED
    return 0


def _run(options: argparse.Namespace, display: Display) -> None:
    out = absolute(Path(options.out)) if options.out else watched_folder(options.names)
    options.names = [seen_from_root(Path(name)) if is_file_name(name) else name for name in options.names]
    teacher_from = _teacher_file(options.teacher_from) if options.teacher_from else None
    if options.caffe_root:
        options.caffe_root = str(absolute(Path(options.caffe_root)))
    check_options(options)
    os.chdir(ROOT)  # Caffe reads the paths in its files from where it is started.
    if options.names[:1] == ["status"]:
        _show_status(options, out, display)
        return
    if options.list:
        engines.require_name(options.engine)
        display.console.print(catalogue(options.profile, options.scale, options.engine, _in_lockstep(options)))
        return
    experiments = chosen_experiments(options)
    for sentence in (*idle_settings(experiments), *left_out(options, experiments)):
        display.say(sentence)
    engine = _engine(options)
    workspace = chosen_workspace(options, experiments, engine, out)
    if out is None:
        check_name(experiments, workspace)
    texts = render(experiments, workspace.layout, engine.solver_mode)
    findings = lint(experiments, workspace.layout, texts)
    if findings:
        raise LayerhintError(f"nothing was started. {faults_of(findings)}")
    plan = make_plan(experiments, workspace)
    if teacher_from is not None:
        plan = with_given_teacher(plan, experiments, teacher_from, workspace.layout, texts)
    every = SnapshotEvery.parse(options.snapshot_every) if options.snapshot_every else None
    context = Context(workspace, engine, display, texts, Outlook({}), every)
    if options.plan:
        _show(plan, plan.pending(context), context)
        return
    with locked(workspace.folder, display.say):
        tidy(workspace)
        _carry_out(plan, context, experiments, options)
        tidy(workspace)  # A killed driver's `caffe train` may have been still about to end when this run began.


def _engine(options: argparse.Namespace) -> Engine:
    return engines.get_engine(
        options.engine,
        options.device,
        options.caffe_root,
        options.precision,
        options.threads,
        elsewhere=_is_elsewhere(options),
    )


def _teacher_file(given: str) -> Path:
    """The caffemodel of --teacher-from, as the repository's root sees it.

    Raises LayerhintError if it is not there, or is not what a description beside it says.
    """
    if not Path(given).is_file():
        raise LayerhintError(f"--teacher-from {given}: there is no such file. Name the caffemodel of a trained teacher")
    read_description(Path(given))
    return Path(seen_from_root(Path(given)))


def _carry_out(plan: Plan, context: Context, experiments: list[Experiment], options: argparse.Namespace) -> None:
    """Does the pending steps, and shows the tables; the caller holds the lock of the run's folder.

    Raises LayerhintError if steps failed, after all others that could be done are done.
    """
    pending = plan.pending(context)
    _show(plan, pending, context)
    if pending:
        _warn_if_long(plan, pending, options, context)
        write(context.texts)
    afterwards = make_report_plan(experiments, context.workspace)
    context = replace(context, outlook=Outlook(works(_trainings(plan, pending), _in_lockstep(options))))
    context = replace(context, watchers=_watchers(plan, pending, afterwards, context, options.tensorboard))
    _record_experiments(experiments, context)
    mark(plan, pending, context)
    outcome = _run_plan(plan, context, options)
    run(afterwards, context, outcome.missing)
    _conclude(experiments, context.workspace, context.display)
    outcome.require_whole()


def _run_plan(plan: Plan, context: Context, options: argparse.Namespace) -> Outcome:
    if options.ray is None:
        return run_in_lockstep(plan, context) if _in_lockstep(options) else run(plan, context)
    from layerhint.cluster.run import run_on_ray

    return run_on_ray(plan, context, options.ray, 1.0 if options.gpu_share is None else options.gpu_share)


def _in_lockstep(options: argparse.Namespace) -> bool:
    return options.engine == "torch" and not options.no_lockstep and options.ray is None


def _trainings(plan: Plan, pending: dict[str, str]) -> list[Training]:
    return [step.training for step in plan.trains if step.id in pending]


def _watchers(
    plan: Plan, pending: dict[str, str], afterwards: Plan, context: Context, with_events: bool
) -> tuple[Watcher, ...]:
    workspace = context.workspace
    late = {step.id: "when the trainings are done" for step in afterwards.steps}
    board = Board(workspace.folder, (*plan.steps, *afterwards.steps), {**pending, **late}, context.outlook)
    return (context.outlook, board, *([EventFiles(workspace.events)] if with_events else []))


def _show_status(options: argparse.Namespace, out: Path | None, display: Display) -> None:
    """Shows the status of the run that the other options would start or continue; without any, of all runs."""
    options.names = options.names[1:]
    if out is not None:
        shown = status_of(out)
    elif options.names:
        experiments = chosen_experiments(options)
        shown = status_of(chosen_workspace(options, experiments, _engine(options), None).folder)
    else:
        shown = status_of_all(Path("runs"))
    display.console.print(shown)


def _show(plan: Plan, pending: dict[str, str], context: Context) -> None:
    folder, display = context.workspace.folder, context.display
    if not pending:
        display.say(f"{folder}: all {len(plan.steps)} steps are up to date")
        return
    display.say(f"{folder}: {len(plan.steps)} steps, {len(plan.steps) - len(pending)} of them up to date; to do:")
    for step in plan.steps:
        if step.id in pending:
            display.say(f"  {step.kind:<12} {step.id}  ({pending[step.id]})")


def _warn_if_long(plan: Plan, pending: dict[str, str], options: argparse.Namespace, context: Context) -> None:
    """If the run will take hours on this machine's CPU, says how many, and how to make it smaller."""
    if options.profile != "paper" or _is_elsewhere(options) or context.engine.on_gpu:
        return
    seconds = forecast_on_cpu(_trainings(plan, pending), options.engine, _in_lockstep(options))
    if seconds < LONG_SECONDS:
        return
    smaller = options.scale / 100 if options.scale > 0.01 else options.scale / 10
    context.display.say(
        f"On this CPU that will take about {duration(seconds)}. It starts now, and can be stopped (Ctrl-C) and "
        f"continued. For a smaller run: --scale {smaller:g}, or --profile smoke"
    )


def _is_elsewhere(options: argparse.Namespace) -> bool:
    """Whether a cluster of other machines trains."""
    if options.ray is None:
        return False
    from layerhint.cluster.connection import LOCAL

    return bool(options.ray != LOCAL)


def _record_experiments(experiments: list[Experiment], context: Context) -> None:
    records = context.workspace.records
    for experiment in experiments:
        nets = drawn_nets(experiment, context.workspace.layout, context.texts)
        record = describe(experiment).model_copy(update={"nets": nets})
        write_experiment(records, widened(record, record_before(records, experiment.name), experiment))


def _conclude(experiments: list[Experiment], workspace: Workspace, display: Display) -> None:
    from layerhint.report import terminal_table

    for experiment in experiments:
        if experiment.base is None:  # A variant is a line below its base's table.
            display.console.print(terminal_table(workspace.records, experiment.name))
    display.say(f"report: {workspace.report / 'index.html'}")
