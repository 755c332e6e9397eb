"""Decisions, stored and coded: they complete the chart, hold, release, are taken back, and meet its changes."""

import msgspec
import pytest

from fhir_adapter.coding.model import VisitResult
from fhir_adapter.errors import EhrError, InputFaults
from fhir_adapter.pipeline.deciding import Said, wish_of
from fhir_adapter.pipeline.review import lines_digest
from fhir_adapter.store import decisions, visits

pytestmark = pytest.mark.anyio
RITUXIMAB = "MedicationAdministration/a4"
STOPPED = "2026-05-04T11:00:00-05:00"


async def decide(one, kind, *, administration=None, value="", why="seen on paper"):
    kept = await one.visit()
    wish = wish_of(kept, Said(kind=kind, why=why, administration=administration, value=value), "ada")
    return await one.store.write(lambda conn: decisions.decide(conn, wish))


async def undo(one, number):
    return await one.store.write(lambda conn: decisions.undo(conn, number, who="ben", why="charted now"))


async def without_stop(one):
    """The rituximab goes on and on, and nobody wrote its stop."""
    await one.admit()
    charted = one.chart[RITUXIMAB]["effectivePeriod"]
    await one.change(RITUXIMAB, effectivePeriod={"start": charted["start"]})
    await one.follow()


async def test_a_decided_stop_lets_a_held_visit_be_charged_and_says_by_whom(hospital):
    one = hospital()
    await without_stop(one)
    assert (await one.visit()).summary.state in ("held", "open")
    assert await one.charged() == {}
    await decide(one, "stop-time", administration="a4", value=STOPPED)
    await one.follow()
    assert "96413" in await one.charged()
    assert "ada decided the stop-time" in (await one.findings())["decided"]["message"]


async def test_a_decision_survives_another_coding_and_is_taken_back(hospital):
    one = hospital()
    await without_stop(one)
    number = await decide(one, "stop-time", administration="a4", value=STOPPED)
    await one.follow()
    charged = await one.charged()
    await one.follow()
    assert await one.charged() == charged
    assert await undo(one, number)
    assert not await undo(one, number)
    await one.follow()
    assert "decided" not in await one.findings()
    assert (await one.visit()).summary.state in ("held", "open")
    kept = await one.store.read(decisions.listed)
    assert [(each.undone_by, each.undone_why) for each in kept] == [("ben", "charted now")]


async def test_a_chart_that_says_otherwise_reopens_the_visit(hospital):
    one = hospital()
    await without_stop(one)
    await decide(one, "stop-time", administration="a4", value=STOPPED)
    await one.follow()
    period = one.chart[RITUXIMAB]["effectivePeriod"]
    await one.change(RITUXIMAB, effectivePeriod=period | {"end": "2026-05-04T12:00:00-05:00"})
    await one.follow()
    assert (await one.visit()).summary.held_by == ("decision-contradicted",)
    assert "posted-but-held" in await one.findings()


async def test_a_held_visit_posts_nothing_until_the_hold_is_taken_back(hospital):
    one = hospital()
    await one.admit()
    await one.code()
    number = await decide(one, "hold", why="identity in question")
    await one.code()
    await one.send()
    assert await one.charged() == {}
    await undo(one, number)
    await one.follow()
    assert "96413" in await one.charged()


async def test_review_waits_for_a_release_of_these_lines(hospital):
    one = hospital(post_when="review")
    await one.admit()
    await one.follow()
    assert (await one.visit()).summary.held_by == ("awaiting-release",)
    assert await one.charged() == {}
    await decide(one, "release")
    await one.follow()
    charged = await one.charged()
    assert "96413" in charged
    period = one.chart[RITUXIMAB]["effectivePeriod"]
    await one.change(RITUXIMAB, effectivePeriod=period | {"end": STOPPED})
    await one.follow()
    assert "others than those that were released" in (await one.findings())["awaiting-release"]["message"]
    assert await one.charged() == charged
    await decide(one, "release")
    await one.follow()
    assert await one.charged() != charged


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"kind": "dose"}, "kind: 'dose' is none of"),
        ({"kind": "hold", "why": " "}, "why: a reason is needed"),
        ({"kind": "class", "administration": "a99", "value": "chemotherapy"}, "administration: the visit has no a99"),
        ({"kind": "class", "administration": "a4", "value": "chemo"}, "value: is none of"),
    ],
)
async def test_what_cannot_be_decided_is_refused_by_field(hospital, said, wrong):
    one = hospital()
    await one.admit()
    await one.code()
    kept = await one.visit()
    with pytest.raises(InputFaults, match=wrong):
        wish_of(kept, Said(**({"why": "because"} | said)), "ada")


async def test_a_release_of_an_earlier_coding_is_refused(hospital):
    one = hospital(post_when="review")
    await one.admit()
    await one.code()
    earlier = await one.visit()
    period = one.chart[RITUXIMAB]["effectivePeriod"]
    await one.change(RITUXIMAB, effectivePeriod=period | {"end": STOPPED})
    await one.code()
    stale = await one.store.read(lambda conn: visits.get(conn, earlier.summary.number))
    with pytest.raises(InputFaults, match="coded again since"):
        wish_of(stale, Said(kind="release", why="seen"), "ada")


async def test_a_late_charge_waits_until_a_person_releases_it(hospital):
    one = hospital()
    await one.admit()
    await one.follow()
    items = await one.items()
    await one.edit(items["96413"], status="billed")
    late = {name: value for name, value in one.chart["MedicationAdministration/a5"].items() if name != "id"}
    period = {"start": "2026-05-04T13:52:00-05:00", "end": "2026-05-04T14:09:00-05:00"}
    ondansetron = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "26225"}]}
    await one.put(late | {"id": "a8", "effectivePeriod": period, "medicationCodeableConcept": ondansetron})
    await one.follow()
    assert "late-charge" in (await one.visit()).summary.held_by
    assert set(await one.items()) == set(items)
    await decide(one, "release")
    await one.follow()
    assert set(await one.items()) > set(items)


async def test_a_release_is_for_the_encounters_it_was_given_for(hospital):
    """The digest of lines holds the shares: the same lines on another encounter are others."""
    one = hospital(post_when="review")
    await one.admit()
    await one.code()
    result = msgspec.json.decode((await one.visit()).visit.result, type=VisitResult)
    moved = msgspec.structs.replace(
        result.lines[0],
        shares=tuple(msgspec.structs.replace(share, encounter="e9") for share in result.lines[0].shares),
    )
    assert lines_digest(result) == lines_digest(msgspec.structs.replace(result, lines=result.lines[::-1]))
    assert lines_digest(result) != lines_digest(msgspec.structs.replace(result, lines=(moved, *result.lines[1:])))


async def test_an_order_that_was_refused_and_then_taken_back_never_makes_a_charge(hospital):
    """The EHR took no writes; meanwhile a person held the visit. When it takes them again, nothing is created first."""
    one = hospital()
    await one.admit()
    await one.code()
    one.wire.faults.extend([503])
    with pytest.raises(EhrError):
        await one.send()
    await decide(one, "hold", why="identity in question")
    await one.code()
    await one.send()
    assert await one.items() == {}
    assert await one.waiting() == ()
