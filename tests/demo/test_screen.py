"""What was read is what is shown: both sides, their reasons, each change, at a width that terminals have."""

from decimal import Decimal
from io import StringIO

import pytest
from rich.console import Console

from fhir_adapter.demo.charged import Charged, changes, of_item, of_line, side_by_side
from fhir_adapter.demo.screen import Contradiction, Screen
from fhir_adapter.demo.visit_file import PrintedDrug

BASE = "https://example.org/fhir-adapter/StructureDefinition"
ITEM = {
    "resourceType": "ChargeItem",
    "id": "7",
    "meta": {"versionId": "2"},
    "status": "billable",
    "code": {"coding": [{"system": "urn:hcpcs", "code": "J9312"}]},
    "quantity": {"value": Decimal("68")},
    "service": [{"reference": "MedicationAdministration/4"}],
    "extension": [
        {"url": f"{BASE}/charge-modifier", "valueCoding": {"system": "urn:hcpcs", "code": "JZ"}},
        {
            "url": f"{BASE}/charge-derivation",
            "extension": [
                {"url": "because", "valueString": "675 mg at 10 mg a unit"},
                {"url": "citation", "valueString": "R9"},
                {"url": "citation", "valueString": "R9.1"},
            ],
        },
    ],
}
LINE = {
    "code": "96411",
    "modifiers": [],
    "units": 2,
    "because": "two pushes",
    "citations": ["R4"],
    "administrations": [],
}


def charged(code, units, because="so", place="", version=1, status="billable"):
    return Charged(code, (), units, because, ("R1",), (), place, version, status)


@pytest.fixture
def shown():
    screen = Screen(Console(file=StringIO(), width=100, highlight=False))
    return screen, lambda: screen.console.file.getvalue()


def test_a_charge_item_is_read_by_its_own_elements():
    line = of_item(ITEM)
    assert (line.label, line.units, line.place, line.version) == ("J9312-JZ", 68, "ChargeItem/7", 2)
    assert (line.because, line.citations, line.administrations) == ("675 mg at 10 mg a unit", ("R9", "R9.1"), ("4",))


def test_rows_join_by_code_and_modifiers_administrations_first_and_add_the_units_of_one_code():
    posted = [charged("J9190", 3), charged("J9190", 8), charged("96413", 1)]
    rows = side_by_side(posted, [of_line(LINE), charged("96413", 1)])
    assert [row.label for row in rows] == ["96411", "96413", "J9190"]
    assert (rows[0].posted, rows[1].posted.units, rows[2].posted.units, rows[2].other) == (None, 1, 11, None)


def test_only_items_that_became_another_version_are_changes():
    before = [charged("96415", 3, place="ChargeItem/1"), charged("96413", 1, place="ChargeItem/2")]
    after = [charged("96415", 2, place="ChargeItem/1", version=2), before[1], charged("J1", 1, place="ChargeItem/3")]
    assert changes(before, after) == [(before[0], after[0])]


def test_both_reasons_stand_there_where_they_differ_and_one_where_they_are_the_same(shown):
    screen, text = shown
    rows = side_by_side(
        [charged("96417", 3, "posted reason"), charged("96413", 1, "same reason")],
        [charged("96417", 1, "other reason"), charged("96413", 1, "same reason")],
    )
    screen.lines(rows, {"96417": 3}, "left", "right")
    assert "left: posted reason [R1]" in text()
    assert "right: other reason [R1]" in text()
    assert text().count("same reason") == 1
    assert [row.split()[:4] for row in text().splitlines() if row.startswith("96417")] == [["96417", "×3", "×1", "×3"]]


def test_one_sentence_explains_all_the_codes_that_it_is_about(shown):
    screen, text = shown
    both = {"modifiers": [], "because": "A push is 96411.", "citations": ["R4"]}
    screen.differences(
        [
            both | {"code": "96411", "units": 0, "other_units": 2},
            both | {"code": "96417", "units": 3, "other_units": 1},
        ],
        "left",
        "right",
    )
    assert "96411 – → ×2, 96417 ×3 → ×1: A push is 96411. [R4]" in text()


def test_a_contradiction_says_what_the_printed_units_would_mean(shown):
    screen, text = shown
    printed = PrintedDrug(code="J9000", drug="doxorubicin", units=90, unit_mg=Decimal(10), note="A note")
    screen.contradictions([Contradiction(printed, Decimal(90), [charged("J9000", 9)])])
    said = " ".join(text().split())
    assert "J9000 ×90 of 10 mg for doxorubicin, which is 900 mg; charted are 90 mg; posted: J9000 ×9. A note." in said


def test_a_change_shows_before_and_after_and_both_versions(shown):
    screen, text = shown
    before = [charged("96415", 3, place="ChargeItem/1"), charged("J9370", 2, place="ChargeItem/2")]
    reversed_item = charged("J9370", 2, place="ChargeItem/2", version=2, status="entered-in-error")
    screen.changed(changes(before, [charged("96415", 2, place="ChargeItem/1", version=2), reversed_item]))
    assert "96415 ×3 → ×2" in text()
    assert "ChargeItem/1, version 1 → 2, billable" in text()
    assert "J9370 ×2 → entered-in-error" in text()


def test_no_line_is_wider_than_the_terminal(shown):
    screen, text = shown
    screen.lines(side_by_side([charged("96417", 3, "word " * 60)], [charged("96417", 1, "other " * 60)]), {}, "a", "b")
    assert max(map(len, text().splitlines())) <= 100
