"""A step that need not be done where the driver is."""

from abc import abstractmethod
from pathlib import Path

from layerhint.steps.step import Context, Step


class SendableStep(Step):
    """A step that may be done on another machine; `data` is the folder of the data set that it reads."""

    def __init__(self, step_id: str, needs: tuple[str, ...], data: Path) -> None:
        super().__init__(step_id, needs)
        self.data = data

    @abstractmethod
    def files_to_send(self, context: Context) -> tuple[Path, ...]:
        """Prepares it for another machine: the files, besides generated ones and the data set, that it reads or goes on
        from. Some may not be there."""
