"""The client against handler functions that play the EHR: what is sent, what is followed, which error comes out."""

import json
from datetime import UTC, datetime

import httpx
import pytest

from fhir_adapter.ehr import EhrClient, bearer
from fhir_adapter.errors import (
    EhrAmbiguous,
    EhrAnswerInvalid,
    EhrConflict,
    EhrNotFound,
    EhrRefused,
    EhrRejected,
    EhrUnavailable,
    ForeignOrigin,
)

pytestmark = pytest.mark.anyio
BASE = "http://ehr.example/fhir"
NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def client(handler, token="secret-token"):
    return EhrClient(BASE, clock=lambda: NOW, auth=bearer(token), transport=httpx.MockTransport(handler))


def answering(status, body=b"", **headers):
    return client(lambda request: httpx.Response(status, content=body, headers=headers))


def bundle(*resources, next_link=None, mode="match"):
    links = [{"relation": "next", "url": next_link}] if next_link else []
    searched = {} if mode is None else {"search": {"mode": mode}}
    entries = [{"resource": resource, **searched} for resource in resources]
    return json.dumps({"resourceType": "Bundle", "type": "searchset", "link": links, "entry": entries}).encode()


def encounter(number):
    return {"resourceType": "Encounter", "id": str(number), "meta": {"versionId": "3"}}


async def test_a_read_keeps_the_bytes_and_says_no_cache():
    body = b'{"resourceType": "Encounter",  "id":"1", "x": 2.50, "meta":{"lastUpdated":"2026-03-02T15:00:00Z"}}'
    seen = []

    def handler(request):
        seen.append(request)
        return httpx.Response(200, content=body, headers={"ETag": 'W/"7"'})

    async with client(handler) as ehr:
        found = await ehr.read("Encounter", "1")
    assert (found.type, found.id, found.version, found.body) == ("Encounter", "1", "7", body)
    assert found.last_updated == "2026-03-02T15:00:00Z"
    assert str(seen[0].url) == f"{BASE}/Encounter/1"
    assert seen[0].headers["Cache-Control"] == "no-cache"
    assert seen[0].headers["Accept"] == "application/fhir+json"
    assert seen[0].headers["Authorization"] == "Bearer secret-token"


async def test_a_search_follows_every_next_link_as_it_came():
    next_link = f"{BASE}?_getpages=a%7Cb&_getpagesoffset=1"
    asked = []

    def handler(request):
        asked.append(str(request.url))
        first = len(asked) == 1
        return httpx.Response(200, content=bundle(encounter(len(asked)), next_link=next_link if first else None))

    async with client(handler) as ehr:
        found = await ehr.search("Encounter", {"patient": "Patient/1", "date": ["ge2026", "lt2027"], "a": "s|v"})
    assert [resource.id for resource in found] == ["1", "2"]
    assert [resource.version for resource in found] == ["3", "3"]
    assert asked == [f"{BASE}/Encounter?patient=Patient%2F1&date=ge2026&date=lt2027&a=s%7Cv", next_link]


@pytest.mark.parametrize(
    "link", ["http://other.example/fhir?page=2", "https://ehr.example/fhir?page=2", "http://ehr.example:81/fhir?page=2"]
)
async def test_a_next_link_to_another_origin_is_refused(link):
    asked = []

    def handler(request):
        asked.append(request)
        return httpx.Response(200, content=bundle(encounter(1), next_link=link))

    async with client(handler) as ehr:
        with pytest.raises(ForeignOrigin):
            await ehr.search("Encounter", {})
    assert len(asked) == 1


async def test_next_links_that_go_in_circles_are_refused():
    async with answering(200, bundle(encounter(1), next_link=f"{BASE}/Encounter?page=2")) as ehr:
        with pytest.raises(EhrAnswerInvalid, match="do not come to an end"):
            await ehr.search("Encounter", {})


async def test_a_page_that_fails_fails_the_whole_search():
    def handler(request):
        if "page" in request.url.query.decode():
            return httpx.Response(500)
        return httpx.Response(200, content=bundle(encounter(1), next_link=f"{BASE}/Encounter?page=2"))

    async with client(handler) as ehr:
        with pytest.raises(EhrUnavailable):
            await ehr.search("Encounter", {})


@pytest.mark.parametrize("mode", ["outcome", "match", None])
async def test_a_search_that_reports_an_error_is_not_taken_for_the_whole(mode):
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "incomplete"}]}
    async with answering(200, bundle(outcome, mode=mode)) as ehr:
        with pytest.raises(EhrAnswerInvalid, match="incomplete"):
            await ehr.search("Encounter", {})


@pytest.mark.parametrize("mode", ["outcome", "match", None])
async def test_a_warning_beside_the_matches_is_left_out(mode):
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "informational"}]}
    async with answering(200, bundle(outcome, mode=mode)) as ehr:
        assert await ehr.search("Encounter", {}) == []


@pytest.mark.parametrize("link", ["http://other.example/fhir/poll", "//other.example/poll", "urn:uuid:1"])
async def test_a_link_elsewhere_is_refused(link):
    async with answering(200, b"{}") as ehr:
        with pytest.raises(ForeignOrigin):
            await ehr.get(link, "$export", {})


@pytest.mark.parametrize("bad", ["../Patient", "a/b", "a b", "", "..", "x" * 65])
async def test_an_id_that_fhir_does_not_allow_is_never_sent(bad):
    async with answering(200) as ehr:
        with pytest.raises(EhrRejected):
            await ehr.read("Encounter", bad)


async def test_redirects_are_not_followed():
    async with answering(302, Location="http://other.example/") as ehr:
        with pytest.raises(ForeignOrigin):
            await ehr.read("Encounter", "1")
    async with answering(302, Location="/elsewhere") as ehr:
        with pytest.raises(EhrAnswerInvalid):
            await ehr.read("Encounter", "1")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, EhrRejected),
        (401, EhrRefused),
        (403, EhrRefused),
        (404, EhrNotFound),
        (409, EhrConflict),
        (410, EhrNotFound),
        (412, EhrConflict),
        (422, EhrRejected),
        (429, EhrUnavailable),
        (500, EhrUnavailable),
        (502, EhrUnavailable),
        (503, EhrUnavailable),
    ],
)
async def test_each_status_has_its_error(status, error):
    async with answering(status) as ehr:
        with pytest.raises(error) as raised:
            await ehr.read("Encounter", "1")
    assert type(raised.value) is error
    assert raised.value.status == status


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("Mon, 02 Mar 2026 15:00:30 GMT", 30.0), ("Mon, 02 Mar 2026 14:00:00 GMT", 0.0), ("soon", None)],
)
async def test_retry_after_is_handed_on(header, seconds):
    async with answering(503, **{"Retry-After": header}) as ehr:
        with pytest.raises(EhrUnavailable) as raised:
            await ehr.read("Encounter", "1")
    assert raised.value.retry_after == seconds


async def test_an_error_names_the_coded_issue_and_nothing_of_the_patient():
    outcome = {"resourceType": "OperationOutcome", "issue": [{"code": "conflict", "diagnostics": "Jane Canary 123"}]}
    async with answering(409, json.dumps(outcome).encode()) as ehr:
        with pytest.raises(EhrConflict) as raised:
            await ehr.update("ChargeItem", "canary-id", b"{}", if_match="1")
    assert str(raised.value) == "PUT ChargeItem: HTTP 409 (conflict)"


@pytest.mark.parametrize("body", [b"<html>login</html>", b"[]", b'{"id": "1"}', b"\xff\xfe", b"[" * 100_000])
async def test_an_answer_that_is_not_fhir(body):
    async with answering(200, body) as ehr:
        with pytest.raises(EhrAnswerInvalid):
            await ehr.read("Encounter", "1")
        with pytest.raises(EhrAnswerInvalid):
            await ehr.search("Encounter", {})


async def test_a_create_escapes_if_none_exist_and_reads_the_location():
    seen = []

    def handler(request):
        seen.append(request)
        return httpx.Response(201, headers={"Location": f"{BASE}/ChargeItem/5/_history/1"})

    async with client(handler) as ehr:
        written = await ehr.create("ChargeItem", b"{}", if_none_exist={"identifier": "http://a/b|e 1.&x"})
    assert (written.id, written.version, written.created) == ("5", "1", True)
    assert seen[0].headers["If-None-Exist"] == "identifier=http%3A%2F%2Fa%2Fb%7Ce%201.%26x"
    assert seen[0].headers["Content-Type"] == "application/fhir+json"


async def test_a_create_that_meets_an_existing_item_hands_it_back():
    body = b'{"resourceType":"ChargeItem","id":"9","meta":{"versionId":"4"}}'
    async with answering(200, body) as ehr:
        written = await ehr.create("ChargeItem", b"{}", if_none_exist={"identifier": "a|b"})
    assert (written.id, written.version, written.created, written.body) == ("9", "4", False, body)


async def test_content_location_where_location_is_absent():
    async with answering(201, **{"Content-Location": f"{BASE}/ChargeItem/5/_history/2"}) as ehr:
        written = await ehr.create("ChargeItem", b"{}", if_none_exist={"identifier": "a|b"})
    assert (written.id, written.version) == ("5", "2")


async def test_an_update_says_which_version_it_replaces():
    seen = []

    def handler(request):
        seen.append(request)
        return httpx.Response(200, headers={"ETag": 'W/"4"'})

    async with client(handler) as ehr:
        written = await ehr.update("ChargeItem", "5", b"{}", if_match="3")
    assert (written.id, written.version, written.created) == ("5", "4", False)
    assert (seen[0].method, seen[0].headers["If-Match"]) == ("PUT", 'W/"3"')


@pytest.mark.parametrize("version", ["1/../2", "a b", "x" * 65, "", "7\r\nX-Evil: 1"])
async def test_a_version_that_is_no_id_counts_as_none(version):
    body = json.dumps({"resourceType": "ChargeItem", "id": "9", "meta": {"versionId": version}}).encode()
    async with answering(200, body) as ehr:
        assert (await ehr.read("ChargeItem", "9")).version is None
    async with answering(200, body, ETag='W/"a/b"') as ehr:
        assert (await ehr.update("ChargeItem", "9", b"{}", if_match="3")).version is None


@pytest.mark.parametrize("status", [200, 201])
async def test_a_write_without_id_or_with_a_foreign_body_is_ambiguous(status):
    for body in (b"", b"<html>login</html>"):
        async with answering(status, body) as ehr:
            with pytest.raises(EhrAmbiguous):
                await ehr.create("ChargeItem", b"{}", if_none_exist={"identifier": "a|b"})


@pytest.mark.parametrize("failure", [httpx.ReadTimeout, httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError])
async def test_a_write_without_an_answer_is_ambiguous_a_read_is_not(failure):
    def handler(request):
        raise failure("gone", request=request)

    async with client(handler) as ehr:
        with pytest.raises(EhrAmbiguous):
            await ehr.update("ChargeItem", "5", b"{}", if_match="3")
        with pytest.raises(EhrUnavailable):
            await ehr.read("ChargeItem", "5")


@pytest.mark.parametrize("failure", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])
async def test_a_write_that_never_left_is_not_ambiguous(failure):
    def handler(request):
        raise failure("refused", request=request)

    async with client(handler) as ehr:
        with pytest.raises(EhrUnavailable):
            await ehr.update("ChargeItem", "5", b"{}", if_match="3")


@pytest.mark.parametrize("status", [502, 504])
async def test_a_proxy_that_got_no_answer_leaves_a_write_ambiguous(status):
    async with answering(status) as ehr:
        with pytest.raises(EhrAmbiguous):
            await ehr.update("ChargeItem", "5", b"{}", if_match="3")


async def test_first_page_reads_one_page_only():
    async with answering(200, bundle(encounter(1), next_link="http://other.example/")) as ehr:
        assert [found.id for found in await ehr.first_page("Encounter", {"_count": "1"})] == ["1"]
