"""Section 3 of the visit contract as data: each policy's values, the default first, and the document's own."""

from __future__ import annotations

from tests.properties.obvious_coder.charges import Book

VALUES: dict[str, tuple[str, ...]] = {
    "concurrent-chemo": ("96549", "96416"),
    "sequential-chemo-push": ("96411", "96417"),
    "pump-start": ("96416", "G0498", "96521"),
    "concurrent-therapeutic": ("96368", "96367"),
    "additional-hour-at-exactly-90": ("no", "yes"),
    "additional-hours-of-sequential-therapeutic": ("yes", "no"),
    "partial-overlap": ("deduct-from-shorter", "concurrent"),
    "overlap-with-push": ("ignore", "concurrent"),
    "same-drug-separate-infusions": ("add-times", "each-interval-additional-hour", "96376"),
    "same-drug-push-and-infusion": ("both", "infusion-only"),
    "initial-chemo": ("hierarchy", "first-given"),
    "required-second-site": ("own-initial", "same-site"),
    "missing-stop": ("hold", "push"),
    "discontinued-infusion": ("push", "53"),
    "push-over-15-min": ("documented-technique", "time"),
    "hydration-segments": ("total", "each-alone"),
    "midnight": ("date-provided", "start-date"),
    "second-initial-modifier": ("X", "59"),
    "second-site-add-on-modifier": ("none", "59"),
    "injection-with-iv-modifier": ("none", "59"),
    "jw-lines": ("medicare", "any-payer", "never"),
    "repeat-push": ("96376", "none"),
}
DOCUMENT = {
    "concurrent-chemo": "96416",
    "sequential-chemo-push": "96417",
    "pump-start": "96521",
    "concurrent-therapeutic": "96367",
    "additional-hour-at-exactly-90": "yes",
    "additional-hours-of-sequential-therapeutic": "no",
    "partial-overlap": "concurrent",
    "same-drug-push-and-infusion": "infusion-only",
    "initial-chemo": "first-given",
    "required-second-site": "same-site",
    "second-initial-modifier": "59",
}


def book(name: str, overrides: dict[str, str]) -> Book:
    """The policies of a shipped rulebook with some overridden."""
    document = name == "carecost-96417"
    default = {policy: values[0] for policy, values in VALUES.items()}
    return Book(default | (DOCUMENT if document else {}) | overrides, document)
