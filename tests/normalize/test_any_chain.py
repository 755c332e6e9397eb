"""Any sequence of actions, in any order of arrival, against a second reading: it runs or it does not."""

from chart_builder import ABSENT, administration, at, visit
from hypothesis import given, settings
from hypothesis import strategies as st

MAR = "https://site.example.org/StructureDefinition/mar-action"
WORDS = {
    "start": ["New Bag", "Started", "Restarted", "Resumed"],
    "continue": ["Rate Change", "Rate/Dose Change", "Subsequent Bag"],
    "pause": ["Paused", "Held"],
    "stop": ["Stopped", "Stop Infusion", "Infusion Complete", "Completed (late entry)"],
    "none": ["Rate Verify", "MAR Hold"],
}
KINDS = {word: kind for kind, words in WORDS.items() for word in words}


def act(minute, word):
    return administration(
        id=f"m{minute:03}",
        effectivePeriod=ABSENT,
        effectiveDateTime=at(9 + minute // 60, minute % 60),
        request={"reference": "MedicationRequest/r"},
        extension=[{"url": MAR, "valueString": word}],
        dosage={"route": {"text": "IV"}, "method": {"text": "infusion"}},
    )


def second_reading(actions):
    """Stretches as (first minute, last minute or None), and the minutes of the actions that fit nowhere."""
    ran, misfits, since, began = [], [], None, False
    for minute, word in sorted(actions.items()):
        kind = KINDS[word]
        if kind == "start":
            since, began = minute if since is None else since, True
        elif (kind == "continue" and since is None) or (kind in ("pause", "stop") and not began):
            misfits.append(minute)
        elif kind in ("pause", "stop") and since is not None:
            ran.append((since, minute))
            since = None
    return ([*ran, (since, None)] if since is not None else ran), misfits


def minute_of(moment):
    return None if moment is None else (moment.hour - 9) * 60 + moment.minute


@settings(max_examples=250, deadline=None)
@given(st.dictionaries(st.integers(0, 400), st.sampled_from(sorted(KINDS)), min_size=1, max_size=9), st.randoms())
def test_a_chain_runs_when_the_second_reading_says_so(actions, random):
    resources = [act(minute, word) for minute, word in actions.items()]
    random.shuffle(resources)
    read = visit(*resources)
    stretches, misfits = second_reading(actions)
    given_ = read.visit.administrations
    assert [(minute_of(each.start), minute_of(each.stop)) for each in given_] == stretches
    assert len({each.id.partition("#")[0] for each in given_}) == bool(stretches)
    incomplete = {name for each in read.findings if each.id == "chain-incomplete" for name in each.administrations}
    assert incomplete == {f"m{minute:03}" for minute in misfits}
    named = {name for each in read.findings for name in each.administrations} | set(read.joined)
    named |= {each.id.partition("#")[0] for each in given_}
    assert named == {f"m{minute:03}" for minute in actions}
