"""Two rules for all tests: where CI=true nothing is skipped, so a skip there is a failure that says what was missing;
and Ctrl-C reaches what they start, also where a shell began them in the background, which has them ignore it."""

import os
import signal

import pytest

pytest_plugins = [
    "real.postgres",
    "real.databases",
    "real.token_server",
    "real.hapi_server",
    "real.medplum_server",
    "real.hl7_validator",
]
IN_CI = os.environ.get("CI") == "true"
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def anyio_backend():
    return "asyncio"


def _not_in_ci(report):
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and in CI nothing is skipped: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    return _not_in_ci((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    return _not_in_ci((yield))
