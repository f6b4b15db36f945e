"""The errors that a user can cause: each has one clear message, shown without a traceback."""


class CaffeError(RuntimeError):
    """A user's mistake: the message names the thing, what was expected and the remedy.

    A RuntimeError, like what a real pycaffe raises: code that catches RuntimeError from libraries must let it pass.
    """


class ProtoError(CaffeError):
    """A prototxt or binary proto file that cannot be read as the message it should hold."""


class NetError(CaffeError):
    """A net that cannot be built: an unknown layer type, a missing blob, a shape that does not fit."""


class UnknownLayerError(NetError, ValueError):
    """A name that no layer of the net has; a ValueError, as pycaffe's own is."""


class DataError(CaffeError):
    """A database or image that is absent, damaged, or not what the net asks for."""


class WeightsError(CaffeError):
    """A caffemodel or solverstate that is damaged or does not fit the net."""


class DeviceError(CaffeError):
    """A device that was asked for and is not there."""
