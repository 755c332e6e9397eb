"""Searches as R4 says: tokens and references by key (`system|code`, `code`, `Type/id`, `id`), dates by ranges.

A written time covers its precision: 2026-05-04 is that whole day, in UTC; an open Period reaches for ever. Refuses
unknown types, parameters, modifiers and prefixes.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from fhir_adapter.sandbox.answers import TABLES, Json, Refusal

Range = tuple[datetime, datetime]
_EVER = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
_DAYS_COVERED = {4: 366.0, 7: 31.0, 10: 1.0, 16: 1 / 1440, 19: 1 / 86400}


class Clause(NamedTuple):
    """One parameter of a query; any of its values may fit."""

    name: str
    kind: str
    paths: list[str]
    values: list[Any]

    def fits(self, resource: Json) -> bool:
        nodes = [node for path in self.paths for node in _nodes(resource, path.split("."))]
        if self.kind == "date":
            return any(_compare(_held(node), *wanted) for node in nodes for wanted in self.values)
        return not {key for node in nodes for key in _keys(node)}.isdisjoint(self.values)


def clauses(kind: str, pairs: Iterable[tuple[str, str]]) -> list[Clause]:
    table = table_of(kind)
    return [_clause(kind, table, name, text) for name, text in pairs]


def table_of(kind: str) -> dict[str, list[str]]:
    if kind not in TABLES:
        raise Refusal(404, "not-supported", f"this sandbox keeps no {kind}")
    return TABLES[kind]


def index_keys(kind: str, resource: Json) -> set[tuple[str, str, str]]:
    """(type, parameter, key) under which a resource is found without a walk."""
    rules = [(name, path.split(".")) for name, (how, *paths) in TABLES[kind].items() if how != "date" for path in paths]
    return {(kind, name, key) for name, steps in rules for node in _nodes(resource, steps) for key in _keys(node)}


def _clause(kind: str, table: dict[str, list[str]], name: str, text: str) -> Clause:
    if name not in table:
        raise Refusal(400, "invalid", f"{kind} has no search parameter {name!r}; it has {', '.join(sorted(table))}")
    how, *paths = table[name]
    values: list[Any] = [text] if how in ("string", "uri") else text.split(",")
    if how == "reference":
        values = ["/".join(value.split("/")[-2:]) for value in values]
    return Clause(name, how, paths, [_wanted(value) for value in values] if how == "date" else values)


def _nodes(node: Any, steps: list[str]) -> Iterator[Any]:
    if isinstance(node, list):
        for one in node:
            yield from _nodes(one, steps)
    elif not steps:
        yield node
    elif isinstance(node, dict) and steps[0] in node:
        yield from _nodes(node[steps[0]], steps[1:])


def _keys(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict) and isinstance(node.get("reference"), str):
        parts = node["reference"].split("/")
        yield from (node["reference"], "/".join(parts[-2:]), parts[-1])
    elif isinstance(node, dict):
        for coding in node.get("coding", [node]):
            word, system = coding.get("code") or coding.get("value") or "", coding.get("system") or ""
            yield from (word, f"{system}|{word}", f"{system}|")


def _wanted(text: str) -> tuple[str, Range]:
    found = re.fullmatch(r"(eq|gt|lt|ge|le)?(\d.*)", text)
    if not found:
        raise Refusal(400, "invalid", f"not a date, or a prefix that this server does not know: {text!r}")
    return found[1] or "eq", _range(found[2])


def _range(text: str) -> Range:
    try:
        low = datetime.fromisoformat(text + "-01-01"[len(text) - 4 :] if len(text) < 10 else text)
    except ValueError:
        raise Refusal(400, "invalid", f"not a FHIR date or time: {text!r}") from None
    low = low if low.tzinfo else low.replace(tzinfo=UTC)
    written = re.sub(r"(Z|[+-]\d\d:\d\d)$", "", text) if "T" in text else text
    high = low + timedelta(days=_DAYS_COVERED.get(len(written), 0.001 / 86400))
    return low, high.replace(day=1) if len(text) < 10 else high


def _held(node: Any) -> Range:
    period = node if isinstance(node, dict) else {"start": node, "end": node}
    low = _range(period["start"])[0] if period.get("start") else _EVER[0]
    return low, _range(period["end"])[1] if period.get("end") else _EVER[1]


def _compare(held: Range, prefix: str, wanted: Range) -> bool:
    (low, high), (least, most) = held, wanted
    within = least <= low and high <= most
    beyond = {"eq": False, "gt": high > most, "ge": high > most, "lt": low < least, "le": low < least}[prefix]
    return beyond or (within and prefix in ("eq", "ge", "le"))
