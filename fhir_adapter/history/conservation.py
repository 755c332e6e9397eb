"""Nothing gets lost: every notification and every administration of a source, and where it ended.

    notifications   = coded + superseded + quarantined + not ours + waiting
    administrations = in lines + in findings + reversed + deleted + waiting

Worked example. 40 notifications told of 8 administrations: 9 were coded, 30 superseded because a later one of the same
patient was coded with them, 1 quarantined with its faulty field. Of the 8, six are in lines, one is in a finding that
says why it is not, one was entered in error. What is on neither list is missing: it is named, and somebody looks.

Decided: an administration in a line and in a finding is counted once, in the line; one that joined another ended where
that one did; one that the EHR has deleted is `deleted` as long as no charge of it stands. What came in and is still to
be coded waits, and is no difference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import msgspec
from sqlalchemy import Connection

from fhir_adapter.store import conservation as ends
from fhir_adapter.store import versions
from fhir_adapter.store.columns import EPOCH

ENDS = ("coded", "superseded", "quarantined", "not ours", "waiting")
GIVEN_ENDS = ("lines", "findings", "reversed", "deleted", "waiting")


class _Named(msgspec.Struct, frozen=True):
    administrations: tuple[str, ...] = ()


class _Result(msgspec.Struct, frozen=True):
    lines: tuple[_Named, ...] = ()
    findings: tuple[_Named, ...] = ()


class _Chart(msgspec.Struct, frozen=True):
    reversed: tuple[str, ...] = ()
    joined: Mapping[str, str] = {}


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two sums: what came in, where it ended, and what ended nowhere."""

    what: str
    total: int
    ended: dict[str, int]
    missing: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return not self.missing and self.total == sum(self.ended.values())


def notifications(conn: Connection, source: str) -> Account:
    found = ends.notifications(conn, source)
    missing = tuple(f"notification {number}" for number in ends.missing_notifications(conn, source))
    ended = {end: found.get(end, 0) for end in ENDS}
    return Account(what="notifications", total=sum(found.values()), ended=ended, missing=missing)


def administrations(conn: Connection, source: str) -> Account:
    read = ends.administrations(conn, source)
    there = frozenset(versions.not_deleted(conn, source, ends.GIVEN, EPOCH))
    ended, charged = _ended(conn, source), ends.charged(conn, source)

    def end_of(name: str) -> str:
        if name in ended:
            return ended[name]
        if name not in there and name not in charged:
            return "deleted"
        return "waiting" if read[name] else "missing"

    of = {name: end_of(name) for name in sorted(read)}
    counted = Counter(of.values())
    missing = tuple(f"{ends.GIVEN}/{name}" for name, end in of.items() if end == "missing")
    counts = {end: counted.get(end, 0) for end in GIVEN_ENDS}
    return Account(what="administrations", total=len(read), ended=counts, missing=missing)


def _ended(conn: Connection, source: str) -> dict[str, str]:
    """Administration → where it ended in the latest coding of its visit; a line counts before a finding."""
    found: dict[str, str] = {}
    for result, chart in ends.codings(conn, source):
        made, charted = msgspec.json.decode(result, type=_Result), msgspec.json.decode(chart, type=_Chart)
        for name in charted.reversed:
            found.setdefault(name, "reversed")
        for end, each in (("findings", made.findings), ("lines", made.lines)):
            found |= {name.partition("#")[0]: end for one in each for name in one.administrations}
        for name, whole in charted.joined.items():
            if whole in found:
                found.setdefault(name, found[whole])
    return found


def accounts(conn: Connection, source: str) -> tuple[Account, Account]:
    return notifications(conn, source), administrations(conn, source)
