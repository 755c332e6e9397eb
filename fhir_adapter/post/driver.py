"""How a sender speaks to an EHR about ChargeItems: five requests, and what must hold before each.

A driver is one way of speaking (`rest`, `dry_run`). `Guarded` puts two things around any of them: before each request
the guard is asked (the claim is still mine and outlasts the request, the source is not paused), and no request takes
longer than the lease allows. A write that ran out of time is ambiguous, like one without an answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from fhir_adapter.ehr import Resource, Written
from fhir_adapter.errors import EhrAmbiguous, EhrError, EhrUnavailable
from fhir_adapter.post.order import SendOrder

T = TypeVar("T")
Guard = Callable[[], Awaitable[object]]
"""Raises where the next request may not be sent: `ClaimLost`, `SourcePaused`."""


class Driver(Protocol):
    """Errors are those of `EhrError`."""

    async def find(self, identifier: str) -> Sequence[Resource]:
        """Every ChargeItem under this business identifier, never from a cache."""
        ...

    async def read(self, item: str) -> Resource: ...

    async def create(self, identifier: str, body: bytes) -> Written:
        """Unless one is there under the identifier; then that one is the answer."""
        ...

    async def update(self, item: str, body: bytes, version: str) -> Written:
        """Over exactly this version."""
        ...

    async def write_all(self, orders: Sequence[SendOrder]) -> Sequence[Written | None]:
        """Creates and updates, all of them or none; None for one whose answer says nothing."""
        ...


class Guarded:
    """A driver that asks before each request; `longest` is how many seconds one may take."""

    def __init__(self, driver: Driver, guard: Guard, longest: float) -> None:
        self._driver, self._guard, self._longest = driver, guard, longest

    async def find(self, identifier: str) -> Sequence[Resource]:
        return await self._within(lambda: self._driver.find(identifier), EhrUnavailable)

    async def read(self, item: str) -> Resource:
        return await self._within(lambda: self._driver.read(item), EhrUnavailable)

    async def create(self, identifier: str, body: bytes) -> Written:
        return await self._within(lambda: self._driver.create(identifier, body), EhrAmbiguous)

    async def update(self, item: str, body: bytes, version: str) -> Written:
        return await self._within(lambda: self._driver.update(item, body, version), EhrAmbiguous)

    async def write_all(self, orders: Sequence[SendOrder]) -> Sequence[Written | None]:
        return await self._within(lambda: self._driver.write_all(orders), EhrAmbiguous)

    async def _within(self, request: Callable[[], Awaitable[T]], late: type[EhrError]) -> T:
        await self._guard()
        try:
            async with asyncio.timeout(self._longest):
                return await request()
        except TimeoutError:
            raise late("ChargeItem: the request took longer than the claim allows") from None
