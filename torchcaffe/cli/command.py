"""The entry point: reads the flags, runs the command, and turns mistakes into one line each."""

import gc
import re
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

import torchcaffe
from torchcaffe.as_caffe import install_as_caffe
from torchcaffe.cli.flags import Flags, UsageError, help_lines, parse
from torchcaffe.cli.log_file import log_as_told
from torchcaffe.errors import CaffeError
from torchcaffe.glog import LogError
from torchcaffe.nearest import did_you_mean
from torchcaffe.python_layers import python_layers

UNWRITABLE_LOG = 120  # Python too ends with this when it cannot write to stderr at its end.
_VERSION = {"-version", "--version"}
COMMANDS = {
    "train": "train a net, or continue a training",
    "test": "score a net",
    "time": "measure how long a net takes, layer by layer",
    "device_query": "show the GPUs",
}
_OUT_OF_MEMORY = "out of memory: {}; take a smaller batch_size"
# Errors are recognized by class name and message: PyTorch and Triton are not imported here, so that `caffe -help` is
# quick. PyTorch has no class for errors of cuDNN and cuBLAS, and Triton has none for CUDA's.
_GPU_IS_FULL = re.compile(r"OutOfMemoryError|error( \[CUDA\])?: out of memory|STATUS_ALLOC_FAILED", re.IGNORECASE)
_GPU_HAS_FAILED = re.compile(
    r"AcceleratorError|OutOfResources|PTXASError|Triton Error|(CUDA|HIP|cuDNN)( driver| frontend)? error: |"
    r"unable to find (an engine|a valid cuDNN)",
    re.IGNORECASE,
)
_OF_GPU = {
    _GPU_IS_FULL: "the GPU's memory is used up: {}; take a smaller batch_size",
    _GPU_HAS_FAILED: "the GPU has failed: {}; try again, a training from its last snapshot (-snapshot). If that fails "
    "too, -plain uses none of torchcaffe's own kernels",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs `caffe <command> <flags>`.

    Returns:
        The exit status: 0, also after a stop by signal; 1 for a mistake or failure, explained in the last line on
        stderr (`error: ...`), where Caffe ends with 1 or aborts with 134; 130 where Ctrl-C came before there was
        anything to save; 120 where the disk of the log on stderr is full.
    """
    try:
        return _run(sys.argv[1:] if arguments is None else arguments)
    except LogError as error:
        _report(str(error))
        return UNWRITABLE_LOG
    except CaffeError as error:
        return _report(str(error))
    except OSError as error:
        return _report(f"{error.filename or 'the system'}: {error.strerror or error}")
    except MemoryError as error:
        return _report(_OUT_OF_MEMORY.format(error))
    except KeyboardInterrupt:
        return _report("interrupted", 130)
    except Exception as error:
        message = _machine_error(error)
        if message is None:
            raise
        return _report(message)


def _run(arguments: Sequence[str]) -> int:
    if _VERSION.intersection(arguments):
        print(f"caffe version {torchcaffe.__version__} (torchcaffe {torchcaffe.torchcaffe_version})")
        return 0
    words, flags, wants_help = parse(arguments)
    if wants_help or not words:
        print(_usage())
        return 0
    command, *others = words
    if command not in COMMANDS:
        raise UsageError(
            f"unknown command '{command}'.{did_you_mean(command, COMMANDS)} The commands are {', '.join(COMMANDS)}"
        )
    if others:
        raise UsageError(f"unexpected argument '{others[0]}': give files with a flag, such as -solver FILE")
    run = _loaded(command)
    if flags.allow_python_layers and "caffe" not in sys.modules:
        install_as_caffe()  # Python layers import caffe.
    with log_as_told(flags), python_layers(allowed=flags.allow_python_layers):
        return run(flags)


def _loaded(command: str) -> Callable[[Flags], int]:
    """Imports a command's function. The garbage collector is kept from the imported objects, which stay anyway: going
    through them takes longer than all but PyTorch's own import."""
    is_first = "torch" not in sys.modules  # Otherwise a program calls this, whose own garbage must be collected.
    if is_first:
        gc.disable()
    try:
        run: Callable[[Flags], int] = getattr(import_module(f"torchcaffe.cli.{command}"), command)
    finally:
        if is_first:
            gc.freeze()
            gc.enable()
    return run


def _usage() -> str:
    commands = [f"  {name:<16} {text}" for name, text in COMMANDS.items()]
    return "\n".join(["usage: caffe <command> <flags>", "", "commands:", *commands, "", "flags:", *help_lines()])


def _machine_error(error: Exception) -> str | None:
    """The message for an error of the machine that PyTorch or Triton raised (memory, GPU); None for any other error."""
    first_line = next(iter(str(error).splitlines()), "no reason is given")
    if "can't allocate memory" in str(error):
        return _OUT_OF_MEMORY.format(first_line)
    kinds = [kind.__name__ for kind in type(error).__mro__]
    if not {"RuntimeError", "TritonError"} & {*kinds} or "CompilationError" in kinds:
        return None
    words = " ".join([*kinds, first_line])
    return next((message.format(first_line) for pattern, message in _OF_GPU.items() if pattern.search(words)), None)


def _report(message: str, status: int = 1) -> int:
    try:
        print(f"error: {message}", file=sys.stderr)
    except OSError:
        return UNWRITABLE_LOG
    return status
