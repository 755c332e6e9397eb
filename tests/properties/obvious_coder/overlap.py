"""Which drugs ran beside which: minutes given up, and concurrent drugs (D16, D41, D43)."""

from __future__ import annotations

from tests.properties.obvious_coder.initial import documented, rank
from tests.properties.obvious_coder.services import Service
from tests.properties.obvious_coder.timeline import minutes


def overlap(
    infusions: list[Service], pushes: list[Service], initial: Service | None, policies: dict[str, str], document: bool
) -> None:
    timed = [one for one in infusions if not one.cut_short]
    if policies["partial-overlap"] == "concurrent":
        _any_minute(timed, initial, document)
    else:
        _deduct(timed, initial)
    if policies["overlap-with-push"] == "concurrent":
        for one in timed:
            if one is not initial and not one.chemo and any(beside(one, push) for push in pushes):
                one.concurrent = True


def beside(one: Service, push: Service) -> bool:
    if one.drug == push.drug:
        return False
    return bool(one.row & push.row) or bool(one.row >> push.start & 1)


def _deduct(timed: list[Service], initial: Service | None) -> None:
    while True:
        pairs = []
        for a in timed:
            for b in timed:
                common = a.counted & b.counted
                if a is not b and common and a.drug != b.drug:
                    pairs.append(((common & -common).bit_length(), *sorted((a.position, b.position)), a, b))
        if not pairs:
            break
        *_, a, b = min(pairs, key=lambda pair: pair[:3])
        giver = max((a, b), key=lambda one: _gives(one, initial))
        giver.counted &= ~(a.counted & b.counted)
        giver.gave_up = True
    for one in timed:
        if one.gave_up and minutes(one.counted) < 16:
            one.concurrent = True


def _gives(one: Service, initial: Service | None) -> tuple:
    """The larger gives up the common minutes."""
    return (one is not initial, not one.chemo, -minutes(one.counted), one.start, one.position)


def _any_minute(timed: list[Service], initial: Service | None, document: bool) -> None:
    def order(one: Service) -> tuple:
        if document and one.chemo:
            return (one is not initial, 0, one.start, one.position)
        return (one is not initial, rank(one), one.date, -documented(one), one.start, one.position)

    alone: list[Service] = []
    for one in sorted(timed, key=order):
        others = [x for x in alone if x.drug != one.drug and (x.chemo or not (document and one.chemo))]
        if any(x.row & one.row for x in others):
            one.concurrent = True
        else:
            alone.append(one)
