"""One attempt at a step, in a process of its own: `python -m layerhint.cluster.attempt FOLDER PARENT`.

It does in the attempt's folder what the driver does in the repository's.
"""

import json
import os
import pickle
import signal
import sys
import traceback
from pathlib import Path

from layerhint.cluster.order import Order, Verdict
from layerhint.cluster.scratch import OWN
from layerhint.engines.parent_death import stop_with_parent
from layerhint.errors import LayerhintError
from layerhint.steps.divergence import DivergedError
from layerhint.steps.step import StoppedError
from torchcaffe.errors import CaffeError

VERDICT = "verdict.json"


def main(folder: Path, parent: int) -> int:
    """Does the step ordered in `folder` for the process `parent`, and writes the verdict to a file."""
    # Ray keeps SIGINT from its workers' main threads, and this process has inherited that.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    stop_with_parent(parent)
    os.chdir(folder)
    verdict, cause = _attempt(folder)
    beside = folder / OWN / f"{VERDICT}.tmp"
    beside.write_text(json.dumps([verdict, cause]), encoding="utf-8")
    beside.replace(folder / OWN / VERDICT)
    return 0


def _attempt(folder: Path) -> tuple[Verdict, str]:
    try:
        order: Order = pickle.loads((folder / OWN / "order.pickle").read_bytes())
        order.step.run(order.context)
    except (StoppedError, KeyboardInterrupt):
        return "stopped", "stopped with a snapshot"
    except DivergedError as error:
        return "diverged", error.cause
    except (LayerhintError, CaffeError) as error:
        return "refused", str(error)
    except Exception:
        return "died", traceback.format_exc()
    return "done", ""


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
