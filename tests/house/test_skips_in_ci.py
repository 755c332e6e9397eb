"""The rule of conftest.py, tried on a suite of one skipped test."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[1] / "conftest.py"
SKIPPED = 'import pytest\n\ndef test_it():\n    pytest.skip("no database here")\n'
MODULE_SKIPPED = 'import pytest\npytest.skip("no browser here", allow_module_level=True)\n'


@pytest.mark.parametrize(("body", "reason"), [(SKIPPED, "no database here"), (MODULE_SKIPPED, "no browser here")])
@pytest.mark.parametrize(("in_ci", "passes"), [("true", False), ("", True)])
def test_a_skip_is_a_failure_in_ci_only(tmp_path, body, reason, in_ci, passes):
    rule = re.sub(r"^pytest_plugins = \[.*?\]$", "", CONFTEST.read_text(), flags=re.MULTILINE | re.DOTALL)
    (tmp_path / "conftest.py").write_text(rule)
    (tmp_path / "test_it.py").write_text(body)
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-rs", "-p", "no:cacheprovider", str(tmp_path)],
        env={**os.environ, "CI": in_ci},
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert (run.returncode in (0, 5)) is passes
    assert reason in run.stdout
