"""Free TCP ports on loopback."""
import random
import socket

_given: set[int] = set()


def free_port() -> int:
    """A port that nobody listens on, given once in a run.

    Below the range from which the kernel takes the ports of outgoing connections: one of those may come between the
    choice and the use of the port.
    """
    for _ in range(1000):
        port = random.randrange(12_000, 32_000)
        if port in _given:
            continue
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port
    raise RuntimeError("no free port between 12000 and 32000")
