"""How it is told does not matter: HAPI's PUT and DELETE, its empty POST, a bare resource as Medplum posts it; ten
times, the wrong way round, or with one administration that nobody told of.
"""

import json

import pytest
from hapi.conftest import serving, subscribed, until
from hapi.expected import CHARGED, R_CHOP, WITHOUT_VINCRISTINE, stands, told

pytestmark = pytest.mark.real


def test_hapi_puts_the_resource_itself(listening, charged):
    assert set(listening.shapes()) == {("PUT", "resource")}


def test_the_same_ten_times_and_all_in_reverse_changes_nothing(server, listening, charged):
    charged.stop("rituximab", "2026-05-04T12:25:00-05:00")
    until(lambda: charged.standing() == R_CHOP | {"96415": 2})
    until(listening.is_quiet)
    before, kept = told(charged), len(listening.shapes())
    places = [charged.encounter, *charged.given.values()]
    versions = [(where, resource) for where in places for _, resource in server.history(where)]
    assert len(versions) == 2 + 7 + 1
    for where, resource in versions * 10 + versions[::-1]:
        version = {"If-Match": f'W/"{resource["meta"]["versionId"]}"'}
        assert listening.hears("PUT", f"/{where}", json.dumps(resource), version).status_code == 204
    assert len(listening.shapes()) == kept + 110
    until(listening.is_quiet)
    assert told(charged) == before


def test_an_empty_post_has_the_server_searched(server, visit, tmp_path):
    with serving(tmp_path, server.base) as adapter, subscribed(server, adapter, payload=None):
        charted = visit().open().chart().finish()
        until(lambda: charted.standing() == R_CHOP)
        assert set(adapter.shapes()) == {("POST", "empty")}
        until(adapter.swept)
        until(adapter.is_quiet)
    assert told(charted) == CHARGED


def test_a_bare_resource_as_medplum_posts_it(server, visit, tmp_path):
    charted = visit().open().chart().finish()
    with serving(tmp_path, server.base) as adapter:
        for where in (*charted.given.values(), charted.encounter):
            assert adapter.hears("POST", body=json.dumps(server.read(where))).status_code == 204
        until(lambda: charted.standing() == R_CHOP)
        gone = charted.given["vincristine"]
        last = json.dumps(server.read(gone))
        server.delete(gone)
        assert adapter.hears("POST", body=last, headers={"X-Medplum-Deleted-Resource": gone}).status_code == 204
        until(lambda: "J9370" not in charted.standing() and charted.standing()["96417"] == 2)
        assert set(adapter.shapes()) == {("POST", "resource"), ("POST", "deletion")}
    assert told(charted) == WITHOUT_VINCRISTINE


def test_seven_of_eight_are_never_charged(listening, visit):
    """Without rituximab cyclophosphamide would be the initial infusion, and 96413 would say so."""
    charted = visit().open()
    others = [one for one in charted.told["given"] if one["drug"] != "rituximab"]
    for one in (*others, others[0]):
        charted.give(one)
    until(lambda: listening.is_quiet() and len(listening.given(charted)) == 7)
    assert charted.charges() == []
    charted.chart("rituximab").finish()
    until(lambda: charted.standing() == R_CHOP)
    until(listening.is_quiet)
    assert told(charted) == CHARGED


def test_an_eighth_that_nobody_told_of_is_read_all_the_same(server, visit, tmp_path):
    charted = visit().open().chart()
    with serving(tmp_path, server.base) as adapter:
        untold = charted.given["rituximab"]
        charted.finish()
        for where in {*charted.given.values(), charted.encounter} - {untold}:
            assert adapter.hears("PUT", f"/{where}", json.dumps(server.read(where))).status_code == 204
        until(lambda: charted.standing() == R_CHOP)
        until(adapter.is_quiet)
    assert told(charted)["96413"] == [stands(1)]
    assert told(charted) == CHARGED
