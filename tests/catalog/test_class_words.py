"""A class that is the hospital's or the payer's word is told in the line's reason, where the tables say another."""

from datetime import date

import msgspec
import pytest
from msgspec.structs import replace

from fhir_adapter.catalog import load_catalog
from fhir_adapter.coding import code_visit
from fhir_adapter.coding.contract import read_visits
from fhir_adapter.errors import RulebookError
from fhir_adapter.rulebooks import load_rulebook
from fhir_adapter.vocabulary import PayerClass

DENOSUMAB = {
    "id": "a", "technique": "sc", "start": "2026-05-04T09:00:00-05:00", "drug": "denosumab",
    "dose": {"value": 120, "unit": "mg"},
}  # fmt: skip


def reasons(book, payer=None, **changes):
    visit = {"id": "v", "setting": "facility", "payer": payer, "administrations": [DENOSUMAB | changes]}
    (read,), _ = read_visits(msgspec.json.encode(visit))
    return {line.code: line.because for line in code_visit(read, book, load_catalog()).lines if line.system == "CPT"}


def test_the_hospitals_word_is_told_and_an_agreeing_one_is_not():
    book = load_rulebook("cpt-2026")
    own = reasons(book, drug_class="chemotherapy")["96401"]
    assert own.endswith("; denosumab is chemotherapy by the visit's own word, therapeutic in the tables.")
    assert "own word" not in reasons(book, drug_class="therapeutic")["96372"]
    assert "own word" not in reasons(book)["96372"]


def test_a_payers_word_is_one_line_of_a_rulebook_and_is_told(tmp_path):
    file = tmp_path / "own.toml"
    file.write_text(
        'name = "own"\ntitle = "Our own"\nextends = "cpt-2026"\n'
        '[payers.acme]\ntitle = "Acme"\n[[payers.acme.drug_classes]]\n'
        'drug = "denosumab"\nclass = "chemotherapy"\nfrom = 2026-01-01\nsource = "its policy"\n'
    )
    book = load_rulebook(str(file))
    assert "denosumab is chemotherapy by the rulebook for acme" in reasons(book, "acme")["96401"]
    assert "96372" in reasons(book, "other")


ACME = PayerClass(
    payer="acme", drug="Denosumab", drug_class="chemotherapy", from_=date(2026, 1, 1), to=date(2026, 5, 31),
    source="Acme bulletin 8",
)  # fmt: skip


def test_a_payers_word_is_one_line_of_the_configuration_and_is_told():
    book = load_rulebook("cpt-2026", site=(ACME,))
    told = reasons(book, "acme")["96401"]
    assert "denosumab is chemotherapy by the rulebook for acme, therapeutic in the tables" in told
    assert told.endswith("acme reads it so (site: acme: class of Denosumab).")
    assert (book.rules["site: acme: class of Denosumab"].source, book.name) == ("Acme bulletin 8", "cpt-2026")
    assert "96372" in reasons(book, "other")
    later = {"start": "2026-06-01T09:00:00-05:00"}
    assert "96372" in reasons(book, "acme", **later)
    assert "96401" in reasons(book, "acme", drug_class="chemotherapy", **later)
    assert book.hash != load_rulebook("cpt-2026").hash


def test_a_payer_that_the_rulebook_knows_keeps_its_title():
    known = load_rulebook("carecost-96417")
    book = load_rulebook("carecost-96417", site=(replace(ACME, payer="cigna"),))
    assert book.payers["cigna"].title == known.payers["cigna"].title


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ((ACME, replace(ACME, drug_class="therapeutic", from_=None)), r"payer_classes\[1\]: \[0\] says a class"),
        ((replace(ACME, to=date(2025, 1, 1)),), r"payer_classes\[0\]: it ends before it begins"),
    ],
)
def test_what_a_payer_cannot_say(more, words):
    with pytest.raises(RulebookError, match=words):
        load_rulebook("cpt-2026", site=more)
