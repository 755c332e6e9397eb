"""Random visits of the whole contract, dense in what goes wrong: overlaps, thresholds, returns, lines, midnight.

`visit(chance)` gives the plain JSON of the visit contract, `overrides(chance)` some policies of a run. The same seed
gives the same visit. Each visit has a handful of themes, so that every policy, finding and decision comes often enough.
Not made: members of one bag that differ in what the contract does not merge (a discontinued half, two orders).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from tests.properties.obvious_coder.policies import VALUES
from tests.properties.obvious_scenes import UNLISTED
from tests.properties.obvious_scenes import scene as played

ZONE = ZoneInfo("America/Chicago")
DAYS = ("2026-05-04",) * 6 + ("2026-03-07", "2026-10-31", "2024-02-10", "2023-12-31", "2023-12-31")
"""An ordinary day, the eves of both clock changes, the time of the oldest tables, and the eve of the rulebook."""
DRUGS = {
    "chemotherapy": ("chemo A", "chemo B", "Chemo C", "oxaliplatin", "fluorouracil", "rituximab"),
    "hormonal-antineoplastic": ("hormone H", "degarelix"),
    "therapeutic": ("med M", "med N", "leucovorin", "ondansetron"),
    "hydration": ("fluid F", "sodium chloride"),
    "not-reported": ("contrast K",),
}
LENGTHS = (1, 5, 14, 15, 16, 17, 29, 30, 31, 32, 45, 60, 61, 89, 90, 91, 92, 120, 149, 150, 151, 180, 240)
ROUTES = (
    "im", "sc", "sc-infusion", "sc-infusion", "pump", "pump", "pump-refill", "flush", "oral", "intra-arterial-push",
    "intra-arterial-infusion", "intrathecal", "intralesional", "intraperitoneal", "intrapleural",
)  # fmt: skip
NDCS = {"oxaliplatin": ("00703-3985-01", "00781331570"), "rituximab": ("50242005121", "50242-0053-06")}
SETTINGS = {"facility": 9, "office": 8, "professional-in-facility": 1.2}
PAYERS = (None, "medicare", "medicare", "medicare", "medicaid", "aetna", "cigna", "a payer of its own")
ADD_UPS = (0, 0, 0, 1, 5, 6, 30, 31, 45)


def overrides(chance: Random) -> dict[str, str]:
    """Each policy is set in one run of four."""
    return {name: chance.choice(values) for name, values in VALUES.items() if chance.random() < 0.32}


def visit(chance: Random, name: str = "random") -> dict:
    """One visit of one to ten administrations."""
    day = datetime.fromisoformat(chance.choice(DAYS)).replace(tzinfo=ZONE)
    opening = day + timedelta(hours=chance.choice((8, 8, 8, 13, 21, 22, 23)))
    if day.date().isoformat() == "2023-12-31":
        opening = day + timedelta(hours=chance.choice((23, 24)), minutes=30)
    given: list[dict] = []
    returns = chance.random() < 0.25
    for encounter in ("e1", "e2") if returns else (None,):
        hours = chance.choice((0, 4, 7, 20)) if encounter == "e2" else 0
        given += _encounter(chance, opening + timedelta(hours=hours), encounter, len(given))
    if chance.random() < 0.3:
        chance.shuffle(given)
    packaging = any(one["drug"] == UNLISTED for one in given) and chance.random() < 0.8
    return {
        "id": name,
        "setting": "facility" if packaging else chance.choices(tuple(SETTINGS), tuple(SETTINGS.values()))[0],
        "primary_reason": chance.choice((None, None, "chemotherapy", "therapeutic", "hydration")),
        "payer": "medicare" if packaging else chance.choice(PAYERS),
        "administrations": given,
    }


def _encounter(chance: Random, clock: datetime, encounter: str | None, taken: int) -> list[dict]:
    lines = chance.choice(((None,), (None,), ("one",), ("one", "two"), ("one", "two", "three"), ("one", "two")))
    required = chance.random() < 0.6
    exact = chance.random() < 0.55
    names = {kind: chance.sample(drugs, min(len(drugs), chance.choice((2, 3)))) for kind, drugs in DRUGS.items()}
    given: list[dict] = []
    scene = played(chance, clock) if chance.random() < 0.9 else []
    alone = bool(scene) and chance.random() < 0.6
    for n in range(len(scene) + (0 if alone else chance.randint(1, 6 if encounter is None else 4))):
        one = scene[n] if n < len(scene) else _administration(chance, clock, names, exact)
        one["id"] = f"a{taken + n}"
        if n < len(scene):
            _dose(chance, one)
        if encounter:
            one["encounter"] = encounter
        if line := chance.choice(lines[:1] if alone else lines):
            one["site"] = line
            if line == "two" and required:
                one["site_required"] = True
        given.append(one)
        last = datetime.fromisoformat(one["stop"] or one["start"]).astimezone(ZONE)
        if one["technique"] == "pump":
            last = clock
        clock = chance.choice((last, later(last, chance.choice(ADD_UPS)), clock, later(clock, 15)))
    _orders(chance, given)
    _bag(chance, given)
    return given


def later(clock: datetime, minutes: int, seconds: int = 0) -> datetime:
    """So many elapsed minutes later, whatever the clock on the wall does."""
    moved = clock.astimezone(ZoneInfo("UTC")) + timedelta(minutes=minutes, seconds=seconds)
    return moved.astimezone(ZONE)


def _orders(chance: Random, given: list[dict]) -> None:
    """Sometimes infusions of one drug share an order."""
    for one in given:
        if one["technique"] == "infusion" and chance.random() < 0.4:
            one["order"] = f"order of {one['drug']}"
            if Random(one["start"]).random() < 0.3:
                one["resumed"] = True


def _bag(chance: Random, given: list[dict]) -> None:
    """Sometimes the last of an encounter is mixed into an earlier bag of infusion."""
    wanted = [one for one in given[:-1] if one["technique"] == given[-1]["technique"] == "infusion"]
    if not wanted or chance.random() < 0.6:
        return
    one, other = chance.choice(wanted), given[-1]
    for name in ("site", "site_required", "order", "discontinued", "resumed"):
        other.pop(name, None)
        if name in one:
            other[name] = one[name]
    other["same_bag_as"] = one["id"]


def _administration(chance: Random, clock: datetime, names: dict[str, list[str]], exact: bool) -> dict:
    kind = chance.choices(list(DRUGS), (8, 1.2, 7, 4, 0.8))[0]
    technique = chance.choices(("infusion", "push", chance.choice(ROUTES)), (6, 3, 2))[0]
    if kind == "hydration" and technique == "push" and chance.random() < 0.8:
        technique = "infusion"
    minutes = chance.choice(LENGTHS)
    if technique == "pump":
        minutes = chance.choice((0, 300, 479, 480, 480, 481, 600, 2760))
    if technique == "push":
        minutes = chance.choice((1, 3, 5, 15, 16, 20, 31))
    start = clock if exact else later(clock, 0, chance.choice((0, 1, 30, 50, 59)))
    stop = later(start, minutes, 0 if exact else chance.choice((-59, -20, 0, 20, 59)))
    if stop < start:
        stop = start
    missing = (
        technique in ("infusion", "push", "pump", "sc-infusion", "intra-arterial-infusion") and chance.random() < 0.08
    )
    drug = "fluid F" if kind == "hydration" and technique != "infusion" else chance.choice(names[kind])
    one = {
        "drug": drug,
        "drug_class": kind,
        "technique": technique,
        "start": start.isoformat(),
        "stop": None if missing else stop.isoformat(),
    }
    _particulars(chance, one)
    return one


def _particulars(chance: Random, one: dict) -> None:
    if one["technique"] == "infusion" and chance.random() < 0.12:
        one["discontinued"] = True
        start = datetime.fromisoformat(one["start"])
        if one["stop"] and chance.random() < 0.6:
            one["stop"] = (start + timedelta(minutes=chance.choice((5, 10, 15)))).isoformat()
    if one["technique"] == "pump-refill":
        one["pump_kind"] = chance.choice(("portable", "implantable"))
    if one["technique"] == "intralesional":
        one["lesions"] = chance.choice((0, 1, 7, 8))
    named = one["drug"] in ("oxaliplatin", "fluorouracil", "rituximab", "degarelix", "leucovorin", "ondansetron")
    if named and chance.random() < 0.5:
        del one["drug_class"]
    elif chance.random() < 0.045:
        del one["drug_class"]
        one["drug"] = "a drug nobody knows"
    if one["drug"] in NDCS and chance.random() < 0.5:
        one["ndc"] = chance.choice(NDCS[one["drug"]])
    if one["drug"] == "Chemo C" and chance.random() < 0.5:
        one["drug"] = " CHEMO c "
    _dose(chance, one)


def _dose(chance: Random, one: dict) -> None:
    if "dose" not in one and chance.random() < 0.9:
        value = chance.choice((0.3, 25, 75, 100, 153, 675, 1500, 60000))
        one["dose"] = {"value": value, "unit": chance.choices(("mg", "g", "ug", "mL"), (20, 1, 1, 2.5))[0]}
    if chance.random() < 0.7:
        one["container"] = chance.choice(("single-dose", "single-dose", "single-dose", "multi-dose"))
        if chance.random() < 0.6:
            one["discarded"] = {"value": chance.choice((0, 4, 25, 30, 60)), "unit": "mg"}
