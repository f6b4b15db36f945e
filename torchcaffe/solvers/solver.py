"""The base of all solvers: the loop of forward, backward and update, with tests, displays and snapshots."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle
from pathlib import Path
from typing import ClassVar

import torch

from torchcaffe import rng
from torchcaffe.fast import compile_net
from torchcaffe.fast.layout import filters_channels_last
from torchcaffe.fast.own_kernels import with_or_without
from torchcaffe.glog import logger, number
from torchcaffe.graph import Iteration, Recorder, record_forward, record_runs, recorder_for
from torchcaffe.net import Net
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.text import to_text
from torchcaffe.signals import Action
from torchcaffe.solvers import display, snapshot
from torchcaffe.solvers.lr_policy import check_lr_policy
from torchcaffe.solvers.nets import build_test_nets, build_train_net
from torchcaffe.solvers.smoothed_loss import SmoothedLoss
from torchcaffe.solvers.solver_error import SolverError
from torchcaffe.solvers.testing import run_test
from torchcaffe.weights.caffemodel import copy_trained_layers_from
from torchcaffe.weights.matching import Copied

Callback = Callable[[], None]


class Solver(ABC):
    """Trains the net that a solver's prototxt describes.

    A kind of solver defines how the params are changed by their diffs. `iter` is the number of updates so far.

    Args:
        param: the solver's settings.
        device: where its nets live; by default where `mode` says.
        dtype: element type of its nets.

    Raises:
        SolverError: settings that are missing, unknown or contradict each other.
        NetError, ProtoError, WeightsError: a net or caffemodel that it names is wrong.

    Source: Caffe 1.0, `src/caffe/solver.cpp`.
    """

    type: ClassVar[str]

    def __init__(
        self,
        param: caffe_pb2.SolverParameter,
        device: torch.device | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        logger.info("Initializing solver from parameters: \n%s", to_text(param).rstrip())
        self.param = param
        self.iter = 0
        self.current_step = 0
        self._check_settings()
        if param.snapshot:
            snapshot.check_writable(param)
        if param.random_seed >= 0:
            rng.set_random_seed(param.random_seed)
        self.net = build_train_net(param, device, dtype)
        # By caffemodel file: the layers that the train net took from it.
        self.copied = self._load_weights(self.net)
        self.test_nets = build_test_nets(param, device, dtype)
        for net in self.test_nets:
            self._load_weights(net)
        logger.info("Solver scaffolding done.")
        self.history: list[torch.Tensor] = []  # The arrays that a solver keeps from update to update.
        self.loss = SmoothedLoss(param.average_loss, self.net.place.device, dtype)
        self.on_start: list[Callback] = []
        self.on_gradients_ready: list[Callback] = []
        self.action_source: Callable[[], Action] = lambda: Action.NONE
        self.requested_early_exit = False
        # The position before a test, kept until the next iteration begins, for snapshots between the two.
        self.before_test: snapshot.Position | None = None
        if param.debug_info:  # The net is watched from now on, and logs from the first displayed iteration.
            self.net.set_debug_info(True, on=self.net.param.debug_info)
        for net in self.test_nets:
            net.set_debug_info(param.debug_info)
        self._goes_on = False  # Whether the smoothed loss comes from a solverstate.
        self.recorder: Recorder | None = None
        self.whole: Iteration | None = None  # Runs iterations as one piece of work.
        self.coming: Iteration | None = None  # In the pause before an iteration: what will run it.

    def compile(self, recorder: Recorder | None = None) -> None:
        """Runs the nets by the fast path from now on, and logs what it fuses.

        `recorder` records iterations and test batches, with data on the device; by default CUDA graphs on a GPU.
        """
        self.net.set_debug_info(self.param.debug_info, on=False)
        self.recorder = recorder = recorder or recorder_for(self.net.place.device)
        if recorder is not None:
            owners = cycle(param.blob for param in self.net.params.learnable)
            filters_channels_last([self.net, *self.test_nets], zip(owners, self.history, strict=False))
        program = compile_net(self.net, on_device=recorder is not None)
        place = self.net.place
        logger.info("Fast path: %s; %s", program.summary(), with_or_without(place.device, place.dtype))
        for net in self.test_nets:
            net.program = record_forward(
                net, compile_net(net, backward=False, on_device=recorder is not None), recorder
            )
        self.net.program = program
        self.whole = None if recorder is None else record_runs(self, program, recorder)

    # What a kind of solver defines.

    @abstractmethod
    def coming_rates(self) -> list[float]:
        """The rates of the coming update."""

    @abstractmethod
    def count_update(self) -> None:
        """Counts the iteration, and logs its rate if that is due."""

    @abstractmethod
    def update_params(self, rates: Sequence[float | torch.Tensor]) -> None:
        """Changes the params by their diffs, at these rates."""

    # Running.

    def apply_update(self) -> None:
        """Changes the params by their diffs; counts the iteration."""
        rates = self.coming_rates()
        self.count_update()
        self.update_params(rates)

    @property
    def loaded_layers(self) -> set[str]:
        """The train net's layers that have taken their params from a caffemodel."""
        return {name for each in self.copied.values() for name in each.found}

    def step(self, iterations: int) -> None:
        """Runs this many iterations, unless a stop is requested (`requested_early_exit`)."""
        for _ in self.steps(iterations):
            pass

    def steps(self, iterations: int) -> Iterator[None]:
        """As `step`, but yields twice an iteration: after the tests that precede it, and after the iteration.

        In a pause a stop may be requested, or a snapshot taken.
        """
        check_lr_policy(self.param)
        self.requested_early_exit = False
        stop = self.iter + iterations
        if not self._goes_on:
            self.loss.restart(self.iter)
        self._goes_on = False
        self._displayed = self.iter
        self._timer = time.perf_counter()
        while self.iter < stop:
            whole = self.coming = self.whole if self.whole and self.whole.fits() else None
            if whole is None:
                self.clear_param_diffs()
            if self._every(self.param.test_interval) and (self.iter > 0 or self.param.test_initialization):
                before = snapshot.position(self)
                self.test_all()
                self.before_test = before
            yield
            if self.requested_early_exit:
                break
            self.before_test = None
            for callback in self.on_start:
                callback()
            self.loss.update(whole.run() if whole else self.forward_backward(), self.iter)
            self.coming = None
            if self._every(self.param.display):
                self._display_training()
            for callback in self.on_gradients_ready:
                callback()
            if whole:
                self.count_update()
            else:
                self.apply_update()
            request = self.action_source()
            if self._every(self.param.snapshot) or request is Action.SNAPSHOT:
                self.snapshot()
            if request is Action.STOP:
                self.requested_early_exit = True
            yield
            if self.requested_early_exit:
                break

    def solve(self, resume_file: str | Path | None = None) -> None:
        """Runs up to `max_iter`, from a solverstate if one is given; snapshots and tests at the end."""
        for _ in self.solving(resume_file):
            pass

    def solving(self, resume_file: str | Path | None = None) -> Iterator[None]:
        """As `solve`, but yields as `steps` does, and also before and after the forward pass of a last display."""
        logger.info("Solving %s", self.net.name)
        logger.info("Learning Rate Policy: %s", self.param.lr_policy)
        if resume_file is not None:
            logger.info("Restoring previous solver status from %s", resume_file)
            self.restore(resume_file)
        yield from self.steps(self.param.max_iter - self.iter)
        if self.param.snapshot_after_train and not self._every(self.param.snapshot):
            self.snapshot()
        if self._stopped_early():
            return
        yield
        if self._every(self.param.display):
            self.loss.update(self.net.forward(), self.iter)
            logger.info("Iteration %d, loss = %s", self.iter, number(float(self.loss.mean)))
        yield
        if self._stopped_early():
            return
        if self._every(self.param.test_interval):
            self.test_all()
        logger.info("Optimization Done.")

    def test_all(self) -> None:
        """Tests each test net over its `test_iter` batches, with the params as they are now."""
        self.before_test = snapshot.position(self)
        for i, net in enumerate(self.test_nets):
            if not self.requested_early_exit:
                logger.info("Iteration %d, Testing net (#%d)", self.iter, i)
                net.share_trained_layers_with(self.net)
                run_test(net, self.param.test_iter[i], self.param.test_compute_loss, self._stop_in_test)
        if not self.requested_early_exit:
            self.before_test = None

    def snapshot(self) -> Path:
        """Writes `<prefix>_iter_N.caffemodel`, then `.solverstate` (or both with .h5); gives the latter."""
        return snapshot.write(self)

    def restore(self, path: str | Path) -> None:
        """Restores a solverstate and the caffemodel that it names. `WeightsError` if they do not fit."""
        self._goes_on = snapshot.restore(self, path)

    def clear_param_diffs(self) -> None:
        """Sets to zero the diffs of all params that a backward pass or an update changes."""
        diffs = [param.blob.diff for param in self.net.params.learnable if not param.is_frozen]
        if diffs:
            torch._foreach_zero_(diffs)

    # Parts of the above.

    def _check_settings(self) -> None:
        for field in ("average_loss", "iter_size"):
            if getattr(self.param, field) < 1:
                raise SolverError(f"{field} is {getattr(self.param, field)}: it must be at least 1")

    def _load_weights(self, net: Net) -> dict[str, Copied]:
        copied: dict[str, Copied] = {}
        for entry in self.param.weights:
            for file in filter(None, map(str.strip, entry.split(","))):
                logger.info("Finetuning from %s", file)
                copied[file] = copy_trained_layers_from(net, file)
        return copied

    def _stopped_early(self) -> bool:
        if self.requested_early_exit:
            logger.info("Optimization stopped early.")
        return self.requested_early_exit

    def _every(self, interval: int) -> bool:
        return interval > 0 and self.iter % interval == 0

    def forward_backward(self) -> torch.Tensor:
        """Adds up the gradients of `iter_size` batches; returns their mean loss."""
        self.net.set_debug_info(self.param.debug_info, on=self._every(self.param.display))
        losses = []
        for _ in range(self.param.iter_size):
            losses.append(self.net.forward())
            self.net.backward()
        loss = sum(losses[1:], losses[0])
        return loss / self.param.iter_size if self.param.iter_size > 1 else loss

    def _display_training(self) -> None:
        loss = float(self.loss.mean)  # Waits for the device, so that the time below includes its work.
        lapse = time.perf_counter() - self._timer
        rate = (self.iter - self._displayed) / (lapse or 1)
        logger.info(
            "Iteration %d (%s iter/s, %ss/%d iters), loss = %s",
            self.iter,
            number(rate),
            number(lapse),
            self.param.display,
            number(loss),
        )
        self._timer = time.perf_counter()
        self._displayed = self.iter
        display.log_outputs("Train", self.net, [blob.data for _, blob, _ in self.net.outputs()])

    def _stop_in_test(self) -> bool:
        """Acts on the requests that have come in since a test's last batch; returns whether to break the test off."""
        while (request := self.action_source()) is not Action.NONE:
            if request is Action.SNAPSHOT:
                self.snapshot()
            else:
                self.requested_early_exit = True
        return self.requested_early_exit
