"""The interface to follow the steps of a run, as the status and TensorBoard's event files do."""

from layerhint.trainings.trainings import Training
from layerhint.watching.caffe_log import LogReader


class Watcher:
    """Is told of every step; subclasses override what they need."""

    def began(self, step_id: str, why: str, where: str) -> None:
        """A step begins, on a machine and a device."""

    def trained(self, training: Training, reader: LogReader, since: int) -> None:
        """A look at a running training: its whole log so far. This stint began at iteration `since`."""

    def ended(self, step_id: str, state: str, note: str) -> None:
        """A step is done, failed, blocked, stopped or lost (`state`); `note` is why."""
