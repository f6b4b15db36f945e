"""`python -m torchcaffe script.py arguments`: runs a pycaffe script, unedited, with torchcaffe as its `caffe`."""

import sys
from pathlib import Path
from types import ModuleType

from torchcaffe.as_caffe import install_as_caffe

USAGE = """usage: python -m torchcaffe SCRIPT [ARGUMENT ...]

Runs a Python script in which `import caffe` gives torchcaffe, as `python SCRIPT ARGUMENT ...` would with Caffe.
Processes that it starts by multiprocessing's spawn or forkserver begin anew: for these it calls
torchcaffe.install_as_caffe() itself, before it imports caffe.
The `caffe` command is `python -m torchcaffe.cli`."""


def main() -> int:
    """Runs the script that the first argument names; returns 2 if there is no argument.

    The script finds the same as with `python script.py`: `sys.argv` as typed, its own folder first in `sys.path`, and
    itself as the module `__main__`, with an absolute `__file__`. (`runpy` would make the two names of the script one.)
    """
    script, *_ = sys.argv[1:] or ["--help"]
    if script in ("-h", "--help"):
        print(USAGE)
        return 0
    path = Path(script).absolute()
    if not path.is_file():
        print(f"error: there is no script '{script}'\n\n{USAGE}", file=sys.stderr)
        return 2
    install_as_caffe()
    del sys.argv[0]
    if not sys.flags.safe_path:
        sys.path[0] = str(path.resolve().parent)  # With -m it is the working directory.
    module = sys.modules["__main__"] = ModuleType("__main__")
    module.__file__ = str(path)
    exec(compile(path.read_bytes(), path, "exec"), vars(module))
    return 0


if __name__ == "__main__":
    sys.exit(main())
