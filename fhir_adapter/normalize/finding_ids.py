"""Every finding that reading a chart can make, in one sentence each; docs/findings/chart.md says what to do.

Findings of coding have their own list (`coding.finding_ids`). Tests hold that this room makes no other.
"""

from __future__ import annotations

CHART_FINDING_IDS: dict[str, str] = {
    "chain-incomplete": "An action of the record does not fit into its chain.",
    "date-only": "A time is a date without a time of day.",
    "dose-unreadable": "A dose or discarded amount is no amount.",
    "drug-class-unknown": "The administration has neither a code nor a name of its drug.",
    "drug-code-ambiguous": "The administration has two different NDCs.",
    "encounter-unknown": "It is not known to which encounter an administration belongs.",
    "end-before-start": "A documented period ends before it begins.",
    "field-unreadable": "An element has a value of a wrong kind and was left out.",
    "inpatient": "It was given during an inpatient stay.",
    "mar-action-unknown": "The action of the record is in no table.",
    "never-finished": "The encounter is not finished long after the last stop.",
    "no-event": "The action gives no drug.",
    "payer-unknown": "Who pays first is not known.",
    "payment-window": "An inpatient admission follows within the payment window.",
    "setting-unknown": "Whether this was a facility or an office is not known.",
    "stop-evidence": "Something speaks of a duration and is no stop.",
    "technique-unknown": "How the drug was given is not known.",
    "time-missing": "There is no time.",
    "time-unreadable": "What stands in the place of a time is none.",
    "time-without-zone": "A time has no zone.",
    "waste-undocumented": "A discarded amount belongs to no single administration.",
}
