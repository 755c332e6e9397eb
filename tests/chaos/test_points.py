"""No commit and no request without a point: found in the code, and compared with what the code passes when it runs."""

import ast

import pytest
from chaos import crashes
from chaos.points import PACKAGE, commits_of, is_commit, points, requests

from fhir_adapter.store import counters
from fhir_adapter.telemetry import Halt, name_of

COMMITS_WITHOUT = {
    "store/migration.py": "tables are made whole or not at all, by the database (tests/store/test_migration.py)",
    "store/writer.py": "the one place where points around commits are passed",
    "store/backup.py": "writes files, and renames a whole one",
    "store/engines.py": "sets a new connection up: nothing is kept by it",
}
REQUESTS_WITHOUT = {
    "ehr/client.py": "the one place where points around requests are passed",
    "ehr/tokens.py": "asks for a token: nothing is changed by it",
    "ehr/public_keys.py": "asks an issuer for its keys: nothing is changed by it",
}


def calls(path, *names):
    tree = ast.parse(path.read_text("utf-8"))
    found = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [one.attr for one in found if isinstance(one, ast.Attribute) and one.attr in names]


def rooms(*left_out):
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if not name.startswith(left_out):
            yield name, path


def test_a_transaction_is_begun_only_where_points_are_passed():
    begun = {name for name, path in rooms() if calls(path, "begin", "commit", "begin_nested")}
    assert begun <= COMMITS_WITHOUT.keys()
    assert "store/writer.py" in begun


def test_a_request_is_made_only_where_points_are_passed():
    """The demo and the sandbox act as the EHR; they are not the product."""
    made = {name for name, path in rooms("demo/", "sandbox/") if "import httpx" in path.read_text("utf-8")}
    made = {
        name for name in made if calls(PACKAGE / name, "request", "send", "post", "put", "patch", "delete", "stream")
    }
    assert made <= REQUESTS_WITHOUT.keys()
    client = (PACKAGE / "ehr" / "client.py").read_text("utf-8")
    asked = calls(PACKAGE / "ehr" / "client.py", "request", "stream")
    assert sorted(asked) == ["request", "stream"]
    assert client.count("before request") == client.count("after answer") == len(asked)


def test_no_commit_is_asked_for_in_a_way_that_the_list_does_not_see():
    """Whoever writes to the store, under whatever name, stands in the list; the others write to streams."""
    for name, path in rooms("sandbox/", "demo/"):
        tree = ast.parse(path.read_text("utf-8"))
        calls = [one.value for one in ast.walk(tree) if isinstance(one, ast.Await) and isinstance(one.value, ast.Call)]
        asked = [one for one in calls if isinstance(one.func, ast.Attribute) and one.func.attr == "write"]
        assert all(map(is_commit, asked)), name


def test_each_point_is_led_to_by_a_play_or_it_is_said_why_not():
    for begin in (*crashes.NOT_TOLD, *crashes.ELSEWHERE):
        assert any(point.startswith(begin) for point in points()), f"{begin} is no longer there"
    for database in ("sqlite", "postgresql"):
        assert sum(crashes.elsewhere(point, database) is None for point in points()) >= 50


def test_the_points_that_matter_are_among_those_found():
    found = points()
    assert len(found) == len(set(found)) >= 40
    for name in ("receive.webhook.Webhook._keep", "pipeline.code_patient.code_patient", "worker._claims"):
        assert f"{name}: before commit" in found
        assert f"{name}: after commit" in found
    assert {"GET", "POST", "PUT", "SEARCH"} <= set(requests())


class Client:
    async def ask(self, store):
        await store.write(lambda conn: None)

    async def say(self, store):
        def work(conn):
            pass

        await store.write(work)

    async def hand(self, store):
        await store.write(self.add)

    def add(self, conn):
        counters.add(conn, "one")


@pytest.mark.anyio
async def test_a_point_has_the_same_name_in_the_code_and_when_it_is_passed(sqlite):
    passed = []
    store = sqlite.open(reached=passed.append)
    for way in (Client().ask, Client().say, Client().hand):
        await way(store)
    at_run = [name.rpartition("test_points.")[2] for name in passed]
    assert at_run == [f"Client.{name}: {side} commit" for name in ("ask", "say", "add") for side in ("before", "after")]
    written = PACKAGE / ".." / "tests" / "chaos" / "test_points.py"
    assert [f"Client.{name}" for name in ("ask", "say", "add")] == _own(written)


def _own(path):
    from chaos import points as found

    return list(found._commits(ast.parse(path.read_text("utf-8")), ()))


def test_it_stands_still_the_named_time_and_says_where():
    said = []
    halt = Halt("worker._claims: before commit#3", said.append)
    for point in ("worker._claims: after commit", "worker._claims: before commit", "worker._claims: before commit"):
        halt(point)
    assert said == []


def test_what_is_handed_over_as_a_part_has_the_name_of_the_whole():
    from functools import partial

    assert name_of(partial(counters.add, name="one")) == "store.counters.add"
    assert commits_of(PACKAGE / "store" / "counters.py") == []
