"""Why a command of a real Caffe failed: one line with the layer or the file, the remedy, and Caffe's own words."""

import re
from collections.abc import Sequence

from layerhint.process_end import how_it_ended
from layerhint.realcaffe.caffe_faults import FAULTS, Fault
from layerhint.realcaffe.last_words import LastWords, last_words
from torchcaffe.nearest import did_you_mean
from torchcaffe.proto import caffe_pb2

QUOTED = 240
"""Characters of Caffe's own line that a message holds; the log has the rest."""


def explain(log: Sequence[str], status: int) -> str:
    """What is wrong, in plain words and in Caffe's own; if no fault of the table fits, in Caffe's own alone.

    Args:
        log: what the failed command printed, of this run alone.
        status: its exit status, negative for a signal, as `subprocess` gives it.
    """
    said = last_words(log)
    for fault in FAULTS:
        found = re.search(fault.pattern, said.text)
        if found:
            return f"{_told(fault, found, said)}. Caffe says: {_quote(said)}"
    if said.line is None:
        return how_it_ended(status, log)
    at = f" {said.where}" if said.layer or said.net else ""
    return f"Caffe refuses{at or ' this'}. Caffe says: {_quote(said)}"


def _told(fault: Fault, found: re.Match[str], said: LastWords) -> str:
    groups = {name: value.strip().rstrip(".") for name, value in found.groupdict().items()}
    names = {"where": said.where, "net": said.net or "the net", **groups}
    return f"{fault.words.format_map(names)}.{_guess(groups)} {fault.remedy.format_map(names)}"


def _guess(groups: dict[str, str]) -> str:
    if "known" in groups:
        return did_you_mean(groups["wrong"], groups["known"].split(", "))
    message = caffe_pb2.DESCRIPTOR.message_types_by_name.get(groups.get("message", ""))
    return did_you_mean(groups["wrong"], message.fields_by_name) if message is not None else ""


def _quote(said: LastWords) -> str:
    line = said.line or ""
    return f"`{line}`" if len(line) <= QUOTED else f"`{line[:QUOTED]}...`"
