"""The sandbox is a small server that a newcomer reads in one sitting: it must not grow into a product of its own."""

from pathlib import Path

import fhir_adapter.sandbox

MOST_LINES = 300


def test_the_sandbox_has_at_most_300_lines_of_python():
    modules = list(Path(fhir_adapter.sandbox.__file__).parent.rglob("*.py"))
    lines = {module.name: len(module.read_text("utf-8").splitlines()) for module in modules}
    assert len(lines) > 1
    assert sum(lines.values()) <= MOST_LINES, lines
