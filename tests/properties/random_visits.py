"""Random visits, dense in what goes wrong: overlaps, repeats, thresholds, returns, second sites, midnight, fluids.

`visit(random)` gives the plain JSON of the visit contract, `policies(random)` some overrides of a rulebook's policies.
The same seed gives the same visit. Where the contract is silent (a bag whose members differ in order, a required site
without a label) no visit is made.
"""

from __future__ import annotations

import random as random_module
from datetime import datetime, timedelta, timezone

ZONE = timezone(timedelta(hours=-5))
DRUGS = {
    "chemotherapy": ("chemo A", "chemo B", "chemo C", "chemo D"),
    "hormonal-antineoplastic": ("hormone H",),
    "therapeutic": ("med M", "med N", "med O", "med P"),
    "hydration": ("fluid F", "fluid G"),
    "not-reported": ("contrast K",),
}
LENGTHS = (1, 5, 10, 14, 15, 16, 17, 29, 30, 31, 32, 45, 59, 60, 61, 89, 90, 91, 92, 120, 149, 150, 151, 180, 240)
OTHER_WAYS = (
    "im", "sc", "sc-infusion", "pump", "pump-refill", "flush", "oral", "intra-arterial-push",
    "intra-arterial-infusion", "intrathecal", "intralesional", "intraperitoneal", "intrapleural",
)  # fmt: skip
POLICY_VALUES = {
    "concurrent-chemo": ("96549", "96416"),
    "sequential-chemo-push": ("96411", "96417"),
    "pump-start": ("96416", "G0498", "96521"),
    "concurrent-therapeutic": ("96368", "96367"),
    "additional-hour-at-exactly-90": ("no", "yes"),
    "additional-hours-of-sequential-therapeutic": ("yes", "no"),
    "partial-overlap": ("deduct-from-shorter", "concurrent"),
    "overlap-with-push": ("ignore", "concurrent"),
    "same-drug-separate-infusions": ("add-times", "each-interval-additional-hour", "96376"),
    "same-drug-push-and-infusion": ("both", "infusion-only"),
    "initial-chemo": ("hierarchy", "first-given"),
    "required-second-site": ("own-initial", "same-site"),
    "missing-stop": ("hold", "push"),
    "discontinued-infusion": ("push", "53"),
    "push-over-15-min": ("documented-technique", "time"),
    "hydration-segments": ("total", "each-alone"),
    "midnight": ("date-provided", "start-date"),
    "second-initial-modifier": ("X", "59"),
    "second-site-add-on-modifier": ("none", "59"),
    "injection-with-iv-modifier": ("none", "59"),
    "repeat-push": ("96376", "none"),
}


def policies(random: random_module.Random) -> dict[str, str]:
    """A few overrides: none in a third of the visits."""
    chosen = random.sample(sorted(POLICY_VALUES), random.choice((0, 1, 2, 4)))
    return {name: random.choice(POLICY_VALUES[name]) for name in chosen}


def visit(random: random_module.Random, name: str = "random") -> dict:
    """One visit of one to nine administrations."""
    evening = random.random() < 0.15
    opening = datetime(2026, 5, 4, 20 if evening else 8, tzinfo=ZONE)
    encounters = random.choice(((None,), (None,), (None,), ("e1", "e2")))
    given: list[dict] = []
    for encounter in encounters:
        begin = opening + timedelta(hours=0 if encounter != "e2" else random.choice((3, 6)))
        given += _encounter(random, begin, encounter, len(given))
    random.shuffle(given)
    return {
        "id": name,
        "setting": random.choice(("facility", "facility", "office", "office")),
        "primary_reason": random.choice((None, None, "chemotherapy", "therapeutic", "hydration")),
        "payer": None,
        "administrations": given,
    }


def _encounter(random: random_module.Random, begin: datetime, encounter: str | None, taken: int) -> list[dict]:
    sites = random.choice((("one",), ("one",), ("one",), ("one", "two")))
    given = []
    clock = begin
    for n in range(random.randint(1, 6 if encounter is None else 4)):
        one = _administration(random, clock)
        one["id"] = f"a{taken + n}"
        if encounter:
            one["encounter"] = encounter
        one["site"] = random.choice(sites)
        if one["site"] == "two":
            one["site_required"] = True
        given.append(one)
        last = datetime.fromisoformat(one["stop"] or one["start"])
        if one["technique"] == "pump":
            last = clock
        clock = random.choice((last, last, last + timedelta(minutes=random.choice((0, 1, 5, 6, 30, 31, 45))), clock))
        clock += timedelta(minutes=random.choice((0, 0, 1, 10, 15, 16)))
    _orders(random, given)
    return given


def _orders(random: random_module.Random, given: list[dict]) -> None:
    """Sometimes two infusions of one drug at one site share an order."""
    by_drug: dict = {}
    for one in given:
        if one["technique"] == "infusion":
            by_drug.setdefault((one["drug"], one["site"]), []).append(one)
    for number, ((drug, site), same) in enumerate(by_drug.items()):
        if len(same) > 1 and random.random() < 0.5:
            for one in same:
                one["order"] = f"order {drug} {site} {number}"


def _administration(random: random_module.Random, clock: datetime) -> dict:
    kind = random.choices(list(DRUGS), (8, 1, 7, 4, 0.5))[0]
    technique = random.choices(("infusion", "push", random.choice(OTHER_WAYS)), (6, 3, 1))[0]
    if kind == "hydration" and technique != "pump":
        technique = "infusion"
    length = timedelta(minutes=random.choice(LENGTHS))
    if technique == "pump":
        length = timedelta(minutes=random.choice((300, 480, 481, 600, 2760)))
    if technique == "push":
        length = timedelta(minutes=random.choice((1, 3, 5, 15, 16, 20)))
    stop: datetime | None = clock + length
    if technique in ("infusion", "push", "pump", "sc-infusion") and random.random() < 0.06:
        stop = None
    one = {
        "drug": random.choice(DRUGS[kind]),
        "drug_class": kind,
        "technique": technique,
        "start": clock.isoformat(),
        "stop": stop.isoformat() if stop else None,
    }
    if technique == "infusion" and random.random() < 0.06:
        one["discontinued"] = True
    if technique == "pump-refill":
        one["pump_kind"] = random.choice(("portable", "implantable"))
    if technique == "intralesional":
        one["lesions"] = random.choice((1, 7, 8))
    return one
