"""pydantic's findings as one sentence: the file, the key path, what was got, the nearest known name."""

import difflib
import re
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypeVar, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, Tag, ValidationError
from pydantic.fields import FieldInfo

from layerhint.errors import LayerhintError
from layerhint.yaml_io import describe
from torchcaffe.nearest import nearest as closest

CLOSE = 0.6
"""difflib's likeness from which on a name counts as a misspelt one."""

_SEVERAL = 2
"""With so many unknown and missing keys, a file is taken for one of another kind."""

_SHOWN = 3
_BOUNDS = (("least", "min_length"), ("most", "max_length"))

_KINDS = {
    "an experiment": {"title", "teacher", "student", "methods"},
    "a data set's protocol": {"dataset", "classes", "images", "network"},
    "a surgery file": {"net", "seed", "output"},
    "Caffe's solver": {"base_lr", "max_iter"},
}
"""Keys by which a file shows what it is."""


class Frozen(BaseModel):
    """Base of every model read from YAML: immutable, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True)


Model = TypeVar("Model", bound=Frozen)


def nearest(name: object, known: Iterable[str]) -> str:
    """` (did you mean 'x'?)` where a known name is close, else the list of known names."""
    names = list(known)
    close = closest(str(name), names)
    if close is not None:
        return f"; did you mean {close!r}?"
    return f"; known: {', '.join(names)}" if names else ""


def matching(pattern: str, expected: str) -> AfterValidator:
    """An annotation for text that must match a whole pattern; otherwise the error says what was expected."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"expected {expected}, got {describe(value)}")
        return value

    return AfterValidator(check)


def validated(
    model: type[Model], data: object, origin: str, settings: Mapping[str, str] | None = None, *, named: bool = True
) -> Model:
    """`data` as an instance of `model`; `origin` names its file in the LayerhintError it may raise.

    `settings` are texts that set values from outside, by the values' paths (`kd.lambda`): an error about such a
    value names its text instead of the file. `named` says that the user has named the file, possibly a wrong one.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        findings = _misspelt_first(error.errors(include_url=False))
    sentences: dict[str | int, str] = {}
    for number, finding in enumerate(findings):
        setting = _settings_at(_path(finding), settings or {})
        sentences.setdefault(setting or number, f"{setting or origin}: {_sentence(model, finding)}")
    other = _of_another_kind(model, findings) if named else ""
    first = f"{origin}: {other}" if other else next(iter(sentences.values()))
    more = f" (and {len(sentences) - 1} more)" if len(sentences) > 1 and not other else ""
    raise LayerhintError(f"{first}{more}")


def _misspelt_first(findings: Sequence[Any]) -> list[Any]:
    """Keys that look like a missing key's misspelling first, without that missing key; then other unknown keys."""
    missing = [finding["loc"] for finding in findings if finding["type"] == "missing"]
    misspelt = []
    for finding in findings:
        if finding["type"] != "extra_forbidden":
            continue
        *place, key = finding["loc"]
        beside = [loc[-1] for loc in missing if list(loc[:-1]) == place and isinstance(loc[-1], str)]
        close = difflib.get_close_matches(key, beside, n=1, cutoff=CLOSE)
        if close:
            misspelt.append({**finding, "meant": close[0]})
            missing.remove((*place, close[0]))
    taken = [finding["loc"] for finding in misspelt]
    rest = [f for f in findings if f["loc"] not in taken and (f["type"] != "missing" or f["loc"] in missing)]
    return misspelt + sorted(rest, key=lambda finding: bool(finding["type"] != "extra_forbidden"))


def _path(finding: Any) -> list[Any]:
    """The path of a finding without pydantic's own parts: `[key]`, and the member of a union."""
    *place, last = (*finding["loc"],) or ("[root]",)
    own = [part for part in place if "[" not in str(part)]
    return [*own, last] if finding["type"] == "extra_forbidden" or "[" not in str(last) else own


def _settings_at(path: Sequence[Any], settings: Mapping[str, str]) -> str:
    """The texts that set a value, parts of it, or what it is part of."""
    found = []
    for place, text in settings.items():
        parts = place.split(".")
        shared = min(len(parts), len(path))
        if parts[:shared] == [str(part) for part in path[:shared]]:
            found.append(text)
    return ", ".join(dict.fromkeys(found))


def _of_another_kind(model: type[Frozen], findings: Sequence[Any]) -> str:
    """A hint that a file with several unknown and several missing keys is one of another kind; "" for other files."""
    tops = [finding for finding in findings if len(finding["loc"]) == 1]
    unknown = [f"`{finding['loc'][0]}`" for finding in tops if finding["type"] == "extra_forbidden"]
    if len(unknown) < _SEVERAL or sum(finding["type"] == "missing" for finding in tops) < _SEVERAL:
        return ""
    needed = ", ".join(f"`{key}`" for key, field in _fields(model).items() if field.is_required())
    expected = next((kind for kind, keys in _KINDS.items() if keys <= _fields(model).keys()), "a file")
    given = next(finding["input"] for finding in tops if finding["type"] == "missing")
    found = next((kind for kind, keys in _KINDS.items() if keys <= given.keys()), None)
    instead = f"this looks like {found}" if found else f"this has {', '.join(unknown[:_SHOWN])} instead"
    return f"expected {expected} with the keys {needed}, and {instead}: name another file"


def _sentence(model: type[Frozen], finding: Any) -> str:
    location = _path(finding)
    path = ".".join(str(part) for part in location)
    at = f"`{path}`: " if path else ""
    got = describe(finding["input"])
    match finding["type"]:
        case "extra_forbidden" if "meant" in finding:
            return f"unknown key `{path}`; did you mean {finding['meant']!r}?"
        case "unexpected_keyword_argument":
            return f"unknown key `{path}`"
        case "extra_forbidden":
            known = _names_at(model, list(finding["loc"])[:-1])
            return f"unknown key `{path}`{nearest(location[-1], known)}"
        case "missing" if isinstance(location[-1], int):
            values = ".".join(str(part) for part in location[:-1])
            return f"`{values}`: expected more values, got {describe(finding['input'])} of {location[-1]}"
        case "missing":
            return f"key `{path}` is missing"
        case "literal_error":
            known = _names_at(model, list(finding["loc"])) or [finding["ctx"]["expected"]]
            return f"{at}unknown value {finding['input']!r}{nearest(finding['input'], known)}"
        case "value_error":
            return f"{at}{finding['ctx']['error']}"
        case "tuple_type":
            such = f" such as `[{finding['input']}]`" if isinstance(finding["input"], str | int | float) else ""
            return f"{at}expected a list{such}, got {got}"
        case "too_short" | "too_long":
            bound = next(f"at {side} {finding['ctx'][key]}" for side, key in _BOUNDS if key in finding["ctx"])
            return f"{at}expected {bound} in the list, got {finding['ctx']['actual_length']}"
        case "model_type" | "dict_type":
            known = _names_at(model, list(finding["loc"]))
            such = f" with {', '.join(f'`{name}`' for name in known)}" if known else ""
            return f"{at}expected a mapping{such}, got {got}"
    hint = "; write it as 1.0e-4 is written" if _is_number_text(finding["input"]) else ""
    return f"{at}{_expected(finding['msg'])}, got {got}{hint}"


def _is_number_text(value: object) -> bool:
    """YAML 1.1 takes 1e-4, without the point, for a text."""
    if not isinstance(value, str):
        return False
    try:
        float(value)
    except ValueError:
        return False
    return True


def _expected(message: str) -> str:
    """pydantic's `Input should be a valid number` as the other messages have it."""
    text = message.partition(", unable to parse")[0]
    text = text.replace("a valid integer", "a whole number").replace("a valid string", "a text")
    return text.replace("a valid ", "a ").replace("Input should be ", "expected ")


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """A model's fields by the keys that they have in a file."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _choices(annotation: Any, path: list[Any]) -> tuple[Any, ...]:
    """The members of a union; where the path says which one it is by its tag, that one."""
    tagged = [
        choice for choice in get_args(annotation) if path and Tag(str(path[0])) in getattr(choice, "__metadata__", ())
    ]
    return tuple(tagged) or get_args(annotation)


def _names_at(annotation: Any, path: list[Any]) -> list[str]:
    """The keys, or the literal values, that may stand at a path below a model's annotation."""
    if get_origin(annotation) in (types.UnionType, typing.Union):
        return [name for choice in _choices(annotation, path) for name in _names_at(choice, path)]
    if get_origin(annotation) is typing.Annotated:
        own = path[1:] if path and Tag(str(path[0])) in annotation.__metadata__ else path
        return _names_at(get_args(annotation)[0], own)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = _fields(annotation)
        if not path:
            return list(fields)
        return _names_at(fields[path[0]].annotation, path[1:]) if path[0] in fields else []
    if get_origin(annotation) is Literal:
        return [str(value) for value in get_args(annotation)]
    if get_origin(annotation) is tuple:
        return _names_at(get_args(annotation)[0], path[1:])
    if get_origin(annotation) is dict:
        key, value = get_args(annotation)
        return _names_at(key, []) if path[1:] == ["[key]"] else _names_at(value, path[1:])
    return []
