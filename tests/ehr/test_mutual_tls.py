"""A real TLS server that lets in only who has a certificate of its authority."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fhir_adapter.ehr import EhrClient, context_of
from fhir_adapter.errors import ConfigurationError, EhrUnavailable
from fhir_adapter.settings import Tls

pytestmark = [pytest.mark.anyio, pytest.mark.real]
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 39\r\n\r\n" + b'{"resourceType": "Encounter", "id":"1"}'


def now():
    return datetime.now(UTC)


def certificate(folder, name, issuer=None):
    """PEM files of a key and a certificate; self-signed where nobody issues it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    by, signed_with = issuer or (subject, key)
    builder = (
        x509.CertificateBuilder(by, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
    )
    signed = builder.sign(signed_with, hashes.SHA256())
    pem = serialization.Encoding.PEM
    (folder / f"{name}.pem").write_bytes(signed.public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / f"{name}.key").write_bytes(private)
    return subject, key


@pytest.fixture
def authority(tmp_path):
    issuer = certificate(tmp_path, "authority")
    for name in ("server", "adapter"):
        certificate(tmp_path, name, issuer)
    return tmp_path


@pytest.fixture
async def address(authority):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority / "authority.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(authority / "server.pem", authority / "server.key")

    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def tls(folder, name=None):
    cert, key = (folder / f"{name}.pem", folder / f"{name}.key") if name else (None, None)
    return Tls(cert=cert, key=key, ca=folder / "authority.pem")


async def test_who_has_the_certificate_is_let_in(address, authority):
    async with EhrClient(address, clock=now, verify=context_of(tls(authority, "adapter"), "tls")) as ehr:
        assert (await ehr.read("Encounter", "1")).id == "1"


async def test_who_has_none_is_not_and_who_is_not_trusted_is_not_asked(address, authority):
    for verify in (context_of(tls(authority), "tls"), context_of(None, "tls")):
        async with EhrClient(address, clock=now, verify=verify) as ehr:
            with pytest.raises(EhrUnavailable):
                await ehr.read("Encounter", "1")


def test_files_that_cannot_be_used_are_named(authority):
    (authority / "nonsense.pem").write_text("nonsense")
    key = (authority / "adapter.key").read_bytes()
    locked = serialization.load_pem_private_key(key, None).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"password"),
    )
    (authority / "locked.key").write_bytes(locked)
    adapter = {"cert": authority / "adapter.pem", "key": authority / "adapter.key"}
    for broken, said in (
        ({"ca": authority / "nowhere.pem"}, r"^tls\.ca: .*nowhere\.pem cannot be used \(No such file"),
        ({"ca": authority / "nonsense.pem"}, r"^tls\.ca: .* \(it is no PEM of that kind\)"),
        (adapter | {"cert": authority / "nonsense.pem"}, r"^tls\.cert: .* \(it is no PEM of that kind\)"),
        (adapter | {"key": authority / "server.key"}, r"^tls\.cert: "),
        (adapter | {"key": authority / "locked.key"}, r"^tls\.cert: "),
    ):
        with pytest.raises(ConfigurationError, match=said):
            context_of(Tls(**broken), "tls")
