"""What a generator of hostile requests gives: raw bytes in parts, with a pause before each but the first."""

import random
from collections.abc import Callable
from typing import NamedTuple

TOKEN = "token-of-this-test"
PLACE = "/hooks/main"
Make = Callable[[random.Random], "Request"]


class Request(NamedTuple):
    parts: tuple[bytes, ...]
    pause: float = 0.0
    hang_up: bool = False
    """Close our side after sending, without waiting for an answer."""


def post(body, *, place=PLACE, method="POST", length=None, headers=()):
    """A well-formed request with whatever body."""
    return Request((head(method, place, len(body) if length is None else length, headers) + body,))


def head(method, place, length, headers=()):
    lines = [f"{method} {place} HTTP/1.1", "Host: adapter", f"Authorization: Bearer {TOKEN}", "Connection: close"]
    lines += [f"Content-Length: {length}"] if length != "none" else []
    return "\r\n".join([*lines, *headers, "", ""]).encode("latin-1", "replace")


def named(registry):
    """A decorator: the function's name is the generator's."""

    def register(make):
        registry[make.__name__] = make
        return make

    return register
