"""`rulebook show` lists every finding that coding can make."""

from __future__ import annotations

import re
from pathlib import Path

from fhir_adapter import coding
from fhir_adapter.coding.finding_ids import FINDING_IDS

MADE = re.compile(r'(?:\bid=|problem=|_finding\(\s*)"([a-z0-9-]+)"|== "(drug-code-[a-z]+)"')


def test_the_list_names_every_finding_that_the_source_makes() -> None:
    texts = [file.read_text() for file in Path(coding.__file__).parent.glob("*.py")]
    made = {name for text in texts for match in MADE.findall(text) for name in match if name}
    assert len(made) > 25
    assert made <= FINDING_IDS.keys()


def test_each_has_one_sentence() -> None:
    assert all(says.endswith(".") for says in FINDING_IDS.values())
    assert list(FINDING_IDS) == sorted(FINDING_IDS)
