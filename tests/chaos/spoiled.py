"""The proxy that spoils writes, and keeps of each what it did, whether the server had taken it, and what came next.

    dropped      forwarded and committed; the connection ends without an answer
    failed       forwarded and committed; the answer is a 502
    slow         forwarded; the answer comes after the client has given up waiting
    reset        the connection ends before anything is forwarded
    conflict     409, not forwarded          mismatch   412, not forwarded
    refused      429 with Retry-After: 1, not forwarded

A transaction is spoiled as a whole, and each charge in it counts. Of the first four the client cannot know whether the
server has it: ambiguous. Each must be looked up, by a search for its identifier or a reading of its item, before that
charge is written again.
"""

import asyncio
import random
from collections import Counter

import httpx
from chaos.proxy import Proxy, identifier

KINDS = ("dropped", "failed", "conflict", "mismatch", "refused", "reset", "slow")
AMBIGUOUS = ("dropped", "failed", "slow", "reset")
NOT_FORWARDED = {"conflict": 409, "mismatch": 412, "refused": 429}
ORDER = (*KINDS[:-1] * 3, "slow")
"""Who waits holds one of the sender's places, so that is done less often."""
LATE = 1.0
"""Seconds over the client's patience."""


class Spoiling(Proxy):
    def __init__(self, server, *, most, patience, share=0.6, seed=3):
        super().__init__(server)
        self._most, self._patience, self._share, self._chance = most, patience, share, random.Random(seed)
        self.times, self.committed, self.looked_up, self.blind = Counter(), Counter(), Counter(), Counter()
        self._in_doubt, self._spoiled, self._number = {}, set(), -1

    async def spoil(self, request):
        self._note_look_up(request)
        fault = self._fault(request)
        if fault is None:
            return await self.forward(request)
        self.times[fault] += len(request.charges)
        if fault in AMBIGUOUS:
            self._in_doubt |= {identifier(charge): (fault, charge.get("id")) for charge in request.charges}
        if fault in NOT_FORWARDED:
            return NOT_FORWARDED[fault], {"retry-after": "1"} if fault == "refused" else {}, b""
        return None if fault == "reset" else await self._committed(fault, request)

    async def _committed(self, fault, request):
        answer = await self.forward(request)
        self.committed[fault] += len(request.charges) if 200 <= answer[0] < 300 else 0
        if fault == "slow":
            await asyncio.sleep(self._patience + LATE)
            return answer
        return None if fault == "dropped" else (502, {}, b"")

    def _fault(self, request):
        """None for a look-up, where there were enough, and by chance; the same write is spoiled once."""
        if not request.charges or self.times.total() >= self._most:
            return None
        same = (request.method, request.target, *map(identifier, request.charges))
        if same in self._spoiled or self._chance.random() >= self._share:
            return None
        self._spoiled.add(same)
        self._number += 1
        return ORDER[self._number % len(ORDER)]

    def _note_look_up(self, request):
        for charge in request.charges:
            doubt = self._in_doubt.pop(identifier(charge), None)
            self.blind[doubt and doubt[0]] += doubt is not None
        if not request.charges and "ChargeItem" in request.target:
            self._look_up(httpx.URL(f"http://h{request.target}"))

    def _look_up(self, asked):
        name = asked.params.get("identifier", "").partition("|")[2].replace("\\", "")
        item = asked.path.rpartition("/")[2]
        for key, (fault, spoken_of) in list(self._in_doubt.items()):
            if key == name or item == spoken_of:
                del self._in_doubt[key]
                self.looked_up[fault] += 1
