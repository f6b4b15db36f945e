"""The layer types that the real Caffe of these tests lacks."""

NOT_THERE = {
    "Clip": "newer than the source",
    "ImageData": "only in a build with OpenCV, and `make caffe` builds without",
    "Swish": "newer than the source",
}
"""Each with the reason, of the source that `make caffe` builds."""


def told() -> str:
    """A sentence for the file of the tables."""
    types = ", ".join(f"{kind} ({why})" for kind, why in sorted(NOT_THERE.items()))
    return f"Not compared, since this Caffe has no such type: {types}."
