"""An EHR that takes its time with a patient's first write and then refuses it, for a second: so every point is passed
that only trouble leads to – the lease renewed, the order put off, the claim let go, the look-up before the next try."""

import asyncio

from chaos.proxy import Proxy, subject

LONG = 1.6
"""Seconds; longer than a third of the lease."""


class Stumbling(Proxy):
    def __init__(self, server):
        super().__init__(server)
        self._stumbled = set()

    async def spoil(self, request):
        whose = {subject(charge) for charge in request.charges}
        if whose <= self._stumbled:
            return await self.forward(request)
        self._stumbled |= whose
        await asyncio.sleep(LONG)
        return 503, {"retry-after": "1"}, b""
