"""The file that docs/rulebooks.md shows is one that the program takes."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from fhir_adapter.rulebooks import load_rulebook

PAGE = Path(__file__).parents[2] / "docs" / "rulebooks.md"


def test_the_example_of_the_page_loads(tmp_path: Path) -> None:
    example = re.search(r"```toml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    file = tmp_path / "ours.toml"
    file.write_text(example[1])
    book = load_rulebook(str(file))
    assert [change.value for change in book.policies["pump-start"]] == ["96416", "G0498", "96416"]
    assert book.reading(date(2026, 5, 4), "cigna").policies.jw_lines == "any-payer"
    assert book.reading(date(2026, 5, 4), None).parents == {"96415": ("96413", "96417")}
