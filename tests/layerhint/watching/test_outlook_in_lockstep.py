"""The outlook, as the threads of several trainings use it at the same time."""

from collections.abc import Iterator

from layerhint.experiments.experiment import load_experiment
from layerhint.trainings.expand import expand
from layerhint.watching.forecast import Outlook


def test_one_ends_while_another_asks_how_long_all_will_take() -> None:
    first, second, *_ = expand(load_experiment("table1"))
    outlook = Outlook({first.id: 1.0, second.id: 1.0})

    class Others(list[str]):
        """The other thread gets its turn whenever this one looks through them."""

        def __contains__(self, name: object) -> bool:
            outlook.finished(second, 0, 1.0)
            return super().__contains__(name)

        def __iter__(self) -> Iterator[str]:
            outlook.finished(second, 0, 1.0)
            return super().__iter__()

    assert outlook.left(first, 15, 0, 1.0, 1.0, Others()) is not None
