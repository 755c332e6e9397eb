"""A real `serve` for hostile traffic: small limit, no EHR behind it."""

import pytest
from serve.conftest import CONFIGURATION, started

NO_EHR = "http://127.0.0.1:9/fhir"


def configuration(folder, base=NO_EHR, **more):
    """The path of a configuration in `folder`."""
    fields = {"base": base, "mode": "shadow", "rulebook": "cpt-2026", "top": "webhook_limit = 262144"} | more
    path = folder / "adapter.toml"
    path.write_text(CONFIGURATION.format(**fields), "utf-8")
    return str(path)


@pytest.fixture
def serving(tmp_path):
    with started(tmp_path, "serve", "--config", configuration(tmp_path)) as process:
        yield process
