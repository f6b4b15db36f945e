"""Makes the ids of a run's records, and recognises them.

A training's record has the training's own id, and the test of a user's own teacher that test's id.
"""

REPORT = "report"

_STARTED = ".started"
_FAILED = ".failed"
_PENDING = ".pending"
_INIT = "_init"
_EXPERIMENTS = "experiments/"


def data(dataset: str) -> str:
    """The id of the step that makes a data set."""
    return f"data/{dataset}"


def initial_weights(training: str) -> str:
    """The id of the surgery that makes a training's initial weights."""
    return training + _INIT


def training_of_initial_weights(step: str) -> str:
    """The id of the training whose initial weights a surgery makes."""
    return step.removesuffix(_INIT)


def cost(training: str) -> str:
    """The id of the step that measures the cost of a plain training's net."""
    return f"cost/{training}"


def samples(dataset: str) -> str:
    """The id of a data set's sample images."""
    return f"samples/{dataset}"


def averages(folder: str) -> str:
    """The id of the averaged predictions of the nets in a folder of trainings."""
    return f"averages/{folder}"


def experiment(name: str) -> str:
    """The id of an experiment's description."""
    return _EXPERIMENTS + name


def is_experiment(record: str) -> bool:
    """Whether an id is that of an experiment's description, and not of a training on a data set of that name."""
    return record.startswith(_EXPERIMENTS) and "/" not in record.removeprefix(_EXPERIMENTS)


def name_of_experiment(record: str) -> str:
    """The name of the experiment that a record describes."""
    return record.removeprefix(_EXPERIMENTS)


def started(step: str) -> str:
    """The id of the note that a step was begun."""
    return step + _STARTED


def begun_step(record: str) -> str | None:
    """The step whose beginning a record notes; None for any other record."""
    return record.removesuffix(_STARTED) if record.endswith(_STARTED) else None


def failed(step: str) -> str:
    """The id of the note that a step failed."""
    return step + _FAILED


def pending(step: str) -> str:
    """The id of the note that a finished step has to be done again."""
    return step + _PENDING


def is_note(record: str) -> bool:
    """Whether a record is a note on a step, not a finished step or an experiment."""
    return record.endswith((_STARTED, _FAILED, _PENDING))
