"""The smaller part of `make chaos`: points around money on both databases, kills under load, and spoiled writes."""

import pytest
from chaos import crashes, faults
from chaos.points import points
from chaos.stage import Stage, sandbox

pytestmark = pytest.mark.real
CHARTED = ("chart",)
AROUND_MONEY = ("POST: after answer", "pipeline.send._recorded: before commit")


@pytest.fixture
def stage(database, tmp_path):
    with sandbox(tmp_path / "ehr") as ehr:
        yield Stage(tmp_path / "adapter", ehr, database.url)


def test_a_kill_around_a_write_loses_and_doubles_nothing(stage):
    expected = crashes.reference(stage, "small", CHARTED)
    for point in AROUND_MONEY:
        assert point in points()
        reached, verdict = crashes.crash(stage, point, expected, CHARTED)
        assert reached, point
        assert verdict.is_clean, (point, verdict)


def test_spoiled_writes_are_looked_up_and_not_doubled(tmp_path):
    with sandbox(tmp_path / "ehr") as ehr:
        stage = Stage(tmp_path / "adapter", ehr)
        rows, verdicts = faults.prove(stage, 7, at_once=6)
    assert all(verdict.is_clean for verdict in verdicts)
    for kind, times, committed, looked_up in rows:
        assert committed <= times, kind
        assert looked_up == committed, kind
    assert {kind for kind, _, committed, _ in rows if committed} == {"dropped", "failed", "slow"}
