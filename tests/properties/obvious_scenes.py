"""Scenes that chance seldom plays: bags of one order, pushes half an hour apart, a running pump, a drip and pushes.

Each takes the random source and the moment it begins and gives administrations without ids.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

UNLISTED = "amivantamab / hyaluronidase"
"""A drug whose code has no status in the OPPS table: that matters to Medicare in a facility."""


def one(drug: str, kind: str, technique: str, start: datetime, length: int | None) -> dict:
    stop = None if length is None else moved(start, length).isoformat()
    return {"drug": drug, "drug_class": kind, "technique": technique, "start": start.isoformat(), "stop": stop}


def moved(moment: datetime, minutes: int) -> datetime:
    """So many elapsed minutes later."""
    later = moment.astimezone(UTC) + timedelta(minutes=minutes)
    return later.astimezone(moment.tzinfo)


def bags_of_one_order(chance: Random, clock: datetime) -> list[dict]:
    """Two bags of 86 minutes together: the five minutes between them make the second hour, six do not."""
    drug, kind = chance.choice((("chemo A", "chemotherapy"), ("med M", "therapeutic")))
    first = chance.choice((10, 28, 43, 58))
    second = moved(clock, first + chance.choice((4, 5, 5, 5, 6)))
    bags = [one(drug, kind, "infusion", clock, first), one(drug, kind, "infusion", second, 86 - first)]
    return [bag | {"order": "one order"} for bag in bags]


def separate_infusions(chance: Random, clock: datetime) -> list[dict]:
    drug, kind = chance.choice((("chemo A", "chemotherapy"), ("med M", "therapeutic")))
    given = []
    for _ in range(chance.choice((2, 3))):
        length = chance.choice((16, 20, 25, 29, 31, 91))
        given.append(one(drug, kind, "infusion", clock, length))
        clock = moved(clock, length + chance.choice((6, 1200, 1200, 1200)))
    return given


def the_second_beside_another(chance: Random, clock: datetime) -> list[dict]:
    """A drug given twice, the second time while another runs."""
    drug, kind = chance.choice((("chemo A", "chemotherapy"), ("med M", "therapeutic"), ("med M", "therapeutic")))
    again = moved(clock, chance.choice((60, 90, 1200)))
    beside = one("leucovorin", "therapeutic", "infusion", moved(again, chance.choice((-20, 0, 10))), 60)
    given = [one(drug, kind, "infusion", clock, 30), one(drug, kind, "infusion", again, chance.choice((20, 45, 100)))]
    return [*given, beside]


def pushes_half_an_hour_apart(chance: Random, clock: datetime) -> list[dict]:
    given = []
    for _ in range(chance.choice((2, 3, 4))):
        given.append(one("ondansetron", "therapeutic", "push", clock, chance.choice((1, 3, 5))))
        clock = moved(clock, chance.choice((29, 30, 30, 30, 31, 45)))
    return given


def water_beside_a_pump(chance: Random, clock: datetime) -> list[dict]:
    fluid = one("fluid F", "hydration", "infusion", clock, chance.choice((60, 92, 120, 180)))
    begins = moved(clock, chance.choice((0, 30, 32, 60)))
    pump = one("fluorouracil", "chemotherapy", "pump", begins, chance.choice((None, None, 300, 480, 480, 600)))
    return [fluid, pump]


def a_drip_and_pushes(chance: Random, clock: datetime) -> list[dict]:
    given = [one("med M", "therapeutic", "infusion", clock, chance.choice((45, 91, 120)))]
    given.append(
        one("ondansetron", "therapeutic", "push", moved(clock, chance.choice((0, 10, 44, 45))), chance.choice((2, 5)))
    )
    if chance.random() < 0.5:
        given.append(one("leucovorin", "therapeutic", "infusion", moved(clock, 5), chance.choice((20, 40))))
    return given


def drips_beside_each_other(chance: Random, clock: datetime) -> list[dict]:
    drugs = (
        ("chemo A", "chemotherapy"),
        ("rituximab", "chemotherapy"),
        ("med M", "therapeutic"),
        ("ondansetron", "therapeutic"),
    )
    given = []
    for drug, kind in chance.sample(drugs, 3):
        given.append(one(drug, kind, "infusion", clock, chance.choice((30, 46, 60, 76, 106))))
        clock = moved(clock, chance.choice((0, 15, 30, 44)))
    return given


def water_in_pieces(chance: Random, clock: datetime) -> list[dict]:
    fluid = one("fluid F", "hydration", "infusion", clock, chance.choice((61, 75, 90)))
    begins = moved(clock, chance.choice((10, 29, 30, 31)))
    return [fluid, one("ondansetron", "therapeutic", "push", begins, chance.choice((5, 14)))]


def three_drips_at_once(chance: Random, clock: datetime) -> list[dict]:
    given = [one("chemo A", "chemotherapy", "infusion", clock, 120)]
    drugs = ("med M", "ondansetron", "leucovorin")
    return given + [one(drug, "therapeutic", "infusion", clock, chance.choice((20, 60, 120))) for drug in drugs]


def stopped_and_resumed(chance: Random, clock: datetime) -> list[dict]:
    first = one("chemo A", "chemotherapy", "infusion", clock, chance.choice((8, 10, 14))) | {"discontinued": True}
    again = one("chemo A", "chemotherapy", "infusion", moved(clock, 40), chance.choice((5, 10, 60)))
    return [first, again]


def one_drug_after_another(chance: Random, clock: datetime) -> list[dict]:
    length = chance.choice((30, 60, 91))
    later = one("rituximab", "chemotherapy", "infusion", moved(clock, length), chance.choice((30, 60, 91)))
    return [one("chemo A", "chemotherapy", "infusion", clock, length), later]


def to_the_second(chance: Random, clock: datetime) -> list[dict]:
    """15 or 90 minutes by the clock, 16 or 91 on a print-out."""
    start = clock + timedelta(seconds=50)
    stop = moved(start, chance.choice((15, 30, 90, 150))) + timedelta(seconds=chance.choice((20, 9, 10)))
    return [one("chemo A", "chemotherapy", "infusion", start, 1) | {"stop": stop.isoformat()}]


def without_a_payment_status(chance: Random, clock: datetime) -> list[dict]:
    given = one(UNLISTED, "chemotherapy", "sc", clock, None)
    return [given | {"dose": {"value": chance.choice((7, 1600)), "unit": "mg"}, "container": "single-dose"}]


def a_flush(chance: Random, clock: datetime) -> list[dict]:
    given = [one("heparin", "therapeutic", "flush", clock, None)]
    return given + ([one("heparin", "therapeutic", "flush", moved(clock, 60), None)] if chance.random() < 0.5 else [])


Scene = Callable[[Random, datetime], list[dict]]
SCENES: dict[Scene, int] = {
    bags_of_one_order: 6,
    separate_infusions: 20,
    the_second_beside_another: 4,
    pushes_half_an_hour_apart: 4,
    water_beside_a_pump: 8,
    a_drip_and_pushes: 4,
    drips_beside_each_other: 4,
    water_in_pieces: 6,
    three_drips_at_once: 10,
    stopped_and_resumed: 3,
    one_drug_after_another: 14,
    to_the_second: 8,
    without_a_payment_status: 9,
    a_flush: 6,
}
"""With how often each is played."""


def scene(chance: Random, clock: datetime) -> list[dict]:
    played = chance.choices(tuple(SCENES), tuple(SCENES.values()))[0]
    return played(chance, clock)
