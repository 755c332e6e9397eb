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


@pytest.mark.parametrize(("what", "words"), [("5114400301", "the NDC is malformed"), ("chemo A", "code       none")])
def test_what_is_not_known_ends_with_1(what, words):
    shown = run(what, "--on", "2026-05-04")
    assert shown.exit_code == 1
    assert words in shown.output


def test_without_a_date_it_is_today():
    assert run("rituximab").exit_code == 0


def test_a_date_that_is_none_is_refused():
    assert isinstance(run("rituximab", "--on", "2026-5").exception, ConfigurationError)
