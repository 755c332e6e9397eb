"""After a plan was carried out the EHR has exactly what is wanted; planning again then does nothing."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from reconcile.charges import charge, visit

from fhir_adapter.reconcile import LedgerEntry, SeenItem, reconcile

CODES = ("96413", "96415", "J9312", "J9000")
wanted = st.dictionaries(st.sampled_from(CODES), st.integers(1, 9), max_size=4)


class Ehr:
    """Carries orders out as a sender without trouble does: ledger and items afterwards."""

    def __init__(self):
        self.ledger, self.items = {}, {}

    def carry_out(self, plan):
        for order in plan.orders:
            key = order.charge.key
            number = int(self.items[key].version) + 1 if key in self.items else 1
            item = SeenItem(
                id=f"ci-{key.code}",
                version=str(number),
                status=order.status,
                encounter=key.encounter,
                codes=(key.code,),
                date=key.date,
                units=str(order.charge.units),
                identifier=key.identifier,
            )
            self.items[key] = item
            written = {"item": item.id, "version": item.version}
            self.ledger[key] = LedgerEntry(patient="Patient/1", charge=order.charge, status=order.status, **written)

    def plan(self, *visits):
        return reconcile(visits, tuple(self.ledger.values()), tuple(self.items.values()))

    @property
    def charged(self):
        return {item.codes[0]: int(item.units) for item in self.items.values() if item.status == "billable"}


def visit_of(units, **state):
    return visit(*(charge(code, number) for code, number in sorted(units.items())), **state)


@given(st.lists(st.tuples(wanted, st.sampled_from(["settled", "open", "held"])), min_size=1, max_size=6))
@settings(max_examples=200, deadline=None)
def test_the_ehr_has_what_the_last_settled_chart_says(story):
    ehr, last = Ehr(), {}
    for units, state in story:
        last = units if state == "settled" else last
        now = visit_of(units, is_open=state == "open", held_by=("dose-missing",) if state == "held" else ())
        ehr.carry_out(ehr.plan(now))
        assert ehr.charged == last
        assert ehr.plan(now).orders == ()


@given(wanted, wanted, st.sets(st.sampled_from(CODES)))
@settings(max_examples=200, deadline=None)
def test_what_the_biller_has_taken_never_changes(first, then, billed):
    ehr = Ehr()
    ehr.carry_out(ehr.plan(visit_of(first)))
    for key, item in ehr.items.items():
        if key.code in billed:
            ehr.items[key] = msgspec.structs.replace(item, status="billed", version="7")
    before = {key: item for key, item in ehr.items.items() if item.status == "billed"}
    plan = ehr.plan(visit_of(then))
    assert not {order.charge.key for order in plan.orders} & before.keys()
