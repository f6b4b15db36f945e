"""What a person is told of a real Caffe's faults: plain words, the remedy, Caffe's own line."""

import re
import string
from pathlib import Path

import pytest
from fault_cases import CASES

from layerhint.realcaffe.caffe_explanation import QUOTED, explain
from layerhint.realcaffe.caffe_faults import FAULTS

RECORDED = Path(__file__).parents[2] / "cases/caffe_faults"
ABORTED = -6
FATAL = "F1123 09:18:05.827247 31165 "


def recorded(name: str) -> list[str]:
    return (RECORDED / f"{name}.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("name", CASES)
def test_recorded_logs(name: str) -> None:
    log = recorded(name)
    said = explain(log, ABORTED)
    words, quote = re.fullmatch(r"(.*)\. Caffe says: `(.*)`", said).groups()
    assert words == CASES[name].words
    own = quote.removesuffix("...")
    assert len(own) > 40
    assert any(own in line for line in log if line.startswith(("F", "[libprotobuf ERROR")))


def test_every_recorded_log_belongs_to_a_case() -> None:
    assert sorted(path.stem for path in RECORDED.iterdir()) == sorted(CASES)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "common.cpp:66] Cannot use GPU in CPU-only Caffe: check mode.",
            "a GPU is asked of a Caffe that is built for the CPU alone. Leave --device or -gpu out",
        ),
        (
            "common.cpp:155] Check failed: error == cudaSuccess (100 vs. 0)  no CUDA-capable device is detected",
            "a GPU is asked for, and this machine has none that this Caffe's CUDA can use. Say --device cpu",
        ),
        (
            "common.cpp:155] Check failed: error == cudaSuccess (35 vs. 0)  CUDA driver version is insufficient for "
            "CUDA runtime version",
            "a GPU is asked for, and this machine has none that this Caffe's CUDA can use",
        ),
        (
            "common.cpp:161] Check failed: error == cudaSuccess (101 vs. 0)  invalid device ordinal",
            "the GPU that is asked for is not there. Choose one that `nvidia-smi` shows",
        ),
        (
            "im2col.cu:61] Check failed: error == cudaSuccess (209 vs. 0)  no kernel image is available for execution "
            "on the device",
            "this Caffe is built for another kind of GPU. Build one with `python tools/build_caffe.py --cuda",
        ),
        (
            "syncedmem.cpp:64] Check failed: error == cudaSuccess (2 vs. 0)  out of memory",
            "the GPU's memory is used up. Take a smaller batch_size",
        ),
        (
            "solver.cpp:440] Cannot write to snapshot prefix 'gone/s'.  Make sure that the directory exists and is "
            "writable.",
            "no snapshot can be written under the snapshot_prefix 'gone/s'. Create the folder",
        ),
        (
            "sgd_solver.cpp:316] Check failed: state.history_size() == history_.size() (0 vs. 4) Incorrect length of "
            "history blobs.",
            "the solverstate holds the history of another number of params than this net has",
        ),
        (
            "db_lmdb.hpp:15] Check failed: mdb_status == 0 (-30793 vs. 0) MDB_INVALID: File is not an LMDB file",
            "the net cannot read its database. Make it again",
        ),
    ],
)
def test_lines_that_are_not_recorded(line: str, words: str) -> None:
    """In the words of BVLC Caffe 1.0, `src/caffe/` and `include/caffe/`, and of CUDA and LMDB."""
    said = explain([FATAL + line], ABORTED)
    assert said.startswith(words)
    assert said.endswith(f"Caffe says: `{line}`")


def test_a_library_that_is_gone() -> None:
    loader = "caffe: error while loading shared libraries: libcublas.so.13: cannot open shared object file: No such"
    assert explain([loader], 127) == (
        "libcublas.so.13, which this Caffe was linked with, is not here any more. Install it again, or build a Caffe "
        f"anew with tools/build_caffe.py. Caffe says: `{loader}`"
    )


def test_a_long_line_is_cut() -> None:
    said = explain([FATAL + "x.cpp:1] " + "y" * 500], ABORTED)
    assert said == f"Caffe refuses this. Caffe says: `x.cpp:1] {'y' * (QUOTED - len('x.cpp:1] '))}...`"


def test_a_training_that_is_killed_has_no_last_words() -> None:
    said = explain(["I1123 09:18:05.827247 31165 solver.cpp:239] Iteration 7, loss = 0.5"], -9)
    assert said == (
        "it was ended by SIGKILL, as the system does when memory runs out: take a smaller batch_size, or end what else "
        "runs here"
    )


def test_the_table_names_only_what_its_patterns_find() -> None:
    """A group that is missing would end in a KeyError at the very moment a person needs the message."""
    for fault in FAULTS:
        known = {*re.compile(fault.pattern).groupindex, "where", "net"}
        for text in (fault.words, fault.remedy):
            assert {name for _, name, _, _ in string.Formatter().parse(text) if name} <= known, fault
        assert not fault.words.endswith("."), fault
        assert not fault.remedy.endswith("."), fault
