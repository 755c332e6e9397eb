"""What is not given by vein, pumps and flushes (D22, D23, D40)."""

from __future__ import annotations

from collections.abc import Iterator

from tests.properties.obvious_coder.charges import Charge
from tests.properties.obvious_coder.hours import additional
from tests.properties.obvious_coder.reading import Given, Notes
from tests.properties.obvious_coder.timeline import moment

INJECTION = {"chemotherapy": "96401", "hormonal-antineoplastic": "96402", "therapeutic": "96372"}
BY_OTHER_ROUTE = {
    ("intrathecal", "chemotherapy"): "96450",
    ("intraperitoneal", "chemotherapy"): "96446",
    ("intrapleural", "chemotherapy"): "96440",
    ("intra-arterial-push", "chemotherapy"): "96420",
    ("intra-arterial-push", "therapeutic"): "96373",
}


def other_routes(given: list[Given], facility: bool, policies: dict[str, str], notes: Notes) -> Iterator[Charge]:
    for one in given:
        if one.way in ("infusion", "push", "nothing", "flush") and not (one.way == "push" and one.kind == "hydration"):
            continue
        codes = list(_codes(one, facility, policies))
        if not codes:
            notes.add("no-code", "warning", one.names)
        for code, second in codes:
            yield Charge(code, one.day(second), one.names, one.encounter)


def _codes(one: Given, facility: bool, policies: dict[str, str]) -> Iterator[tuple[str, int]]:
    chemo, therapeutic = one.kind == "chemotherapy", one.kind == "therapeutic"
    if one.way in ("im", "sc") and one.kind in INJECTION:
        yield INJECTION[one.kind], one.start
    elif one.way == "pump":
        if one.chemo:
            yield policies["pump-start"], one.start
        elif facility and therapeutic:
            yield "C8957", one.start
    elif one.way == "pump-refill":
        yield "96522" if one.members[0].get("pump_kind") == "implantable" else "96521", one.start
    elif one.way == "intra-arterial-infusion" and chemo:
        at_90 = policies["additional-hour-at-exactly-90"] == "yes"
        yield from _timed(one, ("96422", "96423", "96420"), at_90, policies)
    elif one.way == "sc-infusion" and therapeutic:
        yield from _timed(one, ("96369", "96370", "96372"), False, policies)
    elif one.way == "intralesional" and chemo:
        yield "96406" if (one.members[0].get("lesions") or 0) > 7 else "96405", one.start
    elif (one.way, one.kind) in BY_OTHER_ROUTE:
        yield BY_OTHER_ROUTE[one.way, one.kind], one.start


def _timed(one: Given, codes: tuple[str, str, str], at_90: bool, policies: dict[str, str]) -> Iterator[tuple[str, int]]:
    base, hour, short = codes
    length = one.seconds.bit_count() // 60
    yield (base if length > 15 else short), one.start
    for n in range(1, 1 + additional(length, at_90)):
        yield hour, one.start if policies["midnight"] == "start-date" else moment(one.seconds, n * 3600)


def flushes(given: list[Given], charges: list[Charge], notes: Notes) -> Iterator[Charge]:
    """One a date, only where nothing else is (D40)."""
    taken = {charge.date for charge in charges}
    for one in sorted((x for x in given if x.way == "flush"), key=lambda x: (x.start, x.position)):
        day = one.day(one.start)
        if day in taken:
            notes.add("included", "info", one.names)
        else:
            taken.add(day)
            yield Charge("96523", day, one.names, one.encounter)
