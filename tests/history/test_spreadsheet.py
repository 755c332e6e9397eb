"""People's charges from a file, and every way in which a file is refused."""

from datetime import date
from decimal import Decimal

import pytest

from fhir_adapter.errors import InputFaults
from fhir_adapter.history.spreadsheet import read_charges


def written(tmp_path, text, **how):
    path = tmp_path / "charges.csv"
    path.write_text(text, **how)
    return path


def test_reads_charges_with_modifiers_and_further_columns(tmp_path):
    text = "encounter,date,code,units,modifiers,who\nEncounter/e1,2026-05-04,j9312,68,jz,a\ne2,2026-05-05,96413,1,,b\n"
    first, second = read_charges(written(tmp_path, text, encoding="utf-8-sig"))
    assert (first.encounter, first.date, first.code) == ("e1", date(2026, 5, 4), "J9312")
    assert (first.units, first.modifiers) == (Decimal(68), ("JZ",))
    assert second.modifiers == ()


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("encounter,date,code\ne1,2026-05-04,96413\n", "line 1", "the column units is missing"),
        ("encounter,date,code,units\ne1,05/04/2026,96413,1\n", "line 2, date", "is not a date"),
        ("encounter,date,code,units\ne1,2026-05-04,96413,one\n", "line 2, units", "is not a number"),
        ("encounter,date,code,units\ne1,2026-05-04,96413,-1\n", "line 2, units", "is not a number"),
        ("encounter,date,code,units\ne1,2026-05-04,96413,NaN\n", "line 2, units", "is not a number"),
        ("encounter,date,code,units\n,2026-05-04,96413,1\n", "line 2, encounter", "is empty"),
        ("encounter,date,code,units\ne1,2026-05-04,,1\n", "line 2, code", "is empty"),
        ("", "line 1", "the column encounter is missing"),
    ],
)
def test_a_faulty_file_is_refused_with_line_and_column(tmp_path, text, where, what):
    with pytest.raises(InputFaults) as refused:
        read_charges(written(tmp_path, text))
    fault = refused.value.faults[0]
    assert where in fault.path
    assert what in fault.message


def test_a_file_that_is_not_there_or_not_text(tmp_path):
    with pytest.raises(InputFaults, match="cannot be read"):
        read_charges(tmp_path / "absent.csv")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputFaults, match="not UTF-8"):
        read_charges(tmp_path / "binary.csv")
