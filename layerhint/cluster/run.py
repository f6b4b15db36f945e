"""Runs a plan on a Ray cluster: a step starts as soon as the steps that it needs are done and a machine has room."""

import time
from collections import Counter
from contextlib import suppress

from layerhint.cluster.connection import LOCAL, Cluster, connected
from layerhint.cluster.file_transfer import portable
from layerhint.cluster.job import Job
from layerhint.cluster.needs import Needs, NoMachineError, needs_of
from layerhint.errors import LayerhintError
from layerhint.running.plan import Plan
from layerhint.running.run import Outcome, block, fail, finish, keep, reported, tell_began, tell_ended
from layerhint.steps.sendable_step import SendableStep
from layerhint.steps.step import Context, Step, StoppedError
from layerhint.steps.train import Train
from layerhint.wording import duration

WAIT_SECONDS = 0.2
MACHINE_SECONDS = 120.0
LOSSES = 5
"""A step whose worker was lost this many times in a row, without a newer snapshot, has failed."""


def run_on_ray(plan: Plan, context: Context, address: str, share: float) -> Outcome:
    """Does the pending steps, as `layerhint.running.run.run` does, on the cluster at an address, or on `local`.

    Trainings and tests of teachers are sent to machines; all other steps take a moment and are done here. A step whose
    worker or machine is lost continues elsewhere from the last snapshot that has arrived.

    Raises:
        StoppedError: the user stopped the run; the steps on machines stopped with a snapshot, which has arrived here.
        LayerhintError: a step was refused, or the cluster cannot be used. The other steps on machines stopped likewise.
    """
    for folder in (context.workspace.folder, *(step.data for step in plan.steps if isinstance(step, SendableStep))):
        portable(folder)
    with connected(address) as cluster:
        needs = _await_machine(context, cluster, share, 0 if address == LOCAL else MACHINE_SECONDS)
        context.display.say(f"{len(cluster.machines())} machine(s); each training takes {needs}")
        return _Campaign(plan, context, cluster, needs).run()


def _await_machine(context: Context, cluster: Cluster, share: float, seconds: float) -> Needs:
    """Waits until a machine has what each training needs, and returns that: machines join a cluster one by one."""
    deadline = time.monotonic() + seconds
    announced = False
    while True:
        try:
            return needs_of(context.engine, share, cluster.machines())
        except NoMachineError as error:
            if time.monotonic() >= deadline:
                raise
            if not announced:
                context.display.say(f"waiting up to {duration(seconds)} for machines to join: {error}")
                announced = True
        time.sleep(WAIT_SECONDS)


class _Campaign:
    def __init__(self, plan: Plan, context: Context, cluster: Cluster, needs: Needs) -> None:
        self._context = context
        self._cluster = cluster
        self._needs = needs
        self._numbers = {step.id: number for number, step in enumerate(plan.steps, start=1)}
        self._waiting = list(plan.steps)
        self._jobs: dict[str, Job] = {}
        self._losses: Counter[str] = Counter()
        self._last_snapshot: dict[str, str] = {}
        self._outcome = Outcome()

    def run(self) -> Outcome:
        try:
            self._start_what_can()
            while self._jobs:
                self._listen()
                self._start_what_can()
        except KeyboardInterrupt:
            self._bring_home()
            raise StoppedError from None
        except BaseException:
            with suppress(KeyboardInterrupt):  # Raise the error that ended the run, not this one.
                self._bring_home()
            raise
        return self._outcome

    # Starting steps.

    def _start_what_can(self) -> None:
        """Starts waiting steps until none of them can start; a step that is done here at once may allow others to."""
        before = -1
        while before != len(self._waiting):
            before = len(self._waiting)
            for step in tuple(self._waiting):
                unfinished = {*self._jobs, *(other.id for other in self._waiting)}
                if unfinished.isdisjoint(step.needs):
                    self._waiting.remove(step)
                    self._start(step)

    def _start(self, step: Step) -> None:
        context, outcome = self._context, self._outcome
        obstacle = outcome.obstacle(step)
        if obstacle is not None:
            block(step, obstacle, outcome, context)
            return
        why = step.why_not(context)
        if why is None:
            keep(step, context)
        elif isinstance(step, SendableStep):
            self._jobs[step.id] = Job(step, why, self._needs, self._cluster)
        else:
            context.display.say(f"{self._title(step)}  ({why})")
            with reported(step, why, outcome, context):
                step.run(context)

    def _title(self, step: Step) -> str:
        return f"[{self._numbers[step.id]}/{len(self._numbers)}] {step.kind} {step.id}"

    # Handling replies.

    def _listen(self) -> None:
        """Waits a moment for the workers' replies, and handles those that have come."""
        ray = self._cluster.ray
        due = {job.reply: job for job in self._jobs.values() if job.is_due()}
        if not due:
            time.sleep(WAIT_SECONDS)
            return
        ready, _ = ray.wait(list(due), num_returns=len(due), timeout=WAIT_SECONDS, fetch_local=False)
        for reply in ready:
            self._hear(due[reply])

    def _hear(self, job: Job) -> None:
        ray = self._cluster.ray
        begun = bool(job.where)
        try:
            answer = ray.get(job.reply)
        except ray.exceptions.RayTaskError as error:
            del self._jobs[job.step.id]
            tell_ended(job.step, "failed", str(error.cause), self._context)
            raise error.cause from None
        except ray.exceptions.RayError as error:
            # A worker of another version may lack this class, and so cannot tell its version.
            unheard = "" if begun else ", or the machine has another version of this program"
            self._lose(job, f"its worker is gone ({type(error).__name__}){unheard}")
            return
        try:
            job.answered(answer, self._context)
        except Exception as error:
            del self._jobs[job.step.id]
            job.close()
            tell_ended(job.step, "failed", str(error), self._context)
            raise
        if job.where and not begun:
            self._context.display.say(f"{self._title(job.step)} on {job.where}  ({job.why})")
            tell_began(job.step, job.why, job.where, self._context)
        if job.news is not None and job.news.verdict != "running":
            self._conclude(job, job.news.verdict, job.news.cause)

    def _conclude(self, job: Job, verdict: str, cause: str) -> None:
        """Acts on a verdict. A step that died, or stopped unasked, was on a machine that is going away."""
        step = job.step
        if verdict in ("died", "stopped") and not job.stopping:
            job.close()
            self._lose(job, cause)
            return
        del self._jobs[step.id]
        job.close()
        if verdict == "diverged":
            if isinstance(step, Train):
                step.files(self._context).set_aside()  # The other machine had only its last snapshots to set aside.
            fail(step, cause, self._outcome, self._context)
        elif verdict == "done":
            self._check(step)
        else:
            tell_ended(step, "failed" if verdict == "refused" else "stopped", cause, self._context)
            if verdict == "refused" and not job.stopping:
                raise LayerhintError(cause)

    def _check(self, step: Step) -> None:
        """Finishes a step whose files have arrived. Raises LayerhintError if they are not what its record says."""
        damage = step.why_not(self._context)
        if damage is not None:
            raise LayerhintError(f"{step.id} has not arrived whole ({damage}). Run the same command again")
        self._context.display.say(f"  done: {step.id}")
        finish(step, self._outcome, self._context)

    def _lose(self, job: Job, cause: str) -> None:
        """Puts a step whose worker is lost back to the front of the queue; after `LOSSES` losses it has failed."""
        step = job.step
        del self._jobs[step.id]
        if job.snapshot != self._last_snapshot.get(step.id, ""):
            self._losses[step.id] = 0
        self._last_snapshot[step.id] = job.snapshot
        self._losses[step.id] += 1
        where = f" on {job.where}" if job.where else ""
        if self._losses[step.id] >= LOSSES:
            fail(
                step,
                f"its worker was lost {LOSSES} times without getting any further; the last time{where}, {cause}",
                self._outcome,
                self._context,
            )
            return
        self._context.display.say(f"  LOST: {step.id}{where}: {cause}. It goes on from its last snapshot")
        tell_ended(step, "lost", cause, self._context)
        if not job.stopping:
            self._waiting.insert(0, step)

    def _bring_home(self) -> None:
        """Stops all running steps with a snapshot each, and waits for the snapshots. A second Ctrl-C ends the wait.

        An error that keeps files from arriving, such as a full disk, is shown once.
        """
        for job in self._jobs.values():
            if job.begun:
                job.stop()
        self._jobs = {name: job for name, job in self._jobs.items() if job.begun}
        if self._jobs:
            self._context.display.say(f"stopping {len(self._jobs)} step(s) with a snapshot each")
        shown: set[str] = set()
        while self._jobs:
            try:
                self._listen()
            except (LayerhintError, OSError) as error:  # The error that ended the run is raised afterwards.
                if str(error) not in shown:
                    self._context.display.say(f"  {error}")
                shown.add(str(error))
