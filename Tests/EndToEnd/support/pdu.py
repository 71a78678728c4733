"""The least of the DICOM upper layer (PS3.8 9.3) and of DIMSE (PS3.7), byte by byte: what peers that behave badly are made of."""
import socket
import struct

VERIFICATION = "1.2.840.10008.1.1"
CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
ENHANCED_CT = "1.2.840.10008.5.1.4.1.1.2.1"
IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"


def item(kind, body):
    return struct.pack(">BBH", kind, 0, len(body)) + body


def pdu(kind, body):
    return struct.pack(">BBI", kind, 0, len(body)) + body


def associate_rq(contexts, calling="CT1", called="HILUM", max_pdu=131072):
    """A-ASSOCIATE-RQ (PS3.8 9.3.2); contexts: [(abstract syntax, [transfer syntaxes])], numbered 1, 3, 5 …"""
    body = struct.pack(">HH", 1, 0) + called.encode().ljust(16) + calling.encode().ljust(16) + bytes(32)
    body += item(0x10, b"1.2.840.10008.3.1.1.1")
    for number, (abstract, syntaxes) in enumerate(contexts):
        body += item(0x20, struct.pack(">BBBB", 2 * number + 1, 0, 0, 0) + item(0x30, abstract.encode())
                     + b"".join(item(0x40, s.encode()) for s in syntaxes))
    body += item(0x50, item(0x51, struct.pack(">I", max_pdu)) + item(0x52, b"1.2.3.4.5.6.7") + item(0x55, b"RAW"))
    return pdu(0x01, body)


def element(group, number, value):
    """An element in Implicit VR Little Endian."""
    return struct.pack("<HHI", group, number, len(value)) + value


def text(value):
    data = value.encode()
    return data + b"\0" * (len(data) % 2)


def command(*elements):
    """A command set (PS3.7 6.3): elements are (number, value)."""
    body = b"".join(element(0, number, value if isinstance(value, bytes) else struct.pack("<H", value)) for number, value in elements)
    return element(0, 0, struct.pack("<I", len(body))) + body


def p_data(context, data, is_command, is_last):
    return pdu(0x04, struct.pack(">IBB", len(data) + 2, context, (1 if is_command else 0) | (2 if is_last else 0)) + data)


class Lost(Exception):
    """The association ended: aborted, rejected or closed."""


class Association:
    """One association; answers are read in order. `accepted`: numbers of the contexts taken, with their transfer syntax."""

    def __init__(self, port, contexts=((VERIFICATION, [IMPLICIT]),), calling="CT1", called="HILUM", timeout=60):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.message = 0
        self.accepted = {}
        try:
            self.socket.sendall(associate_rq(contexts, calling, called))
            kind, body = self.read()
            if kind != 0x02:
                raise Lost(f"PDU {kind} instead of A-ASSOCIATE-AC: {body[:4].hex()}")
            self.max_pdu = self._read_accept(body)
        except BaseException:
            self.socket.close()
            raise

    def _read_accept(self, body):
        place, longest = 68, 16384
        while place + 4 <= len(body):
            kind, _, length = struct.unpack_from(">BBH", body, place)
            inner = body[place + 4:place + 4 + length]
            if kind == 0x21 and inner[2] == 0:
                self.accepted[inner[0]] = inner[8:].decode()
            elif kind == 0x50 and inner[:1] == b"\x51":
                longest = struct.unpack_from(">I", inner, 4)[0]
            place += 4 + length
        return min(longest or 131072, 131072)

    def receive(self, count):
        data = b""
        while len(data) < count:
            got = self.socket.recv(count - len(data))
            if not got:
                raise Lost("closed")
            data += got
        return data

    def read(self):
        kind, _, length = struct.unpack(">BBI", self.receive(6))
        body = self.receive(length)
        if kind in (0x03, 0x07):
            raise Lost(f"PDU {kind}: {body.hex()}")
        return kind, body

    def status(self):
        """Status of the next response."""
        kind, body = self.read()
        assert kind == 0x04, kind
        data, place = body[6:], 0
        while place + 8 <= len(data):
            group, number, length = struct.unpack_from("<HHI", data, place)
            if (group, number) == (0, 0x0900):
                return struct.unpack_from("<H", data, place + 8)[0]
            place += 8 + length
        raise AssertionError("a response without a status")

    def echo(self, context=1):
        self.message += 1
        self.socket.sendall(p_data(context, command(
            (0x0002, text(VERIFICATION)), (0x0100, 0x0030), (0x0110, self.message), (0x0800, 0x0101)), True, True))
        return self.status()

    def begin_store(self, sop_class, uid, context=1):
        """The command of a C-STORE; the data set follows by `part`."""
        self.message += 1
        self.socket.sendall(p_data(context, command(
            (0x0002, text(sop_class)), (0x0100, 0x0001), (0x0110, self.message), (0x0700, 0x0000), (0x0800, 0x0000),
            (0x1000, text(uid))), True, True))

    def part(self, data, is_last, context=1):
        """A part of the data set, in fragments of the size that the peer takes."""
        step = self.max_pdu - 6
        for start in range(0, max(len(data), 1), step):
            piece = data[start:start + step]
            self.socket.sendall(p_data(context, piece, False, is_last and start + step >= len(data)))

    def store(self, sop_class, uid, data, context=1):
        """C-STORE of a whole data set; its status."""
        self.begin_store(sop_class, uid, context)
        self.part(data, True, context)
        return self.status()

    def release(self):
        self.socket.sendall(pdu(0x05, bytes(4)))
        kind, _ = self.read()
        assert kind == 0x06, kind
        self.socket.close()

    def reset(self):
        """Closes without a word: the peer gets a TCP reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
