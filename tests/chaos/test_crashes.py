"""The smaller part of `make chaos`, against HAPI: kills around money on both databases, spoiled writes, a worker that
slept past its lease, and PostgreSQL away under `serve` and two `work`."""

import pytest
from chaos import crashes, cut, faults, stopped
from chaos.judge import Verdict, judge
from chaos.play import TWO
from chaos.points import points
from chaos.spoiled import AMBIGUOUS, KINDS
from chaos.stage import Stage

pytestmark = pytest.mark.real
AROUND_MONEY = "POST: after answer"


@pytest.fixture(scope="module")
def after(hapi, tmp_path_factory):
    """What stands after the one stage where nobody disturbs."""
    return crashes.reference(Stage(tmp_path_factory.mktemp("undisturbed"), hapi), crashes.CHARTED)


@pytest.mark.parametrize("more", ["", crashes.TRANSACTIONS])
def test_a_kill_around_a_write_loses_and_doubles_nothing(hapi, database, after, tmp_path, more):
    here = crashes.Crashes(crashes.CHARTED, Stage(tmp_path / "adapter", hapi, database.url, more=more), after)
    assert AROUND_MONEY in points()
    reached, patient = here.crash(AROUND_MONEY)
    assert reached
    assert judge(hapi, [patient], after[-1]) == [Verdict()]


def test_a_loss_is_seen(hapi, after):
    """The judge itself, of one who was never told of."""
    [expected] = after
    untold = crashes.CHARTED.comes_to(hapi, "u")
    untold.goes_on("chart")
    [verdict] = judge(hapi, [untold], expected)
    assert verdict == Verdict(lost=expected.total())


@pytest.mark.parametrize(("most", "more"), [(len(KINDS), ""), (2 * len(KINDS), crashes.TRANSACTIONS)])
def test_spoiled_writes_are_looked_up_and_not_doubled(hapi, tmp_path, most, more):
    rows, verdicts = faults.prove(tmp_path, hapi, "sqlite", most, at_once=8, infusions=TWO, more=more)
    assert set(verdicts) == {Verdict()}
    for kind, times, committed, looked_up, unseen in rows:
        assert committed <= times, kind
        assert not unseen, kind
        assert looked_up == times or kind not in AMBIGUOUS, kind
    assert {kind for kind, _, committed, *_ in rows if committed} <= {"dropped", "failed", "slow"}


def test_one_who_slept_past_its_lease_is_refused(hapi, postgres, after, tmp_path):
    counts, verdicts = stopped.prove(tmp_path, hapi, postgres.new_database(), after[-1], rounds=1)
    assert counts["refused by the store after waking"] > 0
    assert counts[stopped.TWO] == 0
    assert set(verdicts) == {Verdict()}


def test_serve_and_work_outlive_a_database_that_goes_away(hapi, own_postgres, after, tmp_path):
    stage = Stage(tmp_path / "adapter", hapi, own_postgres.new_database())
    connections, ended, verdicts = cut.prove(stage, own_postgres, after[-1], times=3)
    assert (connections > 0, ended) == (True, 0)
    assert set(verdicts) == {Verdict()}
