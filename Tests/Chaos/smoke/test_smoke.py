"""The fault runs in small: what `make test` can afford. The whole is `make chaos`."""
import pytest
from faults import dying_driver, kill_nine, traced
from support.gateway import ROOT


def test_kill_nine(tmp_path):
    found = kill_nine(tmp_path, kills=6, devices=6, seed=7)
    print(found)
    assert found["acknowledged"] > 20
    assert not found["lost"] and not found["twice"] and not found["disordered"], found


def test_every_acknowledgement_follows_its_fdatasync(tmp_path):
    proven, unproven = traced(tmp_path)
    assert not unproven, unproven
    assert proven >= 5


@pytest.mark.parametrize("kind", ["traps", "hangs", "leaks"])
def test_a_driver_hurts_only_its_own_device(tmp_path, kind):
    found = dying_driver(tmp_path, kind, ROOT)
    assert found["good"] > 20, found["log"][-2000:]
    assert found["quarantine"], found["log"][-2000:]
