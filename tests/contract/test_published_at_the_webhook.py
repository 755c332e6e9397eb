"""HL7's published R4 MedicationAdministrations through the webhook: as they are, and as if they were given in 2026.

Each byte of an administration stays as published (fixtures/published); in 2026 its year is another one. Their encounter
is, as published, another patient's and without a period: then nothing is placed. In the other two runs it is theirs.
"""

import json
from datetime import date, timedelta
from pathlib import Path

import httpx
import msgspec
import pytest

from fhir_adapter.app.build import build
from fhir_adapter.catalog import load_catalog
from fhir_adapter.sandbox import build as sandbox
from fhir_adapter.settings import load
from fhir_adapter.store import due, inbox, visits

pytestmark = pytest.mark.anyio
PUBLISHED = Path(__file__).parents[2] / "fixtures" / "published"
CONFIGURATION = """
[sources.main]
base_url = "http://127.0.0.1/fhir"
mode = "shadow"
rulebook = "cpt-2026"
settle = 0
[sources.main.words]
time_zone = "Europe/Amsterdam"
facilities = { "*" = "facility" }
"""
NO_DRUG = {"drug-class-unknown", "drug-code-unknown"}
BY_MOUTH = {"not-in-family"}
TABLE = {
    # "IV Push" by method, with a start: a push though it is in progress. An NDC that the tables do not have.
    "medadmin0301": ("push", None, {}, NO_DRUG),
    # By vein for ten hours and no method: an infusion. A bag of two; beside Adcetris all the time, so concurrent.
    "medadmin0302": ("infusion", "therapeutic", {"96368": 1}, {"dose-missing"}),
    "medadmin0302#2": ("infusion", None, {}, NO_DRUG),
    # "Inject" says neither push nor infusion; ten hours by vein do. The RxCUI is of a withdrawn product.
    "medadmin0304": ("infusion", None, {}, NO_DRUG),
    # Brentuximab by its NDC: 600 minutes are the first hour and nine more. A dose by kilogram is no amount.
    "medadmin0305": ("infusion", "chemotherapy", {"96413": 1, "96415": 9}, {"dose-unit-mismatch", "mue-exceeded"}),
    "medadmin0306": ("oral", None, {}, BY_MOUTH),
    # "Push" by method; that it lasted ten hours does not contradict it. Known by a SNOMED code only.
    "medadmin0307": ("push", None, {}, NO_DRUG),
    # Under the skin by route.
    "medadmin0308": ("sc", None, {}, NO_DRUG),
    # A mixture of three, none of which the tables have.
    "medadmin0309": ("infusion", None, {}, NO_DRUG),
    "medadmin0309#2": ("infusion", None, {}, NO_DRUG),
    "medadmin0309#3": ("infusion", None, {}, NO_DRUG),
    # Busulfan tablets under a brand that the tables do not have: by mouth, so that no class is asked for.
    "medadmin0310": ("oral", None, {}, BY_MOUTH),
    "medadmin0311": ("oral", None, {}, BY_MOUTH),
    # A patch, a suppository and one that is on hold: neither route nor method.
    "medadmin0312": (None, None, {}, {"technique-unknown"}),
    "medadmin0313": (None, None, {}, {"technique-unknown"}),
    "medadminexample03": (None, None, {}, {"technique-unknown"}),
}
ENTERED_IN_ERROR = "medadmin0303"


def published(kind, year):
    return [
        path.read_text("utf-8").replace("2015-01-", f"{year}-01-") for path in sorted(PUBLISHED.glob(f"{kind}-*.json"))
    ]


def with_its_encounter(text, year):
    """The patient's own, open while the drugs were given."""
    period = {"start": f"{year}-01-15T04:00:00+01:00", "end": f"{year}-01-16T12:00:00+01:00"}
    return json.dumps(json.loads(text) | {"subject": {"reference": "Patient/pat1"}, "period": period})


@pytest.fixture
async def through_the_webhook(tmp_path):
    """Each administration told as a bare resource, then coded once. Gives key → (chart, result) of each visit."""
    config = tmp_path / "adapter.toml"
    config.write_text(CONFIGURATION, "utf-8")
    wire = httpx.ASGITransport(app=sandbox())
    app = build(load(config), transport=wire)
    ehr = httpx.AsyncClient(transport=wire, base_url="http://127.0.0.1/fhir/")
    hooks = httpx.AsyncClient(transport=httpx.ASGITransport(app=app.hooks), base_url="http://127.0.0.1/")

    async def run(year, encounter=lambda text, year: text):
        given = published("MedicationAdministration", year)
        others = [*published("Patient", year), *published("Medication", year)]
        for text in (*others, *(encounter(one, year) for one in published("Encounter", year)), *given):
            resource = json.loads(text)
            put = await ehr.put(f"{resource['resourceType']}/{resource['id']}", content=text.encode())
            assert put.is_success, put.text
        for text in given:
            assert (await hooks.post("hooks/main", content=text.encode())).status_code == 204
        told = await app.store.read(lambda conn: inbox.listed(conn, limit=99))
        assert [one.state for one in told] == ["marked"] * len(given)
        [claim] = await app.store.write(lambda conn: due.claim(conn, slots=9, lease=timedelta(hours=1), max_attempts=1))
        await app.work.steps["code"](claim)
        kept = [await app.store.read(lambda conn, n=n: visits.get(conn, n)) for n in range(1, 9)]
        return {one.summary.key: (decoded(one.visit.chart)["visit"], decoded(one.visit.result)) for one in kept if one}

    yield run
    await ehr.aclose()
    await hooks.aclose()
    await app.close()


def decoded(kept):
    return msgspec.json.decode(kept)


def about(result, administration):
    return {one["id"] for one in result["findings"] if administration in one["administrations"]} - {"payer-unknown"}


def codes_of(result, administration):
    return {one["code"]: one["units"] for one in result["lines"] if administration in one["administrations"]}


async def test_as_published_they_are_of_an_encounter_of_another_patient(through_the_webhook):
    [(visit, result)] = (await through_the_webhook(2015)).values()
    assert (visit["administrations"], result["lines"]) == ([], [])
    names = {name.partition("#")[0] for name in TABLE}
    assert {name for name in names if about(result, name) == {"encounter-unknown"}} == names
    assert about(result, ENTERED_IN_ERROR) == set()


async def test_in_2015_no_rule_is_in_force_for_any(through_the_webhook):
    found = await through_the_webhook(2015, with_its_encounter)
    visit, result = found["f001/2015-01-15"]
    assert (len(found), result["lines"], result["disposition"]) == (1, [], "held")
    techniques = {one["id"]: one["technique"] for one in visit["administrations"]}
    assert techniques == {name: technique for name, (technique, *_) in TABLE.items() if technique}
    expected = {
        name: {"no-rule-in-force" if technique else "technique-unknown"} for name, (technique, *_) in TABLE.items()
    }
    assert {name: about(result, name) for name in TABLE} == expected


async def test_in_2026_each_has_its_technique_class_codes_and_findings(through_the_webhook):
    found = await through_the_webhook(2026, with_its_encounter)
    visit, result = found["f001/2026-01-15"]
    assert (len(found), result["disposition"]) == (1, "held")
    given = {one["id"]: one for one in visit["administrations"]}
    classes = {name: class_of(one) for name, one in given.items()}
    seen = {
        name: (given.get(name, {}).get("technique"), classes.get(name), codes_of(result, name), about(result, name))
        for name in {*given, *TABLE}
    }
    assert seen == TABLE
    assert ENTERED_IN_ERROR not in given
    assert about(result, ENTERED_IN_ERROR) == set()


def class_of(administration):
    """What the catalog says of the drug, whether or not it mattered."""
    asked = {"ndc": administration["ndc"], "rxcui": administration["rxcui"], "name": administration["drug"]}
    found = load_catalog().look_up(**asked, on=date(2026, 1, 15))
    return found.drug_class if found else None
