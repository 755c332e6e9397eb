"""Raw bodies of a patient whose visit went the whole way: coded, charged, attested, billed."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from fhir_adapter.store.retention import remove
from fhir_adapter.store.schema import versions

pytestmark = pytest.mark.anyio
LATER = datetime(2100, 1, 1, tzinfo=UTC)


async def test_they_go_once_all_was_billed_and_not_before(hospital):
    here = hospital()
    await here.admit()
    await here.follow()
    await here.attested()
    assert (await here.store.write(lambda conn: remove(conn, before=LATER))).bodies == 0
    for item in (await here.items()).values():
        await here.edit(item, status="billed")
    await here.follow()
    removed = await here.store.write(lambda conn: remove(conn, before=LATER))
    assert removed.bodies > 0
    left = await here.store.read(
        lambda conn: conn.execute(select(versions.c.body).where(versions.c.patient.is_not(None))).scalars().all()
    )
    assert set(left) == {b""}
