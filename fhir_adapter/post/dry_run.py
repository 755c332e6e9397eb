"""The driver that sends nothing: it takes every request, answers as an EHR without other writers would, and shows what
would have been sent. A source in shadow mode goes through it, so that a charge which could not be built is known before
the first day of posting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from fhir_adapter.ehr import Resource, Written
from fhir_adapter.errors import EhrConflict, EhrNotFound
from fhir_adapter.post.order import SendOrder


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What would have gone over the wire."""

    method: Literal["POST", "PUT"]
    identifier: str | None
    item: str | None
    if_match: str | None
    body: bytes


class DryRun:
    """`requests` is what would have been sent, in order."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self._items: dict[str, Resource] = {}
        self._ids: dict[str, str] = {}

    async def find(self, identifier: str) -> Sequence[Resource]:
        return [self._items[self._ids[identifier]]] if identifier in self._ids else []

    async def read(self, item: str) -> Resource:
        if item not in self._items:
            raise EhrNotFound("GET ChargeItem: not in this dry run", status=404)
        return self._items[item]

    async def create(self, identifier: str, body: bytes) -> Written:
        if identifier in self._ids:
            stored = self._items[self._ids[identifier]]
            return Written(stored.id, stored.version, False, stored.body)
        self.requests.append(Request(method="POST", identifier=identifier, item=None, if_match=None, body=body))
        item = self._ids[identifier] = f"dry-run-{len(self._items) + 1}"
        return self._store(item, "1", body, created=True)

    async def update(self, item: str, body: bytes, version: str) -> Written:
        stored = self._items.get(item)
        if stored and stored.version != version:
            raise EhrConflict("PUT ChargeItem: another version in this dry run", status=412)
        self.requests.append(Request(method="PUT", identifier=None, item=item, if_match=version, body=body))
        following = str(int(version) + 1) if version.isdigit() else f"{version}-next"
        return self._store(item, following, body, created=False)

    async def write_all(self, orders: Sequence[SendOrder]) -> Sequence[Written | None]:
        return [
            await self.create(order.identifier, order.body)
            if order.item is None
            else await self.update(order.item, order.body, order.version or "")
            for order in orders
        ]

    def _store(self, item: str, version: str, body: bytes, *, created: bool) -> Written:
        self._items[item] = Resource("ChargeItem", item, version, body)
        return Written(item, version, created, body)
