"""A class that is the hospital's or the payer's word is told in the line's reason, where the tables say another."""

import msgspec

from fhir_adapter.catalog import load_catalog
from fhir_adapter.coding import code_visit
from fhir_adapter.coding.contract import read_visits
from fhir_adapter.rulebooks import load_rulebook

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
