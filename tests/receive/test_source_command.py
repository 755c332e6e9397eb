"""What `source subscribe` refuses before it asks anybody."""

import pytest
from typer.testing import CliRunner

from fhir_adapter.cli import build
from fhir_adapter.errors import ConfigurationError

CONFIGURATION = """
[sources.main]
base_url = "http://127.0.0.1:9/fhir"
mode = "shadow"
rulebook = "cpt-2026"
hook_url = "http://127.0.0.1:9"
hook_token = "file:secret"
[sources.main.words]
time_zone = "America/Chicago"
"""


@pytest.fixture
def source(tmp_path):
    (tmp_path / "secret").write_text("secret-of-this-test")
    (tmp_path / "secret").chmod(0o600)

    def run(command, name="main", line=None, replaced=""):
        written = [replaced if line and one.startswith(line) else one for one in CONFIGURATION.splitlines()]
        path = tmp_path / "adapter.toml"
        path.write_text("\n".join(written), "utf-8")
        return CliRunner().invoke(build(), ["source", command, name, "--config", str(path)])

    return run


@pytest.mark.parametrize("command", ["subscribe", "status", "unsubscribe"])
@pytest.mark.parametrize(
    ("line", "replaced", "complaint"),
    [
        ("hook_url", "", "sources.main.hook_url is missing"),
        ("hook_url", 'hook_url = "ftp://x"', "sources.main.hook_url: allowed: an http or https URL"),
        ("hook_token", 'hook_hmac = "file:secret"', "sources.main.hook_hmac: a rest-hook Subscription cannot sign"),
    ],
)
def test_what_cannot_work_is_refused_by_the_name_of_its_key(source, command, line, replaced, complaint):
    refused = source(command, line=line, replaced=replaced).exception
    assert isinstance(refused, ConfigurationError)
    assert complaint in str(refused)
    assert "secret-of-this-test" not in str(refused)


def test_an_unknown_source_is_refused_with_those_that_there_are(source):
    refused = source("status", name="mian").exception
    assert str(refused) == "NAME: the configuration has no such source; it has main"
