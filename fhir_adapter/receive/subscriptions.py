"""Our Subscriptions at an EHR: it tells us what changed, of its own accord, at the address where we listen.

The problem: a Subscription can be active and still leave a wrong charge. R4 tells nothing when a resource stops to
match, and nothing of a delete.

    Encounter?status=finished       is entered in error later: silence, and its charges stay. So never a status
    Encounter?                      tells the same change; that it was deleted is not told

Decided: both criteria are a bare type. Deletes are asked for on the channel as HAPI knows it; a server that knows
nothing of it keeps or drops the extension, and one that refuses it is asked without, which `tells_deletes` says. Ours
are those that lead to our endpoint with one of our criteria: nothing else is changed or deleted. Where the site names
topics of the Backport, they take the criteria's place. Left out: Medplum's extension for deletes, which would silence
its updates.

Source: https://hl7.org/fhir/R4/subscription.html and the behaviour of HAPI 8.8; subscription_body.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta

import msgspec

from fhir_adapter.ehr import EhrClient, Resource
from fhir_adapter.errors import EhrAnswerInvalid, EhrConflict, EhrError, EhrRejected
from fhir_adapter.receive.subscription_body import BY_CRITERIA, DELETES, Json, by_criteria, by_topic

PAUSE = 0.2
TIMES = 4
MISSING = "missing"
HOPELESS = ("error", "off")


class _Extension(msgspec.Struct, frozen=True, rename="camel"):
    url: str = ""
    value_boolean: bool | None = None


class _Channel(msgspec.Struct, frozen=True):
    type: str = ""
    endpoint: str = ""
    payload: str = ""
    header: tuple[str, ...] = ()
    extension: tuple[_Extension, ...] = ()


class _Subscription(msgspec.Struct, frozen=True):
    status: str = ""
    criteria: str = ""
    error: str = ""
    channel: _Channel = _Channel()


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """One of ours as the EHR has it. `state` is its status there, or `missing`."""

    criteria: str
    state: str = MISSING
    id: str | None = None
    version: str | None = None
    tells_deletes: bool = False
    header: tuple[str, ...] = ()
    error: str = ""


class Subscriptions(msgspec.Struct, frozen=True, kw_only=True):
    """What we ask one EHR to tell. `token` is the bearer token that its notifications carry.

    `topics` are canonicals of the Backport with the filter of each; without any, the R4 criteria are used.
    """

    ehr: EhrClient
    endpoint: str
    token: str | None
    topics: Mapping[str, str] = {}
    heartbeat: timedelta | None = None

    @property
    def wanted(self) -> tuple[str, ...]:
        return tuple(self.topics) or BY_CRITERIA

    async def standing(self) -> tuple[Standing, ...]:
        """Each of ours; of a criterion without one, that it is missing."""
        found = [one for one in map(_standing, await self._leading_here()) if one.criteria in self.wanted]
        missing = [Standing(criteria=one) for one in self.wanted if one not in {each.criteria for each in found}]
        return tuple(sorted((*found, *missing), key=lambda one: self.wanted.index(one.criteria)))

    async def subscribe(self, patience: float) -> tuple[Standing, ...]:
        """All active, within so many seconds. What is well already is left as it is."""
        known = {one.criteria: one for one in reversed(await self.standing())}
        for criteria in self.wanted:
            await self._ask(known[criteria])
        return await self._when_active(patience)

    async def rearm(self) -> None:
        """Request those anew that the EHR gave up; one that is missing stays so."""
        for one in await self.standing():
            if one.state in HOPELESS:
                await self._ask(one)

    async def unsubscribe(self) -> tuple[Standing, ...]:
        """Deletes ours; what was deleted comes back."""
        ours = [one for one in await self.standing() if one.id is not None]
        for one in ours:
            await self._delete(f"Subscription/{one.id}")
        return tuple(ours)

    async def _delete(self, link: str) -> None:
        """A server may write into it at the same moment: it makes it active by an update of its own."""
        for _ in range(TIMES):
            with suppress(EhrConflict):
                await self.ehr.delete(link, "DELETE Subscription")
                return
            await asyncio.sleep(PAUSE)
        await self.ehr.delete(link, "DELETE Subscription")

    async def _leading_here(self) -> list[Resource]:
        found = await self.ehr.search("Subscription", {"url": self.endpoint})
        return [one for one in found if one.type == "Subscription" and _read(one).channel.endpoint == self.endpoint]

    async def _ask(self, known: Standing) -> None:
        """Creates it, or requests it anew where it is off, in error or carries another token."""
        if known.state not in (MISSING, *HOPELESS) and known.header in ((), self._header):
            return None
        if known.criteria in self.topics:
            topic, narrowed = known.criteria, self.topics[known.criteria]
            return await self._write(known, by_topic(topic, narrowed, self.endpoint, self._header, self.heartbeat))
        try:
            await self._write(known, by_criteria(known.criteria, self.endpoint, self._header, deletes=True))
        except EhrRejected:
            await self._write(known, by_criteria(known.criteria, self.endpoint, self._header, deletes=False))

    async def _write(self, known: Standing, body: Json) -> None:
        if known.id is None:
            once = {"url": self.endpoint, "criteria": known.criteria}
            await self.ehr.create("Subscription", msgspec.json.encode(body), if_none_exist=once)
        elif known.version is None:
            raise EhrAnswerInvalid("Subscription: the EHR tells no version, so that it cannot be changed safely")
        else:
            whole = msgspec.json.encode(body | {"id": known.id})
            await self.ehr.update("Subscription", known.id, whole, if_match=known.version)

    @property
    def _header(self) -> tuple[str, ...]:
        return () if self.token is None else (f"Authorization: Bearer {self.token}",)

    async def _when_active(self, patience: float) -> tuple[Standing, ...]:
        standing = await self.standing()
        try:
            async with asyncio.timeout(patience):
                while not all(one.state == "active" for one in standing):
                    _must_have_hope(standing)
                    await asyncio.sleep(PAUSE)
                    standing = await self.standing()
        except TimeoutError:
            waiting = "; ".join(f"{one.criteria} is {one.state}" for one in standing if one.state != "active")
            raise EhrError(f"Subscription: not active within {patience:g} s: {waiting}") from None
        return standing


def _must_have_hope(standing: tuple[Standing, ...]) -> None:
    for one in standing:
        if one.state in HOPELESS:
            raise EhrError(
                f"Subscription: the EHR has set {one.criteria} to {one.state}: {one.error or 'no reason given'}"
            )


def _standing(resource: Resource) -> Standing:
    read = _read(resource)
    return Standing(
        criteria=read.criteria,
        state=read.status,
        id=resource.id,
        version=resource.version,
        tells_deletes=any(one.url == DELETES and one.value_boolean for one in read.channel.extension),
        header=read.channel.header,
        error=read.error,
    )


def _read(resource: Resource) -> _Subscription:
    try:
        return msgspec.json.decode(resource.body, type=_Subscription)
    except msgspec.DecodeError:
        raise EhrAnswerInvalid("SEARCH Subscription: an entry cannot be read") from None
