"""fhir_r4: read tolerantly, decimals exact, one bad element costs that element."""

import json
from decimal import Decimal

import pytest
from chart_builder import administration, chart, coverage, encounter

from fhir_adapter.errors import InputFaults
from fhir_adapter.fhir_r4 import Reference, canonical_system, chart_of, chart_of_bundle
from fhir_adapter.vocabulary import HCPCS, NDC, RXNORM


def dose_written(number):
    raw = json.dumps(administration(dosage={"dose": {"value": 1, "unit": "mg"}})).replace(
        '"value": 1', f'"value": {number}'
    )
    return chart_of([raw.encode()])


@pytest.mark.parametrize(
    "number", ["0.1", "125.00", "0.1000000000000000055511151231257827", "1e3", "12345678901.123456789"]
)
def test_a_decimal_keeps_every_digit(number):
    (read,) = dose_written(number).administrations
    assert str(read.dosage.dose.value) == str(Decimal(number))


@pytest.mark.parametrize("number", ['"NaN"', '"Infinity"', "1e999999999", '"a lot"', "true", "[1]"])
def test_a_number_that_is_no_dose_costs_the_dose_only(number):
    read = dose_written(number)
    assert read.administrations[0].status == "completed"
    assert read.administrations[0].dosage.dose is None or read.administrations[0].dosage.dose.value is None
    assert [fault.resource for fault in read.faults] == ["MedicationAdministration/a1"]
    assert read.faults[0].path.startswith("$.dosage.dose")


def test_a_fault_in_an_array_names_its_member_and_keeps_the_others():
    read = chart(encounter(account=[{"reference": "Account/1"}, {"reference": 7}]))
    assert read.encounters["Encounter/e1"].account == (Reference(reference="Account/1"), Reference())
    assert [(fault.resource, fault.path) for fault in read.faults] == [("Encounter/e1", "$.account[1].reference")]


def test_several_faults_of_one_resource_are_all_told_without_their_values():
    read = chart(administration(status=9, effectivePeriod={"start": 5, "end": ["secret"]}))
    assert {fault.path for fault in read.faults} == {"$.status", "$.effectivePeriod.start", "$.effectivePeriod.end"}
    assert "secret" not in str(read.faults)
    assert read.administrations[0].subject.reference == "Patient/p1"


def test_unknown_elements_and_kinds_are_passed_over():
    read = chart(administration(_status={"id": "x"}, vendor=[1, {"a": None}]), {"resourceType": "Patient", "id": "p1"})
    assert len(read.administrations) == 1
    assert read.faults == ()


@pytest.mark.parametrize("raw", [b"", b"[1]", b"{", b"\xff\xfe", b'{"resourceType": 5}', b"[" * 100_000])
def test_what_is_no_resource_is_a_fault_and_the_rest_is_read(raw):
    read = chart_of([raw, json.dumps(encounter()).encode()])
    assert list(read.encounters) == ["Encounter/e1"]
    assert [fault.resource for fault in read.faults] == ["$[0]"]


@pytest.mark.parametrize("named", [{}, {"id": 5}])
def test_a_resource_without_an_id_is_read_under_its_place(named):
    body = administration()
    del body["id"]
    read = chart({**body, **named})
    assert read.administrations[0].id == "$[0]"
    assert "$.id" in [fault.path for fault in read.faults]


def bundle(*entries, **changes):
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": list(entries), **changes}).encode()


def test_references_of_a_bundle_are_compared_by_full_url():
    body = administration(
        context={"reference": "urn:uuid:11"}, subject={"reference": "https://ehr/fhir/Patient/p1/_history/2"}
    )
    del body["id"]
    visit = encounter(id="e7")
    read = chart_of_bundle(
        b"\xef\xbb\xbf"
        + bundle(
            {"fullUrl": "urn:uuid:11", "resource": visit},
            {"fullUrl": "urn:uuid:22", "resource": body},
            {"fullUrl": "https://ehr/fhir/Patient/p1", "resource": {"resourceType": "Patient", "id": "p1"}},
        )
    )
    assert read.administrations[0].id == "22"
    assert read.key(read.administrations[0].context) == "Encounter/e7"
    assert read.key(read.administrations[0].subject) == "Patient/p1"


def test_an_absolute_reference_is_local_only_under_the_base():
    reference = Reference(reference="https://ehr.example.org/fhir/Encounter/e1")
    assert chart_of([], base="https://ehr.example.org/fhir").key(reference) == "Encounter/e1"
    assert chart_of([], base="https://other.example.org/fhir").key(reference) == reference.reference
    assert chart_of([]).key(None) is None


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"nonsense", "$"),
        (b'{"resourceType": "Patient"}', "$.resourceType"),
        (b'{"entry": 5, "resourceType": "Bundle"}', "$.entry"),
    ],
)
def test_what_is_no_bundle_is_refused_with_the_faulty_field(raw, path):
    with pytest.raises(InputFaults) as refused:
        chart_of_bundle(raw)
    assert [fault.path for fault in refused.value.faults] == [path]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://www.nlm.nih.gov/research/umls/rxnorm/", RXNORM),
        ("urn:oid:2.16.840.1.113883.6.88", RXNORM),
        ("http://hl7.org/fhir/sid/ndc/", NDC),
        ("urn:oid:2.16.840.1.113883.6.69", NDC),
        ("https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", HCPCS),
        ("urn:oid:2.16.840.1.113883.6.285", HCPCS),
        ("urn:oid:1.2.3", "urn:oid:1.2.3"),
        (None, None),
    ],
)
def test_known_spellings_of_a_code_system(written, meant):
    assert canonical_system(written) == meant


def test_a_coverage_has_its_payor_and_order():
    read = chart(coverage(order=1)).coverages["Coverage/c1"]
    assert (read.order, read.payor[0].display) == (1, "Insurer")


def test_bytes_that_are_no_text_cost_the_resource_but_not_its_name():
    read = chart_of([b'{"resourceType": "Encounter", "id": "e1", "status": "\xff"}'])
    assert read.encounters["Encounter/e1"].status is None
    assert [(fault.resource, fault.path) for fault in read.faults] == [("Encounter/e1", "$")]


def test_a_wrong_type_before_bytes_that_are_no_text():
    read = chart_of([b'{"resourceType": "Encounter", "id": "e1", "type": 5, "status": "\xff"}'])
    assert [fault.path for fault in read.faults] == ["$"]
