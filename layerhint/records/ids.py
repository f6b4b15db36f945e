"""The ids of a run's records: here they are made, and here they are recognised.

A training's record has the training's own id, and so has the test of a teacher that its owner has trained.
"""

REPORT = "report"

_STARTED = ".started"
_FAILED = ".failed"
_PENDING = ".pending"
_INIT = "_init"
_EXPERIMENTS = "experiments/"


def data(dataset: str) -> str:
    """Of the step that makes a data set."""
    return f"data/{dataset}"


def initial_weights(training: str) -> str:
    """Of the surgery that makes a training's initial weights."""
    return training + _INIT


def training_of_initial_weights(step: str) -> str:
    """The training whose initial weights a surgery makes."""
    return step.removesuffix(_INIT)


def cost(training: str) -> str:
    """Of what the net of a plain training costs."""
    return f"cost/{training}"


def samples(dataset: str) -> str:
    """Of a data set's sample images."""
    return f"samples/{dataset}"


def averages(folder: str) -> str:
    """Of what the nets in a folder of trainings do together."""
    return f"averages/{folder}"


def experiment(name: str) -> str:
    """Of an experiment's description."""
    return _EXPERIMENTS + name


def is_experiment(record: str) -> bool:
    """Whether an id is that of an experiment's description, and not of a training on a data set of that name."""
    return record.startswith(_EXPERIMENTS) and "/" not in record.removeprefix(_EXPERIMENTS)


def name_of_experiment(record: str) -> str:
    """The name of the experiment that a record describes."""
    return record.removeprefix(_EXPERIMENTS)


def started(step: str) -> str:
    """Of the note that a step was begun."""
    return step + _STARTED


def begun_step(record: str) -> str | None:
    """The step of which a record notes that it was begun; None for any other record."""
    return record.removesuffix(_STARTED) if record.endswith(_STARTED) else None


def failed(step: str) -> str:
    """Of the note that a step failed by itself."""
    return step + _FAILED


def pending(step: str) -> str:
    """Of the note that a step has been done and has to be done again."""
    return step + _PENDING


def is_note(record: str) -> bool:
    """Whether a record is a note on a step: of none that is finished, nor of an experiment."""
    return record.endswith((_STARTED, _FAILED, _PENDING))
