"""A walk over both listeners: no route of the desk is on hooks, none of hooks on the desk; logins are asked for."""

import httpx
import pytest
from starlette.routing import Mount, Route

from fhir_adapter.app.build import build
from fhir_adapter.settings import load

pytestmark = pytest.mark.anyio
CONFIGURATION = """
[sources.main]
base_url = "http://127.0.0.1:1/fhir"
mode = "shadow"
rulebook = "carecost-96417"
hook_token = "env:TOKEN"
[sources.main.words]
time_zone = "America/Chicago"
"""
OPEN_ON_THE_DESK = {"/login", "/logout", "/static/desk.css"}


@pytest.fixture
async def app(tmp_path):
    path = tmp_path / "fhir-adapter.toml"
    path.write_text(CONFIGURATION)
    app = build(load(path, {"TOKEN": "secret"}))
    yield app
    await app.close()


def _walked(routes, before=""):
    """Every (method, path), also inside mounts and included routers; a parameter is filled in."""
    for route in routes:
        if isinstance(route, Mount):
            yield ("GET", f"{before}{route.path}/desk.css")
        elif isinstance(route, Route):
            path = before + route.path
            for name in route.param_convertors:
                path = path.replace(f"{{{name}:path}}", "Patient/1").replace(f"{{{name}}}", "1")
            yield from ((method, path) for method in sorted(route.methods or ()))
        else:
            inner = getattr(route, "routes", None) or getattr(getattr(route, "original_router", None), "routes", None)
            assert inner, f"the walk does not know {type(route).__name__}"
            yield from _walked(inner, before)


def _client(app):
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")


async def test_the_listeners_share_no_route(app):
    hooks, desk = set(_walked(app.hooks.routes)), set(_walked(app.desk.routes))
    assert {path for _, path in desk} >= {"/", "/visits/1", "/visits.csv", "/api/visits", "/api/login-links", "/login"}
    assert {path for _, path in hooks} >= {"/hooks/1", "/hooks/1/Patient/1", "/healthz", "/readyz"}
    assert {path for _, path in hooks} & {path for _, path in desk} == set()


async def test_hooks_answers_no_path_of_the_desk(app):
    link = app.logins.new_path()
    async with _client(app.hooks) as client:
        for method, path in set(_walked(app.desk.routes)) | {("GET", link)}:
            assert (await client.request(method, path)).status_code == 404, path


async def test_the_desk_answers_no_path_of_hooks(app):
    async with _client(app.desk) as client:
        await client.get(app.logins.new_path())
        for method, path in set(_walked(app.hooks.routes)):
            assert (await client.request(method, path)).status_code == 404, path


async def test_every_route_of_the_desk_asks_for_a_login(app):
    async with _client(app.desk) as client:
        for method, path in set(_walked(app.desk.routes)):
            answer = await client.request(method, path)
            assert path in OPEN_ON_THE_DESK or answer.status_code == 401, path
