"""Schemathesis over what both listeners say of themselves: nothing that fits or does not fit is answered with 500."""

import asyncio
from pathlib import Path

import httpx
import pytest
import schemathesis
from hostile.conftest import configuration
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from real.listening import listening
from schemathesis import GenerationMode

from fhir_adapter.app.build import build
from fhir_adapter.settings import load

pytestmark = [pytest.mark.anyio, pytest.mark.real]
LIGHT = settings(
    max_examples=10, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
LAST = ("/logout",)
"""Ends the session that the others need."""


@pytest.fixture
async def app(tmp_path):
    app = build(load(Path(configuration(tmp_path)), {"HOOK_TOKEN": "t"}))
    yield app
    await app.close()


def operations(app):
    found = [result.ok() for result in schemathesis.openapi.from_dict(app.openapi()).get_all_operations()]
    return sorted(found, key=lambda operation: operation.path in LAST)


def attacked(operation, mode, base, **sent):
    """The statuses that came back."""
    statuses = set()

    @settings(LIGHT)
    @given(operation.as_strategy(generation_mode=mode))
    def each(case):
        statuses.add(case.call(base_url=base, timeout=30, allow_redirects=False, **sent).status_code)

    try:
        each()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE, "an operation without a parameter has nothing that could be wrong"
    return statuses


def walk(app, base, **sent):
    return {
        f"{operation.method} {operation.path} {mode.value}": attacked(operation, mode, base, **sent)
        for operation in operations(app)
        for mode in GenerationMode
    }


async def test_the_hooks_listener(app):
    async with listening(app.hooks) as base:
        statuses = await asyncio.to_thread(walk, app.hooks, base, headers={"Authorization": "Bearer t"})
    assert "post /hooks/{source} positive" in statuses
    assert not {500} & set.union(*statuses.values()), statuses


async def test_the_desk(app):
    async with listening(app.desk) as base:
        async with httpx.AsyncClient(base_url=base) as person:
            await person.get(app.logins.new_path())
            cookies = dict(person.cookies)
        statuses = await asyncio.to_thread(walk, app.desk, base, cookies=cookies)
    assert 200 in statuses["get /api/visits positive"], "logged in"
    assert not {500} & set.union(*statuses.values()), statuses
