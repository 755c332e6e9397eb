"""Bills beside lines that a test wrote down: no rule is applied, so each pattern is seen alone."""

from datetime import date, datetime, timedelta, timezone

from fhir_adapter.coding import Administration, Visit
from fhir_adapter.coding.bill import bill_of
from fhir_adapter.coding.model import AuthorizedLine, BilledLine, Finding, Line, Share
from fhir_adapter.rulebooks import load_rulebook

CHICAGO = timezone(timedelta(hours=-5))


def gave(id_, times, *, drug="", day=4, stop_day=None, **more):
    """An infusion `09:00-10:00` on a day of May 2026; the drug is called as the administration, if not otherwise."""
    start, _, stop = times.partition("-")
    named = {"drug": id_ if drug == "" else drug, "technique": "infusion"} | more
    return Administration(id=id_, start=_at(day, start), stop=_at(stop_day or day, stop) if stop else None, **named)


def derived(code, units, *ids, on=date(2026, 5, 4), modifiers=(), ndc=None):
    return Line(
        code=code,
        system="CPT" if code.isdigit() else "HCPCS",
        units=units,
        modifiers=modifiers,
        date=on,
        ndc=ndc,
        shares=(Share(None, units),),
        administrations=ids,
        because="said by a test",
        citations=("R8",),
    )


def charged(code, units=1, *modifiers, on=date(2026, 5, 4)):
    return BilledLine(code=code, units=units, date=on, modifiers=modifiers)


def bill(given, lines, billed, *, book="cpt-2026", payer=None, setting="office", held=False, authorized=None):
    expected = None if authorized is None else tuple(AuthorizedLine(code=code, units=n) for code, n in authorized)
    visit = Visit(
        id="v",
        setting=setting,
        payer=payer,
        administrations=tuple(given),
        billed=None if billed is None else tuple(billed),
        authorized=expected,
    )
    rulebook = load_rulebook(book)
    policies = rulebook.reading(date(2026, 5, 4), payer).policies
    return bill_of(visit, tuple(lines), rulebook, policies, held=held)


def denial(id_, message, fix, *, given=(), carc=None, appeal=None, severity="warning"):
    """The whole of a finding about a bill."""
    return Finding(
        id=id_,
        severity=severity,
        about="billed",
        carc=carc,
        administrations=given,
        message=message,
        fix=fix,
        appeal=appeal,
    )


def _at(day, clock):
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 5, day, hour, minute, tzinfo=CHICAGO)
