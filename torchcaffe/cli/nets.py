"""The net that the flags -model, -level and -stage describe."""

from torchcaffe.cli.flags import Flags, UsageError
from torchcaffe.net import Net
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.text import read_net


def build_net(flags: Flags, phase: caffe_pb2.Phase) -> Net:
    """The net of -model in a phase, with the level and stages of the flags."""
    param = read_net(flags.model)
    param.state.phase = phase
    param.state.level = flags.level
    param.state.stage.extend(flags.stages)
    return Net(param)


def check_iterations(flags: Flags) -> None:
    """Refuses (`UsageError`) to run no batch."""
    if flags.iterations < 1:
        raise UsageError(f"-iterations is {flags.iterations}: it must be at least 1")
