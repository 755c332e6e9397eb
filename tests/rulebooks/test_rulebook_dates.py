"""Dates and payers: on every day exactly one reading holds, the service date and the payer pick it."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date, timedelta
from itertools import zip_longest
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_adapter.catalog import load_catalog
from fhir_adapter.coding import code_visit, unknown_drugs
from fhir_adapter.coding.contract import read_visits
from fhir_adapter.derive import derive, second_opinion
from fhir_adapter.rulebooks import load_rulebook
from fhir_adapter.rulebooks.chain import Chain, read
from fhir_adapter.rulebooks.check import faults_of
from fhir_adapter.rulebooks.form import parsed
from fhir_adapter.rulebooks.load import laid_out

BOOKS = ("cpt-2026", "carecost-96417")
OWN = """
name = "own"
title = "Our hospital"
extends = "cpt-2026"

[[policies.additional-hour-at-exactly-90]]
value = "yes"
from = 2026-07-01
to = 2026-12-31
source = "Letter of our contractor, 12 June 2026"

[[policies.additional-hour-at-exactly-90]]
value = "no"
from = 2027-01-01
cites = ["R3.1"]

[payers.cigna]
title = "Cigna of our state"

[payers.cigna.policies.partial-overlap]
value = "concurrent"
from = 2026-10-01
source = "Cigna bulletin 7"

[[payers.cigna.drug_classes]]
drug = "Infliximab"
class = "therapeutic"
source = "Cigna bulletin 9"
"""
DAY = timedelta(days=1)


@pytest.fixture
def own(tmp_path: Path):
    file = tmp_path / "own.toml"
    file.write_text(OWN)
    return load_rulebook(str(file))


def holding(readings, on: date) -> list:
    return [reading for reading in readings if reading.in_force(on)]


def boundary_days(book) -> set[date]:
    timelines = [book.readings, *book.payer_readings.values(), *book.policies.values()]
    timelines += [changes for policies in book.payer_policies.values() for changes in policies.values()]
    days = {day for timeline in timelines for one in timeline for day in (one.first, one.last) if day is not None}
    days |= {day for rule in book.rules.values() for day in (rule.first, rule.last) if day is not None}
    return {day + offset for day in days for offset in (-DAY, timedelta(0), DAY)}


def one_rule_each_day(book) -> None:
    first = book.readings[0].first
    for on in boundary_days(book):
        expected = 1 if on >= first else 0
        assert len(holding(book.readings, on)) == expected, on
        for readings in book.payer_readings.values():
            assert len(holding(readings, on)) == expected, on
        for changes in (*book.policies.values(), *(c for p in book.payer_policies.values() for c in p.values())):
            held = [c for c in changes if c.first <= on and (c.last is None or on <= c.last)]
            assert len(held) == expected, (on, changes)


@pytest.mark.parametrize("name", BOOKS)
def test_on_every_boundary_day_of_a_shipped_book_exactly_one_rule_applies(name: str) -> None:
    one_rule_each_day(load_rulebook(name))


def test_on_every_boundary_day_of_a_dated_book_exactly_one_rule_applies(own) -> None:
    assert len(own.readings) == 3
    one_rule_each_day(own)


CUTS = st.lists(st.dates(date(2024, 1, 2), date(2028, 12, 31)), unique=True, max_size=5).map(sorted)
POLICIES = {"pump-start": ("96416", "G0498"), "jw-lines": ("never", "medicare"), "midnight": ("start-date",)}


@settings(max_examples=60, deadline=None)
@given(st.fixed_dictionaries({policy: CUTS for policy in POLICIES}), st.sampled_from([None, "humana"]))
def test_any_file_without_fault_has_one_reading_a_day(cuts: dict[str, list[date]], payer: str | None) -> None:
    prefix = f"payers.{payer}." if payer else ""
    text = ['name = "any"', 'title = "Any"', 'extends = "cpt-2026"']
    text += [f"[payers.{payer}]", 'title = "A payer"'] if payer else []
    for policy, days in cuts.items():
        for place, (first, after) in enumerate(zip_longest(days, days[1:])):
            value = POLICIES[policy][place % len(POLICIES[policy])]
            text += [f"[[{prefix}policies.{policy}]]", f'value = "{value}"', f"from = {first}", 'source = "A letter"']
            text += [f"to = {after - DAY}"] if after else []
    chain = Chain((parsed("\n".join(text), "any.toml"), read("cpt-2026")))
    assert faults_of(chain) == []
    one_rule_each_day(laid_out([source.file for source in chain.sources], {}))


def visit(minutes: int, on: str, payer: str | None = None, drug: str = "chemo A", kind: str | None = "chemotherapy"):
    stop = f"{on}T{9 + minutes // 60:02}:{minutes % 60:02}:00-05:00"
    given = {"id": "a", "drug": drug, "technique": "infusion", "start": f"{on}T09:00:00-05:00", "stop": stop}
    given |= {"drug_class": kind} if kind else {}
    raw = {"id": "v", "setting": "office", "payer": payer, "administrations": [given]}
    (read,), _ = read_visits(json.dumps(raw).encode())
    return read


@pytest.mark.parametrize(
    ("on", "hours"),
    [("2026-06-30", 0), ("2026-07-01", 1), ("2026-12-31", 1), ("2027-01-01", 0)],
)
def test_the_service_date_picks_the_reading(own, on: str, hours: int) -> None:
    lines = code_visit(visit(90, on), own).lines
    assert sum(line.units for line in lines if line.code == "96415") == hours


def test_the_line_cites_the_files_own_source(own) -> None:
    hour = code_visit(visit(90, "2026-07-01"), own).lines[1]
    rule = own.rules["own: additional-hour-at-exactly-90 from 2026-07-01"]
    assert rule.id in hour.citations
    assert (rule.source, rule.first) == ("Letter of our contractor, 12 June 2026", date(2026, 7, 1))


def test_a_payer_reads_its_own_class_and_others_do_not(own) -> None:
    assert own.reading(date(2026, 5, 4), "cigna").drug_classes == {"infliximab": "therapeutic"}
    cigna, aetna = (code_visit(visit(60, "2026-05-04", payer, "Infliximab", None), own) for payer in ("cigna", "aetna"))
    (line,) = cigna.lines
    assert line.code == "96365"
    assert "Cigna of our state reads it so (own: cigna: class of Infliximab)" in line.because
    assert own.rules["own: cigna: class of Infliximab"].source == "Cigna bulletin 9"
    assert aetna.lines == ()


def test_a_payers_policy_begins_on_its_day(own) -> None:
    values = [(c.value, c.first, c.last) for c in own.payer_policies["cigna"]["partial-overlap"]]
    assert values == [
        ("deduct-from-shorter", date(2024, 1, 1), date(2026, 9, 30)),
        ("concurrent", date(2026, 10, 1), None),
    ]
    assert own.reading(date(2026, 10, 1), "aetna").policies.partial_overlap == "deduct-from-shorter"


@pytest.mark.parametrize("payer", ["medicare", "unitedhealthcare", "aetna", "cigna", "humana"])
def test_the_five_payer_rows_of_the_page_are_named_by_the_line(payer: str) -> None:
    book = load_rulebook("carecost-96417")
    raw = {"id": "v", "setting": "office", "payer": payer, "administrations": []}
    for place, name in enumerate("xy"):
        times = {"start": f"2026-05-04T{9 + place:02}:00:00-05:00", "stop": f"2026-05-04T{9 + place:02}:59:00-05:00"}
        raw["administrations"].append(
            {"id": name, "drug": name, "drug_class": "chemotherapy", "technique": "infusion"} | times
        )
    (read,), _ = read_visits(json.dumps(raw).encode())
    first, second = code_visit(read, book).lines
    assert second.code == "96417"
    assert f"seed: payer {payer}" in second.citations
    assert f"{book.payers[payer].title} reads it so (seed: payer {payer})." in second.because
    assert f"seed: payer {payer}" not in first.citations


RECODE = """
import sys, msgspec
from fhir_adapter.catalog import load_catalog
from fhir_adapter.coding import code_visit, unknown_drugs
from fhir_adapter.coding.contract import read_visits
from fhir_adapter.rulebooks import load_rulebook
visits, _ = read_visits(sys.stdin.buffer.read())
for name in ("cpt-2026", "carecost-96417"):
    for visit in visits:
        print(msgspec.json.encode(code_visit(visit, load_rulebook(name), load_catalog())).decode())
"""


@pytest.mark.real
def test_a_visit_coded_again_under_its_kept_hashes_gives_the_same_bytes() -> None:
    """Two processes with different orders of sets: the same hashes and the same bytes."""
    visits = msgspec.json.encode([visit(240, "2026-05-04", "medicare", "rituximab", None), visit(91, "2024-09-30")])
    coded = [
        subprocess.run(
            [sys.executable, "-c", RECODE], input=visits, env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    ]
    assert coded[0] == coded[1]
    kept = [json.loads(line) for line in coded[0].splitlines()]
    assert {one["rulebook_hash"] for one in kept} == {load_rulebook(name).hash for name in BOOKS}
    assert len({one["data_hash"] for one in kept}) == 1


def test_the_hash_follows_every_word_that_decides(tmp_path: Path) -> None:
    hashes = set()
    for place, text in enumerate((OWN, OWN.replace("2026-12-31", "2026-12-30").replace("2027-01-01", "2026-12-31"))):
        file = tmp_path / f"{place}.toml"
        file.write_text(text)
        hashes.add(load_rulebook(str(file)).hash)
    file = tmp_path / "again.toml"
    file.write_text(OWN)
    assert len(hashes) == 2
    assert load_rulebook(str(file)).hash in hashes


@pytest.mark.parametrize(("on", "causes"), [("2026-06-30", []), ("2026-07-01", [("additional-hour-at-exactly-90",)])])
def test_a_second_opinion_reads_the_other_book_on_the_visits_day(own, on: str, causes: list) -> None:
    ours, given = load_rulebook("cpt-2026"), visit(90, on)
    opinion = second_opinion(derive(given, ours, unknown_drugs), given, ours, own, unknown_drugs)
    assert [difference.policies for difference in opinion.differences] == causes


def test_a_drug_line_names_the_payer_too(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(OWN + '\n[payers.cigna.policies.jw-lines]\nvalue = "any-payer"\nsource = "Cigna bulletin 8"\n')
    given = {"id": "a", "drug": "rituximab", "technique": "infusion", "container": "single-dose"}
    given |= {"start": "2026-05-04T09:00:00-05:00", "stop": "2026-05-04T10:00:00-05:00"}
    given |= {"dose": {"value": 675, "unit": "mg"}, "discarded": {"value": 25, "unit": "mg"}}
    raw = {"id": "v", "setting": "office", "payer": "cigna", "administrations": [given]}
    (read,), _ = read_visits(json.dumps(raw).encode())
    waste = next(line for line in code_visit(read, load_rulebook(str(file)), load_catalog()).lines if line.modifiers)
    assert (waste.code, waste.modifiers, waste.units) == ("J9312", ("JW",), 2)
    assert "Cigna of our state reads it so (own: cigna: jw-lines)." in waste.because
