"""One order from the outbox against the EHR: afterwards the item says what the order says, or it is known why not.

The problem: HTTP success is not the end and HTTP failure is not the opposite. A POST that timed out may have created
the item; an equal POST may find one of an earlier life; a PUT may meet the biller's version. So the order is not "send
this" but "make this true", and every answer that is not plain success is settled by looking.

    POST, 201                                     written
    POST, 200 (one was there) or looked up after   the same content: ours, adopted; billed: left alone;
      a write without an answer                     else somebody's edit: left alone
    POST, 412 or 409                              look: none there → the create raced (HAPI-2745), again;
                                                    one → as above; several → `duplicated`
    PUT, 200                                      written
    PUT, 409 or 412                               read: the same content → our earlier write; billed or edited: left
                                                    alone; the version we know → a passing lock, tried later
    PUT or read, 404 or 410                       `missing`: somebody deleted it; it is not written again
    reversing what was never written              looked up first; none there → nothing to do
    reversing, another 4xx                        once more without what may have been deleted since, the encounter
                                                    above all: HAPI refuses a reference to what is gone (HAPI-1096)

Decided: an order that may have been sent before is looked up before it is sent again, without any cache. An item under
our identifier whose content is not what we sent is never overwritten. Left out: retries with a pause (the due table
has them) and any merge of two people's changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from fhir_adapter.ehr import Resource, Written
from fhir_adapter.errors import EhrAnswerInvalid, EhrConflict, EhrNotFound, EhrRejected, EhrUnavailable
from fhir_adapter.post.charge_item import MAY_BE_GONE, with_id, without_references
from fhir_adapter.post.driver import Driver
from fhir_adapter.post.order import InPlace, LeftAlone, Nothing, Outcome, SendOrder

RACES = 3
"""How often a conditional create that raced is tried at once."""


async def settle(order: SendOrder, driver: Driver) -> Outcome:
    """Raises an EhrError where the EHR could not be asked or told; the order then still stands."""
    if order.may_have_been_sent or order.reverses_the_unknown:
        found = await driver.find(order.identifier)
        if len(found) > 1:
            return LeftAlone(trouble="duplicated")
        if found:
            order, outcome = _after_look_up(order, found[0])
            if outcome:
                return outcome
        elif order.reverses_the_unknown or (order.item is None and order.is_superseded):
            return Nothing()
    return await (_create(order, driver) if order.item is None else _update(order, order.item, driver))


def _after_look_up(order: SendOrder, found: Resource) -> tuple[SendOrder, Outcome | None]:
    """Where the earlier write is not in place: the order, with what is now known of its item, is still to be sent."""
    if order.reverses_the_unknown and _status(found.body) in ("planned", "billable"):
        return msgspec.structs.replace(order, item=found.id, version=found.version), None
    if found.id == order.item and found.version == order.version and not _agrees(found.body, order.body):
        return order, None
    return order, _judged(order, found.id, found.version, found.body)


async def _create(order: SendOrder, driver: Driver) -> Outcome:
    for _ in range(RACES):
        try:
            written = await driver.create(order.identifier, order.body)
        except EhrConflict:
            found = await driver.find(order.identifier)
            if found:
                return _of_found(order, found)
        else:
            return await _created(order, written, driver)
    raise EhrUnavailable("POST ChargeItem: the conditional create goes on racing", status=409)


def _of_found(order: SendOrder, found: Sequence[Resource]) -> Outcome:
    if len(found) > 1:
        return LeftAlone(trouble="duplicated")
    return _judged(order, found[0].id, found[0].version, found[0].body)


async def _created(order: SendOrder, written: Written, driver: Driver) -> Outcome:
    if written.created and written.version is not None:
        return InPlace(item=written.id, version=written.version)
    stored = await driver.read(written.id)
    if written.created:
        return InPlace(item=stored.id, version=stored.version)
    return _judged(order, stored.id, stored.version, stored.body)


async def _update(order: SendOrder, item: str, driver: Driver) -> Outcome:
    try:
        version = order.version or (await driver.read(item)).version
        if version is None:
            raise EhrAnswerInvalid("GET ChargeItem: no version, and nothing is overwritten without one")
        written = await _written(order, item, version, driver)
        return InPlace(item=item, version=written.version or (await driver.read(item)).version)
    except EhrConflict:
        return await _after_conflict(order, item, driver)
    except EhrNotFound:
        return LeftAlone(trouble="missing")


async def _written(order: SendOrder, item: str, version: str, driver: Driver) -> Written:
    try:
        return await driver.update(item, with_id(order.body, item), version)
    except EhrRejected:
        if order.status != "entered-in-error":
            raise
        return await driver.update(item, with_id(without_references(order.body), item), version)


async def _after_conflict(order: SendOrder, item: str, driver: Driver) -> Outcome:
    try:
        stored = await driver.read(item)
    except EhrNotFound:
        return LeftAlone(trouble="missing")
    if stored.version == order.version and not _agrees(stored.body, order.body):
        raise EhrUnavailable("PUT ChargeItem: refused for a moment, and unchanged", status=409)
    return _judged(order, item, stored.version, stored.body)


def _judged(order: SendOrder, item: str, version: str | None, body: bytes) -> Outcome:
    if _agrees(body, order.body):
        return InPlace(item=item, version=version)
    return LeftAlone(trouble="billed" if _status(body) == "billed" else "edited")


def _status(body: bytes) -> str:
    return str(msgspec.json.decode(body, type=dict[str, Any]).get("status"))


_SERVERS_OWN = ("id", "meta", "text", "enteredDate")
"""What a server may write itself, and the time of writing, which differs between two tries."""


def _agrees(stored: bytes, ours: bytes) -> bool:
    """Whether the item says all that we say; it may say more that is not ours to say."""
    theirs = msgspec.json.decode(stored, type=dict[str, Any])
    wanted = msgspec.json.decode(ours, type=dict[str, Any])
    not_said = (*_SERVERS_OWN, *MAY_BE_GONE) if wanted.get("status") == "entered-in-error" else _SERVERS_OWN
    return all(theirs.get(name) == value for name, value in wanted.items() if name not in not_said)
