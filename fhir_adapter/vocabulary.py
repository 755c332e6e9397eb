"""The words that all rooms share: closed lists of the field, code systems, and what a source's configuration may say.

Pure: standard library and msgspec only. Lists are `Literal` types, so that a misspelt word is a type error.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

Clock = Callable[[], datetime]
"""Gives an aware instant in UTC; made once, by `app`."""

Setting = Literal["facility", "office", "professional-in-facility"]
Reason = Literal["chemotherapy", "therapeutic", "hydration"]
DrugClass = Literal["chemotherapy", "hormonal-antineoplastic", "therapeutic", "hydration", "not-reported"]
Technique = Literal[
    "infusion", "push", "im", "sc", "sc-infusion", "pump", "pump-refill", "flush", "oral",
    "intra-arterial-push", "intra-arterial-infusion", "intrathecal", "intralesional", "intraperitoneal", "intrapleural",
]  # fmt: skip
Container = Literal["single-dose", "multi-dose"]
Way = Technique | Literal["iv", "intra-arterial"]
"""A technique, or a route that leaves it open: by vein, by artery."""
PumpKind = Literal["portable", "implantable"]
Severity = Literal["error", "warning", "info"]
Mode = Literal["shadow", "post"]
PostWhen = Literal["clean", "review", "planned"]
ActionClass = Literal["start", "continue", "pause", "stop", "bolus", "none", "not-given", "waste"]
SweepBy = Literal["last-updated", "worklist"]
EventNumbers = Literal["subscription", "bundle", "none"]
Episode = Literal["outpatient", "observation", "inpatient"]
ExtensionMeaning = Literal["action", "line", "site-required", "waste", "lesions", "pump-kind", "planned-duration"]
NeverFinished = Literal["hold", "code"]

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
NDC = "http://hl7.org/fhir/sid/ndc"
CPT = "http://www.ama-assn.org/go/cpt"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
UCUM = "http://unitsofmeasure.org"
SNOMED = "http://snomed.info/sct"


class PayerClass(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A drug that one payer takes for another class than the tables do, from a day to a day, and where that stands."""

    payer: str
    """The payer key, as `payers` gives it."""
    drug: str
    """Name, RxCUI or NDC (11 digits)."""
    drug_class: DrugClass = msgspec.field(name="class")
    from_: date | None = msgspec.field(name="from", default=None)
    to: date | None = None
    source: str

    def covers(self, on: date) -> bool:
        return (self.from_ is None or self.from_ <= on) and (self.to is None or on <= self.to)


class SourceWords(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one site says differently, as configuration fills it. Keys of tables are compared exactly unless said."""

    time_zone: str
    """IANA name; the service date is the local date here."""
    facilities: dict[str, Setting] = {}
    """`Location/ID` or `Organization/ID` → setting, `*` for every other one; no entry holds (`setting-unknown`)."""
    payers: dict[str, str] = {}
    """Coverage.payor reference, its display, or a Coverage.type code → payer key."""
    reasons: dict[str, Reason] = {}
    """Encounter.reasonCode or type code → primary reason."""
    drugs: dict[str, str] = {}
    """The site's own drug code, or the name it writes → NDC or RxCUI; counts where the chart gives no NDC."""
    drug_class: dict[str, DrugClass] = {}
    """RxCUI, NDC (11 digits) or HCPCS → class: the hospital's own word wins over the catalog."""
    payer_classes: tuple[PayerClass, ...] = ()
    """One payer's class of a drug; it counts where `drug_class` says nothing of the drug."""
    drug_code: dict[str, str] = {}
    """RxCUI or NDC → HCPCS: the hospital's own code wins over the catalog."""
    containers: dict[str, Container] = {}
    """NDC or RxCUI → container."""
    methods: dict[str, Technique] = {}
    """dosage.method code or text (case ignored) → technique, beside the built-in ones."""
    routes: dict[str, Way] = {}
    """dosage.route code or text (case ignored) → `iv`, or a technique, beside the built-in ones."""
    actions: dict[str, ActionClass] = {}
    """MAR action text (case ignored) → class, beside the built-in ones."""
    pump_types: tuple[str, ...] = ()
    """Device.type codes or text that are an ambulatory pump."""
    implantable_pump_types: tuple[str, ...] = ()
    """Device.type codes or text that are an implanted pump."""
    episodes: dict[str, Episode] = {}
    """Encounter.class code → how its visits are cut, beside the built-in ones."""
    series_gap: Annotated[int, msgspec.Meta(ge=1)] = 8
    """Hours without an event after which one encounter's day goes on under a label of its own."""
    payment_window: Annotated[int, msgspec.Meta(ge=0)] = 3
    """Days before an inpatient admission at the same facility in which an outpatient visit is held."""
    assume_finished_after: Annotated[int, msgspec.Meta(ge=0)] = 24
    """Hours after its last stop in which an encounter is waited for; after them `never_finished` decides."""
    never_finished: NeverFinished = "hold"
    """`code` the visit of an encounter that was never finished, or `hold` it."""
    order_system: str | None = None
    """System of the MedicationAdministration.identifier that names the order where no request does."""
    extensions: dict[str, ExtensionMeaning] = {}
    """Extension address → what its value says."""
    discontinued: tuple[str, ...] = ()
    """statusReason codes or text, or MAR actions, that mean an infusion was stopped early."""
    artefact_stops: tuple[str, ...] = ()
    """statusReason codes or text, or MAR actions, whose stop was made by a machine and is none."""
    artefact_minutes: tuple[int, ...] = ()
    """An end so many minutes after the start was made by a machine and is no stop: 1 where every bolus ends so."""
    preauthorization_system: str | None = None
    """System of the ClaimResponse.identifier under which the site keeps its preauthorizations."""
