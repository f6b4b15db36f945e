"""pydantic's findings as one sentence: the file, the key path, what was got, the nearest known name."""

import difflib
import types
import typing
from collections.abc import Iterable
from typing import Any, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Tag, ValidationError

from layerhint.errors import LayerhintError
from layerhint.yaml_io import describe


class Frozen(BaseModel):
    """Base of every model read from YAML: immutable, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True)


Model = TypeVar("Model", bound=Frozen)


def nearest(name: object, known: Iterable[str]) -> str:
    """` (did you mean 'x'?)` where a known name is close, else the list of known names."""
    names = list(known)
    close = difflib.get_close_matches(str(name), names, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known: {', '.join(names)}" if names else ""


def validated(model: type[Model], data: object, origin: str) -> Model:
    """`data` as an instance of `model`; `origin` names its file in the LayerhintError it may raise."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        findings = error.errors(include_url=False)
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        raise LayerhintError(f"{origin}: {_sentence(model, findings[0])}{more}") from None


def _sentence(model: type[Frozen], finding: Any) -> str:
    location = [part for part in finding["loc"] if not _is_tag(part)]
    path = ".".join(str(part) for part in location) or "top level"
    got = describe(finding["input"])
    match finding["type"]:
        case "extra_forbidden":
            known = _names_at(model, list(finding["loc"])[:-1])
            return f"unknown key `{path}`{nearest(location[-1], known)}"
        case "missing":
            return f"key `{path}` is missing"
        case "literal_error":
            known = _names_at(model, list(finding["loc"])) or [finding["ctx"]["expected"]]
            return f"`{path}`: unknown value {finding['input']!r}{nearest(finding['input'], known)}"
        case "value_error":
            return f"`{path}`: {finding['ctx']['error']}"
    hint = "; write it as 1.0e-4 is written" if _is_number_text(finding["input"]) else ""
    return f"`{path}`: {_lower_first(finding['msg'])}, got {got}{hint}"


def _is_tag(part: object) -> bool:
    """pydantic's own `[key]`, and the tags of kinds that one key may have."""
    return isinstance(part, str) and part.startswith("[")


def _is_number_text(value: object) -> bool:
    """YAML 1.1 takes 1e-4, without the point, for a text."""
    if not isinstance(value, str):
        return False
    try:
        float(value)
    except ValueError:
        return False
    return True


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


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
        fields = {field.alias or name: field.annotation for name, field in annotation.model_fields.items()}
        if not path:
            return list(fields)
        return _names_at(fields[path[0]], path[1:]) if path[0] in fields else []
    if get_origin(annotation) is Literal:
        return [str(value) for value in get_args(annotation)]
    if get_origin(annotation) is tuple:
        return _names_at(get_args(annotation)[0], path[1:])
    if get_origin(annotation) is dict:
        key, value = get_args(annotation)
        return _names_at(key, []) if path[1:] == ["[key]"] else _names_at(value, path[1:])
    return []
