"""`fhir-adapter drug` says what coding would find, and why."""

import pytest
from typer.testing import CliRunner

from fhir_adapter.cli import build
from fhir_adapter.errors import ConfigurationError


def run(*arguments):
    return CliRunner().invoke(build(), ["drug", *arguments])


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("rituximab", ["J9312, 10 mg a unit", "set aside  Q5115, Q5119, Q5123", "not by name: ended 2018-12-31"]),
        (
            "50242-061-01",
            ["product    Avastin", "J9035, 10 mg a unit", "NDC-HCPCS crosswalk 2025Q4, 124 days past its quarter"],
        ),
        ("224905", ["J9355, 10 mg a unit", "several formulations", "not by name: conjugate"]),
        ("00069130510", ["several", "may be     Q5105, Q5106"]),
        ("1791736", ["J9190, 500 mg a unit", "20 ML fluorouracil 50 MG/ML Injection"]),
        ("J1299", ["2025-04-01 (after J1300)", "eculizumab", "source: HCPCS drug codes"]),
    ],
)
def test_what_is_known(what, words):
    shown = run(what, "--on", "2026-05-04")
    assert shown.exit_code == 0
    assert [word for word in words if word not in shown.output] == []


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("5114400301", "the NDC is malformed"),
        ("chemo A", "knows this name"),
        ("999", "knows this RxCUI"),
        ("99999-999-99", "knows this NDC"),
    ],
)
def test_what_is_not_known_ends_with_1(what, words):
    shown = run(what, "--on", "2026-05-04")
    assert shown.exit_code == 1
    assert words in shown.output


def test_without_a_date_it_is_today():
    assert run("rituximab").exit_code == 0


def test_a_date_that_is_none_is_refused():
    assert isinstance(run("rituximab", "--on", "2026-5").exception, ConfigurationError)


CONFIGURATION = """
[sources.main]
base_url = "http://127.0.0.1:9/fhir"
mode = "shadow"
rulebook = "cpt-2026"
[sources.main.words]
time_zone = "America/Chicago"
drug_code = { "121191" = "Q5115" }
drugs = { "RX-77" = "50242-061-01" }
payer_classes = [{ payer = "acme", drug = "Avastin", class = "therapeutic", from = 2026-01-01, source = "bulletin 8" }]
"""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("RX-77",), ["RX-77 is 50242-061-01 (words.drugs)", "J9035, 10 mg a unit"]),
        (("121191",), ["code       Q5115"]),
        (("avastin", "--on", "2026-05-04"), ["for acme it is therapeutic (words.payer_classes: bulletin 8)"]),
    ],
)
def test_the_configurations_words_count(tmp_path, arguments, words):
    config = tmp_path / "adapter.toml"
    config.write_text(CONFIGURATION, "utf-8")
    shown = run(*arguments, "--config", str(config))
    assert [word for word in words if word not in shown.output] == []
    several = CONFIGURATION + CONFIGURATION.replace("sources.main", "sources.other").replace("Q5115", "Q5119")
    config.write_text(several, "utf-8")
    assert "(words." not in run(*arguments, "--config", str(config)).output
    assert "Q5119" in run("121191", "--source", "other", "--config", str(config)).output
    with pytest.raises(ConfigurationError, match="--source: the configuration has no such source"):
        raise run("121191", "--source", "third", "--config", str(config)).exception
