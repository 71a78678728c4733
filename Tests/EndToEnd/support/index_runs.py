"""Runs `hilum index` and reads what it wrote."""
import pathlib
import subprocess
import sys
from typing import NamedTuple

from support.gateway import BIN

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Benchmarks" / "index"))
import check  # noqa: E402

CRASHES = (132, 133, 134, 136, 139, -4, -5, -6, -8, -11)


class Indexed(NamedTuple):
    """Where the result is, and how the run ended."""

    path: pathlib.Path
    errors: pathlib.Path
    status: int
    said: str
    folder: str

    def rows(self):
        """Rows with paths as they were named: a database has whole ones."""
        rows = list(check.READERS[self.path.suffix[1:]](self.path))
        if self.path.suffix == ".sqlite":
            for row in rows:
                row["Path"] = row["Path"].removeprefix(f"{self.folder}/./").removeprefix(f"{self.folder}/")
        return rows

    def faults(self):
        return list(check.errors(self.errors))

    def by_path(self):
        rows = self.rows()
        found = {row["Path"]: row for row in rows}
        assert len(found) == len(rows), "a path has two rows"
        return found


def index(*paths, to, options=(), cwd=None, stdin=None, status=(0, 1), timeout=600):
    """An index of paths in the file `to`; its errors beside it."""
    errors = pathlib.Path(f"{to}.errors.csv")
    command = [BIN / "hilum", "index", *map(str, paths), "--output", str(to), "--errors", str(errors), *map(str, options)]
    run = subprocess.run(command, cwd=cwd, input=stdin, capture_output=True, timeout=timeout)
    said = run.stderr.decode("utf-8", "replace")
    assert run.returncode not in CRASHES, f"hilum index crashed ({run.returncode}): {said[-3000:]}"
    assert run.returncode in status, f"exit status {run.returncode}: {said[-3000:]}"
    return Indexed(pathlib.Path(to), errors, run.returncode, said, str(cwd or pathlib.Path.cwd()))
