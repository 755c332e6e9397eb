"""What `make` says on a machine that lacks something: one line that names the package, and no half-made folder."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "environment.sh"
OLD = '#!/bin/sh\ncase "$2" in *version_info\\ \\<*) exit 1;; esac\nexit 1\n'
WITHOUT_VENV = """#!/bin/sh
case "$2" in
  *"import venv"*) exit 1;;
  *python%d*) echo python3.11-venv;;
esac
"""


@pytest.fixture
def machine(tmp_path):
    """A PATH with the shell's tools and whatever Python the test puts there."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "env", "rm", "touch"):
        (tools / name).symlink_to(shutil.which(name))

    def make(python):
        if python:
            (tools / "python3").write_text(python)
            (tools / "python3").chmod(0o755)
        run = subprocess.run(
            ["sh", str(SCRIPT), str(tmp_path / "venv"), "lock.txt"],
            env={"PATH": str(tools)}, capture_output=True, text=True, cwd=tmp_path,
        )  # fmt: skip
        assert not (tmp_path / "venv").exists()
        return run

    return make


@pytest.mark.parametrize(
    ("python", "package"),
    [(None, "python3 and python3-venv"), (OLD, "python3 and python3-venv"), (WITHOUT_VENV, "python3.11-venv")],
    ids=["no Python", "an old Python", "no venv"],
)
def test_one_line_names_what_is_missing(machine, python, package):
    run = machine(python)
    assert run.returncode == 2
    assert run.stdout == ""
    assert run.stderr.count(os.linesep) == 1
    assert package in run.stderr
