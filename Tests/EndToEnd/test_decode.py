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


def test_a_recording_without_enq_reads_as_with_it(tmp_path):
    """Many programs keep the frames and leave ENQ and EOT out."""
    from support.astm import ENQ, EOT, frames, message

    records = message("S-0042", [("GLU", "5.3", "mmol/L", "N"), ("K", ">6.5", "mmol/L", "H")])
    whole, bare = tmp_path / "whole.bin", tmp_path / "bare.bin"
    for out in (frames(records), frames(records, message_in_a_frame=True, size=64000)):
        whole.write_bytes(ENQ + b"".join(out) + EOT)
        bare.write_bytes(b"".join(out))
        first, second = hilum("decode", "--profile", "generic-lis", whole), hilum("decode", "--profile", "generic-lis", bare)
        assert (first.returncode, second.returncode) == (0, 0), second.stderr
        assert first.stdout == second.stdout and len(first.stdout.splitlines()) == 2
    lines = tmp_path / "cut.bin"
    lines.write_bytes(b"".join(frames(records)[2:]))
    assert hilum("decode", "--profile", "generic-lis", lines).returncode == 1, "the beginning is missing: nothing is guessed"
