"""A step that can be done on another machine than the driver's."""

from abc import abstractmethod
from pathlib import Path

from layerhint.steps.step import Context, Step


class SendableStep(Step):
    """A step that can be done on another machine; `data` is the folder of the data set that it reads."""

    def __init__(self, step_id: str, needs: tuple[str, ...], data: Path) -> None:
        super().__init__(step_id, needs)
        self.data = data

    @abstractmethod
    def files_to_send(self, context: Context) -> tuple[Path, ...]:
        """Prepares the step for another machine.

        Returns:
            The files that it reads or goes on from, besides generated files and the data set. Some may not exist.
        """
