#!/usr/bin/env python3
"""Draws where the processor time of `hilum index` goes, from samples of `perf` (Debian: linux-perf), as an SVG.

    python3 flame.py --bin .build/release --archive FOLDER --output docs/pictures/flame-of-an-index.svg

A box is a function, as wide as its share of the samples; what it calls stands on it. Time of the kernel is blue, of the program
green, of the C library grey. FOLDER is what generate.py made. perf needs the right to see the kernel (root, or
kernel.perf_event_paranoid below 1).
"""
import argparse
import collections
import html
import pathlib
import re
import subprocess
import tempfile

WIDTH, ROW, TOP, SIDE = 1200, 19, 92, 20
CHARACTER = 6.3
SMALLEST = 0.0018
KERNEL, PROGRAM, LIBRARY = "#bfdbfe", "#a7f3d0", "#e2e8f0"
SYMBOL = re.compile(r"^\s+[0-9a-f]+ (.*?)(?:\+0x[0-9a-f]+)? \(([^()]*(?:\([^()]*\))?[^()]*)\)$")


class Frame:
    """A function within its caller."""

    def __init__(self, name, kind):
        self.name, self.kind = name, kind
        self.samples = 0
        self.inner = {}

    def add(self, stack):
        self.samples += 1
        if stack:
            name, kind = stack[0]
            self.inner.setdefault((name, kind), Frame(name, kind)).add(stack[1:])

    @property
    def depth(self):
        return 1 + max((frame.depth for frame in self.inner.values()), default=0)


def record(binary, archive, repeats, folder):
    """Samples of an index of the archive, by perf's software clock."""
    data = pathlib.Path(folder) / "perf.data"
    command = [binary / "hilum", "index", *["archive"] * repeats, "--jobs", "1", "--output", pathlib.Path(folder) / "out.ndjson"]
    subprocess.run(["perf", "record", "-q", "-e", "cpu-clock", "-F", "4999", "-g", "-o", data, "--", *command], cwd=archive, check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return subprocess.run(["perf", "script", "-i", data, "-F", "comm,tid,ip,sym,dso"], capture_output=True, text=True, check=True, errors="replace").stdout


def demangled(text):
    """Names of Swift as they are written, without types of parameters."""
    try:
        return subprocess.run(["swift", "demangle", "--simplified", "--compact"], input=text, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return text


def short(name):
    name = re.sub(r"^(?:(?:generic |function signature |closure |specialized |specialization|merged |partial apply|protocol witness|implicit closure).*? (?:of|for) )+", "", name)
    name = re.sub(r"\(.*", "", re.sub(r"<.*?>", "", name))
    return name.removesuffix(".constprop.0").removesuffix(".isra.0").split(" in ")[0] or "?"


def kind(place):
    if "kernel" in place or place.startswith("[") or place.endswith(".ko"):
        return KERNEL
    return PROGRAM if "hilum" in place.rsplit("/", 1)[-1] else LIBRARY


def stacks(script):
    """Stacks from the outermost function to the innermost."""
    stack = []
    for line in [*script.splitlines(), ""]:
        if not line.strip():
            if stack:
                yield stack[::-1]
            stack = []
        elif found := SYMBOL.match(line):
            if found[1] != "[unknown]":
                stack.append((short(found[1]), kind(found[2])))


def tree(script):
    root = Frame("hilum index", PROGRAM)
    skip = {"_start", "__libc_start_main", "__libc_start_call_main", "start_thread", "clone3", "__clone3", "ret_from_fork_asm", "ret_from_fork"}
    for stack in stacks(script):
        root.add([frame for frame in stack if frame[0] not in skip and not frame[0].startswith(("closure #", "@objc "))])
    return root


def share(root, colour):
    """Samples whose innermost function is of a kind."""
    total = 0
    todo = [root]
    while todo:
        frame = todo.pop()
        if frame.kind == colour:
            total += frame.samples - sum(inner.samples for inner in frame.inner.values())
        todo += frame.inner.values()
    return total / root.samples


def visible_depth(frame, total):
    return 1 + max((visible_depth(inner, total) for inner in frame.inner.values() if inner.samples / total > SMALLEST), default=0)


def draw(root, title, under):
    depth = visible_depth(root, root.samples)
    height = TOP + depth * ROW + 30
    scale = (WIDTH - 2 * SIDE) / root.samples
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="Inter, \'Segoe UI\', Helvetica, Arial, sans-serif" font-size="11">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="{SIDE}" y="32" font-size="20" font-weight="600" fill="#1d293d">{html.escape(title)}</text>',
        f'<text x="{SIDE}" y="54" font-size="14" fill="#62748e">{html.escape(under)}</text>',
    ]
    place = SIDE
    for colour, name in ((KERNEL, "kernel"), (PROGRAM, "hilum"), (LIBRARY, "C library")):
        text = f"{name} {share(root, colour):.0%}"
        parts.append(f'<rect x="{place}" y="65" width="14" height="14" fill="{colour}" stroke="#94a3b8" stroke-width="0.5"/>'
                     f'<text x="{place + 20}" y="77" font-size="13" fill="#1d293d">{text}</text>')
        place += 50 + len(text) * 7

    def box(frame, x, level):
        width = frame.samples * scale
        y = height - 18 - (level + 1) * ROW
        percent = f"{frame.samples / root.samples:.1%}"
        room = int((width - 6) / CHARACTER)
        label = f"{frame.name} {percent}" if room >= len(frame.name) + 7 else frame.name
        if len(label) > room:
            label = label[:room - 1] + "…" if room > 4 else ""
        parts.append(f'<g><title>{html.escape(frame.name)}: {percent}</title><rect x="{x:.1f}" y="{y}" width="{max(width - 0.6, 0.4):.1f}" height="{ROW - 1}" rx="2" '
                     f'fill="{frame.kind}"/>' + (f'<text x="{x + 3:.1f}" y="{y + 13}" fill="#1d293d">{html.escape(label)}</text>' if label else "") + "</g>")
        for inner in sorted(frame.inner.values(), key=lambda f: (f.kind == KERNEL, f.name)):
            if inner.samples / root.samples > SMALLEST:
                box(inner, x, level + 1)
            x += inner.samples * scale

    box(root, SIDE, 0)
    return "\n".join([*parts, "</svg>", ""])


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--bin", type=lambda p: pathlib.Path(p).resolve(), default=pathlib.Path(".build/release").resolve())
    arguments.add_argument("--archive", type=pathlib.Path, required=True)
    arguments.add_argument("--repeats", type=int, default=1, help="how often the archive is named")
    arguments.add_argument("--output", type=pathlib.Path, required=True)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = tree(demangled(record(options.bin, options.archive, options.repeats, folder)))
    files = collections.Counter(path.is_file() for path in (options.archive / "archive").rglob("*"))[True]
    under = f"Processor time of hilum index over {files:,} CT-like files, 40 columns, NDJSON, one thread, warm cache: {root.samples:,} samples"
    options.output.write_text(draw(root, "Where the time of an index goes", under), encoding="utf-8")
    print(f"kernel {share(root, KERNEL):.1%}, hilum {share(root, PROGRAM):.1%}, C library {share(root, LIBRARY):.1%}")


if __name__ == "__main__":
    main()
