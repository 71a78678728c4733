"""The DICOM driver against peers that break things. HILUM_CHAOS=1 runs it at full size, otherwise as a smoke test."""
import os
import pathlib
import random
import socket
import struct
import subprocess
import threading
import time

import pytest
from pydicom.uid import CTImageStorage
from pynetdicom.sop_class import Verification

from support.dicom_module import answer
from support.dicom_peers import association, connect, image, node, node_options, save, tool

FULL = bool(os.environ.get("HILUM_CHAOS"))


def request(calling=b"TESTER", called=b"HILUM", abstract=b"1.2.840.10008.1.1", syntax=b"1.2.840.10008.1.2"):
    """An A-ASSOCIATE-RQ (PS3.8 9.3.2)."""
    def item(kind, data):
        return struct.pack(">BBH", kind, 0, len(data)) + data

    context = item(0x20, bytes([1, 0, 0, 0]) + item(0x30, abstract) + item(0x40, syntax))
    user = item(0x50, item(0x51, struct.pack(">I", 16384)) + item(0x52, b"1.2.3"))
    body = struct.pack(">HH", 1, 0) + called.ljust(16) + calling.ljust(16) + bytes(32)
    body += item(0x10, b"1.2.840.10008.3.1.1.1") + context + user
    return struct.pack(">BBI", 1, 0, len(body)) + body


def element(number, value):
    return struct.pack("<HHI", 0, number, len(value)) + value


def command(field, sop_class, message=1, data=True, **more):
    body = element(0x0002, sop_class + b"\0" * (len(sop_class) % 2)) + element(0x0100, struct.pack("<H", field))
    body += element(0x0110, struct.pack("<H", message)) + element(0x0700, b"\0\0")
    body += element(0x0800, struct.pack("<H", 1 if data else 0x0101)) + element(0x1000, b"1.2.3.4\0")
    return element(0x0000, struct.pack("<I", len(body))) + body


def p_data(data, is_command, is_last=True, context=1):
    pdv = struct.pack(">IBB", len(data) + 2, context, (1 if is_command else 0) | (2 if is_last else 0)) + data
    return struct.pack(">BBI", 4, 0, len(pdv)) + pdv


def receive(peer, count):
    data = b""
    while len(data) < count:
        part = peer.recv(count - len(data))
        assert part, f"closed after {data!r}"
        data += part
    return data


def receive_pdu(peer):
    head = receive(peer, 6)
    return head[0], receive(peer, int.from_bytes(head[2:], "big"))


def associate(port, **more):
    peer = connect(port, request(**more))
    kind, _ = receive_pdu(peer)
    assert kind == 2
    return peer


def echo(module):
    start = time.monotonic()
    said = tool("echoscu", "-aec", "HILUM", "127.0.0.1", module.port)
    assert said.returncode == 0, said.stdout
    return time.monotonic() - start


def settle(module, threads, seconds=60):
    deadline = time.monotonic() + seconds
    while module.status("Threads") > threads:
        assert time.monotonic() < deadline, f"{module.status('Threads')} threads are left"
        time.sleep(0.05)


def test_silent_peers_delay_nobody(tmp_path):
    with node(tmp_path, request_seconds=3) as module:
        silent = [connect(module.port) for _ in range(10)] + [connect(module.port, request()[:50]) for _ in range(10)]
        assert min(echo(module) for _ in range(3)) < 1
        for peer in silent:
            peer.settimeout(30)
            try:
                assert peer.recv(16)[:1] in (b"", b"\x07")  # closed, or aborted
            except ConnectionResetError:
                pass
            peer.close()
        module.wait_for("refused", lambda m: "in time" in m["reason"])


def test_silent_tls_handshakes_delay_nobody(tmp_path):
    make = "openssl req -x509 -newkey rsa:2048 -nodes -keyout a.key -out a.pem -subj /CN=a"
    subprocess.run(make.split(), cwd=tmp_path, check=True, capture_output=True)
    tls = {"certificate": str(tmp_path / "a.pem"), "key": str(tmp_path / "a.key"), "clients": "none"}
    listen = [{"address": "127.0.0.1", "port": 0, "tls": tls}]
    with node(tmp_path, listen=listen, request_seconds=2) as module:
        silent = [connect(module.port, b"\x16\x03\x01\x02") for _ in range(10)]
        said = tool("echoscu", "+tla", "-ic", "-aec", "HILUM", "127.0.0.1", module.port)
        assert said.returncode == 0, said.stdout
        # One that goes on a byte at a time never lets a read time out.
        start = time.monotonic()
        try:
            for _ in range(100):
                silent[0].sendall(b"\x00")
                time.sleep(0.2)
                assert time.monotonic() - start < 20
        except OSError:
            pass
        deadline = time.monotonic() + 60
        while len([m for m in module.all("refused") if "TLS" in m["reason"]]) < 10:
            assert time.monotonic() < deadline, module.all("refused")
            time.sleep(0.05)
        settle(module, 2)
        for peer in silent:
            peer.close()


def test_one_address_does_not_take_all_places(tmp_path):
    with node(tmp_path, request_seconds=60) as module:
        flood = [connect(module.port) for _ in range(200)]
        module.wait_for("refused", lambda m: "too many connections" in m["reason"])
        other = socket.create_connection(("127.0.0.1", module.port), timeout=30, source_address=("127.0.0.2", 0))
        other.sendall(request())
        assert receive_pdu(other)[0] == 2
        for peer in flood + [other]:
            peer.close()


def test_a_peer_that_drips_is_ended(tmp_path):
    with node(tmp_path, request_seconds=2) as module:
        peer = connect(module.port)
        start = time.monotonic()
        try:
            for byte in request():
                peer.sendall(bytes([byte]))
                time.sleep(0.1)
                assert time.monotonic() - start < 20
        except OSError:
            pass
        assert time.monotonic() - start < 20
        assert "in time" in module.wait_for("refused")["reason"]


def test_connecting_and_closing(tmp_path):
    with node(tmp_path) as module:
        echo(module)
        settle(module, 2)
        before = module.descriptors
        for _ in range(3000 if FULL else 300):
            connect(module.port).close()
        echo(module)
        deadline = time.monotonic() + 60
        while module.descriptors > before:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        # A flood is told in part, and counted.
        deadline = time.monotonic() + 60
        total = 3000 if FULL else 300
        while sum(1 for m in module.all("refused") if "flood" not in m["reason"]) + sum(
                int(m["untold"] or 0) for m in module.all("refused")) < total:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert len(module.all("refused")) < total


def test_many_associations_keep_memory_descriptors_and_maps_flat(tmp_path):
    def some(count):
        for _ in range(count):
            peer = associate(module.port)
            peer.sendall(p_data(command(0x30, b"1.2.840.10008.1.1", data=False), True))
            assert receive_pdu(peer)[0] == 4
            peer.sendall(b"\x05\0\0\0\0\x04\0\0\0\0")
            assert receive_pdu(peer)[0] == 6
            peer.close()

    with node(tmp_path) as module:
        some(200)
        settle(module, 2)
        before = module.status("VmRSS"), module.status("VmSize"), module.descriptors, module.maps
        some(10000 if FULL else 600)
        settle(module, 2)
        after = module.status("VmRSS"), module.status("VmSize"), module.descriptors, module.maps
        print("VmRSS, VmSize kB, descriptors, maps:", before, after)
        # Address space: at most four arenas of malloc's, 64 MB each. A leaked stack a thread would be gigabytes.
        assert after[0] < before[0] + 4096 and after[1] < before[1] + 300_000
        assert after[2] <= before[2] and after[3] <= before[3] + 20


@pytest.mark.parametrize("what", ["truncated pdu", "reset", "lying length", "no pdv", "data before command",
                                  "wrong context", "command of elements that are none", "endless command"])
def test_broken_messages_end_the_association_and_nothing_else(tmp_path, what):
    with node(tmp_path, idle_seconds=3) as module:
        peer = associate(module.port, abstract=CTImageStorage.encode())
        store = p_data(command(1, CTImageStorage.encode()), True)
        part = p_data(bytes(10000), False, is_last=False)
        if what == "truncated pdu":
            peer.sendall(store + part[:-100])
        elif what == "reset":
            peer.sendall(store + part)
            time.sleep(0.2)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif what == "lying length":
            peer.sendall(store + b"\x04\x00\x7f\xff\xff\xff")
        elif what == "no pdv":
            peer.sendall(b"\x04\0\0\0\0\0")
        elif what == "data before command":
            peer.sendall(part)
        elif what == "wrong context":
            peer.sendall(p_data(command(1, CTImageStorage.encode()), True, context=99))
        elif what == "command of elements that are none":
            peer.sendall(p_data(b"\xff" * 64, True))
        else:
            try:
                for _ in range(100):
                    peer.sendall(p_data(bytes(10000), True, is_last=False))
            except OSError:
                pass
        peer.close()
        ended = module.wait_for("ended")
        assert ended["how"] in ("lost", "aborted", "timeout") and ended["reason"], ended
        if what in ("truncated pdu", "reset", "lying length"):
            assert module.wait_for("failed")["reason"]
        assert list((tmp_path / "incoming").iterdir()) == [] and module.all("stored") == []
        echo(module)


def test_random_bytes_in_every_place(tmp_path):
    """Mutations of a good conversation: the process lives, and serves the next one."""
    seed = random.Random(4711)
    good = request(abstract=CTImageStorage.encode()), p_data(command(1, CTImageStorage.encode()), True) + p_data(
        bytes(500), False)
    with node(tmp_path, idle_seconds=1, request_seconds=1) as module:
        for _ in range(3000 if FULL else 200):
            first, second = (bytearray(b) for b in good)
            target = first if seed.random() < 0.6 else second
            for _ in range(seed.randint(1, 6)):
                place = seed.randrange(len(target))
                if seed.random() < 0.2:
                    del target[place:place + seed.randint(1, 8)]
                else:
                    target[place] = seed.choice([0, 1, 0x7F, 0xFF, seed.randrange(256)])
                if not target:
                    break
            with connect(module.port) as peer:
                try:
                    peer.sendall(bytes(first))
                    if target is second:
                        receive_pdu(peer)
                        peer.sendall(bytes(second))
                        peer.settimeout(0.05)
                        peer.recv(100)
                except (OSError, AssertionError):
                    pass
        assert module.process.poll() is None
        settle(module, 2)
        echo(module)


def test_a_long_multiframe_needs_little_memory(tmp_path):
    megabytes = 420 if FULL else 120
    with node(tmp_path) as module:
        echo(module)
        before = module.status("VmRSS")
        peer = associate(module.port, abstract=CTImageStorage.encode())
        peer.sendall(p_data(command(1, CTImageStorage.encode()), True))
        piece = p_data(bytes(131060), False, is_last=False)
        highest = before
        for number in range(megabytes * 8):
            peer.sendall(piece)
            if number % 100 == 0:
                highest = max(highest, module.status("VmRSS"))
        peer.sendall(p_data(b"", False))
        assert receive_pdu(peer)[0] == 4
        told = module.wait_for("stored")
        assert int(told["size"]) == megabytes * 8 * 131060
        print("VmRSS kB before and highest:", before, highest)
        assert highest < before + 20000
        peer.close()


def test_kill_while_associations_send(tmp_path):
    """Every 0000 that a sender saw stands for a whole file that was told before."""
    acknowledged, told, lock = [], {}, threading.Lock()

    def stored(message):
        with lock:
            told[message["sop_instance"]] = message
        return [answer(message)]

    def send(port):
        try:
            with association(port, [CTImageStorage], timeout=3) as peer:
                while peer.is_established:
                    dataset = image(size=128)
                    status = peer.send_c_store(dataset)
                    if status and status.Status == 0:
                        acknowledged.append(dataset)
        except (RuntimeError, OSError):
            pass

    with node(tmp_path) as module:
        module.on["stored"] = stored
        threads = [threading.Thread(target=send, args=(module.port,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + 60
        while len(acknowledged) < 40 and time.monotonic() < deadline:
            time.sleep(0.01)
        module.kill()
        for thread in threads:
            thread.join(90)
    assert len(acknowledged) >= 40
    for dataset in acknowledged:
        path = pathlib.Path(told[dataset.SOPInstanceUID]["path"])
        assert path.read_bytes().endswith(dataset.PixelData)


def test_large_instances_are_streamed_by_the_sender(tmp_path):
    from support.dicom_module import DicomModule
    big = image(size=64)
    big.NumberOfFrames = 9000
    big.PixelData = bytes(64 * 64 * 2 * 9000)
    path = save(big, tmp_path / "big.dcm")
    with node(tmp_path) as receiver, DicomModule({"role": "sender", "ae_title": "S"}) as sender:
        before = sender.status("VmRSS")
        result = sender.ask("send", [
            ("host", "127.0.0.1"), ("port", receiver.port), ("called", "HILUM"), ("file", path),
            ("sop_class", CTImageStorage), ("sop_instance", big.SOPInstanceUID),
            ("transfer_syntax", big.file_meta.TransferSyntaxUID)], timeout=120)
        assert result["outcome"] == "done" and sender.wait_for("sent")["status"] == "0000"
        assert sender.status("VmHWM") < before + 20000


def test_options_of_another_program(tmp_path):
    """Names that nothing knows are told, and stop nothing."""
    with node(tmp_path, colour="blue") as module:
        assert "colour" in module.wait_for("trouble")["problem"]
        with association(module.port, [Verification]) as peer:
            assert peer.send_c_echo().Status == 0
    assert node_options(tmp_path)["role"] == "node"
