"""Each official file in its true layout: every row counted, the traps told with line and reason."""

import zipfile

import pytest
from official_files import FDA, FILES, GROUPS, NDCS, RXNORM, SINGLE, imported, rows, said, workbook

from fhir_adapter.errors import RulebookError
from fhir_adapter.updates import Said, imports, official, opened

CROSSWALK = "asp-ndc-hcpcs-crosswalk-april-2026.csv"
COUNTS = {
    "AOC_V2026Q2-MCR.txt": (9, 5, "2026Q2"),
    "HCPC2026_APR_ANWEB.txt": (12, 8, "2026Q2"),
    "HCPC2026_JUL_ANWEB.csv": (3, 3, "2026Q3"),
    "MCR_MUE_OutpatientHospitalServices_Eff_04-01-2026.csv": (4, 4, "2026Q2"),
    "MCR_MUE_PractitionerServices_Eff_04-01-2026.csv": (8, 5, "2026Q2"),
    "RXNCONSO.RRF": (12, 3, "2026Q2"),
    "addendum-b-april-2026.csv": (8, 5, "2026Q2"),
    "asp-ndc-hcpcs-crosswalk-april-2026.csv": (14, 10, "2026Q2"),
    "asp-ndc-hcpcs-crosswalk-october-2025.csv": (14, 10, "2025Q4"),
    "asp-ndc-hcpcs-crosswalk-october-2026.csv": (14, 10, "2026Q4"),
    "asp-payment-limits-april-2026.csv": (6, 4, "2026Q2"),
    "canmed-hcpcs-2026Q2.csv": (6, 3, "2026Q2"),
    "ccioph-v321r0-f2.txt": (7, 3, "2026Q2"),
    "package.txt": (8, 5, "2026Q2"),
}


@pytest.mark.parametrize("names", GROUPS, ids=lambda names: names[0])
def test_rows_in_are_rows_kept_and_rows_rejected(names):
    one = imported(*names)
    assert (one.rows_in, one.rows_kept, one.release) == COUNTS[names[0]]
    assert one.rows_in == one.rows_kept + one.rows_rejected
    assert all(reject.first <= reject.last and reject.reason for reject in one.rejects)


def test_the_crosswalk_keeps_every_code_of_an_ndc_and_pads_no_alternate_id():
    one = imported(CROSSWALK)
    by_ndc = {row["ndc"]: row for row in rows(one, "ndc")}
    assert by_ndc["00069130510"]["codes"] == "Q5105 Q5106"
    assert by_ndc["00069130510"]["units"] == "20 2"
    assert not any("GG100" in ndc or ndc.endswith("860001234567"[-6:]) for ndc in by_ndc)
    assert [(reject.first, reject.last, reject.reason) for reject in one.rejects] == [
        (18, 19, "an alternate ID, not an NDC"),
        (22, 22, "no NDC"),
        (23, 23, "no code in the first column (a footnote or a heading)"),
    ]


def test_a_unit_is_taken_only_where_the_dosage_is_one_quantity():
    units = {row["code"]: f"{row['amount']} {row['unit']}".strip() for row in rows(imported(CROSSWALK), "dosage")}
    assert (units["J9035"], units["J1580"], units["J0295"], units["Q5105"]) == ("10 mg", "80 mg", "1.5 g", "")


def test_bytes_of_cp1252_and_a_renamed_column_are_read():
    assert b"\xa0" in (FILES / CROSSWALK).read_bytes()
    older = imported("asp-ndc-hcpcs-crosswalk-october-2025.csv")
    assert {row["ndc"] for row in rows(older, "ndc")} == {row["ndc"] for row in rows(imported(CROSSWALK), "ndc")}


def test_the_fixed_width_file_joins_continuations_and_keeps_a_code_by_its_first_day():
    dates = {(row["code"], row["from"]): row for row in rows(imported("HCPC2026_APR_ANWEB.txt"), "dates")}
    assert dates["J9070", "1984-01-01"]["to"] == "2024-03-31"
    assert dates["J9072", "2024-04-01"]["long"].endswith("does not fit in one record and goes on")
    assert ("J1440", "2023-07-01") in dates


def test_julian_days_have_three_digits_of_day():
    add_ons = {row["add_on"]: row for row in rows(imported("AOC_V2026Q2-MCR.txt"), "add-ons")}
    assert add_ons["96366"] == {
        "add_on": "96366", "parents": "96365", "practitioner_parents": "96360", "facility_only": "",
    }  # fmt: skip
    assert "96417" not in add_ons  # ended on day 32 of 2026, before the quarter
    assert "96368" not in add_ons  # day 399


def test_a_price_is_an_amount_and_no_price_is_none():
    limits = {row["code"]: row["limit"] for row in rows(imported("asp-payment-limits-april-2026.csv"), "limits")}
    assert limits == {"J9035": "74.100", "J9312": "72.005", "J9263": "0.071", "J1569": "1041.5"}
    opps = {row["code"]: (row["status"], row["rate"]) for row in rows(imported("addendum-b-april-2026.csv"), "opps")}
    assert opps["J9232"] == ("K", "0.90")
    assert opps["96368"] == ("N", "")


def test_each_mue_file_is_of_its_setting():
    office, facility = (
        {row["code"]: row for row in rows(imported(f"MCR_MUE_{whose}Services_Eff_04-01-2026.csv"), "mue")}["96360"]
        for whose in ("Practitioner", "OutpatientHospital")
    )
    assert (office["practitioner"], office["facility"]) == ("1", "")
    assert (facility["practitioner"], facility["facility"]) == ("", "2")


def test_a_ptp_part_covers_what_lies_between_its_first_and_last_code():
    (table,) = imported("ccioph-v321r0-f2.txt").tables
    assert table.covers == ("facility 96413-96413",)
    assert [row[2] for row in table.rows] == ["36000", "96365", "96523"]


def test_containers_come_from_the_package_and_only_if_it_names_one_kind():
    labels = {row["ndc"]: row for row in rows(imported(*FDA), "labels")}
    assert labels["50242006101"]["container"] == "single-dose"
    assert labels["63323001020"]["container"] == "multi-dose"
    assert (labels["63323001002"]["container"], labels["63323001002"]["ends"]) == ("", "2026-12-31")


def test_a_product_has_the_ndcs_of_rxnorm_alone():
    (product,) = rows(imported(*RXNORM), "rxnorm")
    assert product == {
        "rxcui": "1657074",
        "ndcs": "50242006101",
        "name": "16 ML bevacizumab 25 MG/ML Injection [Avastin]",
    }


def bytes_of(name):
    return (FILES / name).read_bytes()


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        (CROSSWALK, bytes_of(CROSSWALK).replace(b"J9035", b"J9999"), "50242006101 does not say J9035"),
        (CROSSWALK, bytes_of(CROSSWALK).replace(b"Short Description", b"Drug Name"), "'name' stands more than once"),
        ("asp-awp-crosswalk-april-2026.csv", bytes_of(CROSSWALK), "this is the AWP list"),
        ("noc-crosswalk-april-2026.csv", bytes_of(CROSSWALK), "this is the NOC list"),
        ("asp-crosswalk-april-2025.csv", bytes_of(CROSSWALK), "the header is of 2026"),
        ("crosswalk.xlsx", b"PK\x03\x04rest", "the workbook cannot be read (BadZipFile)"),
        ("crosswalk.xls", b"\xd0\xcf\x11\xe0rest", "the same table stands as .csv ('section 508 version of ...')"),
        ("crosswalk.csv", b"  \n", "is empty"),
        ("crosswalk.csv", b"a,b\n1,2\n", "no header or layout of an official file"),
        ("crosswalk.csv", b"\x00\x01\x02\x03", "not text"),
        ("product.txt", bytes_of("product.txt"), "needs package beside it; give both in one call"),
    ],
)
def test_what_is_no_such_file_is_refused_in_words(name, data, words):
    with pytest.raises(RulebookError) as refused:
        imports([official(name, data)], said(name))
    assert words in str(refused.value)


def test_a_whole_file_has_its_number_of_rows_and_its_well_known_drugs():
    with pytest.raises(RulebookError, match=r"10 rows were kept; a whole CMS ASP NDC-HCPCS crosswalk has 5,000"):
        imports(opened([FILES / CROSSWALK]), said(CROSSWALK, covers=()))
    many = bytes_of(CROSSWALK).replace(b"50242-0061-01", b"50242-0061-99")
    rows_ = b"".join(b"J9035,B,L,50242-9%03d-%02d,A,10 MG,4,1,1,1\r\n" % (n // 90, n % 90) for n in range(6000))
    with pytest.raises(RulebookError, match="50242006101 is missing"):
        imports([official(CROSSWALK, many + rows_)], said(CROSSWALK, covers=()))


RXNORM_LINES = b"".join(b"1|||1|AUI|1|||NDC|RXNORM|%011d|N|4096|\n" % n for n in range(2_000))
FDA_LINES = b"".join(b"9-%d_x\t9-%d\tHUMAN PRESCRIPTION DRUG\tX\t\tx\tFORM\tORAL\t\n" % (n, n) for n in range(10_000))
ADD_ONS = b"".join(b"1\t%d\t\t96413\t\t2013091\t\t\n" % (96500 + n) for n in range(40))


@pytest.mark.parametrize(
    ("names", "more", "changed", "words"),
    [
        (
            RXNORM,
            RXNORM_LINES,
            (b"1657074|||1|AUI", b"1657075|||1|AUI"),
            "1657074 is missing",
        ),
        (RXNORM, RXNORM_LINES, (b"RXNORM|50242006101", b"RXNORM|50242006001"), "1657074 does not say 50242006101"),
        (FDA, FDA_LINES, (b"50242-061-01\t", b"50242-061-02\t"), "50242006101 is missing, which every whole FDA"),
        (FDA, FDA_LINES, (b"Avastin\t\tbevacizumab", b"bevacizumab\t\tAvastin"), "Avastin is missing"),
        (FDA, FDA_LINES, (b"SOLUTION\tINTRAVENOUS", b"SOLUTION\tORAL"), "Avastin does not say bevacizumab INTRAVENOUS"),
        (("AOC_V2026Q2-MCR.txt",), ADD_ONS, (b"96415\t\t96413", b"96413\t\t96415"), "96415 is missing"),
        (("AOC_V2026Q2-MCR.txt",), ADD_ONS, (b"96366\t\t96365", b"96366\t\t96374"), "96366 does not say 96365"),
        (("ccioph-v321r0-f2.txt",), b"", (b"36000\t", b"36001\t"), "96413 does not say 36000 1"),
    ],
)
def test_a_whole_file_says_what_every_whole_one_says(names, more, changed, words):
    data = {name: bytes_of(name) for name in names}
    longest = next(name for name in names if name.startswith(("RXNSAT", "product", "AOC", "cci")))
    data[longest] += b"\n" + more
    whole = Said(release="2026Q2", covers=(), ndcs=NDCS | {f"{n:011d}" for n in range(2_000)})
    assert imports([official(name, text) for name, text in data.items()], whole)
    mixed = {name: text.replace(*changed) for name, text in data.items()}
    assert mixed != data
    with pytest.raises(RulebookError) as refused:
        imports([official(name, text) for name, text in mixed.items()], whole)
    assert words in str(refused.value)


def test_a_ptp_part_is_asked_only_for_the_edits_of_its_range():
    text = bytes_of("ccioph-v321r0-f2.txt").replace(b"96413\t", b"96417\t")
    assert imports([official("ccioph-v321r0-f3.txt", text)], said("x", covers=()))


def test_a_quarter_that_nobody_says_is_asked_for_and_never_contradicted():
    plain = [official("crosswalk.csv", bytes_of(CROSSWALK).replace(b"April", b"Spring"))]
    with pytest.raises(RulebookError, match="give --release"):
        imports(plain, said("crosswalk.csv"))
    (one,) = imports(plain, said("crosswalk.csv", release="2026q2"))
    assert one.release == "2026Q2"
    with pytest.raises(RulebookError, match="the file says 2026Q2, not 2026Q3"):
        imports(opened([FILES / CROSSWALK]), said(CROSSWALK, release="2026Q3"))


def test_a_part_takes_only_the_codes_it_is_said_to_cover():
    (one,) = imports(opened([FILES / CROSSWALK]), said(CROSSWALK, covers=("J9000-J9601",)))
    assert {row["codes"] for row in rows(one, "ndc")} == {"J9035", "J9042", "J9171", "J9312"}
    assert "outside the codes that the file is said to cover" in {reject.reason for reject in one.rejects}


def test_of_a_zip_the_table_is_taken_and_its_neighbours_are_passed_over(tmp_path):
    def zipped(*names):
        path = tmp_path / f"{len(names)}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name in names:
                archive.writestr(f"April 2026/{name}", bytes_of(CROSSWALK))
            archive.writestr("April 2026/read me.txt", "how to read it")
        return opened([path])

    (one,) = imports(zipped("ASP crosswalk April 2026.csv", "AWP crosswalk April 2026.csv"), said(CROSSWALK))
    assert [name for name, _ in one.files] == ["ASP crosswalk April 2026.csv"]
    with pytest.raises(RulebookError, match="this is the AWP list"):
        imports(zipped("AWP crosswalk April 2026.csv"), said(CROSSWALK))


@pytest.mark.parametrize("name", [name for name in SINGLE if name.startswith(("AOC", "MCR", "addendum", "cci"))])
def test_a_workbook_is_read_as_its_text_would_be(name):
    text, book = imported(name), name.rpartition(".")[0] + ".xlsx"
    (one,) = imports([official(book, workbook(name))], said(name))
    assert (one.tables, one.rows_in, one.rows_kept, one.release) == (
        text.tables, text.rows_in, text.rows_kept, text.release,
    )  # fmt: skip
    assert [(r.rows, r.reason) for r in one.rejects] == [(r.rows, r.reason) for r in text.rejects]


def test_a_reject_of_a_workbook_names_the_row_that_a_person_sees():
    name = "MCR_MUE_PractitionerServices_Eff_04-01-2026.csv"  # whose header cell is broken in two lines
    (book,) = imports([official("MCR_MUE_Eff_04-01-2026.xlsx", workbook(name))], said(name))
    assert (book.rejects[0].first, imported(name).rejects[0].first) == (8, 9)


def test_a_workbook_in_a_zip_counts_where_no_text_has_the_table(tmp_path):
    def zipped(**members):
        path = tmp_path / "AOC_V2026Q2.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in members.items():
                archive.writestr(name.replace("_DOT_", "."), data)
        (one,) = imports(opened([path]), said("x"))
        return one.files[0][0], one.rows_kept

    notice, table, book = b"read this first", bytes_of("AOC_V2026Q2-MCR.txt"), workbook("AOC_V2026Q2-MCR.txt")
    assert zipped(note_DOT_txt=notice, AOC_DOT_txt=table, AOC_DOT_xlsx=book) == ("AOC.txt", 5)
    assert zipped(note_DOT_txt=notice, AOC_DOT_xlsx=book) == ("AOC.xlsx", 5)
    with pytest.raises(RulebookError, match=r"note.txt: no header or layout of an official file"):
        zipped(note_DOT_txt=notice)


def test_of_several_sheets_the_table_is_taken(tmp_path):
    book = workbook("canmed-hcpcs-2026Q2.csv", "AOC_V2026Q2-MCR.txt")
    kept = imports([official("2026Q2.xlsx", book)], said("x"))
    assert {one.importer for one in kept} == {"canmed", "add-ons"}
