"""The fault runs in full: minutes, not seconds."""
import pytest
from faults import dying_driver, kill_nine, traced
from support.gateway import ROOT


def test_200_times_kill_nine_under_load_from_20_devices(tmp_path):
    found = kill_nine(tmp_path, kills=200, devices=20, seed=20)
    print(found)
    assert not found["lost"] and not found["twice"] and not found["disordered"], found


def test_every_acknowledgement_follows_its_fdatasync(tmp_path):
    proven, unproven = traced(tmp_path, messages=200)
    print(f"{proven} acknowledgements, each after its fdatasync")
    assert not unproven and proven >= 200


@pytest.mark.parametrize("kind", ["traps", "hangs", "leaks"])
def test_a_driver_hurts_only_its_own_device(tmp_path, kind):
    found = dying_driver(tmp_path, kind, ROOT, seconds=20)
    print(f"{kind}: {found['good']} results beside it, the slowest {found['slowest'] * 1000:.0f} ms")
    assert found["good"] > 200 and found["quarantine"]
