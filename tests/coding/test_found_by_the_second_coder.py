"""Faults of the engine that random visits showed: a flush is no other route, and an order of ids is no other code."""

from __future__ import annotations

from fhir_adapter.coding import VisitResult, code_visit
from fhir_adapter.coding.contract import read_visits
from fhir_adapter.rulebooks import load_rulebook


def coded(text: str) -> VisitResult:
    visits, _ = read_visits(text.encode())
    return code_visit(visits[0], load_rulebook("cpt-2026"))


def test_a_flush_has_its_own_line_or_is_included_and_nothing_else_is_said() -> None:
    flush = (
        '{"id":"f","drug":"heparin","drug_class":"therapeutic","technique":"flush","start":"2026-05-04T09:00:00-05:00"}'
    )
    push = '{"id":"p","drug":"m","drug_class":"therapeutic","technique":"push","start":"2026-05-04T10:00:00-05:00"}'
    alone = coded(f'{{"id":"v","setting":"facility","administrations":[{flush}]}}')
    beside = coded(f'{{"id":"v","setting":"facility","administrations":[{flush},{push}]}}')
    assert [line.code for line in alone.lines] == ["96523"]
    assert "no-code" not in {finding.id for finding in (*alone.findings, *beside.findings)}
    assert [finding.administrations for finding in beside.findings if finding.id == "included"] == [("f",)]


def test_seconds_that_only_change_which_began_first_decide_nothing() -> None:
    def infusion(name: str, start: str, stop: str) -> str:
        times = f'"start":"2026-05-04T{start}-05:00","stop":"2026-05-04T{stop}-05:00"'
        return f'{{"id":"{name}","drug":"d","drug_class":"chemotherapy","technique":"infusion",{times}}}'

    later, first = infusion("a", "09:00:50", "10:00:50"), infusion("b", "09:00:30", "10:30:30")
    result = coded(f'{{"id":"v","setting":"facility","administrations":[{later},{first}]}}')
    assert {line.code: line.units for line in result.lines} == {"96413": 1}
    assert "seconds-decide" not in {finding.id for finding in result.findings}


def test_an_hour_under_the_skin_needs_91_minutes_under_either_reading() -> None:
    visits, _ = read_visits(
        b'{"id":"v","setting":"facility","administrations":[{"id":"s","drug":"m","drug_class":"therapeutic",'
        b'"technique":"sc-infusion","start":"2026-05-04T09:00:00-05:00","stop":"2026-05-04T10:30:00-05:00"}]}'
    )
    result = code_visit(visits[0], load_rulebook("cpt-2026", {"additional-hour-at-exactly-90": "yes"}))
    assert [(line.code, line.units) for line in result.lines] == [("96369", 1)]


def test_a_short_segment_is_no_part_of_a_total_where_each_stands_alone() -> None:
    fluids = [("08:00", "09:00"), ("10:00", "10:20")]
    given = ",".join(
        f'{{"id":"f{n}","drug":"saline","drug_class":"hydration","technique":"infusion",'
        f'"start":"2026-05-04T{start}:00-05:00","stop":"2026-05-04T{stop}:00-05:00"}}'
        for n, (start, stop) in enumerate(fluids)
    )
    push = '{"id":"p","drug":"m","drug_class":"therapeutic","technique":"push","start":"2026-05-04T08:40:00-05:00",'
    push += '"stop":"2026-05-04T08:45:00-05:00"}'
    visits, _ = read_visits(f'{{"id":"v","setting":"facility","administrations":[{given},{push}]}}'.encode())
    found = {
        value: {f.id for f in code_visit(visits[0], load_rulebook("cpt-2026", {"hydration-segments": value})).findings}
        for value in ("total", "each-alone")
    }
    assert "hydration-segment-short" in found["total"]
    assert "hydration-segment-short" not in found["each-alone"]


def test_a_drug_has_one_base_code_also_where_its_later_date_ran_beside_another() -> None:
    def infusion(name: str, drug: str, kind: str, start: str, stop: str) -> str:
        times = f'"start":"2026-05-{start}:00-05:00","stop":"2026-05-{stop}:00-05:00"'
        return f'{{"id":"{name}","drug":"{drug}","drug_class":"{kind}","technique":"infusion",{times}}}'

    given = [
        infusion("first", "m", "therapeutic", "04T08:00", "04T08:40"),
        infusion("later", "m", "therapeutic", "05T08:00", "05T09:00"),
        infusion("beside", "c", "chemotherapy", "05T08:00", "05T09:00"),
    ]
    visits, _ = read_visits(f'{{"id":"v","setting":"facility","administrations":[{",".join(given)}]}}'.encode())
    result = code_visit(visits[0], load_rulebook("cpt-2026", {"concurrent-therapeutic": "96367"}))
    assert {line.code: line.units for line in result.lines} == {"96367": 1, "96366": 1, "96413": 1}
