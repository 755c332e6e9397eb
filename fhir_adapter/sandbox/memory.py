"""What the sandbox remembers: every version of every resource. One event loop, and no await between a look and a write:
a conditional create never races."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from fhir_adapter.sandbox.answers import Json, encode
from fhir_adapter.sandbox.search import Clause, index_keys
from fhir_adapter.vocabulary import Clock


class Version(NamedTuple):
    """One state of a resource; `resource` is None and `body` empty for a delete."""

    kind: str
    id: str
    number: int
    at: datetime
    method: str
    resource: Json | None
    body: bytes


class Memory:
    def __init__(self, clock: Clock) -> None:
        self.listeners: list[Callable[[Version], None]] = []
        self.log: list[Version] = []
        self._clock = clock
        self._versions: dict[tuple[str, str], list[Version]] = {}
        self._ids: dict[str, dict[str, None]] = defaultdict(dict)
        self._index: dict[tuple[str, str, str], dict[str, None]] = defaultdict(dict)

    def versions(self, kind: str, identity: str) -> list[Version]:
        return self._versions.get((kind, identity), [])

    def write(self, kind: str, identity: str | None, resource: Json | None, method: str) -> Version:
        """The new version; the latest one where nothing changed."""
        identity = identity or str(len(self.log) + 1)
        before = self.versions(kind, identity)[-1:]
        number = before[0].number + 1 if before else 1
        if before and resource and before[0].resource and _content(before[0].resource) == _content(resource):
            return before[0]
        at = self._clock()
        if resource is not None:
            stamp = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            meta = {**resource.get("meta", {}), "versionId": str(number), "lastUpdated": stamp}
            resource = resource | {"resourceType": kind, "id": identity, "meta": meta}
        version = Version(kind, identity, number, at, method, resource, encode(resource) if resource else b"")
        self._keep(version, before)
        return version

    def search(self, kind: str, clauses: list[Clause]) -> list[Version]:
        """The current resources that fit all clauses, in the order of their making."""
        first = next((c for c in clauses if c.kind != "date"), None)
        ids = (
            dict.fromkeys(i for value in first.values for i in self._index[kind, first.name, value]) if first else None
        )
        latest = [self._versions[kind, identity][-1] for identity in (self._ids[kind] if ids is None else ids)]
        return [v for v in latest if v.resource is not None and all(c.fits(v.resource) for c in clauses)]

    def _keep(self, version: Version, before: list[Version]) -> None:
        for key in index_keys(version.kind, before[0].resource) if before and before[0].resource else ():
            self._index[key].pop(version.id, None)
        for key in index_keys(version.kind, version.resource) if version.resource else ():
            self._index[key][version.id] = None
        self._ids[version.kind][version.id] = None
        self._versions.setdefault((version.kind, version.id), []).append(version)
        self.log.append(version)
        for tell in self.listeners:
            tell(version)


def _content(resource: Json) -> bytes:
    meta = {k: v for k, v in resource.get("meta", {}).items() if k not in ("versionId", "lastUpdated")}
    return bytes(encode({**resource, "meta": meta}))
