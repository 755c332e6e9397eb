"""A broken table file is told in words that name the file, not as a stack trace."""

import pytest

from fhir_adapter.catalog.load import read_book
from fhir_adapter.errors import RulebookError

HEAD = "# table: a\n# release: 2026Q3\n# in force: 2026-07-01 to 2026-09-30\n# source: a test\n"
CODES = "code,from,dated_by,to,amount,unit,class,route,marks,rxcui,ingredient,precise,descriptor\n"
GOOD = {
    "codes.csv": HEAD + CODES + "J0001,2020-01-01,,,10,mg,chemo,IV,,1,alpha,,Inj alpha\n",
    "products.csv": HEAD + "rxcui,codes,name\n2,J0001,alpha 10 MG\n",
    "ndc-a.csv": HEAD + "ndc,codes,name\n00000000001,J0001,Alpha\n",
}


def test_a_small_book_is_read():
    book = read_book(GOOD)
    assert book.codes["J0001"].routes == {"IV"}
    assert book.crosswalk[0].codes["00000000001"] == ("J0001",)


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("codes.csv", "2020-01-01", "2020-13-01", "the row of J0001"),
        ("codes.csv", ",10,mg", ",ten,mg", "the row of J0001"),
        ("codes.csv", "chemo", "chem", "the row of J0001"),
        ("codes.csv", "marks,", "mark,", "'marks'"),
        ("products.csv", "# source: a test\n", "", "products.csv: the header has no line '# source"),
        ("ndc-a.csv", "2026-09-30", "soon", "ndc-a.csv"),
    ],
)
def test_a_fault_is_named(file, old, new, words):
    with pytest.raises(RulebookError) as refused:
        read_book(GOOD | {file: GOOD[file].replace(old, new)})
    assert words in str(refused.value)


def test_a_missing_file_is_named():
    with pytest.raises(RulebookError, match=r"codes\.csv"):
        read_book({})
