"""Every finding that coding can make, in one sentence each: `rulebook show` prints them (D33).

Findings of a chart have their own list in docs/chart.md. A test holds that the engine makes no other.
"""

from __future__ import annotations

FINDING_IDS: dict[str, str] = {
    "add-on-without-primary": "An add-on stands without a primary that it may follow.",
    "additional-time-as-new-drug": "Billed: further hours of one drug look like further drugs.",
    "audit-scrutiny": "Billed: more units of 96417 than some commercial audits pass over.",
    "concurrency-miscoded": "Billed: a drug beside another is coded as after it, or the reverse.",
    "concurrent-once": "A further concurrent drug of an encounter has no line.",
    "container-missing": "The container of a drug is not known, so neither JW nor JZ is.",
    "differs-from-authorization": "The derived units are not those that a prior authorization expects.",
    "dose-missing": "An administration without a dose has no drug line.",
    "dose-unit-mismatch": "The dose does not convert into the billing unit.",
    "drug-class-unknown": "It is not known which family a drug belongs to.",
    "drug-code-ambiguous": "Several HCPCS codes fit the drug.",
    "drug-code-by-name": "The HCPCS code was found by name, and others were set aside.",
    "drug-code-unknown": "No HCPCS code fits the drug on its date.",
    "hydration-segment-short": "A segment of counted hydration is shorter than 31 minutes.",
    "hydration-too-short": "A fluid has no countable minutes, or too few.",
    "included": "A service is part of another one.",
    "mue-exceeded": "More units than CMS expects of a code on a date.",
    "ncci-ptp": "CMS does not pay two codes beside each other.",
    "needless-59": "Billed: modifier 59 on an add-on that needs none.",
    "no-code": "No administration code for this drug by this route.",
    "no-rule-in-force": "A service date outside the rulebook's dates.",
    "not-in-family": "A drug that is not reported, or was given by mouth.",
    "one-drug-code": "Billed: 96417 beside a single drug code.",
    "payability-unknown": "The table has no payment status for a drug code of a facility.",
    "premedication-as-chemotherapy": "Billed: premedication with chemotherapy codes.",
    "professional-in-facility": "A professional's claim for care in a facility.",
    "pump-not-prolonged": "A pump of at most 8 hours is an ordinary infusion.",
    "repeat-not-reported": "A repeat push of one drug has no line.",
    "same-drug-push-and-infusion": "One drug was pushed and infused.",
    "same-drug-too-short": "A later infusion of one drug is too short for a line.",
    "seconds-decide": "The displayed minutes would give another code.",
    "sites-as-one": "Several labelled lines are coded as one site.",
    "stop-time-missing": "An infusion has no documented stop.",
    "table-out-of-date": "A CMS table is older, or younger, than the service date's quarter.",
    "waste-undocumented": "Nothing is said of what was discarded of a single-dose container.",
}
