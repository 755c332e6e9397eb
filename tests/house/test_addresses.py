"""No file of the repository names a package registry or a folder of the machine it was written on."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOSTS = re.compile(
    r"\b(?:pypi\.org|files\.pythonhosted\.org|test\.pypi\.org|registry\.npmjs\.org|crates\.io|proxy\.golang\.org"
    r"|repo1?\.maven\.org|deb\.debian\.org|snapshot\.debian\.org|registry-1\.docker\.io)\b"
)
FOLDERS = re.compile(r"(?<![\w.])/(?:work|root|home|Users)/\w")
HERE = Path(__file__).relative_to(ROOT)


def _files():
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.split(b"\0")
    return [path for name in listed if name and (path := Path(name.decode())) != HERE and (ROOT / path).is_file()]


def _named(pattern):
    found = []
    for path in _files():
        text = (ROOT / path).read_bytes().decode("utf-8", "ignore")
        found += [f"{path}: {match.group()}" for match in pattern.finditer(text)]
    return found


def test_no_file_names_a_package_registry():
    assert _named(HOSTS) == []


def test_no_file_names_a_folder_of_a_machine():
    assert _named(FOLDERS) == []


def test_the_search_itself_sees_what_it_looks_for():
    assert HOSTS.search("index: https://pypi.org/simple")
    assert FOLDERS.search("cd /home/somebody")
    assert not FOLDERS.search("Location/home/x and ./work/x")
