"""A client of Caudal on a Noise library that is not ours, written from PROTOCOL.md alone.

Speaks the classic suite over standard input and output: each message of the socket is a u32 length, big endian, and the
bytes. Takes the bank's identity in hex, says hello and pings, and prints one line to standard error: ok, or what is wrong.
"""
import struct, sys, time
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from dissononce.extras.meta.protocol.factory import NoiseProtocolFactory

SUBPROTOCOL = b"caudal.v1.classic"
BUCKETS = [64, 128, 256, 512, 1024, 2048, 4096] + list(range(8192, 61441, 4096))


def send(message):
    sys.stdout.buffer.write(struct.pack(">I", len(message)) + message)
    sys.stdout.buffer.flush()


def receive():
    (length,) = struct.unpack(">I", sys.stdin.buffer.read(4))
    return sys.stdin.buffer.read(length)


def short(b):
    return bytes([len(b)]) + b


def check_certificate(raw, static, pinned):
    version, not_before, not_after = struct.unpack(">Bqq", raw[:17])
    name_end = 50 + raw[49]
    identity = raw[name_end:name_end + 32]
    (extensions,) = struct.unpack(">H", raw[name_end + 32:name_end + 34])
    body, signature = raw[:name_end + 34 + extensions], raw[name_end + 34 + extensions:]
    assert version == 1 and len(signature) == 64, "malformed certificate"
    assert raw[17:49] == static, "the certified key is not the static key"
    Ed25519PublicKey.from_public_bytes(identity).verify(signature, b"caudal channel certificate v1\0" + body)
    assert not_before <= time.time() <= not_after, "the certificate is not valid now"
    assert identity == pinned, "the bank's identity is not the pinned one"


def seal(state, body, kind=1):
    plain = struct.pack(">BH", kind, len(body)) + body
    bucket = next(b for b in BUCKETS if b >= len(plain))
    return state.encrypt_with_ad(b"", plain + bytes(bucket - len(plain)))


def unseal(state, message):
    plain = state.decrypt_with_ad(b"", message)
    kind, length = struct.unpack(">BH", plain[:3])
    assert not any(plain[3 + length:]), "padding is not zero"
    return kind, plain[3:3 + length]


def varint(n):
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def fields(message):
    """Yields (number, value) of a protobuf message that has varints and bytes only."""
    at = 0

    def read():
        nonlocal at
        n = shift = 0
        while True:
            b = message[at]
            at, n, shift = at + 1, n | (b & 127) << shift, shift + 7
            if b < 128:
                return n

    while at < len(message):
        tag = read()
        value = read()
        if tag & 7 == 2:
            value, at = message[at:at + value], at + value
        yield tag >> 3, value


def main():
    pinned = bytes.fromhex(sys.argv[1])
    protocol = NoiseProtocolFactory().get_noise_protocol("Noise_NX_25519_AESGCM_SHA256")
    noise = protocol.create_handshakestate()
    prologue = short(b"caudal channel v1") + b"\x01" + short(SUBPROTOCOL) + short(SUBPROTOCOL)
    noise.initialize(protocol.pattern, True, prologue)
    first = bytearray()
    noise.write_message(b"", first)
    send(bytes(first))
    certificate = bytearray()
    sending, receiving = noise.read_message(receive(), certificate)
    check_certificate(bytes(certificate), noise.rs.data, pinned)

    hello = field(1, 1) + field(10, field(1, b"stranger.py/1") + field(2, 1))
    ping = field(1, 2) + field(27, b"")
    send(seal(sending, field(1, hello) + field(1, ping)))
    seen = {}
    while len(seen) < 2:
        kind, frame = unseal(receiving, receive())
        assert kind == 1, "closed"
        for _, message in fields(frame):
            for number, reply in fields(message):
                if number == 1:
                    reply = dict(fields(reply))
                    seen[reply[1]] = reply
    assert dict(fields(seen[1][10]))[2] == 1, "hello was not answered"
    assert abs(dict(fields(seen[2][27]))[1] / 1e6 - time.time()) < 3600, "ping has no time"
    send(seal(sending, struct.pack(">H", 1000), kind=2))
    print("ok", file=sys.stderr)


main()
