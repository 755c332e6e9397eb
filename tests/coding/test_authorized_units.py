"""Units that a prior authorization expects beside the derived ones: the finding whole, for more, fewer and both."""

from coding.bills import bill, derived, gave

from fhir_adapter.coding.authorized import authorization_findings
from fhir_adapter.coding.model import Finding

P, Q = gave("p", "09:00-14:00"), gave("q", "14:05-15:00")
LINES = [derived("96413", 1, "p"), derived("96415", 4, "p"), derived("96417", 1, "q")]


def differing(authorized, **more):
    return authorization_findings(bill([P, Q], LINES, None, authorized=authorized, **more))


def finding(message, fix, *given):
    return Finding(
        id="differs-from-authorization", severity="warning", administrations=given, message=message, fix=fix
    )  # fmt: skip


def test_the_same_units_and_no_authorization_are_no_finding() -> None:
    assert differing([("96413", 1), ("96415", 3), ("96415", 1)]) == []
    assert differing([]) == differing(None) == []


def test_more_units_than_authorized() -> None:
    assert differing([("96417", 0), ("96415", 3), ("96413", 1)]) == [
        finding(
            "The prior authorization expects other units: derived are 96415 ×4 instead of ×3, 96417 ×1 instead of ×0.",
            "Ask the payer to amend it for 96415, 96417 before the claim is sent.",
            "p",
            "q",
        )
    ]


def test_fewer_units_than_authorized() -> None:
    assert differing([("96413", 2), ("96366", 1), ("96415", 4)]) == [
        finding(
            "The prior authorization expects other units: derived are 96366 ×0 instead of ×1, 96413 ×1 instead of ×2.",
            "Of 96366, 96413 bill only what the chart supports; have the chart checked for what it lacks.",
            "p",
        )
    ]


MESSAGE = "The prior authorization expects other units: derived are 96415 ×4 instead of ×5, 96417 ×1 instead of ×0."
BOTH = (
    "Ask the payer to amend it for 96417 before the claim is sent. "
    "Of 96415 bill only what the chart supports; have the chart checked for what it lacks."
)


def test_more_of_one_and_fewer_of_another() -> None:
    assert differing([("96415", 5), ("96417", 0)]) == [finding(MESSAGE, BOTH, "p", "q")]


def test_while_an_error_holds_the_visit_the_fix_says_so() -> None:
    held = f"First mend what holds the visit. By what the chart holds now: {BOTH}"
    assert differing([("96415", 5), ("96417", 0)], held=True) == [finding(MESSAGE, held, "p", "q")]
