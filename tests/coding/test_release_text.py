"""The form of a table that ships: its header, its rows, its faults, and how old it is on a day."""

from datetime import date

import pytest

from fhir_adapter.coding.drugs import Release
from fhir_adapter.coding.release_text import Edition, ReleaseText, read_release
from fhir_adapter.errors import RulebookError

QUARTER = Edition("MUE", "2026Q4", date(2026, 10, 1), date(2026, 12, 31))
TEXT = """\
# table: MUE
#release:2026Q4
# in force: 2026-10-01 to 2026-12-31
# covers: facility 96373-96446
# covers: practitioner 96360-96379
# source: CMS: the file of October
code,note
96360,"one, or two"
# covers: nothing, since the rows have begun

96361,
"""


def test_a_table_is_taken_apart():
    assert read_release(TEXT, "mue.csv") == ReleaseText(
        edition=QUARTER,
        covers=("facility 96373-96446", "practitioner 96360-96379"),
        source="CMS: the file of October",
        rows=({"code": "96360", "note": "one, or two"}, {"code": "96361", "note": ""}),
    )


def test_a_whole_release_covers_no_ranges_and_may_have_no_rows():
    header = "".join(line for line in TEXT.splitlines(keepends=True)[:6] if "covers" not in line)
    assert read_release(header, "mue.csv") == ReleaseText(QUARTER, (), "CMS: the file of October", ())


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("# table: MUE\n", "", "mue.csv: the header has no line '# table: …'"),
        ("#release:2026Q4\n", "", "mue.csv: the header has no line '# release: …'"),
        ("# in force: 2026-10-01 to 2026-12-31\n", "", "mue.csv: the header has no line '# in force: …'"),
        ("# source: CMS: the file of October\n", "", "mue.csv: the header has no line '# source: …'"),
        (
            "2026-10-01 to 2026-12-31",
            "October to December",
            "mue.csv: '# in force: October to December' is not 'YYYY-MM-DD to YYYY-MM-DD'",
        ),
        (
            "2026-10-01 to 2026-12-31",
            "2026-10-01",
            "mue.csv: '# in force: 2026-10-01' is not 'YYYY-MM-DD to YYYY-MM-DD'",
        ),
        ("96361,\n", "96361\n", "mue.csv: a row has more or fewer columns than its header"),
        ("96361,\n", "96361,1,3\n", "mue.csv: a row has more or fewer columns than its header"),
    ],
)
def test_a_fault_names_the_file_and_what_is_wrong(before, after, fault):
    assert before in TEXT
    with pytest.raises(RulebookError) as refused:
        read_release(TEXT.replace(before, after), "mue.csv")
    assert str(refused.value) == fault
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


@pytest.mark.parametrize(
    ("on", "age"),
    [
        (date(2026, 9, 29), -2),  # two days before its first
        (date(2026, 9, 30), -1),
        (date(2026, 10, 1), 0),
        (date(2026, 12, 31), 0),
        (date(2027, 1, 1), 1),
        (date(2027, 1, 31), 31),
    ],
)
def test_a_release_is_as_old_as_the_days_outside_of_its_quarter(on, age):
    assert QUARTER.used_on(on) == Release("MUE", "2026Q4", age)
