"""`hilum decode` on every capture of the corpus, by the corpus's own compare.py, whole and in pieces."""
import csv
import json
import subprocess
import sys

import pytest
from support.gateway import CORPUS, hilum

INDEX = list(csv.DictReader(open(CORPUS / "INDEX.tsv"), delimiter="\t")) if CORPUS.is_dir() else []
CASES = [c for c in INDEX if c["family"] in ("astm", "hl7", "poct1-a", "drichem", "file")]


@pytest.mark.parametrize("pieces", [[], ["--pieces", "7"], ["--pieces", "1"]], ids=["whole", "sevens", "bytes"])
@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['device']}/{c['case']}")
def test_capture(corpus, case, pieces, tmp_path):
    folder = corpus / case["device"]
    done = hilum("decode", "--profile", case["device"], *pieces, folder / f"{case['case']}.bin")
    assert done.returncode in (0, 1), done.stderr
    actual = tmp_path / "actual.json"
    actual.write_text(json.dumps([json.loads(line) for line in done.stdout.splitlines()]))
    verdict = subprocess.run(
        [sys.executable, str(corpus / "compare.py"), str(folder / f"{case['case']}.expected.json"), str(actual)],
        capture_output=True, text=True)
    assert verdict.returncode == 0, verdict.stdout + done.stderr


def test_there_are_profiles_for_every_device():
    if not CASES:
        pytest.skip("the captures of ../shared/corpus are not here")
    for device in {c["device"] for c in CASES}:
        assert hilum("profile", "check", device).returncode == 0, f"no usable profile {device}"
