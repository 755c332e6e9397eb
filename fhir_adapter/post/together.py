"""A visit's orders in one transaction, where the server keeps a Bundle whole or not at all.

The problem: ten charges are ten requests, each with its wait, and whoever looks between them sees half a visit.

    201 for a create, 200 for an update     written, as if it had gone alone
    200 for a create, or nothing readable   None: to be settled alone, after a look-up
    the whole refused (4xx)                 nothing was written, and one of them is why: each alone, after a look-up
    no answer                               all of them are in doubt (`EhrAmbiguous`)

Worked: ten new charges, all 201: ten outcomes from one request. Two amendments, one of them over a version that the
biller has changed: 409 for both; alone, the one is written and the other is left alone.

Decided: only orders that never left us go together, with all that is needed known. "After a look-up" costs a request
for each, and makes it true also of a server that said transaction and kept a part. Which server is asked says the
source's configuration (`transactions`): a CapabilityStatement names the interaction even where a Bundle is not kept
whole (Medplum). Left out: updates of items that one look-up would have to find first.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from fhir_adapter.ehr import Written
from fhir_adapter.errors import EhrConflict, EhrNotFound, EhrRejected
from fhir_adapter.post.driver import Driver
from fhir_adapter.post.order import InPlace, SendOrder


def together_first(orders: Sequence[SendOrder]) -> int:
    """How many from the front may go as one. What stands behind one that must go alone waits for it."""
    return len(list(takewhile(_goes_together, orders)))


def _goes_together(order: SendOrder) -> bool:
    is_known = order.item is None or order.version is not None
    return is_known and not order.may_have_been_sent and not order.reverses_the_unknown


async def settle_together(orders: Sequence[SendOrder], driver: Driver) -> tuple[InPlace | None, ...]:
    """None for one that is still to be settled alone. Raises an EhrError where nothing is known of any."""
    try:
        written = await driver.write_all(orders)
    except (EhrRejected, EhrConflict, EhrNotFound):
        return (None,) * len(orders)
    return tuple(_outcome(order, one) for order, one in zip(orders, written, strict=True))


def _outcome(order: SendOrder, written: Written | None) -> InPlace | None:
    if written is None or written.version is None or written.created != (order.item is None):
        return None
    return InPlace(item=written.id, version=written.version)
