"""`decide`, `release`, `hold`, `undo` and `decisions` as a person types them."""

from datetime import timedelta

import pytest
from anyio.to_thread import run_sync
from typer.testing import CliRunner

from fhir_adapter.cli import build
from fhir_adapter.errors import AdapterError
from fhir_adapter.store import due

pytestmark = pytest.mark.anyio
CONFIGURATION = """
data = "data"
[sources.main]
base_url = "http://127.0.0.1:9/fhir"
mode = "shadow"
rulebook = "carecost-96417"
[sources.main.words]
time_zone = "America/Chicago"
"""


@pytest.fixture
async def coded(hospital, sqlite):
    """The number of a coding, and what runs a command on the store after it was closed."""
    one = hospital(post_when="review")
    await one.admit()
    await one.code()
    number = str((await one.visit()).summary.number)
    one.store.close()
    path = sqlite.folder.parent / "site.toml"
    path.write_text(CONFIGURATION)

    def run(*words):
        return run_sync(lambda: CliRunner().invoke(build(), [*words, "--config", str(path)]))

    return number, run, sqlite


async def test_what_a_person_says_is_listed_marked_and_taken_back(coded):
    number, run, sqlite = coded
    stop = ("--administration", "a4", "--value", "2026-05-04T13:00:00-05:00", "--why", "pump log")
    assert "decision 1: stop-time of a4" in (await run("decide", "stop-time", number, *stop)).output
    assert "decision 2: release of e1/2026-05-04" in (await run("release", number, "--why", "checked")).output
    assert "decision 3: hold of e1/2026-05-04" in (await run("hold", number, "--why", "identity")).output
    assert "decision 3 is taken back" in (await run("undo", "3", "--why", "known now")).output
    assert "nothing to do" in (await run("undo", "3", "--why", "again")).output
    lines = (await run("decisions")).output.splitlines()
    assert [line.split()[0] for line in lines] == ["1", "2", "3"]
    assert "is 2026-05-04T13:00:00-05:00: pump log" in lines[0]
    assert lines[2].endswith(": known now")
    store = sqlite.open()
    claimed = await store.write(lambda conn: due.claim(conn, slots=9, lease=timedelta(60), max_attempts=9))
    assert [claim.patient for claim in claimed] == ["Patient/p1"]


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (("decide", "dose", "{}", "--administration", "a4", "--value", "1", "--why", "x"), "kind: 'dose'"),
        (("decide", "class", "{}", "--administration", "zz", "--value", "chemotherapy", "--why", "x"), "has no zz"),
        (("release", "99999", "--why", "x"), "VISIT: nothing was coded under the number 99999"),
        (("hold", "{}", "--why", " "), "why: a reason is needed"),
        (("undo", "1", "--why", " "), "--why: a reason is needed"),
    ],
)
async def test_what_cannot_be_decided_is_refused_by_name(coded, words, wrong):
    number, run, _ = coded
    failed = (await run(*(word.format(number) for word in words))).exception
    assert isinstance(failed, AdapterError)
    assert wrong in str(failed)
