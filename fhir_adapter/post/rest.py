"""The FHIR REST driver: POST with If-None-Exist, PUT by id with If-Match, and look-ups past every cache.

There is no conditional PUT here: racing ones leave two items behind (HAPI 8.8), and it ignores If-Match there.
"""

from __future__ import annotations

from collections.abc import Sequence

from fhir_adapter.ehr import EhrClient, Resource, Written
from fhir_adapter.ehr.transaction import Create, Update, Write
from fhir_adapter.post.charge_item import with_id
from fhir_adapter.post.order import SendOrder

_TYPE = "ChargeItem"


class Rest:
    def __init__(self, ehr: EhrClient, identifier_system: str) -> None:
        self._ehr, self._system = ehr, identifier_system

    async def find(self, identifier: str) -> Sequence[Resource]:
        found = await self._ehr.search(_TYPE, self._by(identifier))
        return [resource for resource in found if resource.type == _TYPE]

    async def read(self, item: str) -> Resource:
        return await self._ehr.read(_TYPE, item)

    async def create(self, identifier: str, body: bytes) -> Written:
        return await self._ehr.create(_TYPE, body, if_none_exist=self._by(identifier))

    async def update(self, item: str, body: bytes, version: str) -> Written:
        return await self._ehr.update(_TYPE, item, body, if_match=version)

    async def write_all(self, orders: Sequence[SendOrder]) -> Sequence[Written | None]:
        return await self._ehr.transact([self._write(order) for order in orders])

    def _write(self, order: SendOrder) -> Write:
        if order.item is None:
            return Create(type=_TYPE, body=order.body, if_none_exist=self._by(order.identifier))
        body = with_id(order.body, order.item)
        return Update(type=_TYPE, id=order.item, body=body, if_match=order.version or "")

    def _by(self, identifier: str) -> dict[str, str]:
        """A comma or bar in a token would be read as syntax: FHIR escapes them with a backslash."""
        return {"identifier": f"{_escaped(self._system)}|{_escaped(identifier)}"}


def _escaped(token: str) -> str:
    for character in "\\$,|":
        token = token.replace(character, f"\\{character}")
    return token
