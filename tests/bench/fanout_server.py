"""A server far faster than any client under test: TLS, HTTP/2 for who asks for it, HTTP/1.1 for the others. Answers as FCM does.

It looks at the bearer token and the body, so that a client cannot win by sending less. Runs in a process of its own:

    python -m tests.bench.fanout_server FOLDER     (writes ca.pem there and prints its port)
"""

from __future__ import annotations

import asyncio
import datetime
import ssl
import sys
from pathlib import Path

import h2.config
import h2.connection
import h2.events
import msgspec
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_ANSWER = b'{"name": "projects/bench/messages/0:1"}'


class _Body(msgspec.Struct):
    message: dict[str, msgspec.Raw]


_DECODER = msgspec.json.Decoder(_Body)
_TARGETS = frozenset({"fid", "token"})


def accepts(authorization: bytes, body: bytes) -> bool:
    try:
        return authorization.startswith(b"Bearer ") and not _TARGETS.isdisjoint(_DECODER.decode(body).message)
    except msgspec.DecodeError:
        return False


class Server(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        chosen = transport.get_extra_info("ssl_object").selected_alpn_protocol()
        self.speaks: _Http2 | _Http1 = _Http2(self.transport) if chosen == "h2" else _Http1(self.transport)

    def data_received(self, data: bytes) -> None:
        self.speaks.data_received(data)


class _Http1:
    def __init__(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = dict(line.lower().split(b": ", 1) for line in self.buffer[:end].split(b"\r\n")[1:])
            total = end + 4 + int(head.get(b"content-length", b"0"))
            if len(self.buffer) < total:
                return
            body, self.buffer = self.buffer[end + 4 : total], self.buffer[total:]
            good = accepts(head.get(b"authorization", b"").replace(b"bearer", b"Bearer"), body)
            status = b"200 OK" if good else b"400 Bad Request"
            self.transport.write(
                b"HTTP/1.1 "
                + status
                + b"\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(_ANSWER)
                + _ANSWER
            )


class _Http2:
    def __init__(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.wire = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding=None))
        self.wire.initiate_connection()
        self.open: dict[int, tuple[bytes, bytearray]] = {}
        transport.write(self.wire.data_to_send())

    def data_received(self, data: bytes) -> None:
        for event in self.wire.receive_data(data):
            match event:
                case h2.events.RequestReceived():
                    self.open[event.stream_id] = (dict(event.headers).get(b"authorization", b""), bytearray())
                case h2.events.DataReceived():
                    self.open[event.stream_id][1].extend(event.data)
                    self.wire.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                case h2.events.StreamEnded():
                    authorization, body = self.open.pop(event.stream_id)
                    status = b"200" if accepts(authorization, bytes(body)) else b"400"
                    self.wire.send_headers(
                        event.stream_id, [(b":status", status), (b"content-type", b"application/json")]
                    )
                    self.wire.send_data(event.stream_id, _ANSWER, end_stream=True)
        self.transport.write(self.wire.data_to_send())


def certificates(folder: Path) -> ssl.SSLContext:
    """A small authority and a leaf of its own for localhost; clients trust ca.pem through SSL_CERT_FILE."""
    now = datetime.datetime.now(datetime.UTC)

    def made(
        name: str, key: ec.EllipticCurvePrivateKey, issuer: str, signer: ec.EllipticCurvePrivateKey, *, ca: bool
    ) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        )
        return builder.sign(signer, hashes.SHA256())

    authority, leaf = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = made("bench authority", authority, "bench authority", authority, ca=True)
    (folder / "ca.pem").write_bytes(root.public_bytes(Encoding.PEM))
    certificate = made("localhost", leaf, "bench authority", authority, ca=False)
    chain, key = folder / "leaf.pem", folder / "leaf.key"
    chain.write_bytes(certificate.public_bytes(Encoding.PEM) + root.public_bytes(Encoding.PEM))
    key.write_bytes(leaf.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


async def _serve(folder: Path) -> None:
    server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0, ssl=certificates(folder))
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(Path(sys.argv[1])))
