"""Authoring tools on real bytes: drafts of every invented capture of the corpus, differences, lint, the catalogue."""
import json
import subprocess
import sys

from support.gateway import hilum

# What drafts gave when this was written; a change of drivers or draft may raise these, never lower them.
LEAST_DRAFTED = 45
LEAST_EXACT = 38


def test_drafts_of_every_invented_capture(corpus, tmp_path):
    """A draft is usable as it is, proves what it says, and most of them decode as a finished profile does."""
    captures = sorted(corpus.glob("*/synth-*.bin"))
    drafted, exact, results = [], [], 0
    for capture in captures:
        name = f"{capture.parent.name}-{capture.stem}"[:60]
        done = hilum("profile", "draft", capture, "--id", name, "--output", tmp_path, "--format", "json")
        if done.returncode != 0:
            print(f"not drafted: {name}: {done.stderr.strip()}")
            continue
        said = json.loads(done.stdout)
        drafted.append(name)
        results += said["results"]
        text = (tmp_path / name / "profile.yaml").read_text()
        assert said["open"] == len(said["questions"]) > 0
        assert all(f"#   Q{number + 1}. " in text for number in range(said["open"]))
        decoded = hilum("decode", "--profile", tmp_path / name, capture)
        actual = tmp_path / "actual.json"
        actual.write_text(json.dumps([json.loads(line) for line in decoded.stdout.splitlines()]))
        expected = capture.with_suffix(".expected.json")
        verdict = subprocess.run(
            [sys.executable, str(corpus / "compare.py"), str(expected), str(actual)], capture_output=True, text=True)
        if verdict.returncode == 0:
            exact.append(name)
        else:
            print(f"differs: {name} ({said['driver']}): {verdict.stdout.strip().splitlines()[:1]}")
    print(f"{len(captures)} captures, {len(drafted)} drafted with {results} results, {len(exact)} exactly as expected")
    folders = [tmp_path / name for name in drafted]
    checked = hilum("profile", "check", *folders)
    assert checked.returncode == 0, checked.stdout
    tested = hilum("profile", "test", *folders)
    assert tested.returncode == 0, tested.stdout
    assert len(drafted) >= LEAST_DRAFTED
    assert len(exact) >= LEAST_EXACT


def _profile(tmp_path):
    """A drafted profile of two invented results."""
    capture = tmp_path / "one.bin"
    capture.write_bytes(
        b"H|\\^&|||ACME^One\rP|1\rO|1|0071\rR|1|^^^GLU|5.0|mmol/L||N||F||||20240318\r"
        b"R|2|^^^NEW|7|zz||N||F||||20240318\rL|1\r")
    assert hilum("profile", "draft", capture, "--id", "acme-one", "--output", tmp_path).returncode == 0
    return tmp_path / "acme-one"


def test_differences_and_update(tmp_path):
    folder = _profile(tmp_path)
    path = folder / "expected" / "one.json"
    document = json.loads(path.read_text())
    document["device"] = "acme"
    document["results"][0]["value"] = "5.9"
    path.write_text(json.dumps(document))
    shown = hilum("profile", "test", folder)
    assert shown.returncode == 1
    assert 'value  - "5.9"' in shown.stdout and '+ "5.0"' in shown.stdout and "\x1b" not in shown.stdout
    row = json.loads(hilum("profile", "test", "--format", "json", folder).stdout)["row_differences"][0]
    assert row["kind"] == "wrong" and row["fields"] == [{"key": "value", "expected": "5.9", "got": "5.0"}]
    assert hilum("profile", "test", "--update").returncode != 0, "an update names what it changes"
    assert hilum("profile", "test", "--update", folder).returncode == 0
    written = json.loads(path.read_text())
    assert written["device"] == "acme" and written["results"][0]["value"] == "5.0"
    assert hilum("profile", "test", folder).returncode == 0


def test_lint_finds_what_does_not_fit(tmp_path):
    folder = _profile(tmp_path)
    text = (folder / "profile.yaml").read_text()
    start = text.index("codes:")
    (folder / "profile.yaml").write_text(text[:start] + "codes: {GLU: {loinc: 2345-7}, OLD: {name: Old}}\n")
    done = hilum("profile", "lint", "--notes", "--format", "json", folder)
    assert done.returncode == 1
    found = {(row["rule"], row["subject"]) for row in map(json.loads, done.stdout.splitlines())}
    # Glucose by mass, sent in mmol/L.
    assert {("unit-property", "GLU"), ("unmapped-code", "NEW"), ("unknown-unit", "zz"), ("code-never-seen", "OLD"),
            ("no-document", "")} <= found


def test_a_draft_of_nothing_says_so(tmp_path):
    capture = tmp_path / "noise.bin"
    capture.write_bytes(bytes(range(256)))
    done = hilum("profile", "draft", capture, "--output", tmp_path)
    assert done.returncode == 1 and "no driver found a result" in done.stderr
    assert not (tmp_path / "new-device").exists()


def test_the_web_page_asks_no_server(tmp_path):
    page = hilum("profile", "list", "--html").stdout
    assert page.startswith("<!doctype html>") and "http://" not in page and "https://" not in page
    rows = hilum("profile", "list", "--format", "json").stdout.splitlines()
    assert page.count("<tr data-kind=") == len(rows) > 50
