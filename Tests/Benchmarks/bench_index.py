"""`make bench`: `hilum index` beside the floor of the system calls, dicomtocsv, GDCM, DCMTK and pydicom, in one run on one machine.

The archive is made by the seeded generator in index/. What counts is processor time a file, user and system, all threads: of the
whole process, its start included. The floor is a C program that opens each file, reads its first 8 KiB and closes it. Rounds are
interleaved, and the median of each tool is shown. Every row of Hilum's is compared with the generator's manifest (of a
database in the first round, of the rest in every one); the traps are indexed and compared once. Slow tools get every nth file, and fewer rounds: the table says how many files.
"""
import argparse
import hashlib
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "index"))
import check  # noqa: E402
import multiframe  # noqa: E402
from columns import COLUMNS, KEYWORDS  # noqa: E402
from generate import Archive  # noqa: E402

ROOT = HERE.parents[1]
TAGS = [f"{group:04x},{element:04x}" for _, group, element, _ in COLUMNS]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default=".build/release", type=lambda p: pathlib.Path(p).resolve(), help="folder of hilum")
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--frames", type=int, default=1200, help="of an enhanced multi-frame image")
    parser.add_argument("--images", type=int, default=100, help="enhanced multi-frame images")
    parser.add_argument("--work", type=pathlib.Path, help="folder for the archive; kept, and used again if it is of the same seed")
    parser.add_argument("--only", action="append", help="tools whose name begins so; the floor always runs")
    parser.add_argument("--markdown", help="file to which the table is written")
    parser.add_argument("--smoke", action="store_true", help="a small archive, one round: that everything works, not how fast")
    options = parser.parse_args()
    if options.smoke:
        options.files, options.rounds, options.images, options.frames = 1000, 1, 8, 50
    return options


class Tool:
    """A tool in the table: what it is called, its command for a share of the files, and what is checked after it has run."""

    def __init__(self, name, command, every=1, rounds=99, checked=None):
        self.name, self.command, self.every, self.rounds, self.checked = name, command, every, rounds, checked
        self.files = 0
        self.runs = []

    def per_file(self, *places):
        return statistics.median(sum(run[p] for p in places) for run in self.runs) / self.files


class Bench:
    """One run of all."""

    def __init__(self, options, work):
        self.options = options
        self.work = work
        self.archive = work / f"archive-{options.files}-{options.seed}"
        self.bin = work / "bin"
        self.out = work / "out"
        for folder in (self.bin, self.out):
            folder.mkdir(parents=True, exist_ok=True)
        self.hashes = {}

    def build(self):
        """Compiles what the bench is made of; what cannot be compiled is left out of the table."""
        ring = ROOT / "Sources/Interop/CFileRing"
        source = HERE / "index"
        run(["cc", "-O2", "-o", self.bin / "measure", source / "measure.c"])
        run(["cc", "-O2", "-o", self.bin / "reference", source / "reference.c"])
        run(["cc", "-O2", f"-I{ring}/include", "-o", self.bin / "floor", source / "floor.c", *sorted(ring.glob("*.c"))])
        try:
            run(["c++", "-O2", "-o", self.bin / "dcmtk", source / "dcmtk.cpp", "-ldcmdata", "-loflog", "-lofstd"])
        except subprocess.CalledProcessError:
            print("DCMTK: its headers are missing (libdcmtk-dev)", file=sys.stderr)

    def make(self):
        if not (self.archive / "done").exists():
            shutil.rmtree(self.archive, ignore_errors=True)
            Archive(self.archive, self.options.files, self.options.seed).write()
            multiframe.write(self.archive, self.options.images, self.options.frames)
            (self.archive / "done").touch()
        # As a walk meets them: not sorted, each folder in its own order.
        found = subprocess.run(["find", "archive", "-type", "f", "-print0"], cwd=self.archive, capture_output=True, check=True).stdout
        paths = found.split(b"\0")[:-1]
        for every in (1, 10, 20):
            (self.work / f"list-{every}").write_bytes(b"".join(path + b"\0" for path in paths[::every]))
        # GDCM takes a folder: the same share of the files, by hard links.
        shutil.rmtree(self.archive / "share", ignore_errors=True)
        (self.archive / "share").mkdir()
        for number, path in enumerate(paths[::10]):
            os.link(self.archive / os.fsdecode(path), self.archive / "share" / str(number))
        return len(paths)

    def tools(self):
        def listed(every):
            return str(self.work / f"list-{every}")

        hilum = self.options.bin / "hilum"
        tools = [
            Tool("floor: open, read 8 KiB, close", lambda out: [self.bin / "floor", "plain", listed(1)]),
            Tool("floor through io_uring", lambda out: [self.bin / "floor", "ring", listed(1)]),
            Tool("floor with the walk of the tree", lambda out: [self.bin / "floor", "walk", "archive"]),
        ]
        for name, ending, more in (
            ("hilum index, NDJSON", "ndjson", []), ("hilum index, NDJSON, 2 threads", "ndjson", ["--jobs", "2"]),
            ("hilum index, NDJSON, without io_uring", "ndjson", ["--no-ring"]), ("hilum index, CSV", "csv", []),
            ("hilum index, SQLite", "sqlite", []),
        ):
            jobs = [] if "--jobs" in more else ["--jobs", "1"]
            tools.append(Tool(name, lambda out, e=ending, m=more + jobs: [hilum, "index", "archive", "--output", f"{out}.{e}", "--errors", f"{out}.errors", *m],
                              checked=lambda out, e=ending: self.check(f"{out}.{e}", e)))
        ordered = [f"{group:04x},{element:04x}={keyword}" for keyword, group, element, _ in sorted(COLUMNS, key=lambda c: c[1:3])]
        tools.append(Tool("plain C for the same rows, usual files only", lambda out: [self.bin / "reference", listed(1), f"{out}.ndjson", *ordered]))
        keys = [part for keyword in KEYWORDS for part in ("-k", keyword)]
        if shutil.which("dicomtocsv"):
            tools.append(Tool("vtk-dicom dicomtocsv --image", lambda out: ["dicomtocsv", "--image", "--silent", *keys, "-o", f"{out}.csv", "archive"], rounds=3))
        if shutil.which("gdcmscanner"):
            tags = [part for tag in TAGS for part in ("-t", tag)]
            tools.append(Tool("GDCM gdcmscanner", lambda out: ["gdcmscanner", "-d", "share", *tags, "-p"], 10, 3))
        if (self.bin / "dcmtk").exists():
            tools.append(Tool("DCMTK libdcmdata", lambda out: [self.bin / "dcmtk", listed(10), *TAGS], 10, 3))
        tools.append(Tool("pydicom, specific_tags", lambda out: [sys.executable, HERE / "index/pydicom_peer.py", listed(20)], 20, 3))
        only = self.options.only
        return [t for t in tools if not only or t.name.startswith(("floor", *only))]

    def measure(self, tool):
        """Runs a tool once: user, system, wall time in µs, memory in KB."""
        out = self.out / "result"
        for old in self.out.iterdir():
            old.unlink()
        command = [self.bin / "measure", self.work / "measured", *tool.command(out)]
        with open(self.out / "stdout", "wb") as stdout, open(self.out / "stderr", "wb") as stderr:
            subprocess.run(command, cwd=self.archive, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, check=True)
        *figures, status = map(int, (self.work / "measured").read_text().split())
        if status:
            raise SystemExit(f"{tool.name}: exit status {status}\n{(self.out / 'stderr').read_text(errors='replace')[-2000:]}")
        return figures, out

    def check(self, path, form, top="archive/"):
        """Compares an index with the manifest; one that has the bytes of a compared one is as right."""
        with open(path, "rb") as file:
            # A database has other bytes each time: its rows are compared once.
            digest = "" if form == "sqlite" else hashlib.file_digest(file, "sha256").hexdigest()
        if self.hashes.get(form) == digest:
            return
        problems = check.compare(check.Manifest(self.archive), check.READERS[form](path), check.errors(path.removesuffix(form) + "errors"),
                                 top, prefix="", numbers_as_stored=form == "sqlite")
        if problems:
            raise SystemExit("\n".join([f"{len(problems)} differences from the manifest in {form}:", *problems[:40]]))
        self.hashes[form] = digest

    def traps(self):
        """What is not as it should be, compared with the manifest. Gives what differs."""
        out = self.out / "traps.ndjson"
        subprocess.run([self.options.bin / "hilum", "index", "traps", "--output", out, "--errors", f"{out}.csv"], cwd=self.archive,
                       stdin=subprocess.DEVNULL, capture_output=True, timeout=600)
        return check.compare(check.Manifest(self.archive), check.ndjson(out), check.errors(f"{out}.csv"), "traps/", prefix="")

    def enhanced(self):
        """Milliseconds of CPU of an enhanced multi-frame image: its instance row, all its frame rows."""
        tools = {
            "floor": Tool("floor", lambda out: [self.bin / "floor", "walk", "enhanced"]),
            "instance": Tool("instance", lambda out: [self.options.bin / "hilum", "index", "enhanced", "--jobs", "1", "--output", f"{out}.ndjson"]),
            "frames": Tool("frames", lambda out: [self.options.bin / "hilum", "index", "enhanced", "--jobs", "1", "--frames", "--output", f"{out}.ndjson"]),
            "start": Tool("start", lambda out: [self.options.bin / "hilum", "index", "enhanced/E0000.dcm", "--jobs", "1", "--output", f"{out}.ndjson"]),
        }
        for _ in range(self.options.rounds):
            for tool in tools.values():
                tool.files = self.options.images
                figures, out = self.measure(tool)
                tool.runs.append(figures)
                if tool.name == "instance":
                    found = check.compare(check.Manifest(self.archive, "enhanced.ndjson"), check.ndjson(f"{out}.ndjson"), [], "enhanced/", prefix="")
                    if found:
                        raise SystemExit("\n".join(["enhanced images, instance rows:", *found[:20]]))
                if tool.name == "frames":
                    with open(f"{out}.ndjson", "rb") as lines:
                        count = sum(1 for _ in lines)
                    if count != self.options.images * self.options.frames:
                        raise SystemExit(f"enhanced images: {count} frame rows, {self.options.images * self.options.frames} were due")
        used = {name: tool.per_file(0, 1) * tool.files / 1000 for name, tool in tools.items()}
        return {name: (used[name] - used["start"]) / (self.options.images - 1) for name in ("instance", "frames")} | {"start": used["start"]}


def run(command):
    subprocess.run([str(part) for part in command], check=True)


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    return f"{model}, {os.cpu_count()} processors, Linux {platform.release()}; commit {commit}"


def milliseconds(value):
    """A difference of two runs: what is smaller than they vary is not given as a figure."""
    return f"{value:.2f} ms" if value >= 0.05 else "under 0.05 ms"


def table(bench, tools, enhanced, differences):
    floor = tools[0].per_file(0, 1)
    hilum = next((t.per_file(0, 1) for t in tools if t.name.startswith("hilum")), None)
    lines = [machine(), "", f"{bench.options.files:,} CT-like files of 206 to 255 elements, 40 columns, warm cache, "
             f"median of {bench.options.rounds} rounds (slow tools: 3)", "",
             "| | files | user µs | system µs | CPU µs a file | to the floor | to hilum | wall µs a file | memory MB |",
             "|---|---:|---:|---:|---:|---:|---:|---:|---:|"]
    for tool in tools:
        cpu = tool.per_file(0, 1)
        lines.append(f"| {tool.name} | {tool.files:,} | {tool.per_file(0):.2f} | {tool.per_file(1):.2f} | **{cpu:.2f}** | {cpu / floor:.2f} | "
                     f"{'' if hilum is None else f'{cpu / hilum:.2f}'} | {tool.per_file(2):.2f} | {max(run[3] for run in tool.runs) / 1024:.0f} |")
    if enhanced:
        lines += ["", f"Enhanced multi-frame image of {bench.options.frames:,} frames: instance row {milliseconds(enhanced['instance'])} of CPU, all frame rows "
                  f"{milliseconds(enhanced['frames'])}; start and end of the program {enhanced['start']:.1f} ms."]
    lines += ["", f"Rows and errors that differ from the manifest: 0 of the archive, {len(differences)} of the traps."]
    return "\n".join(lines)


def main():
    options = arguments()
    work = options.work or pathlib.Path(tempfile.mkdtemp(prefix="hilum-bench-index-"))
    work = work.resolve()
    try:
        bench = Bench(options, work)
        bench.build()
        files = bench.make()
        tools = bench.tools()
        bench.measure(tools[0])
        for number in range(options.rounds):
            for tool in tools:
                if number < tool.rounds:
                    figures, out = bench.measure(tool)
                    tool.files = -(-files // tool.every)
                    tool.runs.append(figures)
                    if tool.checked:
                        tool.checked(out)
        with_hilum = any(tool.name.startswith("hilum") for tool in tools)
        differences = bench.traps() if with_hilum else []
        text = table(bench, tools, bench.enhanced() if with_hilum else None, differences)
        print(text)
        if options.markdown:
            pathlib.Path(options.markdown).write_text(text + "\n")
        if differences:
            print("\n".join(["", *differences[:100]]), file=sys.stderr)
            raise SystemExit(1)
    finally:
        if not options.work:
            shutil.rmtree(work, ignore_errors=True)


main()
