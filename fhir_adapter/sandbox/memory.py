"""What the sandbox remembers, and how it is found: tokens and references by key, dates by instant, as R4 says."""

import operator
import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib.resources import files
from typing import Any, NamedTuple

import msgspec
from fastapi import HTTPException

Json = dict[str, Any]
decode = msgspec.json.Decoder(float_hook=Decimal).decode  # 2.50 stays 2.50
encode = msgspec.json.Encoder(decimal_format="number", order="deterministic").encode
Query = Sequence[tuple[str, str]]
FACTS = tomllib.loads(files(__package__).joinpath("metadata.toml").read_text("utf-8"))
TABLES: dict[str, dict[str, list[str]]] = {kind: FACTS["every_search"] | own for kind, own in FACTS["search"].items()}
_named = {kind: [{"name": key, "type": how[0]} for key, how in rules.items()] for kind, rules in TABLES.items()}
_kinds = [{"type": kind, **FACTS["every_resource"], "searchParam": names} for kind, names in _named.items()]
CAPABILITY = {**FACTS["statement"], "rest": [{"mode": "server", "resource": _kinds}]}
PREFIXES = {"ge": operator.ge, "gt": operator.gt, "le": operator.le, "lt": operator.lt}


class Version(NamedTuple):
    kind: str
    id: str
    number: int
    method: str
    resource: Json  # empty after a delete


class Memory:
    def __init__(self) -> None:
        self.log: list[Version] = []
        self.latest: dict[tuple[str, str], Version] = {}

    def history(self, *asked: str | int | None) -> list[Version]:
        found = [one for one in self.log if all(want in (None, has) for want, has in zip(asked, one, strict=False))]
        if not found:
            raise HTTPException(404, f"{'/'.join(map(str, asked))} is not known")
        return found[::-1]

    def write(self, method: str, kind: str, identity: str, resource: Json) -> Version:
        before = self.latest.pop((kind, identity), None)  # `latest` is in the order of the changes
        number, now = before.number + 1 if before else 1, datetime.now(UTC)  # noqa: TID251 - a program of its own
        own = {"versionId": str(number), "lastUpdated": f"{now:%Y-%m-%dT%H:%M:%S.%f}Z"}
        stamped = resource and {**resource, "id": identity, "meta": {**resource.get("meta", {}), **own}}
        version = self.latest[kind, identity] = Version(kind, identity, number, method, stamped)
        self.log.append(version)
        return version

    def search(self, kind: str, query: Query) -> list[Version]:
        must_be_known(kind, query)
        current = [one for one in self.latest.values() if one.kind == kind and one.resource]
        return [one for one in current if fits(one.resource, query)]


def must_be_known(kind: str, query: Query = ()) -> None:
    if kind not in TABLES:
        raise HTTPException(404, f"this sandbox keeps no {kind}")
    for name, text in query:
        if name not in TABLES[kind]:
            raise ValueError(f"there is no search parameter {name!r}; there are {', '.join(sorted(TABLES[kind]))}")
        if TABLES[kind][name][0] == "date":
            _in_time({}, text)  # refuses what it cannot read


def fits(resource: Json, query: Query) -> bool:
    for name, text in query:
        how, *paths = TABLES[resource["resourceType"]][name]
        nodes = [node for path in paths for node in _nodes(resource, path)]
        has = _in_time if how == "date" else _has_key
        if not any(has(node, value) for node in nodes for value in text.split(",")):
            return False
    return True


def _nodes(node: Any, path: str) -> list[Any]:
    found = [node]
    for step in path.split("."):
        below = [one.get(step) for one in found]
        found = [each for one in below if one for each in (one if isinstance(one, list) else [one])]
    return found


def _has_key(node: Any, text: str) -> bool:
    if isinstance(node, str):
        place = node.partition("/_history/")[0]
        return text in (place, "/".join(place.split("/")[-2:]), place.rpartition("/")[2])
    system, word = node.get("system", ""), node.get("code") or node.get("value", "")
    return text in (word, f"{system}|{word}", f"{system}|")


def _in_time(node: Any, text: str) -> bool:
    if (prefix := text[:2]) not in PREFIXES:
        raise ValueError(f"a date is searched with one of ge, gt, le, lt before it: {text!r}")
    wanted = _instant(text[2:]) + timedelta(days=1 if len(text) == 12 and prefix in ("gt", "le") else 0)
    edge = node.get("end" if prefix[0] == "g" else "start") if isinstance(node, dict) else node
    return edge is None or PREFIXES[prefix](_instant(edge), wanted)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text if "T" in text else f"{text}T00:00:00+00:00")
