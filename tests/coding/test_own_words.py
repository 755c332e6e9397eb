"""A line that rests on a rule of one drug cites it, and one that rests on a payer's rule names the payer (D28, D29)."""

from __future__ import annotations

import pytest
from coding.drugs_by_hand import reading_of
from coding.timeline import gave
from msgspec.structs import replace

from fhir_adapter.coding.model import Administration, Line, Visit
from fhir_adapter.coding.own_words import in_own_words
from fhir_adapter.coding.rulebook import Payer, Reading

CIGNA = Payer("Cigna of our state", ("own: infliximab", "own: hours"))
READING = replace(
    reading_of(),
    drug_classes={"infliximab": "therapeutic", "rituximab": "chemotherapy"},
    class_rules={"infliximab": ("own: infliximab", "bulletin 8"), "rituximab": ("R5",)},
)
AT_CIGNA = replace(READING, payer=CIGNA)


def asked(name: str, encounter: str | None = None, kind: str | None = None) -> Administration:
    return gave(name, "09:00-10:00", kind, encounter=encounter)


def line(code: str, *names: str, cites: tuple[str, ...] = ("R3",)) -> Line:
    return Line(
        code=code,
        system="CPT",
        units=1,
        date=asked("infliximab").service_date,
        shares=(),
        administrations=names,
        because="It ran 60 minutes.",
        citations=cites,
    )


def worded(made: Line, *administrations: Administration, reading: Reading = READING) -> Line:
    visit = Visit(id="v", setting="facility", administrations=administrations)
    readings = {one.encounter: reading for one in administrations}
    (told,) = in_own_words((made,), visit, readings)
    return told


def test_a_class_that_a_rulebook_gives_is_cited_after_the_line_s_own_rules_each_once() -> None:
    made = line("96365", "infliximab", "rituximab", cites=("R3", "R5"))
    told = worded(made, asked("infliximab"), asked("rituximab"))
    assert told == replace(made, citations=("R3", "R5", "own: infliximab", "bulletin 8"))


@pytest.mark.parametrize(
    ("made", "given"),
    [
        (line("96365", "infliximab"), asked("infliximab", kind="therapeutic")),
        (line("96365", "ondansetron"), asked("ondansetron")),
        (line("J1745", "infliximab"), asked("infliximab")),
        (line("96365", "another"), asked("infliximab")),
    ],
    ids=["the chart says the class", "no rule names it", "a drug line", "the line of another drug"],
)
@pytest.mark.parametrize("reading", [READING, AT_CIGNA], ids=["no payer", "a payer"])
def test_a_line_that_rests_on_no_such_rule_stays_as_it_is(made, given, reading) -> None:
    assert worded(made, given, reading=reading) == made


def test_a_payer_s_own_rules_are_named_with_the_payer() -> None:
    told = worded(line("96365", "infliximab", cites=("own: hours", "R3")), asked("infliximab"), reading=AT_CIGNA)
    assert told.because == "It ran 60 minutes; Cigna of our state reads it so (own: hours, own: infliximab)."
    assert told.citations == ("own: hours", "R3", "own: infliximab", "bulletin 8")


def test_a_payer_s_rule_of_a_drug_line_is_named_too() -> None:
    made = line("J1745", "infliximab", cites=("R9", "own: hours"))
    told = worded(made, asked("infliximab", kind="therapeutic"), reading=AT_CIGNA)
    assert told == replace(made, because="It ran 60 minutes; Cigna of our state reads it so (own: hours).")


def test_each_encounter_s_reading_is_asked_and_any_of_them_may_know_the_payer() -> None:
    visit = Visit(id="v", setting="facility", administrations=(asked("ondansetron", "a"), asked("infliximab", "b")))
    made = line("96365", "infliximab")
    (told,) = in_own_words((made,), visit, {"a": reading_of(), "b": AT_CIGNA})
    assert told.because == "It ran 60 minutes; Cigna of our state reads it so (own: infliximab)."
    assert in_own_words((made,), visit, {"a": reading_of(), "b": reading_of()}) == (made,)
    (unknown,) = in_own_words((made,), visit, {"a": READING, "b": reading_of()})
    assert unknown == made
