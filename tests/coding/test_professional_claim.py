"""A professional's claim for care in a facility: no line, all is named, a coder asked where a physician may bill."""

from __future__ import annotations

import pytest
from coding.timeline import FLUID, coded, gave

from fhir_adapter.coding.model import Finding

NO_LINES = (
    "A professional's claim for care in a facility has no infusion, injection or drug lines: the facility reports them."
)
A_CODER = Finding(
    id="professional-in-facility",
    severity="warning",
    administrations=("his",),
    message="A physician who did these may bill them.",
    fix="Let a coder decide whether the physician's own procedure is to be billed.",
)


def everything_of(*names: str) -> Finding:
    return Finding(id="professional-in-facility", severity="info", administrations=names, message=NO_LINES)


def test_nothing_is_reported_and_every_administration_is_named() -> None:
    result = coded(gave("m", "09:00-10:00"), gave("saline", "10:00-11:00", FLUID), setting="professional-in-facility")
    assert (result.disposition, result.lines) == ("not-reported", ())
    assert result.findings == (everything_of("m", "saline"),)


@pytest.mark.parametrize("technique", ["intralesional", "intrathecal", "intraperitoneal", "intrapleural"])
def test_what_a_physician_may_have_done_is_left_to_a_coder(technique: str) -> None:
    result = coded(
        gave("m", "09:00-10:00"), gave("his", "10:00", technique=technique), setting="professional-in-facility"
    )
    assert result.findings == (everything_of("m", "his"), A_CODER)


@pytest.mark.parametrize("technique", ["im", "sc", "push", "pump-refill", "intra-arterial-push"])
def test_another_injection_is_the_facility_s_alone(technique: str) -> None:
    result = coded(gave("m", "09:00", technique=technique), setting="professional-in-facility")
    assert result.findings == (everything_of("m"),)


def test_a_visit_without_administrations_says_nothing() -> None:
    assert coded(setting="professional-in-facility").findings == ()
