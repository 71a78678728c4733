"""A byte-exact LIS01-A2 sender over TCP that nobody of the product wrote: frames, checksums and answers by the standard."""
import socket
import time

STX, ETX, EOT, ENQ, ACK, NAK, ETB = b"\x02", b"\x03", b"\x04", b"\x05", b"\x06", b"\x15", b"\x17"


def checksum(body: bytes) -> bytes:
    """Sum of the bytes from the frame number to ETB or ETX inclusive, modulo 256 (LIS01-A2 6.3.3)."""
    return b"%02X" % (sum(body) & 0xFF)


def frame(number: int, text: bytes, last: bool = True) -> bytes:
    body = b"%d" % (number % 8) + text + (ETX if last else ETB)
    return STX + body + checksum(body) + b"\r\n"


def frames(records, size=240, message_in_a_frame=False):
    """Frames of a message: one record a frame, divided by ETB where longer than `size`."""
    texts = [b"".join(r + b"\r" for r in records)] if message_in_a_frame else [r + b"\r" for r in records]
    out, number = [], 1
    for text in texts:
        pieces = [text[i:i + size] for i in range(0, len(text), size)]
        for index, piece in enumerate(pieces):
            out.append(frame(number, piece, index == len(pieces) - 1))
            number += 1
    return out


def message(specimen: str, results, sent="20240318124000", control=b""):
    """Records of a message with one specimen; results: (code, value, unit, flag)."""
    records = [
        b"H|\\^&|" + control + b"||Generic^1.0|||||||P|LIS2-A2|" + sent.encode(),
        b"P|1",
        b"O|1|" + specimen.encode() + b"||^^^ALL|R|||||||||||||||||||||F",
    ]
    for n, (code, value, unit, flag) in enumerate(results, 1):
        records.append(f"R|{n}|^^^{code}|{value}|{unit}||{flag}||F||||{sent}".encode())
    return records + [b"L|1|N"]


class Refused(Exception):
    """The receiver did not accept."""


class Sender:
    """One instrument on one connection."""

    def __init__(self, port, host="127.0.0.1", source=None, pieces=None, timeout=15):
        self.address, self.source, self.pieces, self.timeout = (host, port), source, pieces, timeout
        self.socket = None

    def connect(self):
        self.socket = socket.create_connection(self.address, timeout=self.timeout,
                                               source_address=(self.source, 0) if self.source else None)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self

    __enter__ = connect

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.socket:
            self.socket.close()
            self.socket = None

    def write(self, data: bytes):
        step = self.pieces or len(data)
        for start in range(0, len(data), step):
            self.socket.sendall(data[start:start + step])
            if self.pieces:
                time.sleep(0.0005)

    def answer(self, timeout=None) -> bytes:
        self.socket.settimeout(timeout or self.timeout)
        byte = self.socket.recv(1)
        if not byte:
            raise Refused("closed")
        return byte

    def ask(self, data: bytes) -> bytes:
        self.write(data)
        return self.answer()

    def send(self, records, **options):
        """A whole transmission; True when every frame was acknowledged."""
        if self.ask(ENQ) != ACK:
            raise Refused("ENQ")
        for f in frames(records, **options):
            for _ in range(6):
                if self.ask(f) == ACK:
                    break
            else:
                self.write(EOT)
                raise Refused("frame")
        self.write(EOT)
        return True
