"""D38 with installed releases: the service date picks, a part is silent beyond itself, kept hashes code the same."""

from datetime import date

import msgspec
import pytest
from official_files import FILES, NOW, imported, said

from fhir_adapter.catalog import load_catalog
from fhir_adapter.catalog.prices import load_rates
from fhir_adapter.coding import code_visit
from fhir_adapter.coding.contract import read_visits
from fhir_adapter.rulebooks import load_rulebook
from fhir_adapter.rulebooks.tables import load_tables
from fhir_adapter.updates import Folder, imports, installed, kept_under, official, over

CROSSWALK = "asp-ndc-hcpcs-crosswalk-october-2026.csv"
ANWEB = "HCPC2026_APR_ANWEB.txt"
DOCETAXEL = "00409020102"


def crosswalk(row, *, covers=("some",), name=CROSSWALK):
    """The fixture with one more row, as a part."""
    data = (FILES / name).read_bytes() + row.encode() + b"\r\n"
    return imports([official(name, data)], said(name, covers=covers))


def code_of(releases, ndc, on):
    return load_catalog(releases=releases).look_up(ndc=ndc, rxcui=None, name=None, on=on)


def test_docetaxel_moves_with_the_quarter_and_with_an_installed_one(tmp_path):
    folder = Folder(tmp_path)
    folder.install(crosswalk(f"J9999,X,Y,{DOCETAXEL[:5]}-{DOCETAXEL[5:9]}-{DOCETAXEL[9:]},Docetaxel,1 MG,1,1,1,1"), NOW)
    releases = installed(folder).drugs
    codes = [code_of(releases, DOCETAXEL, on).code for on in (date(2026, 6, 30), date(2026, 7, 1), date(2026, 10, 1))]
    assert codes == ["J9171", "J9232", "J9999"]


@pytest.mark.parametrize(
    ("covers", "problem"), [(("some",), None), (("J9000-J9601",), None), (("J0100-J0200",), "drug-code-unknown")]
)
def test_absence_outside_of_a_part_is_unknown_and_inside_is_dropped(tmp_path, covers, problem):
    orencia = "00003218713"  # J0129, which the fixture lacks
    row = "J0130,Abciximab,Janssen,57894-0200-01,ReoPro,10 MG,1,1,1,1"
    folder = Folder(tmp_path)
    data = (FILES / CROSSWALK).read_bytes() + row.encode() + b"\r\n"
    folder.install(imports([official(CROSSWALK, data)], said(CROSSWALK, covers=covers)), NOW)
    assert code_of(installed(folder).drugs, orencia, date(2026, 11, 1)).problem == problem


def test_an_ended_code_keeps_its_meaning_and_a_re_used_one_has_none_until_it_is_told(tmp_path):
    folder = Folder(tmp_path)
    folder.install([imported(ANWEB)], NOW)
    book = load_catalog(releases=installed(folder).drugs).book
    assert str(book.codes["J9070"].last) == "2024-03-31"
    before, after = book.former["J9310"][0], book.codes["J9310"]
    assert (before.ingredient, str(before.last)) == ("rituximab", "2018-12-31")
    assert (str(after.first), after.kind, after.unit, after.ingredient) == ("2026-04-01", "", None, "")
    assert [row.code for row in book.rows(("J9310",)) if row.in_force(date(2026, 5, 4))] == ["J9310"]
    assert not any(row.in_force(date(2020, 1, 1)) for row in book.rows(("J9310",)))


def test_a_changed_dose_counts_from_its_quarter(tmp_path):
    folder = Folder(tmp_path)
    folder.install(crosswalk("J0129,Abatacept,BMS,00003-2187-13,Orencia,5 MG,1,1,50,50"), NOW)
    releases = installed(folder).drugs
    units = [code_of(releases, "00003218713", on).unit.value for on in (date(2026, 9, 30), date(2026, 10, 1))]
    assert units == [10, 5]


def test_containers_products_and_prices_of_what_was_installed(tmp_path):
    folder = Folder(tmp_path)
    rxnorm = ("RXNCONSO.RRF", "RXNREL.RRF", "RXNSAT.RRF")
    names = (
        ("package.txt", "product.txt"),
        rxnorm,
        ("asp-payment-limits-april-2026.csv",),
        ("addendum-b-april-2026.csv",),
    )
    folder.install([imported(*group) for group in names], NOW)
    releases = installed(folder).drugs
    assert code_of(releases, "50242006101", date(2026, 5, 4)).container == "single-dose"
    product = load_catalog(releases=releases).look_up(ndc=None, rxcui="1657074", name=None, on=date(2026, 5, 4))
    assert product.code == "J9035"
    rates = load_rates(releases)
    assert str(rates("J9035", "office", date(2026, 5, 4))) == "74.100"
    assert load_rates()("J9035", "office", date(2026, 5, 4)) is None
    assert str(rates("J9232", "facility", date(2026, 8, 1))) == "0.90"


def test_installed_edits_are_read_by_date_and_setting(tmp_path):
    folder = Folder(tmp_path)
    names = ("MCR_MUE_OutpatientHospitalServices_Eff_04-01-2026.csv", "ccioph-v321r0-f2.txt", "AOC_V2026Q2-MCR.txt")
    folder.install([imported(name) for name in names], NOW)
    tables, on = load_tables(installed(folder).edits), date(2026, 5, 4)
    assert tables.mue("96360", "facility", on)[1].name == "2026Q2"
    assert tables.mue("96360", "office", on)[1].name == "2024Q3"
    assert dict(tables.ptp_release("96413", "facility", on).pairs("96413", "facility")) == {
        "36000": 1,
        "96365": 1,
        "96523": 0,
    }
    assert tables.ptp_release("96413", "facility", date(2026, 3, 31)).edition.name == "2024Q3"
    assert tables.ptp_release("96409", "facility", on).edition.name == "2024Q3"  # beyond the part


VISIT = b"""{"id": "v", "setting": "facility", "payer": "medicare", "administrations": [{"id": "a",
 "technique": "infusion", "start": "2026-11-02T09:00:00-06:00", "stop": "2026-11-02T10:10:00-06:00",
 "ndc": "00003218713",
 "dose": {"value": 750, "unit": "mg"}}]}"""


def test_a_kept_visit_codes_the_same_under_its_kept_hashes_after_an_update(tmp_path):
    (visit,), _ = read_visits(VISIT)
    folder = Folder(tmp_path)
    folder.install([imported("asp-payment-limits-april-2026.csv")], NOW)

    def coded(tables):
        return code_visit(visit, over(load_rulebook("cpt-2026"), tables), load_catalog(releases=tables.drugs))

    kept = coded(installed(folder))
    folder.install(crosswalk("J0129,Abatacept,BMS,00003-2187-13,Orencia,5 MG,1,1,50,50"), NOW)
    folder.install([imported("MCR_MUE_OutpatientHospitalServices_Eff_04-01-2026.csv")], NOW)
    now = coded(installed(folder))
    assert now.data_hash != kept.data_hash
    assert [line.units for line in now.lines if line.code == "J0129"] == [150]
    again = kept_under(folder, kept.data_hash, coded, lambda result: result.data_hash)
    assert msgspec.json.encode(again) == msgspec.json.encode(kept)
    assert [line.units for line in again.lines if line.code == "J0129"] == [75]
    assert kept_under(folder, "sha256:0", coded, lambda result: result.data_hash) is None
