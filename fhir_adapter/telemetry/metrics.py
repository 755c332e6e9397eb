"""Counters for a scraper: configured names, codes and numbers only. One registry per app, so that two never mix."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

PREFIX = "fhir_adapter"


class Metrics:
    """Made by `app`; each room counts its own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.notifications = self._counter("notifications", "Notifications kept", "source", "shape", "outcome")
        self.refused = self._counter("webhook_refused", "Requests to the webhook that were refused", "status")
        self.swept = self._counter("swept", "Resources that a sweep found changed", "source")
        self.coded = self._counter("visits_coded", "Visits coded", "source", "state")
        self.sent = self._counter("charges_sent", "Charges written to the EHR", "source", "action", "outcome")
        self.attested = self._counter(
            "charges_attested", "Provenances of charges, by what became of each", "source", "outcome"
        )
        self.ehr_errors = self._counter("ehr_errors", "Requests that the EHR did not fulfil", "source", "kind")
        self.claims_lost = self._counter("claims_lost", "Claims that somebody else held in the end", "lane")
        self.write_errors = self._counter("write_errors", "Writes that the database did not take", "kind")
        self.behind = self._gauge("patients_behind", "Patients by state of work", "lane", "state")
        self.lag = self._gauge("lag_seconds", "How long the first due patient has waited past its time", "lane")
        self.due = self._gauge("patients_due", "Patients that may be claimed now", "lane")
        self.inbox = self._gauge("inbox", "Notifications by state; faulty ones are quarantined", "state")
        self.outbox = self._gauge("outbox", "Charges asked for, by state", "state")
        self.held = self._gauge("visits_held", "Visits by the finding that holds them", "finding")
        self.untied = self._gauge("untied_charges", "Yesterday's charges that differ from the EHR's", "source")
        self.unaccounted = self._gauge(
            "unaccounted", "Notifications or administrations that ended nowhere", "source", "what"
        )
        self.events = self._gauge("events", "Rare events since the database was made", "event")

    def write_failed(self, error: Exception) -> None:
        self.write_errors.labels(type(error).__name__).inc()

    def exposition(self) -> bytes:
        return generate_latest(self._registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"{PREFIX}_{name}", text, labels, registry=self._registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"{PREFIX}_{name}", text, labels, registry=self._registry)
