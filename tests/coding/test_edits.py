"""D38, D39: MUE and PTP beside the lines, at n-1, n and n+1; the release of each date; tables past their quarter."""

import json
from datetime import date

import pytest
from coding.bills import derived

from fhir_adapter.coding import code_visit
from fhir_adapter.coding.contract import read_visits
from fhir_adapter.coding.drugs import Release
from fhir_adapter.coding.edits import edit_findings, out_of_date_findings
from fhir_adapter.coding.tables import Mue
from fhir_adapter.errors import RulebookError
from fhir_adapter.rulebooks import load_rulebook
from fhir_adapter.rulebooks.tables import load_tables, read_tables

TABLES = load_tables()
MAY, OCTOBER = date(2026, 5, 4), date(2026, 10, 5)


def line(code, units=1, *modifiers, on=MAY, ndc=None, ids=("a",)):
    return derived(code, units, *ids, on=on, modifiers=modifiers, ndc=ndc)


def found(*lines, setting="facility"):
    return [(f.id, f.severity, f.carc) for f in edit_findings(lines, setting, TABLES).findings]


@pytest.mark.parametrize(
    ("code", "setting", "mue", "severity"),
    [
        ("96417", "office", 3, "warning"),
        ("96366", "facility", 24, "warning"),
        ("96366", "office", 8, "warning"),
        ("96368", "facility", 1, "error"),
        ("J9000", "office", 20, "warning"),
        ("J9312", "facility", 150, "warning"),
        ("J0129", "office", 100, "warning"),  # only the catalog's reading has it
        ("96376", "office", 0, "warning"),
    ],
)
def test_units_over_an_mue_are_named(code, setting, mue, severity):
    for units in {max(mue - 1, 0), mue}:
        assert found(line(code, units), setting=setting) == []
    assert found(line(code, mue + 1), setting=setting) == [("mue-exceeded", severity, "151")]


def test_units_are_summed_over_modifiers_and_ndcs_and_jw_is_left_out():
    lines = [line("J9000", 10, ndc="A"), line("J9000", 10, "JZ", ndc="B", ids=("b",)), line("J9000", 9, "JW")]
    assert found(*lines) == []
    over = edit_findings([*lines, line("J9000", 1, ndc="C", ids=("c",))], "facility", TABLES).findings
    assert [(f.id, f.administrations) for f in over] == [("mue-exceeded", ("a", "b", "c"))]
    assert "21 units" in over[0].message


def test_units_of_two_dates_are_two():
    assert found(line("96368"), line("96368", on=OCTOBER)) == []


def test_a_pair_without_a_modifier_is_named_and_each_ncci_modifier_satisfies_it():
    assert found(line("96413"), line("96365")) == [("ncci-ptp", "warning", None)]
    for modifier in ("59", "XE", "XP", "XS", "XU"):
        assert found(line("96413"), line("96365", 1, modifier)) == []
        assert found(line("96413", 1, modifier), line("96365")) == []
    assert found(line("96413"), line("96365", 1, "JZ")) == [("ncci-ptp", "warning", None)]


def test_one_modified_line_does_not_speak_for_another():
    lines = [line("96413"), line("96365", 1, "XE", ids=("b",)), line("96365", ids=("c",))]
    pairs = edit_findings(lines, "facility", TABLES).findings
    assert [(f.id, f.administrations) for f in pairs] == [("ncci-ptp", ("a", "c"))]


def test_a_pair_that_no_modifier_allows_is_an_error():
    assert found(line("96413"), line("96523", 1, "59")) == [("ncci-ptp", "error", None)]


def test_pairs_look_at_the_date():
    assert found(line("96413"), line("96365", on=OCTOBER)) == []


def test_the_family_of_a_chemotherapy_visit_has_no_pair():
    codes = ("96413", "96415", "96417", "96411", "96416", "96367", "96368", "96375")
    assert found(*map(line, codes)) == found(*map(line, codes), setting="office") == []


def test_no_line_is_changed_and_what_was_looked_up_is_told():
    edits = edit_findings([line("96413"), line("J9312")], "facility", TABLES)
    assert edits.releases == (Release("MUE", "2024Q3", 581), Release("PTP", "2024Q3", 581))


@pytest.mark.parametrize(
    ("on", "release", "age"),
    [
        (date(2024, 1, 1), "2024Q3", -182),  # 182 days before 2024-07-01
        (date(2024, 6, 30), "2024Q3", -1),
        (date(2024, 7, 1), "2024Q3", 0),
        (date(2024, 9, 30), "2024Q3", 0),
        (date(2024, 10, 1), "2024Q3", 1),
        (date(2026, 9, 30), "2024Q3", 730),
        (date(2026, 10, 1), "2026Q4", 0),
        (date(2026, 12, 31), "2026Q4", 0),
        (date(2027, 1, 1), "2026Q4", 1),
    ],
)
def test_the_newest_release_not_later_than_the_date_answers_else_the_oldest(on, release, age):
    assert TABLES.mue("96413", "facility", on) == (Mue(1, 3), Release("MUE", release, age))


def test_a_code_that_the_newest_release_lacks_is_read_in_the_older_one():
    assert TABLES.mue("J9312", "facility", OCTOBER) == (Mue(150, 3), Release("MUE", "2024Q3", 735))
    assert TABLES.mue("J9075", "facility", OCTOBER)[0] == Mue(1500, 3)
    assert TABLES.mue("J9075", "facility", MAY)[0] is None
    assert TABLES.mue("99999", "facility", OCTOBER) == (None, Release("MUE", "2026Q4", 0))


def test_a_partial_ptp_release_counts_for_the_column_1_codes_and_the_setting_it_covers():
    def release(code, setting):
        found = TABLES.ptp_release(code, setting, OCTOBER)
        return found and found.edition.name

    assert [release(code, "facility") for code in ("96373", "96446", "96372", "96450")] == ["2026Q4"] * 2 + [
        "2024Q3"
    ] * 2
    assert release("96413", "office") == "2024Q3"
    assert release("J9312", "facility") is None


def test_add_ons_have_their_parents_by_setting():
    def parents(code, setting, on=MAY):
        add_on, _ = TABLES.add_on(code, on)
        return add_on and sorted(add_on.permitted(setting))

    assert parents("96417", "office") == ["96413"]
    assert parents("96415", "facility") == ["96413"]
    assert parents("96366", "facility") == ["96365", "96367", "96413"]
    assert parents("96366", "office") == ["96360", "96365", "96367", "96413"]
    assert parents("96376", "facility") == ["96365", "96374", "96409", "96413"]
    assert parents("96376", "office") == []
    assert parents("96413", "office") is None
    assert TABLES.add_on("96417", date(2026, 4, 1))[1] == Release("add-on codes", "2026Q2", 0)
    assert TABLES.add_on("96417", date(2026, 3, 31))[1] == Release("add-on codes", "2024Q2", 639)


def test_opps_status():
    assert [TABLES.opps_status(code, MAY) for code in ("J2405", "J9312", "J0001")] == ["N", "K", None]
    assert TABLES.opps_status("J2405", date(2024, 1, 1)) == "N"


def test_one_finding_for_each_table_and_release_out_of_its_quarter():
    looked_up = [Release("MUE", "2024Q3", 580), Release("MUE", "2024Q3", 581), Release("PTP", "2024Q3", 0)]
    looked_up.append(Release("NDC-HCPCS crosswalk", "2025Q4", -9))
    findings = out_of_date_findings(looked_up)
    assert [(f.id, f.severity) for f in findings] == [("table-out-of-date", "info")] * 2
    assert "2024Q3" in findings[0].message
    assert "581 days past" in findings[0].message
    assert "begins 9 days after the service date" in findings[1].message


HEAD = "# table: MUE\n# release: 2026Q4\n# in force: 2026-10-01 to 2026-12-31\n# source: a test\n"
COLUMNS = "code,practitioner,practitioner_indicator,facility,facility_indicator\n"


def test_a_small_table_is_read_and_its_text_is_its_hash():
    tables = read_tables({"m.csv": HEAD + COLUMNS + "96413,1,3,,\n"})
    assert tables.mue("96413", "office", OCTOBER)[0] == Mue(1, 3)
    assert tables.mue("96413", "facility", OCTOBER)[0] is None
    assert tables.hash != read_tables({"m.csv": HEAD + COLUMNS + "96413,2,3,,\n"}).hash
    assert tables.add_on("96417", OCTOBER) == (None, None)
    assert tables.opps_status("J9312", OCTOBER) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEAD.replace("# source: a test\n", "") + COLUMNS, "no line '# source: …'"),
        (HEAD.replace("# table: MUE\n", "") + COLUMNS, "no line '# table: …'"),
        (HEAD.replace("# release: 2026Q4\n", "") + COLUMNS, "no line '# release: …'"),
        (HEAD.replace("2026-12-31", "2026-13-31") + COLUMNS, "is not 'YYYY-MM-DD to YYYY-MM-DD'"),
        (HEAD.replace(" to 2026-12-31", "") + COLUMNS, "is not 'YYYY-MM-DD to YYYY-MM-DD'"),
        (HEAD.replace("MUE", "MEU") + COLUMNS, "no table is called 'MEU'"),
        (HEAD + "code,practitioner\n96413,1\n", "column 'facility' is missing"),
        (HEAD + COLUMNS + "96413,one,3,1,3\n", "invalid literal"),
        (
            HEAD.replace("MUE", "PTP") + "# covers: hospital 1-2\nsetting,column1,column2,indicator\n",
            "is not 'facility|",
        ),
        (HEAD.replace("MUE", "PTP") + "setting,column1,column2,indicator\noffice,1,2,0\n", "not 'office'"),
    ],
)
def test_a_faulty_table_is_refused_in_words(text, words):
    with pytest.raises(RulebookError, match=r"m\.csv") as refused:
        read_tables({"m.csv": text})
    assert words in str(refused.value)


def test_the_age_of_the_add_on_table_is_told() -> None:
    """September 2026 is past the quarter of the newest add-on table, and a look-up in it says so."""
    given = {"drug": "x", "drug_class": "chemotherapy", "technique": "infusion"}
    given |= {"id": "a", "start": "2026-09-30T09:00:00-05:00", "stop": "2026-09-30T11:00:00-05:00"}
    raw = {"id": "v", "setting": "facility", "administrations": [given]}
    (read,), _ = read_visits(json.dumps(raw).encode())
    messages = [f.message for f in code_visit(read, load_rulebook("cpt-2026")).findings if f.id == "table-out-of-date"]
    assert "The newest add-on codes table for the service date is 2026Q2, 92 days past its quarter." in messages
