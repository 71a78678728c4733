"""The fault runs of the imaging path: each takes its size, so that `make test` runs a small one and `make chaos` the whole."""
import pathlib
import random
import socket
import struct
import subprocess
import threading
import time

import numpy
import requests
from support.dicom import ImagingSite, ct, held, modality, save, split
from support.gateway import until
from support.pdu import CT_IMAGE, ENHANCED_CT, EXPLICIT, IMPLICIT, VERIFICATION, Association, Lost, associate_rq


# -- what a process uses -----------------------------------------------------------------------------------------------

def node_of(gateway):
    """The process that listens on the DICOM port."""
    inodes = set()
    for line in open("/proc/net/tcp").read().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and int(fields[1].split(":")[1], 16) == gateway.dicom:
            inodes.add(f"socket:[{fields[9]}]")
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if any(link.readlink().as_posix() in inodes for link in (entry / "fd").iterdir()):
                return int(entry.name)
        except OSError:
            continue
    raise AssertionError("nothing listens on the DICOM port")


def usage(pid):
    """(resident memory in kB, memory maps, open descriptors) of a process."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    resident = int(next(l for l in status.splitlines() if l.startswith("VmRSS:")).split()[1])
    maps = len(pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines())
    return resident, maps, len(list(pathlib.Path(f"/proc/{pid}/fd").iterdir()))


def highest(pid):
    """Most resident memory since `forget`, in kB."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(next(l for l in status.splitlines() if l.startswith("VmHWM:")).split()[1])


def forget(pid):
    pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")


def site(folder, **more):
    more.setdefault("devices", [modality(associations=64)])
    return ImagingSite(folder, **more)


def echo(port):
    """Seconds that an association with one C-ECHO takes."""
    started = time.monotonic()
    with Association(port) as association:
        assert association.echo() == 0
        association.release()
    return time.monotonic() - started


# -- runs --------------------------------------------------------------------------------------------------------------

def many_associations(folder, count, warm_up, threads=4):
    """`count` associations, each with an echo; what the node used after the first ones and at the end."""
    with site(folder) as gateway:
        pid = node_of(gateway)

        def run(number):
            for _ in range(number):
                echo(gateway.dicom)

        def together(number):
            workers = [threading.Thread(target=run, args=(number // threads,)) for _ in range(threads)]
            for w in workers:
                w.start()
            for w in workers:
                w.join()
            # Threads that served the last ones end a moment later.
            time.sleep(1)

        together(warm_up)
        before, gateway_before = usage(pid), usage(gateway.pid)
        started = time.monotonic()
        together(count)
        found = {
            "associations": count, "seconds": time.monotonic() - started, "node before": before, "node after": usage(pid),
            "gateway before": gateway_before, "gateway after": usage(gateway.pid), "same process": node_of(gateway) == pid,
        }
    return found


def is_flat(before, after, kilobytes):
    """Memory has not grown by more than an allocator's slack, descriptors not at all, and maps by no more than the C
    library's store of thread stacks (40 of 1 MB, two maps each)."""
    return after[0] - before[0] < kilobytes and after[1] - before[1] <= 100 and after[2] - before[2] <= 4


def connect_and_close(folder, count):
    """Port scanners and health checks: connections without a byte."""
    with site(folder) as gateway:
        pid = node_of(gateway)
        echo(gateway.dicom)

        def probes(number):
            for n in range(number):
                with socket.create_connection(("127.0.0.1", gateway.dicom), timeout=30) as probe:
                    if n % 3 == 0:
                        probe.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            time.sleep(1)

        # The first ones make the heaps of the threads, which stay.
        probes(200)
        before = usage(pid)
        probes(count)
        seconds = echo(gateway.dicom)
        return {"before": before, "after": usage(pid), "echo": seconds, "same process": node_of(gateway) == pid}


def silent_peers(folder, count=10):
    """`count` peers connect and say nothing, others say half of a request: an echo beside them."""
    with site(folder) as gateway:
        echo(gateway.dicom)
        peers = [socket.create_connection(("127.0.0.1", gateway.dicom), timeout=30) for _ in range(count)]
        for peer in peers[::2]:
            peer.sendall(associate_rq([(VERIFICATION, [IMPLICIT])])[:40])
        time.sleep(0.5)
        seconds = [echo(gateway.dicom) for _ in range(5)]
        for peer in peers:
            peer.close()
        return max(seconds)


def malformed(folder, count, seed=3):
    """Requests that are cut, changed, too long, of another protocol: the node lives and serves."""
    chance = random.Random(seed)
    good = associate_rq([(CT_IMAGE, [EXPLICIT, IMPLICIT]), (VERIFICATION, [IMPLICIT])])
    fixed = [
        b"", b"\0", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64), b"\x01\x00\xff\xff\xff\xff",
        b"\x01\x00\x00\x00\x00\x00", b"\x04\x00\x00\x00\x00\x06" + bytes(6), b"\x07\x00\x00\x00\x00\x04" + bytes(4), b"\xff" * 300,
        good[:6], good[:74], good[:-1], good[:2] + b"\x7f\xff\xff\xff" + good[6:], good + good,
    ]
    with site(folder) as gateway:
        pid = node_of(gateway)
        for number in range(count):
            if number < len(fixed):
                data = fixed[number]
            else:
                data = bytearray(good)
                for _ in range(chance.randint(1, 6)):
                    data[chance.randrange(len(data))] = chance.randrange(256)
                data = bytes(data[:chance.randrange(7, len(data) + 1)])
            try:
                with socket.create_connection(("127.0.0.1", gateway.dicom), timeout=30) as peer:
                    peer.sendall(data)
                    # Half of them wait for what the node says, the others go.
                    if number % 2:
                        peer.shutdown(socket.SHUT_WR)
                        while peer.recv(65536):
                            pass
            except OSError:
                pass
        seconds = echo(gateway.dicom)
        shown = until(lambda: gateway.cli("associations"), what="failed associations, shown")
        return {"echo": seconds, "same process": node_of(gateway) == pid, "shown": len(shown), "usage": usage(pid)}


def reset_in_transfer(folder, count):
    """Peers that go in the middle of a data set: nothing of it is kept, whatever is whole is."""
    with site(folder) as gateway:
        pid = node_of(gateway)
        data = split(save(ct(rows=256), pathlib.Path(folder) / "whole.dcm").read_bytes())[1]
        for number in range(count):
            association = Association(gateway.dicom, [(CT_IMAGE, [EXPLICIT])])
            association.begin_store(CT_IMAGE, f"1.2.3.{number + 1}")
            association.part(data[:len(data) // (number % 7 + 2)], False)
            if number % 2:
                association.reset()
            else:
                association.socket.close()
        incoming = gateway.images / "incoming"
        until(lambda: not list(incoming.iterdir()), timeout=60, what="an empty folder of what arrives")
        seconds = echo(gateway.dicom)
        return {"echo": seconds, "same process": node_of(gateway) == pid, "kept": len(held(gateway.images)), "studies": len(gateway.studies()),
                "usage": usage(pid)}


def large_multiframe(folder, megabytes, frame=1 << 20):
    """One instance of `megabytes` frames of 1 MB: memory of the node and the gateway while it comes."""
    with site(folder) as gateway:
        pid = node_of(gateway)
        echo(gateway.dicom)
        first = ct(rows=64, SOPClassUID=ENHANCED_CT)
        first.Rows, first.Columns, first.NumberOfFrames = 512, 1024, megabytes
        del first.PixelData
        header = split(save(first, pathlib.Path(folder) / "header.dcm").read_bytes())[1]
        pixels = struct.pack("<HH", 0x7FE0, 0x0010) + b"OW\0\0" + struct.pack("<I", megabytes * frame)
        block = numpy.random.default_rng(1).integers(0, 255, frame, dtype="u1").tobytes()
        for p in (pid, gateway.pid):
            forget(p)
        before = highest(pid), highest(gateway.pid)
        with Association(gateway.dicom, [(ENHANCED_CT, [EXPLICIT])], timeout=300) as association:
            association.begin_store(ENHANCED_CT, first.SOPInstanceUID)
            association.part(header + pixels, False)
            started = time.monotonic()
            for number in range(megabytes):
                association.part(block, number == megabytes - 1)
            status = association.status()
            association.release()
        seconds = time.monotonic() - started
        files = [f for f in gateway.images.rglob("*.dcm") if f.stat().st_size > megabytes * frame]
        with open(files[0], "rb") as file:
            file.seek(-frame, 2)
            last = file.read()
        found = {"status": status, "files": len(files), "whole": last == block, "seconds": seconds, "before": before,
                 "node": highest(pid), "gateway": highest(gateway.pid), "studies": len(gateway.studies())}
        # And out again over DICOMweb, with a frame of it.
        forget(gateway.pid)
        path = f"http://127.0.0.1:{gateway.web}/dicom-web/studies/{first.StudyInstanceUID}/series/{first.SeriesInstanceUID}/instances/{first.SOPInstanceUID}"
        with requests.get(path, headers={"Accept": "application/dicom; transfer-syntax=*"}, stream=True, timeout=300) as answer:
            got = sum(len(chunk) for chunk in answer.iter_content(1 << 20))
        picture = requests.get(f"{path}/frames/{megabytes}", headers={"Accept": "application/octet-stream"}, timeout=300)
        found.update(fetched=got == files[0].stat().st_size, frame=picture.content == block[:512 * 1024 * 2],
                     web=highest(gateway.pid), web_before=found["gateway"])
        return found


class Modality(threading.Thread):
    """Sends one image after the other on an association as long as it lives; keeps what was acknowledged with 0000."""

    def __init__(self, number, port, stop, data, rows):
        super().__init__(daemon=True)
        self.number, self.port, self.stop = number, port, stop
        self.header, self.tail, self.uid_place = data
        self.acknowledged, self.failed = {}, []

    def run(self):
        sent, association = 0, None
        while not self.stop.is_set():
            uid = f"1.2.3.{self.number + 1}.{sent + 1:08}"
            try:
                if association is None:
                    association = Association(self.port, [(CT_IMAGE, [EXPLICIT])], timeout=20)
                data = self.header.replace(self.uid_place, uid.encode().ljust(len(self.uid_place), b"\0")) + self.tail
                status = association.store(CT_IMAGE, uid, data)
                if status == 0:
                    self.acknowledged[uid] = hash(data)
                else:
                    self.failed.append((uid, status))
                sent += 1
            except (OSError, Lost):
                if association:
                    association.socket.close()
                association = None
                time.sleep(0.05)
        if association:
            association.socket.close()


def kill_nine_images(folder, rounds, associations=8, seed=5, rows=128):
    """kill -9 of the gateway while modalities send: every 0x0000 is a whole file on disk and in the store."""
    chance = random.Random(seed)
    modalities = []
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    gateway = site(folder / "g")
    gateway.start()
    stop = threading.Event()
    for number in range(associations):
        place = "9.9.9." + "9" * 16
        ds = ct(rows=rows, study=f"1.2.4.{number + 1}", series=f"1.2.5.{number + 1}", SOPInstanceUID=place)
        data = split(save(ds, folder / f"m{number}.dcm").read_bytes())[1]
        cut = data.index(b"\xe0\x7f\x10\x00")
        modalities.append(Modality(number, gateway.dicom, stop, (data[:cut], data[cut:], place.encode()), rows))
    for m in modalities:
        m.start()
    for _ in range(rounds):
        time.sleep(chance.uniform(0.2, 1.2))
        gateway.kill()
        # The node goes with its gateway; what it had told nobody of is found at the next start.
        gateway.start()
    time.sleep(1)
    stop.set()
    for m in modalities:
        m.join(60)
    acknowledged = {uid: digest for m in modalities for uid, digest in m.acknowledged.items()}
    on_disk = held(gateway.images)
    missing = [u for u in acknowledged if u not in on_disk]
    changed = [u for u, digest in acknowledged.items() if u in on_disk and hash(on_disk[u][1]) != digest]
    stored = stored_instances(gateway)
    not_stored = [u for u in acknowledged if u not in stored]
    # Whole files that were not acknowledged may be there: they are taken in as well, never left lying about.
    until(lambda: not (set(held(gateway.images)) - stored_instances(gateway)), timeout=60, what="every file in the store")
    refused = [f for m in modalities for f in m.failed]
    gateway.stop()
    return {"rounds": rounds, "acknowledged": len(acknowledged), "on disk": len(on_disk), "missing": missing, "changed": changed,
            "not in the store": not_stored, "refused": refused[:10]}


def stored_instances(gateway):
    """SOP Instance UIDs in the store, by DICOMweb."""
    from dicomweb_client.api import DICOMwebClient
    client = DICOMwebClient(url=f"http://127.0.0.1:{gateway.web}/dicom-web")
    found, offset = set(), 0
    while True:
        rows = client.search_for_instances(limit=1000, offset=offset)
        found |= {r["00080018"]["Value"][0] for r in rows}
        offset += len(rows)
        if len(rows) < 1000:
            return found




def traced_images(folder, count):
    """The gateway under strace: for each C-STORE response 0000, whether file, folder and store were synced before it.

    The order is: the file is synced, renamed, its folder synced (by the node); then the store's commit is synced (by the
    gateway); then the response is written (PS3.7 9.3.1.2, command field 8001H).
    """
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    trace = folder / "trace.txt"
    wrapper = ["strace", "-f", "-o", str(trace), "-xx", "-s", "200", "-e",
               "trace=write,writev,sendto,sendmsg,fdatasync,fsync,rename,renameat,renameat2"]
    with site(folder / "g", wrapper=wrapper) as gateway:
        node = node_of(gateway)
        with Association(gateway.dicom, [(CT_IMAGE, [EXPLICIT])]) as association:
            for n in range(count):
                ds = ct(rows=32)
                data = split(save(ds, folder / "image.dcm").read_bytes())[1]
                assert association.store(CT_IMAGE, ds.SOPInstanceUID, data) == 0
            association.release()
        gateway.stop(timeout=60)
    threads, proven, unproven, state = {}, 0, [], []
    for line in trace.read_text(errors="replace").splitlines():
        pid, _, call = line.partition(" ")
        call = call.strip()
        name = call.split("(", 1)[0]
        ended = "= 0" in call or "resumed" in call
        if name in ("rename", "renameat", "renameat2") and r"\x2e\x64\x63\x6d" in call:
            # `….dcm`: from here on the order counts.
            state = ["renamed"]
            threads[pid] = "node"
        elif (name == "fsync" or "fsync resumed" in call) and threads.get(pid) == "node" and state == ["renamed"] and ended:
            state.append("folder")
        elif (name == "fdatasync" or "fdatasync resumed" in call) and threads.get(pid) != "node" and state == ["renamed", "folder"] and ended:
            state.append("store")
        elif name in ("write", "writev", "sendto", "sendmsg") and r"\x00\x00\x00\x01\x02\x00\x00\x00\x01\x80" in call:
            if state == ["renamed", "folder", "store"]:
                proven += 1
            else:
                unproven.append((state, line[:200]))
            state = []
    return proven, unproven, node


def disk_full(folder, megabytes=24):
    """The images' disk fills: A700, the association lives, what was acknowledged is whole; with room again all goes on.

    None where nothing can be mounted here.
    """
    folder = pathlib.Path(folder)
    small = folder / "small"
    small.mkdir(parents=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(small)], capture_output=True).returncode != 0:
        return None
    try:
        (small / "images").mkdir()
        with site(folder / "g", dicom={"folder": str(small / "images")}) as gateway:
            acknowledged, full = {}, 0
            with Association(gateway.dicom, [(CT_IMAGE, [EXPLICIT])]) as association:
                for n in range(megabytes * 2):
                    ds = ct(rows=724, study="1.2.7.1", series="1.2.7.2")
                    data = split(save(ds, folder / "image.dcm").read_bytes())[1]
                    status = association.store(CT_IMAGE, ds.SOPInstanceUID, data)
                    if status == 0:
                        acknowledged[str(ds.SOPInstanceUID)] = data
                    else:
                        full = status
                        break
                kept = held(small / "images")
                whole = all(kept.get(u, ("", b""))[1] == d for u, d in acknowledged.items())
                parts = until(lambda: not list((small / "images" / "incoming").iterdir()) or None, what="nothing half received")
                subprocess.run(["mount", "-o", f"remount,size={megabytes * 4}m", str(small)], check=True)
                ds = ct(rows=724)
                again = until(lambda: association.store(CT_IMAGE, ds.SOPInstanceUID, split(save(ds, folder / "image.dcm").read_bytes())[1]) == 0,
                              what="a store that is taken again")
                association.release()
            return {"acknowledged": len(acknowledged), "full": full, "whole": whole, "again": again, "left": not parts,
                    "shown": gateway.cli("alarms", "--all", check=False) + gateway.cli("associations")}
    finally:
        subprocess.run(["umount", "-l", str(small)], capture_output=True)
