"""The FHIR REST driver: POST with If-None-Exist, PUT by id with If-Match, and look-ups past every cache.

There is no conditional PUT here: racing ones leave two items behind (HAPI 8.8), and it ignores If-Match there.
"""

from __future__ import annotations

from collections.abc import Sequence

from fhir_adapter.ehr import EhrClient, Resource, Written

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

    def _by(self, identifier: str) -> dict[str, str]:
        """A comma or bar in a token would be read as syntax: FHIR escapes them with a backslash."""
        return {"identifier": f"{_escaped(self._system)}|{_escaped(identifier)}"}


def _escaped(token: str) -> str:
    for character in "\\$,|":
        token = token.replace(character, f"\\{character}")
    return token
