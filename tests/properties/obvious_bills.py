"""What somebody might have billed for a visit: the derived lines with the mistakes that the denials are about."""

from __future__ import annotations

from random import Random

Bill = list[dict]

SWAPS = (
    ("96415", "96417"),
    ("96417", "96415"),
    ("96366", "96367"),
    ("96367", "96366"),
    ("96375", "96411"),
    ("96367", "96417"),
    ("96374", "96409"),
    ("96365", "96413"),
    ("96368", "96367"),
    ("96549", "96417"),
    ("96417", "96549"),
    ("96417", "96416"),
    ("96411", "96417"),
    ("96376", "96411"),
    ("96367", "96368"),
)


def bill(chance: Random, lines: dict) -> Bill:
    """The lines as billed lines, with up to four mistakes."""
    billed = [
        {"code": code, "units": units, "modifiers": list(marks), "date": day.isoformat()}
        for (code, marks, day, _), units in lines.items()
    ]
    for _ in range(chance.choice((1, 2, 3, 4, 5))):
        if billed:
            chance.choice(
                (_swapped, _swapped, _swapped, _dropped, _multiplied, _many_drugs, _marked, _marked, _marked, _one_drug)
            )(chance, billed)
    return billed


def _swapped(chance: Random, billed: Bill) -> None:
    codes = {line["code"] for line in billed}
    fitting = [pair for pair in SWAPS if pair[0] in codes]
    if fitting:
        right, wrong = chance.choice(fitting)
        for line in billed:
            if line["code"] == right:
                line["code"] = wrong


def _dropped(chance: Random, billed: Bill) -> None:
    billed.remove(chance.choice(billed))


def _multiplied(chance: Random, billed: Bill) -> None:
    chance.choice(billed)["units"] *= chance.choice((2, 5, 30))


def _many_drugs(chance: Random, billed: Bill) -> None:
    day = chance.choice(billed)["date"]
    billed.append({"code": "96417", "units": chance.choice((1, 3, 4, 5, 5)), "modifiers": [], "date": day})


def _marked(chance: Random, billed: Bill) -> None:
    for line in billed:
        if line["code"] in ("96417", "96367") and "59" not in line["modifiers"]:
            line["modifiers"].append("59")


def _one_drug(chance: Random, billed: Bill) -> None:
    drugs = [line for line in billed if line["code"].startswith("J")]
    for line in drugs[1:]:
        billed.remove(line)
    _many_drugs(chance, billed)


def authorization(chance: Random, lines: dict) -> Bill:
    """What a prior authorization expects: some of the derived codes, with a unit more or fewer now and then."""
    codes = sorted({code for code, _, _, _ in lines})
    return [{"code": code, "units": chance.choice((1, 1, 2, 3))} for code in chance.sample(codes, min(len(codes), 2))]
