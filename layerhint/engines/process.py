"""A running `caffe`, as far as who watches it is concerned."""

from typing import Any, Protocol


class Process(Protocol):
    """What of `subprocess.Popen` a watched training needs."""

    @property
    def returncode(self) -> int | Any: ...

    def poll(self) -> int | None: ...

    def wait(self) -> int: ...

    def send_signal(self, sig: int, /) -> None: ...

    def kill(self) -> None: ...
