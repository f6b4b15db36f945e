"""What is said of a file whose keys or values are wrong: the key that was meant, the file that it is instead."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from layerhint.errors import LayerhintError
from layerhint.experiments.experiment_file import ExperimentFile, Profile
from layerhint.experiments.protocol import Protocol
from layerhint.paths import ROOT
from layerhint.surgery.surgery import Declaration
from layerhint.validation import Frozen, nearest, validated

EXPERIMENT: dict[str, Any] = {
    "title": "One's own",
    "dataset": "cifar10",
    "teacher": {"net": "own.prototxt", "weights": "own.caffemodel", "logits": "scores"},
    "student": {"depth": 8},
    "methods": ["kd", "proposed"],
    "pairs": [{"hint": "conv2", "guided": "res2_1"}],
    "reported": {"measure": "error"},
}
SURGERY: dict[str, Any] = {
    "net": "a.prototxt", "seed": 3, "output": "a.caffemodel", "sources": [{"weights": "b.caffemodel", "layers": "all"}],
}  # fmt: skip
PROFILE: dict[str, Any] = {"title": "Short", "data": "sample", "numbers": {}}


def protocol() -> dict[str, Any]:
    content = yaml.safe_load((ROOT / "examples/own/protocols/objects.yaml").read_text())
    return {key: value for key, value in content.items() if key != "switches"}


def misspelt(content: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[str, str, Any]]:
    """Each key without its second letter: its place, the key, and the content with it."""
    parts = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in parts:
        if isinstance(content, dict):
            wrong = key[0] + key[2:]
            yield (
                ".".join(map(str, (*place, wrong))),
                key,
                {wrong if k == key else k: copy.deepcopy(v) for k, v in content.items()},
            )
        for where, meant, changed in misspelt(value, (*place, key)):
            whole = copy.deepcopy(content)
            whole[key] = changed
            yield where, meant, whole


@pytest.mark.parametrize(
    ("model", "content"),
    [
        (ExperimentFile, EXPERIMENT),
        (ExperimentFile, {**EXPERIMENT, "teacher": {"depth": 14}}),
        (Declaration, SURGERY),
        (Profile, PROFILE),
        (Protocol, protocol()),
    ],
)
def test_a_misspelt_key_is_named_with_the_one_that_was_meant(model: type[Frozen], content: dict[str, Any]) -> None:
    """Required or not: of a required one, that it is missing is not said besides."""
    for place, meant, changed in misspelt(content):
        if meant == "switches":
            continue
        with pytest.raises(LayerhintError) as caught:
            validated(model, {"switches": {}, **changed} if model is Protocol else changed, "x.yaml")
        assert str(caught.value) == f"x.yaml: unknown key `{place}`; did you mean {meant!r}?"


def test_a_key_that_is_like_none_is_told_before_a_missing_one() -> None:
    changed = {**{k: v for k, v in EXPERIMENT.items() if k != "student"}, "colour": "red"}
    with pytest.raises(LayerhintError, match=r"^x: unknown key `colour`; known: title, .* \(and 1 more\)$"):
        validated(ExperimentFile, changed, "x")
    with pytest.raises(LayerhintError, match=r"^x: key `student` is missing$"):
        validated(ExperimentFile, {k: v for k, v in changed.items() if k != "colour"}, "x")


SOLVER = {"net": "a.prototxt", "base_lr": 0.1, "lr_policy": "fixed", "max_iter": 9}


@pytest.mark.parametrize(
    ("model", "content", "said"),
    [
        (
            ExperimentFile,
            protocol(),
            "an experiment with the keys `title`, .* and this looks like a data set's protocol",
        ),
        (ExperimentFile, SURGERY, "an experiment .* and this looks like a surgery file"),
        (ExperimentFile, {"a": [1], "b": [2], "c": 3, "d": 4}, "this has `a`, `b`, `c` instead"),
        (Protocol, EXPERIMENT, "a data set's protocol with the keys `dataset`, .* and this looks like an experiment"),
        (
            Declaration,
            SOLVER,
            "a surgery file with the keys `net`, `seed`, `output`, and this looks like Caffe's solver",
        ),
    ],
)
def test_another_kind_of_file_is_told_as_such(model: type[Frozen], content: dict[str, Any], said: str) -> None:
    with pytest.raises(LayerhintError, match=f"^x: expected .*{said}: name another file$"):
        validated(model, content, "x")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"methods": "kd"}, "`methods`: expected a list such as `[kd]`, got the text 'kd'"),
        ({"methods": []}, "`methods`: expected at least 1 in the list, got 0"),
        ({"student": {"depth": 8, "filters": [4, 5]}}, "`student.filters`: expected more values, got a list of 2"),
        (
            {"student": {"depth": 8, "filters": [4, 5, 6, 7]}},
            "`student.filters`: expected at most 3 in the list, got 4",
        ),
        ({"nets": "x"}, "`nets`: expected a whole number, got the text 'x'"),
        ({"nets": 100}, "`nets`: expected less than or equal to 99, got 100"),
        ({"title": 3}, "`title`: expected a text, got 3"),
        ({"student": 8}, "`student`: expected a mapping with `depth`, `filters`, got 8"),
        (
            {"claims": ["kd better proposed"]},
            "`claims.0`: expected `A > B`, such as `proposed > hint-kd`, got the text 'kd better proposed'",
        ),
        (
            {"dataset": "My s"},
            "`dataset`: expected up to 64 of a-z, 0-9, - and _, beginning with a letter or digit, got the text 'My s'",
        ),
        (
            {"claims": ["foo > kd"]},
            "claim 'foo > kd': 'foo' is no row; known: kd, proposed, student, teacher",
        ),
    ],
)
def test_values_are_told_as_yaml_has_them(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(LayerhintError) as caught:
        validated(ExperimentFile, EXPERIMENT | changes, "x")
    assert str(caught.value) == f"x: {said}"


def test_the_rows_beside_can_be_claimed_about_where_there_are_any() -> None:
    beside = EXPERIMENT | {"against": "table1", "comparisons": ["kd > kd@table1"]}
    assert validated(ExperimentFile, beside, "x").comparisons == ("kd > kd@table1",)


def test_settings_from_outside_are_told_in_the_place_of_the_file() -> None:
    content = protocol() | {"switches": {}, "kd": {"tau": "warm", "lambda": "abc"}}
    texts = {"kd.lambda": "--set lambda=abc", "kd.tau": "--set tau=warm"}
    with pytest.raises(LayerhintError) as caught:
        validated(Protocol, content, "x.yaml", texts)
    said = "--set tau=warm: `kd.tau`: expected a number, got the text 'warm' (and 1 more)"
    assert str(caught.value) == said


def test_a_name_that_is_only_written_large_is_known() -> None:
    """No letter of it is the other's, so that they are not alike letter by letter."""
    assert nearest("KD", ["hint-kd", "kd"]) == "; did you mean 'kd'?"
    assert nearest("x", ["kd", "proposed"]) == "; known: kd, proposed"
