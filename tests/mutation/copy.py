"""A copy of the tracked files in which mutmut may change what it likes, and its settings there."""

import shutil
import subprocess

SETTINGS = """
[tool.mutmut]
source_paths = ["fhir_adapter"]
only_mutate = ["fhir_adapter/coding/*", "fhir_adapter/reconcile/*"]
also_copy = ["fixtures", "docs", "tools", "scripts", "README.md", "Makefile"]
process_isolation = "forkserver"
type_check_command = [
    "mypy", "--output=json", "--no-warn-unused-ignores", "fhir_adapter/coding", "fhir_adapter/reconcile",
]
pytest_add_cli_args_test_selection = [
    "tests/coding", "tests/reconcile", "tests/cases", "tests/properties/test_obvious_coder.py",
]
# The first takes eight seconds, and the other tests of the story see what it sees; the second reads the source, and
# would find the words of all mutants in it.
pytest_add_cli_args = [
    "-m", "not real", "-p", "no:cacheprovider",
    "--ignore", "tests/coding/test_story_of_random_visits.py",
    "--deselect", "tests/coding/test_finding_ids.py::test_the_list_names_every_finding_that_the_source_makes",
]
"""


def made(house, place):
    """The copy, as the work tree is now; what an earlier run found out in it stays."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=house, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        source, copied = house / name, place / name
        if source.exists() and not (copied.exists() and copied.read_bytes() == source.read_bytes()):
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copied)
    (place / "pyproject.toml").write_text((house / "pyproject.toml").read_text("utf-8") + SETTINGS, "utf-8")
    return place
