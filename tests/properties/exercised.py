"""What a set of random visits touched: policy values, finding ids and decisions, so that silence is not agreement.

A policy value is exercised where it was in force and the visit was coded; a decision where the visit holds what the
decision is about, as its predicate below says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime

from fhir_adapter.coding import VisitResult
from tests.properties.agreement import Run
from tests.properties.obvious_coder.policies import VALUES, book

LEAST = 20
Holds = Callable[["Seen"], bool]


class Seen:
    """One visit, ready to be asked."""

    def __init__(self, one: Run, result: VisitResult) -> None:
        self.visit, self.given = one.visit, one.visit["administrations"]
        self.policies = book(one.book, one.overrides).policies
        self.found = {finding.id for finding in result.findings}
        self.codes = {line.code for line in result.lines}
        self.modifiers = {modifier for line in result.lines for modifier in line.modifiers}
        self.lines = result.lines
        self.result = result

    def any(self, **wanted: object) -> bool:
        return any(all(one.get(name) == value for name, value in wanted.items()) for one in self.given)

    def technique(self, *names: str) -> bool:
        return any(one["technique"] in names for one in self.given)

    def twice(self, technique: str) -> bool:
        """The same drug twice by one technique in an encounter."""
        seen = Counter(
            (one["drug"].strip().lower(), one.get("encounter")) for one in self.given if one["technique"] == technique
        )
        return any(count > 1 for count in seen.values())

    def both_ways(self) -> bool:
        pushed = {one["drug"] for one in self.given if one["technique"] == "push"}
        return any(one["technique"] == "infusion" and one["drug"] in pushed for one in self.given)

    def encounters(self) -> int:
        return len({one.get("encounter") for one in self.given})

    def over_midnight(self) -> bool:
        return any(one["stop"] and one["start"][:10] != one["stop"][:10] for one in self.given)

    def seconds(self) -> bool:
        return any(datetime.fromisoformat(one["start"]).second for one in self.given)

    def coded(self) -> bool:
        return bool(self.lines)


DECISIONS: dict[str, Holds] = {
    "D1": lambda s: s.result.rulebook == "carecost-96417" and s.coded(),
    "D2": lambda s: "professional-in-facility" in s.found,
    "D3": lambda s: len(s.codes & {"96413", "96409", "96365", "96374", "96360"}) > 0 and len(s.given) > 1,
    "D4": lambda s: s.visit["setting"] == "office" and s.visit["primary_reason"] is not None and s.coded(),
    "D5": lambda s: bool(s.codes & {"96417", "96367"}),
    "D6": lambda s: s.twice("infusion") or s.twice("push"),
    "D7": lambda s: s.any(discontinued=True),
    "D8": lambda s: any(one.get("order") for one in s.given) and s.twice("infusion"),
    "D9": lambda s: s.twice("infusion") and s.policies["same-drug-separate-infusions"] == "add-times",
    "D10": lambda s: s.twice("push"),
    "D11": lambda s: s.policies["initial-chemo"] == "first-given" and bool(s.codes & {"96413", "96409"}),
    "D12": lambda s: "same-drug-push-and-infusion" in s.found,
    "D13": lambda s: s.policies["required-second-site"] == "same-site" and s.any(site_required=True),
    "D14": lambda s: s.encounters() > 1 and s.coded(),
    "D15": lambda s: s.any(site_required=True) or "sites-as-one" in s.found,
    "D16": lambda s: bool(s.codes & {"96368", "96549"}),
    "D17": lambda s: "96368" in s.codes or "concurrent-once" in s.found,
    "D18": lambda s: "stop-time-missing" in s.found,
    "D19": lambda s: s.seconds() and s.coded(),
    "D20": lambda s: bool(s.codes & {"96360", "96361"}),
    "D21": lambda s: "hydration-too-short" in s.found or "hydration-segment-short" in s.found,
    "D22": lambda s: s.technique("pump"),
    "D23": lambda s: s.technique(
        "im", "sc", "sc-infusion", "intra-arterial-push", "intra-arterial-infusion", "intrathecal"
    ),
    "D24": lambda s: s.over_midnight() and s.coded(),
    "D25": lambda s: (
        s.policies["additional-hour-at-exactly-90"] == "yes" and bool(s.codes & {"96415", "96366", "96361"})
    ),
    "D26": lambda s: s.twice("infusion") and s.policies["same-drug-separate-infusions"] != "add-times",
    "D27": lambda s: any(one.get("same_bag_as") for one in s.given),
    "D28": lambda s: any("drug_class" not in one for one in s.given),
    "D29": lambda s: s.visit["payer"] is not None and s.coded(),
    "D30": lambda s: any(code[0] in "JQ" for code in s.codes) or "drug-code-unknown" in s.found,
    "D31": lambda s: any(line.code[0] == "J" and line.units > 1 for line in s.lines),
    "D32": lambda s: bool(s.modifiers & {"JW", "JZ"}),
    "D33": lambda s: len(s.found) > 2,
    "D35": lambda s: any(line.citations and line.because for line in s.lines),
    "D36": lambda s: len(s.lines) > 2,
    "D37": lambda s: len({one["technique"] for one in s.given}) > 1,
    "D38": lambda s: bool(s.found & {"no-rule-in-force", "table-out-of-date"}),
    "D39": lambda s: bool(s.found & {"mue-exceeded", "ncci-ptp"}),
    "D40": lambda s: s.technique("flush"),
    "D41": lambda s: (
        s.policies["overlap-with-push"] == "concurrent" and s.technique("push") and s.technique("infusion")
    ),
    "D42": lambda s: s.policies["push-over-15-min"] == "time" and s.technique("push"),
    "D43": lambda s: "96367" in s.codes and s.policies["partial-overlap"] == "deduct-from-shorter",
}
"""D34 says how cases are compared: the cases do that, not the visits."""

FINDINGS = (
    "stop-time-missing",
    "drug-class-unknown",
    "drug-code-unknown",
    "drug-code-ambiguous",
    "drug-code-by-name",
    "dose-missing",
    "dose-unit-mismatch",
    "container-missing",
    "waste-undocumented",
    "add-on-without-primary",
    "mue-exceeded",
    "ncci-ptp",
    "hydration-too-short",
    "hydration-segment-short",
    "concurrent-once",
    "repeat-not-reported",
    "same-drug-push-and-infusion",
    "same-drug-too-short",
    "sites-as-one",
    "included",
    "not-in-family",
    "no-code",
    "pump-not-prolonged",
    "professional-in-facility",
    "no-rule-in-force",
    "table-out-of-date",
    "payability-unknown",
    "seconds-decide",
    "additional-time-as-new-drug",
    "concurrency-miscoded",
    "premedication-as-chemotherapy",
    "one-drug-code",
    "audit-scrutiny",
    "needless-59",
    "differs-from-authorization",
)


def exercised(one: Run, result: VisitResult) -> Iterator[str]:
    seen = Seen(one, result)
    if seen.coded():
        yield from (f"{policy}={value}" for policy, value in seen.policies.items())
    yield from seen.found
    yield from (name for name, holds in DECISIONS.items() if holds(seen))


def everything() -> list[str]:
    values = [f"{policy}={value}" for policy, values in VALUES.items() for value in values]
    return [*values, *FINDINGS, *DECISIONS]


def seldom(counts: Counter[str]) -> dict[str, int]:
    return {name: counts[name] for name in everything() if counts[name] < LEAST}


def table(counts: Counter[str]) -> str:
    return "\n".join(f"{counts[name]:8}  {name}" for name in everything())
