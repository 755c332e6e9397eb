"""Waiting for the charges of one visit: by searching the EHR, as anybody could, and asking the adapter."""

from __future__ import annotations

import time
from collections.abc import Callable
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

    def settled(
        self, encounter: str, before: Coded | None = None, seen: Callable[[list[Charged]], None] = lambda charges: None
    ) -> Coded:
        """Waits for charges that differ from `before`, all of them written; `seen` gets each state on the way."""
        latest = time.monotonic() + PATIENCE
        while time.monotonic() < latest:
            self._must_live()
            charges = self.charges(encounter)
            seen(charges)
            if coded := self._whole(encounter, charges, before):
                return coded
            time.sleep(PAUSE)
        raise DemoFailed(f"no new charges within {PATIENCE:.0f} s; the adapter says: {self._state(encounter)}")

    def _whole(self, encounter: str, charges: list[Charged], before: Coded | None) -> Coded | None:
        if not charges or (before and charges == before.charges):
            return None
        number = self._number(encounter)
        sheet = self.desk.visit(number) if number is not None else None
        if sheet is None or any(charge["pending"] or not charge["item"] for charge in sheet["charges"]):
            return None
        posted = {(charge["code"], charge["units"], charge["status"]) for charge in sheet["charges"]}
        found = {(line.code, line.units, line.status) for line in charges}
        return Coded(sheet["newest"], charges, sheet) if posted == found else None

    def _number(self, encounter: str) -> int | None:
        rows = (row for row in self.desk.visits() if row["key"].startswith(f"{encounter}/"))
        return next((row["id"] for row in rows), None)

    def _state(self, encounter: str) -> str:
        number = self._number(encounter)
        if number is None:
            return "it has not coded the visit yet"
        sheet = self.desk.visit(number)
        held = [finding["message"] for finding in sheet["result"]["findings"] if finding["severity"] == "error"]
        trouble = [charge["trouble"] for charge in sheet["charges"] if charge["trouble"]]
        return "; ".join([sheet["visit"]["state"], *held, *trouble])
