"""`make bench`: the imaging path beside dcmtk's storescp (bit-preserving) and Orthanc, in one run on one machine.

storescu sends CT slices of 512 KB, with TCP_NODELAY and PDUs of 128 KB, over one association and over four. CPU is that of
the server's processes, all of them, the dead ones too; the senders' is not counted. What each server does for it differs:
storescp writes a file; Orthanc writes a file and its index; hilum writes a file, syncs it, reads its header, commits the
metadata with synchronous=FULL, and only then answers.
"""
import argparse
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

warnings.simplefilter("ignore")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "EndToEnd"))
arguments = argparse.ArgumentParser()
arguments.add_argument("--bin", default=".build/release")
arguments.add_argument("--instances", type=int, default=250, help="of each association")
arguments.add_argument("--rounds", type=int, default=3)
arguments.add_argument("--rows", type=int, default=512, help="512: 512 KB an instance")
arguments.add_argument("--markdown", help="file to which the table is added")
options = arguments.parse_args()
os.environ["HILUM_BIN"] = str(pathlib.Path(options.bin).resolve())

from support.dicom import NO_DELAY, ImagingSite, Orthanc, StoreSCP, ct, echo, modality, save  # noqa: E402
from support.gateway import ROOT  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")


def tree(pid):
    """A process and all below it."""
    parents = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents.setdefault(int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1]), []).append(int(entry.name))
            except OSError:
                pass
    found, todo = [], [pid]
    while todo:
        found.append(todo.pop())
        todo += parents.get(found[-1], [])
    return found


def cpu(pid):
    """Seconds of CPU of a process tree, with that of children which have ended."""
    total = 0
    for process in tree(pid):
        try:
            fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += sum(int(f) for f in fields[11:15])
    return total / TICKS


def memory(pid):
    """Proportional set size of a process tree, MB."""
    total = 0
    for process in tree(pid):
        try:
            lines = pathlib.Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


class Hilum:
    name = "hilum"

    def __init__(self, folder):
        # No study is complete while it is measured: what goes to the EMR is not what is compared.
        self.site = ImagingSite(folder, devices=[modality(associations=16)], imaging={"quiet": "1h"})

    def __enter__(self):
        self.site.start()
        return self.site.dicom, self.site.process.pid, "HILUM"

    def __exit__(self, *_):
        self.site.stop()


class Storescp:
    name = "storescp --bit-preserving"

    def __init__(self, folder):
        self.scp = StoreSCP(folder / "received", None, "PACS", "--max-pdu", "131072")

    def __enter__(self):
        self.scp.__enter__()
        return self.scp.port, self.scp.process.pid, "PACS"

    def __exit__(self, *_):
        self.scp.__exit__()


class OrthancServer:
    name = "Orthanc"

    def __init__(self, folder):
        self.orthanc = Orthanc(folder, MaximumPduLength=131072)

    def __enter__(self):
        self.orthanc.start()
        return self.orthanc.dicom, self.orthanc.process.pid, "PACS"

    def __exit__(self, *_):
        self.orthanc.stop()


def run(kind, work, folders):
    """(instances a second, CPU milliseconds an instance, MB) of one run with one association a folder."""
    place = pathlib.Path(tempfile.mkdtemp(dir=work))
    try:
        with kind(place) as (port, pid, called):
            assert echo(port, "CT1", called).returncode == 0
            time.sleep(0.3)
            before, started = cpu(pid), time.monotonic()
            senders = [
                subprocess.Popen(
                    ["storescu", "--max-send-pdu", "131072", "+sd", "-aet", "CT1", "-aec", called, "127.0.0.1", str(port), str(f)],
                    env=NO_DELAY, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for f in folders
            ]
            for sender in senders:
                said = sender.communicate()[1]
                assert sender.returncode == 0, said[-500:]
            seconds = time.monotonic() - started
            # storescp takes leave of its children when the next peer comes.
            for _ in range(2):
                echo(port, "CT1", called)
            count = options.instances * len(folders)
            return count / seconds, (cpu(pid) - before) / count * 1e3, memory(pid)
    finally:
        shutil.rmtree(place, ignore_errors=True)
        # ext4 passes over inodes that were freed within five seconds, one by one: the next server would pay for this one's.
        time.sleep(6)


def make(work, folders):
    """Slices with UIDs of their own: the first is made, the others differ in their UIDs and numbers."""
    out = []
    for number in range(folders):
        folder = work / f"study-{number}"
        folder.mkdir()
        study, series, place = f"1.2.3.{number + 1}", f"1.2.3.{number + 1}.1", "1.2.3.9." + "9" * 20
        template = save(ct(study, series, rows=options.rows, SOPInstanceUID=place), folder / "template.dcm").read_bytes()
        (folder / "template.dcm").unlink()
        for n in range(options.instances):
            uid = f"1.2.3.{number + 1}.1.{n + 1}".encode()
            uid += b"\0" * (len(place) - len(uid))
            (folder / f"{n:05}.dcm").write_bytes(template.replace(place.encode(), uid))
        out.append(folder)
    return out


def main():
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    model = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), platform.machine())
    work = pathlib.Path(tempfile.mkdtemp(prefix="hilum-bench-"))
    found = {}
    try:
        folders = make(work, 4)
        size = next(folders[0].iterdir()).stat().st_size
        for kind in (Hilum, Storescp, OrthancServer):
            found[kind.name] = {1: [], 4: []}
        # In turn, so that what else the machine does falls on all of them.
        for _ in range(options.rounds):
            for associations in (1, 4):
                for kind in (Hilum, Storescp, OrthancServer):
                    found[kind.name][associations].append(run(kind, work, folders[:associations]))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    lines = [
        f"C-STORE of CT slices of {size // 1024} KB, {options.instances} an association, {options.rounds} rounds; {model}, "
        f"{os.cpu_count()} processors, commit {commit}", "",
        "| server | associations | instances/s, median [best] | CPU ms an instance, median | memory MB | CPU beside storescp | rate beside Orthanc |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]

    def median(name, associations, field):
        return statistics.median(r[field] for r in found[name][associations])

    for associations in (1, 4):
        for name, runs in found.items():
            rate, used, held = (median(name, associations, f) for f in range(3))
            best = max(r[0] for r in runs[associations])
            lines.append(
                f"| {name} | {associations} | {rate:.0f} [{best:.0f}] | {used:.2f} | {held:.0f} | "
                f"{used / median(Storescp.name, associations, 1):.2f} | {rate / median(OrthancServer.name, associations, 0):.2f} |")
    lines += ["", "Aim: CPU beside storescp 1.00 or less, with metadata and durable commit; rate beside Orthanc 4 or more."]
    print("\n".join(lines), flush=True)
    if options.markdown:
        with open(options.markdown, "a") as out:
            out.write("\n".join(["", *lines, ""]))


main()
