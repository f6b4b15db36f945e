"""A step that runs on the cluster, as the driver sees it."""

import contextlib
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from layerhint.cluster.code import code_fingerprint
from layerhint.cluster.connection import Cluster
from layerhint.cluster.file_transfer import pack, portable, receive
from layerhint.cluster.needs import Needs
from layerhint.cluster.order import Greeting, News, Order, Parcel
from layerhint.datasets.manifest import dataset_fingerprint
from layerhint.errors import LayerhintError
from layerhint.steps.sendable_step import SendableStep
from layerhint.steps.step import Context
from layerhint.steps.train import Train
from layerhint.watching.caffe_log import LogReader, feed_all, read_log

NEWS_SECONDS = 1.0
CLOSE_SECONDS = 10.0


class Job:
    """One attempt at a step, from the request for a machine to the verdict.

    `reply` is the reference to the worker's next answer, which is passed to `answered`.
    """

    def __init__(self, step: SendableStep, why: str, needs: Needs, cluster: Cluster) -> None:
        self.step = step
        self.why = why
        self.needs = needs
        self.where = ""
        self.news: News | None = None
        self.begun = False
        self.stopping = False
        self.since = 0
        self.snapshot = ""
        self.reader = LogReader()
        self._rest = ""
        self._cluster = cluster
        self._data = step.data
        self._content = dataset_fingerprint(step.data)
        self._asked = 0.0
        self._worker = cluster.start_worker(needs)
        self.reply: Any = self._worker.greet.remote(self._content, str(step.data.absolute()))

    def is_due(self) -> bool:
        """Whether to wait for the worker's next reply now: it is asked for news once a second."""
        return self.news is None or self.stopping or time.monotonic() - self._asked >= NEWS_SECONDS

    def answered(self, answer: object, context: Context) -> None:
        """Handles an answer: to a greeting it sends the data set or the order; from news it saves the new files."""
        if isinstance(answer, Greeting):
            self._welcome(answer, context)
        elif isinstance(answer, News):
            self._take(answer, context)
            if answer.verdict == "running":
                self._ask()
        elif self.begun:
            self._ask()
        else:
            self._begin(context)

    def _ask(self) -> None:
        self._asked = time.monotonic()
        self.reply = self._worker.news.remote()

    def stop(self) -> None:
        """Asks the worker to stop with a snapshot."""
        self.stopping = True
        self._worker.stop.remote()

    def close(self) -> None:
        """Frees the machine, and removes the step's folder there if the machine still answers."""
        ray = self._cluster.ray
        with contextlib.suppress(ray.exceptions.RayError):
            ray.get(self._worker.close.remote(), timeout=CLOSE_SECONDS)
        ray.kill(self._worker)

    # To the machine.

    def _welcome(self, greeting: Greeting, context: Context) -> None:
        self.where = f"{greeting.host} {greeting.device if self.needs.gpus else 'CPU'}"
        if greeting.code != code_fingerprint():
            raise LayerhintError(
                f"{greeting.host} has another version of this program than the driver: check out the same commit "
                "there, and start its `ray start` from that folder's .venv"
            )
        if greeting.has_data:
            self._begin(context)
        else:
            context.display.say(f"  {self._data} goes to {greeting.host}")
            self.reply = self._worker.take_data.remote(self._content, self._cluster.offer(self._content, self._data))

    def _begin(self, context: Context) -> None:
        """Sends the order with the step's files, among them the last snapshot that is here."""
        step = self.step
        files = pack(step.files_to_send(context))
        inputs = step.inputs(context)
        engine = context.engine.on(self.needs.device, self.needs.threads)
        texts = {portable(path): text for path, text in step.declared(context, inputs).items()}
        there = replace(context, engine=engine, texts=texts, watchers=())
        log = context.workspace.log(step.id)
        if any(parcel.path == log.as_posix() for parcel in files):
            self.reader = read_log(log)
            self.since = self.reader.reached(0)
        self.snapshot = next((parcel.path for parcel in files if parcel.path.endswith(".solverstate")), "")
        order = Order(step, there, portable(self._data), self._content)
        self.begun = True
        self.reply = self._worker.begin.remote(order, files, str(self._data.absolute()))

    # From the machine.

    def _take(self, news: News, context: Context) -> None:
        log = context.workspace.log(self.step.id)
        for parcel in news.parcels:
            receive(parcel)
            if parcel.path == log.as_posix():
                self._read(parcel)
        for path in news.gone:
            Path(portable(path)).unlink(missing_ok=True)
        for line in news.printed.splitlines():
            context.display.say(line)
        self.news = news
        if isinstance(self.step, Train) and self.reader.train:
            for watcher in context.watchers:
                watcher.trained(self.step.training, self.reader, self.since)

    def _read(self, parcel: Parcel) -> None:
        if not parcel.start:
            self.reader, self._rest = LogReader(), ""
        *whole, self._rest = (self._rest + parcel.content.decode(errors="replace")).split("\n")
        feed_all(self.reader, whole)
