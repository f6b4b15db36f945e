"""Whom the end of a log blames: the layer that was being made, the net, or neither."""

import pytest

from layerhint.realcaffe.last_words import last_words

STAMP = "1123 09:18:05.827247 31165 "
FATAL = f"F{STAMP}blob.cpp:32] Check failed: shape[i] >= 0 (-3 vs. 0) "


def info(*messages: str) -> list[str]:
    return [f"I{STAMP}net.cpp:84] {message}" for message in messages]


def test_the_layer_that_was_being_made() -> None:
    said = last_words([*info("Creating training net from train_net file: a b.prototxt", "Creating Layer x/1"), FATAL])
    assert (said.layer, said.net, said.where) == ("x/1", "a b.prototxt", "layer 'x/1' of a b.prototxt")
    assert said.line == "blob.cpp:32] Check failed: shape[i] >= 0 (-3 vs. 0)"


def test_no_layer_once_the_net_is_made() -> None:
    made = info("Creating training net from net file: n.prototxt", "Creating Layer x", "Network initialization done.")
    said = last_words([*made, FATAL])
    assert (said.layer, said.where) == (None, "n.prototxt")


def test_a_test_net_is_a_net_of_its_own() -> None:
    log = info(
        "Creating training net from net file: train.prototxt",
        "Creating Layer x",
        "Network initialization done.",
        "Creating test net (#0) specified by test_net file: test.prototxt",
    )
    assert last_words([*log, FATAL]).where == "test.prototxt"


def test_a_net_whose_file_the_log_does_not_name() -> None:
    """As `caffe test` logs it."""
    assert last_words([*info("Creating Layer x"), FATAL]).where == "layer 'x'"
    assert last_words([FATAL]).where == "the net"


@pytest.mark.parametrize("date", ["1123", "20261123"], ids=["glog before 0.6", "glog 0.6"])
def test_both_forms_of_the_date(date: str) -> None:
    assert last_words([FATAL.replace("1123", date)]).text == "Check failed: shape[i] >= 0 (-3 vs. 0)"


def test_what_protobuf_says_comes_before_what_caffe_makes_of_it() -> None:
    parser = "[libprotobuf ERROR google/protobuf/text_format.cc:337] Error parsing text-format caffe.NetParameter: 7:3"
    said = last_words([parser, f"F{STAMP}upgrade_proto.cpp:94] Check failed: Failed to parse"])
    assert said.line == parser
    assert said.text == f"{parser}\nCheck failed: Failed to parse"


def test_the_stack_trace_and_what_follows_it_say_nothing() -> None:
    said = last_words([FATAL, "*** Check failure stack trace: ***", f"F{STAMP}other.cpp:1] another"])
    assert said.text == "Check failed: shape[i] >= 0 (-3 vs. 0)"


def test_a_log_without_a_fault() -> None:
    assert last_words(info("Iteration 0, loss = 1")).line is None
