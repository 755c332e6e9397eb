"""D32: JW, JZ or neither, decided per code and date. The arithmetic stands beside each case (unit 10 mg or 100 mg)."""

import pytest
from drugs_by_hand import RULEBOOK, Drugs, gave, reading_of, shown, visit_of

from fhir_adapter.coding.drug_units import drug_lines

DRUGS = Drugs(
    rituximab=("J9312", "10 mg"),
    gram=("J0100", "100 mg"),
    packaged=("J2405", "1 mg"),  # ondansetron: OPPS status N
    unlisted=("J0001", "10 mg"),  # no OPPS status
)


def coded(*administrations, payer="medicare", setting="office", jw_lines="medicare"):
    visit = visit_of(*administrations, payer=payer, setting=setting)
    found = drug_lines(visit, DRUGS, reading_of(jw_lines=jw_lines), RULEBOOK.tables)
    return shown(found.lines), [(finding.id, finding.severity) for finding in found.findings]


def test_whole_units_of_waste_are_jw_and_the_drug_line_has_no_modifier():
    # 675 mg = 67.5 = 68; 675 + 25 = 70 whole; 70 - 68 = 2
    assert coded(gave("a", "rituximab", "675 mg", discarded="25 mg")) == (
        [("J9312", 68, "", None), ("J9312", 2, "JW", None)],
        [],
    )


@pytest.mark.parametrize(
    ("given", "discarded", "units", "jw"),
    [
        ("75 mg", "25 mg", 1, 0),  # 0.75 = 1, the whole vial: 1 - 1 = 0
        ("100 mg", "0 mg", 1, 0),  # nothing was discarded, and that is said
        ("100 mg", "99 mg", 1, 0),  # 1.99 whole 1, 1 - 1 = 0
        ("100 mg", "100 mg", 1, 1),  # 2 - 1 = 1
        ("30 mg", "150 mg", 1, 0),  # discarded 1.5 holds a whole unit, but 1.8 whole 1, 1 - 1 = 0
        ("30 mg", "170 mg", 1, 1),  # 2.0 - 1 = 1
        ("101 mg", "199 mg", 2, 1),  # 1.01 = 2, 3.00 - 2 = 1
        ("101 mg", "198 mg", 2, 0),  # 2.99 whole 2, 2 - 2 = 0
    ],
)
def test_jw_units_keep_both_lines_within_the_whole_amount(given, discarded, units, jw):
    expected = [("J0100", units, "", None), ("J0100", jw, "JW", None)] if jw else [("J0100", units, "JZ", None)]
    assert coded(gave("a", "gram", given, discarded=discarded)) == (expected, [])


def test_waste_is_decided_over_all_vials_of_the_date():
    # given 75 + 75 = 150 mg = 2; discarded 25 + 25 = 50; 200 mg whole 2; 2 - 2 = 0: JZ
    assert coded(
        gave("a", "gram", "75 mg", discarded="25 mg"), gave("b", "gram", "75 mg", discarded="25 mg", hour=10)
    ) == (
        [("J0100", 2, "JZ", None)],
        [],
    )


def test_jz_stands_on_every_ndc_of_the_code():
    assert coded(
        gave("a", "gram", "100 mg", discarded="0 mg", ndc="A"),
        gave("b", "gram", "100 mg", discarded="0 mg", ndc="B"),
    ) == ([("J0100", 1, "JZ", "A"), ("J0100", 1, "JZ", "B")], [])


def test_jw_units_are_divided_by_ndc_like_the_others():
    # given 100 + 100 = 2; discarded 160 + 150 = 310 whole 3; 5.1 whole 5, 5 - 2 = 3: whole 1 + 1, the third to 0.6
    lines, _ = coded(
        gave("a", "gram", "100 mg", discarded="160 mg", ndc="A"),
        gave("b", "gram", "100 mg", discarded="150 mg", ndc="B", hour=10),
    )
    assert lines[2:] == [("J0100", 2, "JW", "A"), ("J0100", 1, "JW", "B")]


def test_a_jw_unit_over_the_cap_comes_off_the_smallest_fraction():
    # given 110 + 100 = 210 = 3 units; discarded 160 + 150 = 310 whole 3; 520 whole 5, 5 - 3 = 2.
    # Before the cap A has 2 and B 1; the one over the cap comes off B (0.5 < 0.6).
    lines, _ = coded(
        gave("a", "gram", "110 mg", discarded="160 mg", ndc="A"),
        gave("b", "gram", "100 mg", discarded="150 mg", ndc="B", hour=10),
    )
    assert lines[2:] == [("J0100", 2, "JW", "A")]


def test_a_jw_line_has_shares_of_its_own():
    visit = visit_of(
        gave("a", "gram", "100 mg", discarded="120 mg", encounter="E1"),
        gave("b", "gram", "100 mg", discarded="120 mg", encounter="E2", hour=14),
    )
    jw = drug_lines(visit, DRUGS, reading_of(), RULEBOOK.tables).lines[-1]
    # discarded 240 whole 2, 440 whole 4, 4 - 2 = 2; 1.2 rounded up is 2, nothing is left for E2
    assert (jw.units, [(share.encounter, share.units) for share in jw.shares]) == (2, [("E1", 2)])


@pytest.mark.parametrize(
    ("more", "lines", "findings"),
    [
        ({"container": "single-dose"}, [("J0100", 1, "", None)], [("waste-undocumented", "error")]),
        ({"container": None}, [("J0100", 1, "", None)], [("container-missing", "warning")]),
        ({"container": "multi-dose"}, [("J0100", 1, "", None)], []),
        ({"container": "multi-dose", "discarded": "100 mg"}, [("J0100", 1, "", None)], []),
        ({"container": None, "discarded": "0 mg"}, [("J0100", 1, "", None)], [("container-missing", "warning")]),
    ],
)
def test_what_is_not_documented_has_no_modifier_and_is_said(more, lines, findings):
    assert coded(gave("a", "gram", "100 mg", **more)) == (lines, findings)


def test_single_and_multi_dose_on_one_date_never_have_jz():
    multi = gave("b", "gram", "100 mg", container="multi-dose", hour=10)
    assert coded(gave("a", "gram", "100 mg", discarded="0 mg"), multi) == ([("J0100", 2, "", None)], [])
    # but what a single-dose vial left is JW: 300 mg whole 3, 3 - 2 = 1
    assert coded(gave("a", "gram", "100 mg", discarded="100 mg"), multi)[0][1] == ("J0100", 1, "JW", None)


@pytest.mark.parametrize(
    ("payer", "policy", "applies"),
    [
        ("medicare", "medicare", True),
        ("aetna", "medicare", False),
        (None, "medicare", False),
        ("aetna", "any-payer", True),
        (None, "any-payer", True),
        ("medicare", "never", False),
        ("Medicare", "medicare", False),
    ],
)
def test_the_policy_says_which_payers_want_it(payer, policy, applies):
    lines, _ = coded(gave("a", "gram", "75 mg", discarded="25 mg"), payer=payer, jw_lines=policy)
    assert lines == [("J0100", 1, "JZ" if applies else "", None)]


def test_a_packaged_code_in_a_facility_takes_neither_and_raises_nothing():
    bare = gave("a", "packaged", "4 mg", container=None)
    assert coded(bare, setting="facility") == ([("J2405", 4, "", None)], [])
    assert coded(bare, setting="office") == ([("J2405", 4, "", None)], [("container-missing", "warning")])


@pytest.mark.parametrize("container", ["single-dose", "multi-dose"])
def test_a_code_without_opps_status_counts_as_paid_and_is_said(container):
    lines, findings = coded(gave("a", "unlisted", "10 mg", discarded="0 mg", container=container), setting="facility")
    assert lines == [("J0001", 1, "JZ" if container == "single-dose" else "", None)]
    assert findings == [("payability-unknown", "info")]
    assert coded(gave("a", "unlisted", "10 mg"), setting="facility", payer="aetna")[1] == []


def test_without_opps_status_the_waste_that_nobody_documented_is_still_asked_for():
    _, findings = coded(gave("a", "unlisted", "10 mg", container="single-dose"), setting="facility")
    assert findings == [("payability-unknown", "info"), ("waste-undocumented", "error")]
