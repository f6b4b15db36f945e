"""The update of SGD with momentum, for params of one group, in one pass over memory."""
