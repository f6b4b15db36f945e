"""The nets that a solver's prototxt asks for: one to train, and any number to test."""

import torch

from torchcaffe.glog import logger
from torchcaffe.net import Net
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.text import read_net
from torchcaffe.solvers.solver_error import SolverError

_TRAIN_FIELDS = ("train_net_param", "train_net", "net_param", "net")


def build_train_net(param: caffe_pb2.SolverParameter, device: torch.device | None, dtype: torch.dtype) -> Net:
    """The train net, in the state {phase: TRAIN}, then the net's own state, then `train_state`.

    Source: Caffe 1.0, `Solver::InitTrainNet`.
    """
    given = [field for field in _TRAIN_FIELDS if param.HasField(field)]
    if len(given) != 1:
        raise SolverError(
            f"the solver names {len(given) or 'no'} train net{'s' * (len(given) > 1)}"
            f"{': ' + ', '.join(given) if given else ''}; give exactly one of {', '.join(_TRAIN_FIELDS)}"
        )
    field = given[0]
    net_param = caffe_pb2.NetParameter()
    if field.endswith("_param"):
        logger.info("Creating training net specified in %s.", field)
        net_param.CopyFrom(getattr(param, field))
    else:
        logger.info("Creating training net from %s file: %s", field, getattr(param, field))
        net_param = read_net(getattr(param, field))
    _set_state(net_param, caffe_pb2.TRAIN, param.train_state)
    return Net(net_param, device, dtype)


def build_test_nets(param: caffe_pb2.SolverParameter, device: torch.device | None, dtype: torch.dtype) -> list[Net]:
    """The test nets: those of test_net_param, of test_net, then of net_param or net, one for each test_iter.

    Source: Caffe 1.0, `Solver::InitTestNets`.
    """
    sources = _test_sources(param)
    if param.test_state and len(param.test_state) != len(sources):
        raise SolverError(
            f"{len(param.test_state)} test_state for {len(sources)} test net(s): give none, or one for each"
        )
    if sources and param.test_interval <= 0:
        raise SolverError(
            f"the solver has {len(sources)} test net(s), and test_interval is {param.test_interval}: "
            "set test_interval to the iterations between two tests"
        )
    nets = []
    for i, (source, net_param) in enumerate(sources):
        _set_state(net_param, caffe_pb2.TEST, param.test_state[i] if param.test_state else None)
        logger.info("Creating test net (#%d) specified by %s", i, source)
        nets.append(Net(net_param, device, dtype))
    return nets


def _test_sources(param: caffe_pb2.SolverParameter) -> list[tuple[str, caffe_pb2.NetParameter]]:
    """Where each test net comes from, in words, and a copy of its net."""
    if any(count < 1 for count in param.test_iter):
        raise SolverError(f"test_iter is {min(param.test_iter)}: it must be at least 1")
    sources = [("test_net_param", _copy(net)) for net in param.test_net_param]
    sources += [(f"test_net file: {file}", read_net(file)) for file in param.test_net]
    rest = len(param.test_iter) - len(sources)
    generic = param.HasField("net") or param.HasField("net_param")
    if rest < 0 or (rest > 0 and not generic):
        raise SolverError(
            f"{len(param.test_iter)} test_iter for {len(sources)} test net(s): give one test_iter for each"
        )
    for _ in range(rest):
        if param.HasField("net_param"):
            sources.append(("net_param", _copy(param.net_param)))
        else:
            sources.append((f"net file: {param.net}", read_net(param.net)))
    return sources


def _set_state(net: caffe_pb2.NetParameter, phase: caffe_pb2.Phase, last: caffe_pb2.NetState | None) -> None:
    state = caffe_pb2.NetState(phase=phase)
    state.MergeFrom(net.state)
    if last is not None:
        state.MergeFrom(last)
    net.state.CopyFrom(state)


def _copy(net: caffe_pb2.NetParameter) -> caffe_pb2.NetParameter:
    copy = caffe_pb2.NetParameter()
    copy.CopyFrom(net)
    return copy
