"""Hostile behaviour on the wire: lengths that lie, bodies that stop or never hurry, requests that are none."""

from hostile.bodies import GOOD
from hostile.requests_of import PLACE, TOKEN, Make, Request, head, named, post

WIRES: dict[str, Make] = {}
wire = named(WIRES)
CHUNKED = ("Transfer-Encoding: chunked",)


@wire
def longer_length_than_body(rng):
    return post(GOOD, length=len(GOOD) + rng.randrange(1, 9_000))._replace(hang_up=True)


@wire
def shorter_length_than_body(rng):
    return post(GOOD, length=rng.randrange(0, len(GOOD)))


@wire
def no_length_of_the_language(rng):
    return post(GOOD, length=rng.choice(["-1", "+5", "0x10", "1e3", "", " ", "9" * 30, "1,2", "５", "10 10"]))


@wire
def two_lengths(rng):
    return post(GOOD, headers=(f"Content-Length: {rng.randrange(0, 900)}",))


@wire
def length_and_chunks(rng):
    return Request((head("POST", PLACE, 4, ("Transfer-Encoding: chunked",)) + b"0\r\n\r\nGET / HTTP/1.1\r\n\r\n",))


@wire
def chunks_without_sense(rng):
    size = rng.choice([b"xyz", b"-1", b"FFFFFFFFFFFFFFFFF", b"", b"5;ext=" + b"a" * 9_000, b"0x5", b"5 5"])
    return Request((head("POST", PLACE, "none", CHUNKED) + size + b"\r\nhello\r\n0\r\n\r\n",), hang_up=True)


@wire
def chunks_that_never_end(rng):
    return Request(
        (head("POST", PLACE, "none", CHUNKED), b"5\r\nhello\r\n", b"5\r\nhel"),
        0.01,
        hang_up=True,
    )


@wire
def many_small_chunks(rng):
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in GOOD) + b"0\r\n\r\n"
    return Request((head("POST", PLACE, "none", CHUNKED) + chunks,))


@wire
def unknown_encoding(rng):
    return post(GOOD, headers=(f"Transfer-Encoding: {rng.choice(['gzip', 'identity', 'x', 'chunked,'])}",))


@wire
def a_slow_body(rng):
    start = head("POST", PLACE, len(GOOD))
    return Request((start, *(GOOD[at : at + 40] for at in range(0, len(GOOD), 40))), 0.03)


@wire
def slow_headers(rng):
    whole = head("POST", PLACE, len(GOOD)) + GOOD
    return Request(tuple(whole[at : at + 25] for at in range(0, len(whole), 25)), 0.01)


@wire
def hung_up_in_the_body(rng):
    return Request((head("POST", PLACE, len(GOOD)) + GOOD[: rng.randrange(0, len(GOOD))],), hang_up=True)


@wire
def hung_up_in_the_headers(rng):
    whole = head("POST", PLACE, len(GOOD))
    return Request((whole[: rng.randrange(1, len(whole))],), hang_up=True)


@wire
def hung_up_before_the_answer(rng):
    return post(GOOD)._replace(hang_up=True)


@wire
def a_long_header(rng):
    return post(GOOD, headers=("X-Long: " + "a" * rng.randrange(5_000, 90_000),))


@wire
def many_headers(rng):
    return post(GOOD, headers=tuple(f"X-{number}: 1" for number in range(rng.randrange(100, 2_000))))


@wire
def headers_without_sense(rng):
    odd = ["no colon", ": nothing", "a b: c", "X: \0", "X\x01: 1", " folded", "X: \xff\xfe"]
    return post(GOOD, headers=(rng.choice(odd),))


@wire
def request_lines_without_sense(rng):
    odd = ["", "POST", "POST /", "POST / HTTP/9.9", "/ POST HTTP/1.1", "POST  /  HTTP/1.1", "\0\0", "GET / HTTP/1.1 x"]
    return Request((rng.choice(odd).encode() + b"\r\n\r\n",), hang_up=True)


@wire
def unknown_methods(rng):
    return post(GOOD, method=rng.choice(["PATCH", "TRACE", "CONNECT", "PROPFIND", "post", "X" * 500, "HEAD", "GET"]))


@wire
def long_addresses(rng):
    return post(GOOD, place=PLACE + "/" + "a" * rng.randrange(1_000, 60_000))


@wire
def addresses_without_sense(rng):
    under = ["%00/x", "%ff", "%", "/Encounter/1", "Encounter/1/..", "?%20=%zz"]
    others = ["/hooks//", "/hooks/../metrics", "*", "http://evil.example/hooks/main", "/HOOKS/main"]
    return post(GOOD, place=rng.choice([*(f"{PLACE}/{one}" for one in under), *others]))


@wire
def credentials_without_sense(rng):
    odd = ["Bearer", f"Bearer {'x' * 9_000}", "Basic !!!", "Bearer \xff", "", f"bearer {TOKEN}", f"Bearer {TOKEN}x"]
    whole = post(GOOD).parts[0].replace(f"Bearer {TOKEN}".encode(), rng.choice(odd).encode("latin-1"))
    return Request((whole,))


@wire
def expecting_to_be_asked(rng):
    return post(GOOD, headers=(f"Expect: {rng.choice(['100-continue', '200-ok', ''])}",))


@wire
def many_requests_at_once(rng):
    one = head("POST", PLACE, len(GOOD)).replace(b"Connection: close\r\n", b"") + GOOD
    return Request((one * rng.randrange(2, 20) + post(GOOD).parts[0],))


@wire
def another_protocol(rng):
    hellos = [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + rng.randbytes(200), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
              b"SSH-2.0-x\r\n", b"\x00" * 400, b"MSH|^~\\&|A|B\r"]  # fmt: skip
    return Request((rng.choice(hellos),), hang_up=True)


@wire
def an_upgrade(rng):
    return post(GOOD, headers=("Upgrade: websocket", "Sec-WebSocket-Key: x", "Sec-WebSocket-Version: 13"))
