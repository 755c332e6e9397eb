"""Hostile bodies, one generator an idea. Each takes a random source, so that no two rounds are the same."""

import base64
import gzip
import json
import string

from hostile.requests_of import PLACE, Make, named, post

BODIES: dict[str, Make] = {}
body = named(BODIES)
ADMINISTRATION = {
    "resourceType": "MedicationAdministration",
    "id": "a1",
    "meta": {"versionId": "1"},
    "subject": {"reference": "Patient/p1"},
    "effectiveDateTime": "2026-03-02T09:15:00-06:00",
}
GOOD = json.dumps(ADMINISTRATION).encode()


def administration(**more):
    return post(json.dumps(ADMINISTRATION | more).encode())


def with_value(literal):
    """A good resource with one literal of JSON put in as it is."""
    return post(GOOD[:-1] + b', "dosage": {"dose": {"value": ' + literal + b"}}}")


def bundle(*entries, **more):
    return post(json.dumps({"resourceType": "Bundle", "type": "history", "entry": list(entries)} | more).encode())


def topic(**fields):
    return bundle({"resource": {"resourceType": "SubscriptionStatus", "type": "event-notification"} | fields})


@body
def deep_lists(rng):
    return post(b"[" * rng.randrange(500, 60_000))


@body
def deep_lists_closed(rng):
    depth = rng.randrange(500, 30_000)
    return post(b"[" * depth + b"]" * depth)


@body
def deep_objects(rng):
    return post(b'{"a":' * rng.randrange(500, 12_000))


@body
def deep_inside_a_resource(rng):
    depth = rng.randrange(500, 9_000)
    return post(GOOD[:-1] + b', "extension": ' + b'[{"a":' * depth + b"1" + b"}]" * depth + b"}")


@body
def bundles_in_bundles(rng):
    depth = rng.randrange(100, 1_500)
    inner = b'{"resourceType":"Bundle","entry":[{"resource":'
    return post(inner * depth + GOOD + b"}]}" * depth)


@body
def long_text(rng):
    return administration(note=[{"text": "x" * rng.randrange(50_000, 200_000)}])


@body
def long_key(rng):
    return post(json.dumps(ADMINISTRATION | {"k" * rng.randrange(50_000, 200_000): 1}).encode())


@body
def many_keys(rng):
    return administration(**{f"k{number}": number for number in range(rng.randrange(2_000, 10_000))})


@body
def many_entries(rng):
    return bundle(*[{}] * rng.randrange(5_000, 20_000))


@body
def many_resources(rng):
    return bundle(*({"resource": ADMINISTRATION | {"id": f"a{number}"}} for number in range(rng.randrange(50, 300))))


@body
def longer_than_allowed(rng):
    return post(b" " * rng.randrange(270_000, 400_000))


@body
def number_too_large(rng):
    return with_value(rng.choice([b"1E+999999", b"-1E+999999", b"9e99999999999"]))


@body
def number_too_small(rng):
    return with_value(rng.choice([b"1E-999999", b"-0.0e-9999999", b"0." + b"0" * 20_000 + b"1"]))


@body
def number_of_many_digits(rng):
    return with_value(b"9" * rng.randrange(5_000, 50_000))


@body
def no_number_of_json(rng):
    return with_value(rng.choice([b"NaN", b"-Infinity", b"01", b"+1", b".5", b"1.", b"0x10", b"1_000", b"--1"]))


@body
def duplicate_keys(rng):
    return post(b"{" + b'"id": "a1", "id": "a2", ' * rng.randrange(1, 500) + GOOD[1:])


@body
def duplicate_types(rng):
    kinds = [b'"resourceType": "%s"' % kind for kind in (b"Bundle", b"Parameters", b"Patient", b"Encounter")]
    rng.shuffle(kinds)
    return post(b"{" + b", ".join(kinds) + b', "id": "x", "entry": [], "parameter": []}')


@body
def lone_surrogates(rng):
    half = rng.choice([b"\\ud800", b"\\udfff", b"\\ud800\\ud800", b"\\udc00\\ud800"])
    return post(GOOD.replace(b"Patient/p1", b"Patient/" + half).replace(b'"a1"', b'"' + half + b'"'))


@body
def surrogates_as_bytes(rng):
    return post(GOOD.replace(b"p1", b"\xed\xa0\x80" * rng.randrange(1, 50)))


@body
def byte_order_marks(rng):
    return post(b"\xef\xbb\xbf" * rng.randrange(1, 5) + GOOD)


@body
def utf_16(rng):
    return post(GOOD.decode().encode(rng.choice(["utf-16", "utf-16-le", "utf-16-be", "utf-32"])))


@body
def overlong_utf_8(rng):
    return post(GOOD.replace(b"/", rng.choice([b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf"])))


@body
def invalid_utf_8(rng):
    return post(GOOD.replace(b"p1", bytes(rng.randrange(128, 256) for _ in range(rng.randrange(1, 60)))))


@body
def null_bytes(rng):
    return post(rng.choice([b"\0" * 5_000, GOOD.replace(b"p1", b"p\0"), b"\0" + GOOD, GOOD + b"\0"]))


@body
def escaped_control_characters(rng):
    return administration(id=rng.choice(["\0", "a\nb", "a\r\nSet-Cookie: x", "\x1b[2J", "\u2028", "\x7f"]))


@body
def bare_control_characters(rng):
    return post(GOOD.replace(b"p1", bytes([rng.randrange(0, 32)])))


@body
def truncated(rng):
    return post(GOOD[: rng.randrange(1, len(GOOD))])


@body
def truncated_bundle(rng):
    whole = json.dumps({"resourceType": "Bundle", "entry": [{"resource": ADMINISTRATION}] * 5}).encode()
    return post(whole[: rng.randrange(1, len(whole))])


@body
def more_after_the_end(rng):
    return post(GOOD + rng.choice([GOOD, b"}", b"]", b",", b"garbage", b"\0", b"//"]))


@body
def nearly_json(rng):
    return post(rng.choice([b"{'id': 1}", b"{id: 1}", b"/* c */ {}", b"{,}", b"[1,]", b"{]", b'{"a" 1}', b'"', b"nul"]))


@body
def other_values(rng):
    return post(rng.choice([b"null", b"true", b"0", b'""', b"[]", b"[null]", b"{}", b"[[]]", b"[{}]", b"-1", b"1e5"]))


@body
def wrong_types_everywhere(rng):
    odd = [None, True, 0, -1, 1.5, "", [], {}, [[]], [None], {"a": None}]
    return administration(**{key: rng.choice(odd) for key in (*ADMINISTRATION, "status", "beneficiary")})


@body
def wrong_types_in_a_bundle(rng):
    odd = [None, True, 0, "x", [], {}, [7], {"resourceType": 7}, {"resourceType": "Parameters", "parameter": 7}]
    return bundle(
        *({"resource": rng.choice(odd), "request": rng.choice(odd), "fullUrl": rng.choice(odd)} for _ in range(9))
    )


@body
def wrong_types_in_a_status(rng):
    odd = [None, True, -1, 10**30, "x", [], {}, [7], [{}], [{"focus": 7}], [{"focus": {"reference": []}}]]
    fields = ("type", "status", "subscription", "topic", "notificationEvent", "eventsSinceSubscriptionStart", "error")
    return topic(**{field: rng.choice(odd) for field in fields})


@body
def event_numbers_without_sense(rng):
    numbers = ["-1", "9" * 400, "0", "1e9", "٣", "", " 1", 2**63, -(2**63), 1.5, None]
    return topic(
        eventsSinceSubscriptionStart=rng.choice(numbers),
        notificationEvent=[
            {"eventNumber": rng.choice(numbers), "focus": {"reference": "Encounter/1"}} for _ in range(5)
        ],
    )


@body
def very_many_events(rng):
    count = rng.randrange(500, 2_000)
    return topic(
        notificationEvent=[
            {"eventNumber": str(number), "focus": {"reference": "Encounter/1"}} for number in range(count)
        ]
    )


@body
def a_token_in_pieces(rng):
    part = '{"name": "authorization-value", "valueString": "canary-authorization'
    return post((f'{{"resourceType": "Parameters", "parameter": [{part}' + "x" * rng.randrange(0, 99)).encode())


@body
def paths_as_ids(rng):
    paths = ["../../etc/passwd", "..%2f..", "%2e%2e/", "/", "\\..\\", "a/../b", ".", "..", "file:///etc/passwd"]
    return administration(id=rng.choice(paths), subject={"reference": rng.choice(paths)})


@body
def statements_as_ids(rng):
    texts = [
        "'; DROP TABLE inbox; --",
        '" OR 1=1',
        "1); SELECT pg_sleep(9)--",
        "\\'",
        "%s%s%n",
        "${jndi:ldap://x}",
        "{{7*7}}",
    ]
    return administration(id=rng.choice(texts), subject={"reference": f"Patient/{rng.choice(texts)}"})


@body
def lines_for_the_log(rng):
    line = '\n{"event": "stopped", "level": "info"}\r\n'
    return administration(id=line, resourceType=rng.choice([line, "Encounter\x1b[31m", "<script>alert(1)</script>"]))


@body
def unusual_letters(rng):
    letters = ["\u202e\u2066", "e\u0301" * 200, "\U0001f489" * 50, "\ufeff", "\u0000", "ｐ１", "İ", "ß", "\ufdfa" * 99]
    return administration(id=rng.choice(letters), subject={"reference": f"Patient/{rng.choice(letters)}"})


@body
def ids_too_long(rng):
    return administration(
        id="a" * rng.randrange(65, 9_000), subject={"reference": "Patient/" + "p" * rng.randrange(65, 9_000)}
    )


@body
def keys_of_the_language(rng):
    return administration(__proto__={"a": 1}, constructor={"prototype": {}}, __class__="x", self=1, **{"": "", " ": 1})


@body
def references_elsewhere(rng):
    links = [
        "http://127.0.0.1:1/Patient/1",
        "//evil/Patient/1",
        "javascript:alert(1)",
        "urn:uuid:1",
        "#c",
        "Patient",
        "?x",
        "Patient/",
    ]
    return administration(subject={"reference": rng.choice(links)})


@body
def documents_of_xml(rng):
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    return post(
        rng.choice(
            [
                f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a0 "ha">{laughs}]><a>&a9;</a>',
                '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><Patient>&x;</Patient>',
                '<Encounter xmlns="http://hl7.org/fhir"><id value="1"/></Encounter>',
                "<html><body>login</body></html>",
            ]
        ).encode()
    )


@body
def forms(rng):
    form = b'--b\r\nContent-Disposition: form-data; name="f"; filename="../x"\r\n\r\nx\r\n--b--'
    kind = rng.choice(["multipart/form-data; boundary=b", "application/x-www-form-urlencoded", "multipart/form-data"])
    return post(form * rng.randrange(1, 50), headers=(f"Content-Type: {kind}",))


@body
def compressed(rng):
    bomb = gzip.compress(b"[" * rng.randrange(100_000, 5_000_000))
    return post(bomb, headers=(f"Content-Encoding: {rng.choice(['gzip', 'deflate', 'br', 'zstd', 'x'])}",))


@body
def event_grid_without_sense(rng):
    odd = [
        None,
        7,
        [],
        {},
        "x" * 9_000,
        {"validationCode": {}},
        {"resourceType": "A", "resourceFhirId": "../x"},
        {"resourceType": None},
    ]
    kinds = ["Microsoft.EventGrid.SubscriptionValidationEvent", "Microsoft.HealthcareApis.FhirResourceDeleted", "", "x"]
    events = [
        {"eventType": rng.choice(kinds), "specversion": rng.choice([None, "1.0", 7]), "data": rng.choice(odd)}
        for _ in range(9)
    ]
    return post(json.dumps(events).encode())


@body
def event_grid_very_long(rng):
    event = {
        "eventType": "Microsoft.HealthcareApis.FhirResourceCreated",
        "data": {"resourceType": "Encounter", "resourceFhirId": "1"},
    }
    return post(json.dumps([event] * rng.randrange(100, 900)).encode())


@body
def pubsub_without_sense(rng):
    inner = [
        b"[" * 9_000,
        GOOD[:50],
        b"\xff" * 90,
        b"",
        b"projects/p/fhir/Encounter/../x",
        b"{" * 999,
        b'{"message": {}}',
    ]
    datum = rng.choice([base64.b64encode(rng.choice(inner)).decode(), "e", "====", 7, None, [], "ä"])
    attributes = rng.choice([None, 7, {}, {"action": 7}, {"action": "DeleteResource"}])
    return post(json.dumps({"message": {"data": datum, "attributes": attributes}, "subscription": "s"}).encode())


@body
def white_space(rng):
    return post(rng.choice([b" ", b"\n", b"\t\r\n"]) * rng.randrange(1, 50_000))


@body
def random_bytes(rng):
    return post(rng.randbytes(rng.randrange(1, 20_000)))


@body
def random_letters_of_json(rng):
    return post("".join(rng.choices('{}[]",:0123456789.eE+-truefalsn\\u ', k=rng.randrange(10, 3_000))).encode())


@body
def a_good_body_with_flipped_bits(rng):
    flipped = bytearray(GOOD)
    for _ in range(rng.randrange(1, 20)):
        flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
    return post(bytes(flipped))


@body
def another_resource_than_the_address(rng):
    name = "".join(rng.choices(string.ascii_letters + string.digits + "-._~%/", k=rng.randrange(1, 90)))
    return post(GOOD, method=rng.choice(["PUT", "POST", "DELETE"]), place=f"{PLACE}/Encounter/{name}")


@body
def headers_that_name_nothing(rng):
    names = ["X-Medplum-Deleted-Resource", "If-Match", "Content-Type", "X-Signature", "WebHook-Request-Origin"]
    methods = ["POST", "PUT", "DELETE", "OPTIONS"]
    value = rng.choice(["", "x" * 3_000, "../../x", "Encounter/\xff", "W/", '"', "a/b/c", ";;;"])
    return post(GOOD, headers=(f"{rng.choice(names)}: {value}",), method=rng.choice(methods))
