"""From the plain JSON of a visit to what was given: classes, bags, places and the technique as it is coded.

In the order of the contract's rooms: classes (D6, D28), bags (D27), place (D13, D15), technique (D18, D22, D42).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from tests.properties.obvious_coder import facts
from tests.properties.obvious_coder.timeline import FOREVER, seconds_between, span

CLASSES = ("chemotherapy", "hormonal-antineoplastic", "therapeutic", "hydration", "not-reported")
FAMILY = ("chemotherapy", "hormonal-antineoplastic")
USUAL = "the usual site"
INFUSIONS = ("infusion", "sc-infusion", "intra-arterial-infusion", "pump")


@dataclass(eq=False)
class Given:
    """One administration, or one mixed bag."""

    members: list[dict]
    kind: str
    way: str
    start: int
    stop: int | None
    position: int
    drug: frozenset[int]
    encounter: str | None
    site: str = USUAL
    first: dict = field(default_factory=dict)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(one["id"] for one in self.members)

    @property
    def seconds(self) -> int:
        return span(self.start, self.stop) if self.stop is not None else 0

    @property
    def discontinued(self) -> bool:
        return any(one.get("discontinued") for one in self.members)

    @property
    def chemo(self) -> bool:
        return self.kind in FAMILY

    def day(self, second: int) -> date:
        """The local date of a second in the offset written on this start (D24)."""
        begin = datetime.fromisoformat(self.first["start"])
        return (begin + timedelta(seconds=second - self.start)).date()


class Notes:
    """Findings, as id, severity and the administrations they name."""

    def __init__(self) -> None:
        self.found: set[tuple[str, str, frozenset[str]]] = set()

    def add(self, name: str, severity: str, ids: frozenset[str]) -> None:
        self.found.add((name, severity, ids))


def read(visit: dict, policies: dict[str, str], notes: Notes) -> list[Given]:
    administrations = visit["administrations"]
    opening = to_the_minute(min((one["start"] for one in administrations), key=datetime.fromisoformat))
    same = same_drugs(administrations)
    given = []
    for bag in bags(administrations):
        known = [n for n in bag if kind_of(administrations[n]) is not None]
        for n in bag:
            if n not in known:
                notes.add("drug-class-unknown", "error", frozenset({administrations[n]["id"]}))
        if known:
            given.append(_given(known, administrations, opening, same))
    for one in given:
        if one.way == "oral" or (one.kind == "not-reported" and one.way != "flush"):
            notes.add("not-in-family", "info", one.names)
            one.way = "nothing"
    given = [one for one in given if one.way != "nothing"]
    places(given, policies, notes)
    for one in given:
        settle(one, policies, notes)
    return given


def to_the_minute(instant: str) -> str:
    """Second 0 is that of a minute of the clock, so that `// 60` is the minute that a chart shows (D11)."""
    return datetime.fromisoformat(instant).replace(second=0).isoformat()


def _given(bag: list[int], administrations: list[dict], opening: str, same: dict[int, int]) -> Given:
    members = [administrations[n] for n in bag]
    kinds = {n: kind_of(administrations[n]) for n in bag}
    drugs = [n for n in bag if kinds[n] != "hydration"] or bag
    first = min(members, key=lambda one: seconds_between(opening, one["start"]))
    stops = [seconds_between(opening, one["stop"]) for one in members if stops_documented(one)]
    return Given(
        members=members,
        kind=min((str(kind) for kind in kinds.values()), key=CLASSES.index),
        way=members[0]["technique"],
        start=seconds_between(opening, first["start"]),
        stop=max(stops) if stops else None,
        position=min(bag),
        drug=frozenset(same[n] for n in drugs),
        encounter=members[0].get("encounter"),
        first=first,
    )


def stops_documented(one: dict) -> bool:
    """A stop that equals the start of an infusion is none, so that it ends no bag either (D19, D27)."""
    never_ran = one["technique"] in INFUSIONS and one.get("stop") and seconds_between(one["start"], one["stop"]) == 0
    return bool(one.get("stop")) and not never_ran


def kind_of(one: dict) -> str | None:
    """The class that the visit gives, else that of the NDC or the name."""
    if one.get("drug_class"):
        return str(one["drug_class"])
    if one.get("ndc") in facts.NDCS:
        return facts.NDC_DRUGS[facts.NDCS[one["ndc"]]].kind
    drug = facts.DRUGS.get((one.get("drug") or "").strip().lower())
    if drug is None and one["technique"] in ("oral", "flush"):
        return "not-reported"
    return drug.kind if drug else None


def same_drugs(administrations: list[dict]) -> dict[int, int]:
    """A number per administration; the same number is the same drug (D6)."""
    number = dict(enumerate(range(len(administrations))))
    for a, one in enumerate(administrations):
        for b, other in enumerate(administrations[:a]):
            if _same(one, other):
                old, new = number[a], number[b]
                number = {n: new if v == old else v for n, v in number.items()}
    return number


def _same(one: dict, other: dict) -> bool:
    names = [(x.get("drug") or "").strip().casefold() for x in (one, other)]
    if names[0] and names[0] == names[1]:
        return True
    if one.get("ndc") and one.get("ndc") == other.get("ndc"):
        return True
    rxcui = one.get("rxcui")
    if not rxcui or rxcui != other.get("rxcui"):
        return False
    return not (rxcui in facts.SPLIT_INGREDIENTS and names[0] and names[1])


def bags(administrations: list[dict]) -> list[list[int]]:
    """Administrations joined by `same_bag_as`, however far the chain goes (D27)."""
    place = {one["id"]: n for n, one in enumerate(administrations)}
    bag = list(range(len(administrations)))
    for n, one in enumerate(administrations):
        if one.get("same_bag_as"):
            old, new = bag[n], bag[place[one["same_bag_as"]]]
            bag = [new if b == old else b for b in bag]
    return [[n for n, b in enumerate(bag) if b == which] for which in dict.fromkeys(bag)]


def settle(one: Given, policies: dict[str, str], notes: Notes) -> None:
    """The technique after the rules that need only this administration."""
    length = None if one.stop is None else one.stop - one.start
    if one.way == "push" and policies["push-over-15-min"] == "time" and length is not None and length // 60 > 15:
        one.way = "infusion"
    if one.way == "pump" and length is not None and length <= 8 * 3600:
        notes.add("pump-not-prolonged", "warning", one.names)
        one.way = "infusion"
    timed = one.way == "infusion" or (one.way == "sc-infusion" and one.kind == "therapeutic")
    timed = timed or (one.way == "intra-arterial-infusion" and one.kind == "chemotherapy")
    if timed and not length:
        _without_stop(one, policies, notes)


def _without_stop(one: Given, policies: dict[str, str], notes: Notes) -> None:
    held = policies["missing-stop"] == "hold"
    notes.add("stop-time-missing", "error" if held else "warning", one.names)
    one.stop = None
    if held or one.kind == "hydration":
        one.way = "nothing"
    elif one.way == "infusion":
        one.way = "push"


def places(given: list[Given], policies: dict[str, str], notes: Notes) -> None:
    """Which site each belongs to (D13, D15)."""
    if policies["required-second-site"] == "same-site":
        return
    for encounter in {one.encounter for one in given}:
        here = [one for one in given if one.encounter == encounter]
        labels = {one.members[0].get("site") for one in here}
        own = {x.get("site") for one in here for x in one.members if x.get("site_required")} - {None}
        if len(labels) == 1:
            continue
        for one in here:
            if one.members[0].get("site") in own:
                one.site = str(one.members[0]["site"])
        if len(labels - own - {None}) > 1:
            usual = [one.names for one in here if one.site == USUAL]
            notes.add("sites-as-one", "info", frozenset().union(*usual))


def running(pump: Given) -> int:
    """The seconds of a running pump; without a stop it runs on (D21)."""
    return span(pump.start, pump.stop if pump.stop is not None else FOREVER)
