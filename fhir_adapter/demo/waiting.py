"""Waiting for the charges of one visit: by searching the EHR, as anybody could, and asking the adapter.

When is nothing more on its way? Not when charges have changed, nor when those of the EHR agree with those of the
adapter: both may be of the chart as it was one notification ago, because the EHR tells in its own time. So three things
are asked for, in this order:

    the adapter coded the chart that the EHR has now     its sheet has the same administrations, with the same times
    it has nothing left to send                          no charge of the sheet is pending
    all of it has arrived                                the EHR's ChargeItems are those of the sheet, in those versions

The charges are searched after the sheet was read. Left out: amendments of a dose alone, which the demo does not make.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from fhir_adapter.demo.charged import Charged, in_order, of_item
from fhir_adapter.demo.speaking import DemoFailed, Desk, Ehr, Json

PATIENCE, PAUSE = 60.0, 0.1


class Coded(NamedTuple):
    """What was read of one visit when nothing more was on its way."""

    number: int
    charges: list[Charged]
    sheet: Json


class Watch:
    def __init__(self, ehr: Ehr, desk: Desk, must_live: Callable[[], None]) -> None:
        self.ehr, self.desk, self._must_live = ehr, desk, must_live

    def charges(self, encounter: str) -> list[Charged]:
        return in_order(map(of_item, self.ehr.search("ChargeItem", context=f"Encounter/{encounter}")))

    def settled(self, encounter: str, seen: Callable[[list[Charged]], None] = lambda charges: None) -> Coded:
        """Waits until the charges are those of the chart, all of them written; `seen` gets each state on the way."""
        latest = time.monotonic() + PATIENCE
        while time.monotonic() < latest:
            self._must_live()
            sheet = self._sheet(encounter)
            charges = self.charges(encounter)
            seen(charges)
            if sheet and charges and self._is_of_the_chart(sheet, encounter) and _is_carried_out(sheet, charges):
                return Coded(sheet["newest"], charges, sheet)
            time.sleep(PAUSE)
        raise DemoFailed(f"no new charges within {PATIENCE:.0f} s; the adapter says: {self._state(encounter)}")

    def _is_of_the_chart(self, sheet: Json, encounter: str) -> bool:
        charted = self.ehr.search("MedicationAdministration", context=f"Encounter/{encounter}")
        given = {(one["id"], *_times(one)) for one in charted if one["status"] != "entered-in-error"}
        coded = {(one["id"], _instant(one["start"]), _instant(one["stop"])) for one in sheet["administrations"]}
        return given == coded

    def _sheet(self, encounter: str) -> Json | None:
        number = self._number(encounter)
        return None if number is None else self.desk.visit(number)

    def _number(self, encounter: str) -> int | None:
        rows = (row for row in self.desk.visits() if row["key"].startswith(f"{encounter}/"))
        return next((row["id"] for row in rows), None)

    def _state(self, encounter: str) -> str:
        sheet = self._sheet(encounter)
        if sheet is None:
            return "it has not coded the visit yet"
        held = [finding["message"] for finding in sheet["result"]["findings"] if finding["severity"] == "error"]
        trouble = [charge["trouble"] for charge in sheet["charges"] if charge["trouble"]]
        return "; ".join([sheet["visit"]["state"], *held, *trouble])


def _is_carried_out(sheet: Json, charges: list[Charged]) -> bool:
    if any(charge["pending"] for charge in sheet["charges"]):
        return False
    written = {(charge["item"], charge["version"], charge["status"]) for charge in sheet["charges"]}
    return written == {(line.place.rpartition("/")[2], str(line.version), line.status) for line in charges}


def _times(administration: Json) -> tuple[datetime | None, datetime | None]:
    period = administration.get("effectivePeriod", {"start": administration.get("effectiveDateTime")})
    return _instant(period["start"]), _instant(period.get("end"))


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
