"""docs/rules is what tools/make_rule_pages.py writes: nobody mends a page by hand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_pages_are_what_the_script_writes(tmp_path: Path) -> None:
    script = ROOT / "tools" / "make_rule_pages.py"
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True, capture_output=True, cwd=ROOT)
    written = {file.name: file.read_text() for file in tmp_path.glob("*.md")}
    kept = {file.name: file.read_text() for file in (ROOT / "docs" / "rules").glob("*.md")}
    assert written == kept
    assert {file.stem for file in tmp_path.glob("*.md")} - {"README"} == {
        folder.name for folder in (ROOT / "fixtures" / "cases").iterdir() if folder.is_dir()
    }
