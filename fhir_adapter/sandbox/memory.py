"""What the sandbox remembers: every version of every resource. No await lies between a look and a write, so that a
conditional create never races."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from fhir_adapter.sandbox.answers import Json, encode
from fhir_adapter.sandbox.search import Clause, index_keys
from fhir_adapter.vocabulary import Clock


class Version(NamedTuple):
    """One state of a resource; `resource` and `body` are empty for a delete."""

    kind: str
    id: str
    number: int
    at: datetime
    method: str
    resource: Json
    body: bytes


class Memory:
    def __init__(self, clock: Clock) -> None:
        self.listeners: list[Callable[[Version], None]] = []
        self.log: list[Version] = []
        self._clock = clock
        self._kept: dict[str, dict[str, list[Version]]] = defaultdict(dict)
        self._index: dict[tuple[str, str, str], dict[str, None]] = defaultdict(dict)

    def versions(self, kind: str, identity: str) -> list[Version]:
        return self._kept[kind].get(identity, [])

    def write(self, method: str, kind: str, identity: str, resource: Json) -> Version:
        """The new version; the latest one where nothing changed."""
        before, at = next(reversed(self.versions(kind, identity)), None), self._clock()
        if before and before.resource and resource and _content(before.resource) == _content(resource):
            return before
        number = before.number + 1 if before else 1
        if resource:
            stamp = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            meta = {**resource.get("meta", {}), "versionId": str(number), "lastUpdated": stamp}
            resource = {**resource, "id": identity, "meta": meta}
        version = Version(kind, identity, number, at, method, resource, encode(resource) if resource else b"")
        for key in index_keys(kind, before.resource) if before else ():
            self._index[key].pop(identity, None)
        for key in index_keys(kind, resource):
            self._index[key][identity] = None
        self._kept[kind].setdefault(identity, []).append(version)
        self.log.append(version)
        for tell in self.listeners:
            tell(version)
        return version

    def search(self, kind: str, clauses: list[Clause]) -> list[Version]:
        """The current resources that fit all clauses. The first that is no date is answered by the index."""
        first = next((clause for clause in clauses if clause.kind != "date"), None)
        ids = [i for value in first.values for i in self._index[kind, first.name, value]] if first else self._kept[kind]
        latest = [self._kept[kind][identity][-1] for identity in dict.fromkeys(ids)]
        return [one for one in latest if one.resource and all(clause.fits(one.resource) for clause in clauses)]


def _content(resource: Json) -> bytes:
    meta = {k: v for k, v in resource.get("meta", {}).items() if k not in ("versionId", "lastUpdated")}
    return encode({**resource, "meta": meta})
