"""From msgspec's word about a value to a sentence about a key: which file, which key, what is allowed there.

msgspec writes `$.sources[...].mode` where the key of a table is meant; the key is found by trying them one by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import inspect

from fhir_adapter.settings.model import Settings

_AT = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_MISSING = re.compile(r"^Object missing required field `(?P<field>[^`]+)`")
_UNKNOWN = re.compile(r"^Object contains unknown field `(?P<field>[^`]+)`")
_RULEBOOK = "the name of a rulebook such as cpt-2026 or carecost-96417, or a file"
_STEP = re.compile(r"\[\.\.\.\]|\[\d+\]|[^.\[\]]+")
_WHY = {
    "mode": "it has no default: in post the adapter writes charges into patients' records, in shadow it never does",
    "rulebook": "it has no default: rulebooks disagree on what may be charged, and which one holds is the site's word",
}


def explain(
    error: msgspec.ValidationError, raw: Mapping[str, Any], attempt: Callable[[Any], object], root: type = Settings
) -> str:
    """One sentence for the first fault in `raw`, a `root`; `attempt` converts a candidate and raises as `error` did."""
    message = _AT.sub("", str(error))
    at = _AT.search(str(error))
    steps = _STEP.findall(at["path"]) if at else []
    path = _name_keys(steps, raw, attempt)
    if missing := _MISSING.match(message):
        return _missing(path, missing["field"], steps, root)
    if unknown := _UNKNOWN.match(message):
        return f"{_dotted([*path, unknown['field']])} is unknown; {_allowed(steps, root)}"
    return f"{_dotted(path)}: {message[0].lower()}{message[1:]}; {_allowed(steps, root)}"


def _missing(path: list[str], field: str, steps: list[str], root: type) -> str:
    why = f"; {_WHY[field]}" if field in _WHY else ""
    return f"{_dotted([*path, field])} is missing; {_allowed([*steps, field], root)}{why}"


def _dotted(path: list[str]) -> str:
    """As the key is written in TOML."""
    return ".".join(key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else f'"{key}"' for key in path)


def _name_keys(steps: list[str], raw: Mapping[str, Any], attempt: Callable[[Any], object]) -> list[str]:
    """`steps` with each `[...]` replaced by the key at fault."""
    named: list[str] = []
    for step in steps:
        key = _guilty(named, raw, attempt) if step == "[...]" else step.strip("[]")
        named.append(key)
    return named


def _guilty(path: list[str], raw: Mapping[str, Any], attempt: Callable[[Any], object]) -> str:
    """The first key of the table at `path` that fails when it stands there alone."""
    for key in _at(raw, path):
        try:
            attempt(_with_only(raw, path, key))
        except (msgspec.ValidationError, ValueError):
            return str(key)
    return "…"


def _at(raw: Any, path: list[str]) -> Any:
    for key in path:
        raw = raw[int(key)] if isinstance(raw, list) else raw[key]
    return raw


def _with_only(raw: Any, path: list[str], key: str) -> Any:
    if not path:
        return {key: raw[key]}
    return raw | {path[0]: _with_only(raw[path[0]], path[1:], key)}


def _allowed(steps: list[str], root: type) -> str:
    if steps and steps[-1] in ("rulebook", "second_opinion"):
        return f"allowed: {_RULEBOOK}"
    return f"allowed: {_describe(_type_at(steps, root))}"


def _type_at(steps: list[str], root: type) -> inspect.Type:
    kind: inspect.Type = inspect.type_info(root)
    for step in steps:
        kind = _inside(_plain(kind), step)
    return _plain(kind)


def _inside(kind: inspect.Type, step: str) -> inspect.Type:
    if isinstance(kind, inspect.StructType):
        return next(field.type for field in kind.fields if field.name == step)
    if isinstance(kind, inspect.DictType):
        return kind.value_type
    return kind.item_type if isinstance(kind, inspect.VarTupleType) else kind


def _plain(kind: inspect.Type) -> inspect.Type:
    """Without its metadata, and without the None of an optional key."""
    while isinstance(kind, inspect.Metadata):
        kind = kind.type
    if isinstance(kind, inspect.UnionType):
        some = [option for option in kind.types if not isinstance(option, inspect.NoneType)]
        return _plain(some[0]) if len(some) == 1 else kind
    return kind


_WORDS: dict[type[inspect.Type], str] = {
    inspect.BoolType: "true or false",
    inspect.DateType: "a day such as 2026-01-31",
    inspect.DictType: "a table",
    inspect.FloatType: "a number of seconds in range",
    inspect.IntType: "a whole number in range",
    inspect.StrType: "text",
    inspect.VarTupleType: "a list of texts",
}
_CUSTOM = {
    "Address": "HOST:PORT",
    "Database": "sqlite, or env:NAME or file:PATH of a PostgreSQL URL",
    "Path": "a folder",
    "Secret": "env:NAME or file:PATH",
}


def _describe(kind: inspect.Type) -> str:
    if isinstance(kind, inspect.LiteralType):
        return ", ".join(map(str, kind.values))
    if isinstance(kind, inspect.StructType) and kind.cls.__name__ not in _CUSTOM:
        return "the keys " + ", ".join(field.name for field in kind.fields)
    if isinstance(kind, inspect.UnionType):
        return " or ".join(_describe(_plain(option)) for option in kind.types)
    name = getattr(getattr(kind, "cls", None), "__name__", "")
    return _CUSTOM.get(name) or _WORDS.get(type(kind), "another kind of value")
