#!/usr/bin/env python3
"""Makes an archive of CT-like files, the same bytes for the same seed, and a manifest of what an index must find in it.

    python3 generate.py FOLDER --files 100000 --seed 1

FOLDER/archive    files as modalities write them, by patient, study and series: 206 to 255 elements, seven declarations of five
                  character sets, explicit and implicit little endian and JPEG-LS
FOLDER/traps      what is not as it should be: a set of every kind for each 2,000 files, at most 10
FOLDER/manifest.ndjson   a line a path: kind, row (the cells) or errors (reasons of which one is right), remark

The manifest is written from what the generator knows, not from reading what it wrote.
"""
import argparse
import json
import os
import pathlib
import random
import re
import socket
import zipfile

from columns import cell
from ct import CT_IMAGE, Slot, row, series_elements, uid
from elements import EXPLICIT, IMPLICIT, JPEG_LS, Encoder, meta
from texts import BY_NAME, CHARSETS
from traps import PIXELS, Traps

SYNTAXES = [EXPLICIT] * 11 + [IMPLICIT] * 5 + [JPEG_LS] * 4
MAKERS = [("Hilum Synthetic", "Model One"), ("Example Imaging, Inc.", "Scan \"64\""), ("Sample Systems", "Bright 16")]
MARK = re.compile("@@([a-z]+)@@")


class Series:
    """A series as a template: bytes that all instances share, and slots between them."""

    def __init__(self, elements, syntax, charset, series, pixels):
        self.syntax = syntax
        self.series = series
        self.charset = charset
        self.elements = elements
        self.encoder = Encoder(syntax, charset)
        self.pieces = []
        shared = []
        for element in elements:
            if isinstance(element[2], Slot):
                self.pieces += [b"".join(shared), element]
                shared = []
            else:
                shared.append(self.encoder.elements([element]))
        self.pieces.append(b"".join(shared) + pixels)
        # UIDs of a series have one length.
        head = meta(syntax, CT_IMAGE, self.uid(1))
        self.head = head.split(self.uid(1).encode())
        cells = {key: f"@@{value}@@" if isinstance(value, Slot) else value for key, value in row(elements, syntax).items()}
        self.row = MARK.split(json.dumps(cells, ensure_ascii=False))

    def uid(self, number):
        return f"{self.series['uid']}.{100000 + number}"

    def values(self, number):
        """What is another in each instance."""
        z = -300 + number * 1.25
        hour, rest = divmod(28800 + self.series["start"] + number * 2, 3600)
        return {"uid": self.uid(number), "number": str(number), "position": f"-175.500000\\-200.000000\\{z:.6f}", "location": f"{z:.6f}",
                "time": f"{hour % 24:02d}{rest // 60:02d}{rest % 60:02d}.{number % 1000:03d}000", "current": str(200 + number % 150),
                "exposure": str(10 + number % 90)}

    def file(self, values):
        made = [self.head[0], values["uid"].encode(), self.head[1]]
        for piece in self.pieces:
            made.append(piece if isinstance(piece, bytes) else self.encoder.elements([(piece[0], piece[1], values[piece[2]])]))
        return b"".join(made)

    def cells(self, values):
        """The row as JSON."""
        made = list(self.row)
        for place in range(1, len(made), 2):
            made[place] = json.dumps(cell(values[made[place]]))[1:-1]
        return "".join(made)

    def resolved(self, number):
        values = self.values(number)
        return [(tag, vr, str(values[value]) if isinstance(value, Slot) else value) for tag, vr, value in self.elements]


class Archive:
    """A tree of files, written to a folder."""

    def __init__(self, folder, files, seed, rows=52):
        self.folder = os.fsencode(str(folder))
        self.files = files
        self.rows = rows
        self.rng = random.Random(seed)
        self.noise = random.Random(seed + 1).randbytes(rows * rows * 2 + 4096)
        self.lines = []
        self.counts = {}

    def pixels(self, syntax):
        """Pixel Data; of some patients at another place of the noise."""
        start = self.rng.randrange(0, 4096, 2)
        if not syntax.encapsulated:
            return Encoder(syntax, None).elements([(PIXELS, "OW", self.noise[start:start + self.rows * self.rows * 2])])
        encoder = Encoder(syntax, None)
        frame = b"\xff\xd8\xff\xf7" + self.noise[start:start + self.rows * self.rows * 3 // 2] + b"\xff\xd9"
        frame += b"\0" * (len(frame) & 1)
        return (encoder.head(PIXELS, "OB", 0xFFFFFFFF) + encoder.head(0xFFFEE000, "", 0) + encoder.head(0xFFFEE000, "", len(frame)) + frame
                + encoder.head(0xFFFEE0DD, "", 0))

    def all_series(self):
        """Series after series, each with its folder, without end."""
        rng = self.rng
        shares = [charset for charset in CHARSETS for _ in range(charset.share)]
        typical = 100 if self.files >= 20000 else max(4, self.files // 60)
        patient_number = 0
        while True:
            # Small archives have every character set too.
            charset = CHARSETS[patient_number] if patient_number < len(CHARSETS) else rng.choice(shares)
            patient_number += 1
            patient = {"charset": charset, "name": rng.choice(charset.names), "id": f"HLM{patient_number:07d}",
                       "birth": f"19{rng.randint(30, 99)}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}", "sex": rng.choice("FMO")}
            for study_number in range(1, rng.randint(1, 2) + 1):
                study = {"uid": uid(1, patient_number, study_number), "id": str(rng.randint(1, 99999)),
                         "date": f"20{rng.randint(10, 26)}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}",
                         "time": f"{rng.randint(7, 19):02d}{rng.randint(0, 59):02d}{rng.randint(0, 59):02d}.{rng.randint(0, 999999):06d}",
                         "accession": f"A{rng.randint(0, 99999999):08d}", "description": charset.study}
                maker = rng.choice(MAKERS)
                frame = uid(6, patient_number, study_number)
                for number in range(1, rng.randint(1, 4) + 1):
                    count = rng.randint(typical // 2, typical * 3 // 2)
                    series = {"uid": uid(2, patient_number, study_number, number), "number": number, "count": count,
                              "manufacturer": maker[0], "model": maker[1], "device": rng.randint(1, 12), "description": charset.series,
                              "body": rng.choice(("CHEST", "HEAD", "ABDOMEN", "")), "thickness": rng.choice(("1.25", "5", "0.625000")),
                              "frame": frame, "rows": self.rows, "spacing": "0.683594\\0.683594", "start": rng.randint(0, 36000)}
                    syntax = rng.choice(SYNTAXES)
                    elements = series_elements(rng, patient, study, series)
                    path = f"archive/{study['date'][:4]}/{patient['id']}/{study['accession']}/{number:03d}".encode()
                    yield Series(elements, syntax, charset, series, self.pixels(syntax)), path

    def write(self):
        """Writes all of it; the manifest last."""
        left = self.files
        os.makedirs(self.folder, exist_ok=True)
        with open(os.path.join(self.folder, b"manifest.ndjson"), "w", encoding="utf-8") as manifest:
            for series, path in self.all_series():
                place = os.path.join(self.folder, path)
                os.makedirs(place, exist_ok=True)
                folder = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
                ending = ".dcm" if series.series["device"] % 3 else ""
                for number in range(1, min(series.series["count"], left) + 1):
                    values = series.values(number)
                    name = f"I{number:06d}{ending}"
                    self.put(name, series.file(values), folder)
                    manifest.write(f'{{"path":"{path.decode()}/{name}","kind":"ct","remark":false,"row":{series.cells(values)}}}\n')
                    left -= 1
                os.close(folder)
                if left == 0:
                    break
            for number in range(min(10, max(1, self.files // 2000))):
                self.write_traps(f"traps/{number}", manifest)

    def put(self, path, data, folder=None):
        place = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644, dir_fd=folder)
        os.write(place, data)
        os.close(place)

    def write_traps(self, place, manifest):
        """A set of every kind."""
        series = next(s for s, _ in self.all_series() if s.charset.name == "none" and s.syntax is EXPLICIT)
        top = os.path.join(self.folder, place.encode())
        os.makedirs(top)

        def say(path, kind, row=None, errors=(), remark=False):
            line = {"path": f"{place}/{path}", "kind": kind, "row": row, "errors": list(errors), "remark": remark}
            manifest.write(json.dumps({k: v for k, v in line.items() if v not in (None, [])}, ensure_ascii=False) + "\n")

        elements = [e for e in series.resolved(7) if e[0] != 0x00280008]
        traps = Traps(self.rng, elements, series.uid(7), BY_NAME["none"], self.noise[:512])
        for number, trap in enumerate(traps.all()):
            name = f"{number:03d}-{trap.kind}"
            with open(os.path.join(top, name.encode()), "wb") as file:
                file.write(trap.data[:trap.hole_at])
                file.seek(trap.hole, os.SEEK_CUR)
                file.write(trap.data[trap.hole_at:])
            say(name, trap.kind, trap.row, trap.errors, trap.remark)

        whole, cells = traps.file(elements), traps.row()
        self.put(os.path.join(top, b"good"), whole)
        say("good", "ct", cells)
        # Names of any bytes.
        for name, shown in ((b"quote\" and , comma", "quote\" and , comma"), (b"line\nfeed", "line\nfeed"), ("名 with blank".encode(), "名 with blank"),
                            (b"back\\slash\ttab", "back\\slash\ttab"), (b"=1+1.dcm", "=1+1.dcm"), (b"-x", "-x")):
            self.put(os.path.join(top, name), whole)
            say(shown, "name", cells)
        self.put(os.path.join(top, b"not \xff\xfe utf-8"), whole)
        say("not \ufffd\ufffd utf-8", "name-not-utf8", cells, remark=True)
        # A path longer than PATH_MAX.
        folder = os.open(top, os.O_RDONLY | os.O_DIRECTORY)
        parts = ["long"] + [f"{n:02d}" + "x" * 238 for n in range(20)]
        for part in parts:
            os.mkdir(part, dir_fd=folder)
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY, dir_fd=folder)
            os.close(folder)
            folder = inner
        self.put("deep.dcm", whole, folder)
        os.close(folder)
        say("/".join([*parts, "deep.dcm"]), "long-path", cells)
        # Links, pipes, sockets.
        os.makedirs(os.path.join(top, b"links/inner"))
        for name, target in ((b"file.dcm", b"../good"), (b"inner/up", b".."), (b"inner/self", b"self"), (b"dangling", b"nowhere")):
            os.symlink(target, os.path.join(top, b"links", name))
        say("links/file.dcm", "link", cells)
        say("links/inner/self", "link-loop", errors=("io", "loop", "vanished", "link", "not-found", "link-loop"))
        say("links/dangling", "link-nowhere", errors=("io", "vanished", "link", "not-found", "link-nowhere"))
        os.mkfifo(os.path.join(top, b"fifo"))
        say("fifo", "fifo", errors=("not-regular",))
        listener = socket.socket(socket.AF_UNIX)
        here = os.open(".", os.O_RDONLY)
        os.chdir(top)
        listener.bind("socket")
        os.fchdir(here)
        os.close(here)
        listener.close()
        say("socket", "socket", errors=("not-regular",))
        self.write_zips(top, whole, cells, say)

    def write_zips(self, top, whole, cells, say):
        """Entries stored and deflated, in folders; one that is no image; archives that are broken."""
        path = os.path.join(top, b"some.zip").decode()
        stamp = (2026, 1, 1, 0, 0, 0)
        with zipfile.ZipFile(path, "w") as archive:
            for name, method in (("a.dcm", zipfile.ZIP_STORED), ("in/b.dcm", zipfile.ZIP_DEFLATED), ("in/名.dcm", zipfile.ZIP_DEFLATED)):
                entry = zipfile.ZipInfo(name, stamp)
                entry.compress_type = method
                archive.writestr(entry, whole)
                say(f"some.zip!/{name}", "zip", cells)
            archive.writestr(zipfile.ZipInfo("in/note.txt", stamp), "not an image " * 30)
            say("some.zip!/in/note.txt", "zip-text", errors=("notDICOM",))
            archive.writestr(zipfile.ZipInfo("in/", stamp), "")
        with open(path, "rb") as file:
            data = file.read()
        for name, content in (("cut.zip", data[:-30]), ("noise.zip", data[:4] + self.noise[:2000])):
            self.put(os.path.join(top, name.encode()), content)
            say(name, "zip-broken", errors=("zip",))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--files", type=int, default=100_000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--rows", type=int, default=52, help="of an image, which is square: 52 makes files of 9 to 12 KB")
    options = arguments.parse_args()
    Archive(options.folder, options.files, options.seed, options.rows).write()


if __name__ == "__main__":
    main()
