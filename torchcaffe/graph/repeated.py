"""Work that runs unrecorded a few times, then is recorded, then replayed."""

from collections.abc import Callable, Hashable, Sequence

import torch
from torch.autograd.graph import increment_version

from torchcaffe.blob import Blob, Bound
from torchcaffe.errors import CaffeError
from torchcaffe.glog import logger
from torchcaffe.graph.recorder import Recorder, Work

WARM_UP = 3
"""How often work runs before it is recorded: libraries choose their kernels in the first run."""


class Repeated:
    """Work on some blobs that returns a loss (0-d tensor).

    After each run the blobs show its results, replayed or not. If the work cannot be recorded, one log line says so,
    and it runs unrecorded each time.

    Args:
        what: the work's name in the log, such as `iterations`.
    """

    def __init__(self, what: str, work: Work, recorder: Recorder, blobs: Sequence[Blob]) -> None:
        self._what, self._work, self._recorder, self._blobs = what, work, recorder, blobs
        self._key: Hashable = None
        self._runs = 0
        self._fails = False
        self._replay: Callable[[], None] | None = None
        self._bound: list[tuple[Blob, Bound]] = []
        self._shown: list[torch.Tensor] = []  # The tensors in `_bound`.

    def __call__(self, key: Hashable) -> torch.Tensor:
        """Does the work once; returns its loss, in an array that the next run does not overwrite.

        `key` identifies what a recording depends on, such as addresses: for a new key the work is recorded again.
        """
        if key != self._key:
            self._key, self._runs, self._replay, self._bound, self._shown = key, 0, None, [], []
        self._runs += 1
        if self._replay is not None:
            self._replay()
            for blob, bound in self._bound:
                blob.bound = bound
            increment_version(self._shown)  # PyTorch does not see a replay's writes.
        elif self._fails or self._runs <= WARM_UP:
            self._loss = self._recorder.run(self._work)
        else:
            self._record()
        return self._loss.clone()

    def _record(self) -> None:
        why = self._refused()
        if why is not None:
            # Only now that the error is gone, which kept the failed recording's GPU memory.
            logger.warning("Not recorded as a %s: %s, which run as they are; %s", self._recorder.name, self._what, why)
            self._fails = True
            self._loss = self._recorder.run(self._work)
            return
        self._bound = [(blob, blob.bound) for blob in self._blobs]
        shown = [half for _, (data, diff, _) in self._bound for half in (data, diff) if half is not None]
        self._shown = list({id(tensor): tensor for tensor in shown}.values())  # Blobs may share an array.

    def _refused(self) -> str | None:
        """Records the work; returns why that is not possible, or None if it is done."""
        try:
            self._loss, self._replay = self._recorder.record(self._work)
        except CaffeError:
            raise
        except RuntimeError as error:
            return next(iter(str(error).splitlines()), type(error).__name__)
        return None
