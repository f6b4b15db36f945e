"""Which layers a net has in a given state: the phase, level and stage rules of `include` and `exclude`."""

from torchcaffe.errors import NetError
from torchcaffe.proto import caffe_pb2


def filter_net(param: caffe_pb2.NetParameter) -> caffe_pb2.NetParameter:
    """A copy of the net with just the layers that its own `state` admits.

    A layer with `include` rules is in if the state meets one of them; one with `exclude` rules is out if
    the state meets one of them. Source: Caffe 1.0, `Net::FilterNet`.
    """
    filtered = caffe_pb2.NetParameter()
    filtered.CopyFrom(param)
    del filtered.layer[:]
    filtered.layer.extend(layer for layer in param.layer if _is_in(layer, param.state))
    return filtered


def _is_in(layer: caffe_pb2.LayerParameter, state: caffe_pb2.NetState) -> bool:
    if layer.include and layer.exclude:
        raise NetError(f"layer '{layer.name}': it has include and exclude rules; use one kind")
    if layer.include:
        return any(meets_rule(state, rule) for rule in layer.include)
    return not any(meets_rule(state, rule) for rule in layer.exclude)


def meets_rule(state: caffe_pb2.NetState, rule: caffe_pb2.NetStateRule) -> bool:
    """Whether a state meets every condition that a rule states. Source: Caffe 1.0, `Net::StateMeetsRule`."""
    if rule.HasField("phase") and rule.phase != state.phase:
        return False
    if rule.HasField("min_level") and state.level < rule.min_level:
        return False
    if rule.HasField("max_level") and state.level > rule.max_level:
        return False
    stages = set(state.stage)
    return stages.issuperset(rule.stage) and stages.isdisjoint(rule.not_stage)
