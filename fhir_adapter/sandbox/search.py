"""Searches as R4 says: tokens and references by key (`system|code`, `code`, `Type/id`, `id`); dates only with ge, gt,
le or lt (some EHRs demand a prefix, and so does this one). An open Period reaches for ever. Refuses unknown types,
parameters, modifiers and prefixes."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from fhir_adapter.sandbox.answers import TABLES, Json, Refusal


class Clause(NamedTuple):
    """One parameter of a query: any of its values may fit."""

    name: str
    kind: str
    nodes: list[str]
    values: list[Any]

    def fits(self, resource: Json) -> bool:
        found = [node for path in self.nodes for node in _nodes(resource, path.split("."))]
        if self.kind == "date":
            return any(_compare(node, *wanted) for node in found for wanted in self.values)
        return not {key for node in found for key in _keys(node)}.isdisjoint(self.values)


def clauses(kind: str, pairs: Iterable[tuple[str, str]]) -> list[Clause]:
    if kind not in TABLES:
        raise Refusal(404, f"this sandbox keeps no {kind}", "not-supported")
    return [_clause(kind, name, text) for name, text in pairs]


def index_keys(kind: str, resource: Json) -> set[tuple[str, str, str]]:
    """(type, parameter, key) under which a resource is found without a walk."""
    rules = [(name, path.split(".")) for name, (how, *paths) in TABLES[kind].items() if how != "date" for path in paths]
    return {(kind, name, key) for name, steps in rules for node in _nodes(resource, steps) for key in _keys(node)}


def _clause(kind: str, name: str, text: str) -> Clause:
    if name not in TABLES[kind]:
        raise Refusal(400, f"{kind} has no search parameter {name!r}; it has {', '.join(sorted(TABLES[kind]))}")
    (how, *nodes), values = TABLES[kind][name], text.split(",")
    if how == "reference":
        values = ["/".join(value.split("/")[-2:]) for value in values]
    return Clause(name, how, nodes, [_wanted(value) for value in values] if how == "date" else values)


def _nodes(node: Any, steps: list[str]) -> Iterator[Any]:
    if isinstance(node, list):
        for one in node:
            yield from _nodes(one, steps)
    elif not steps:
        yield node
    elif isinstance(node, dict) and steps[0] in node:
        yield from _nodes(node[steps[0]], steps[1:])


def _keys(node: Any) -> list[str]:
    if not isinstance(node, dict):
        return [str(node)]
    if "reference" in node:
        parts = str(node["reference"]).split("/")
        return ["/".join(parts), "/".join(parts[-2:]), parts[-1]]
    named = [(one.get("system") or "", one.get("code") or one.get("value") or "") for one in node.get("coding", [node])]
    return [key for system, word in named for key in (word, f"{system}|{word}", f"{system}|")]


def _wanted(text: str) -> tuple[str, datetime]:
    """The prefix, and the instant that it is about: for a date the one at which its day, in UTC, begins or ends."""
    prefix, is_day = text[:2], len(text) == 12
    if prefix not in ("ge", "gt", "le", "lt"):
        raise Refusal(400, f"a date is searched with one of ge, gt, le, lt before it: {text!r}")
    return prefix, _instant(text[2:]) + timedelta(days=1 if is_day and prefix in ("gt", "le") else 0)


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Refusal(400, f"not a date or time: {text!r}") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _compare(node: Any, prefix: str, wanted: datetime) -> bool:
    start, end = (node.get("start"), node.get("end")) if isinstance(node, dict) else (node, node)
    if prefix[0] == "g":
        return not end or _instant(end) > wanted or (prefix == "ge" and _instant(end) == wanted)
    return not start or _instant(start) < wanted or (prefix == "le" and _instant(start) == wanted)
