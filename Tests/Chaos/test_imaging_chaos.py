"""The fault runs of the imaging path in full."""
from imaging_faults import (
    connect_and_close, is_flat, kill_nine_images, large_multiframe, malformed, many_associations, reset_in_transfer, silent_peers,
    traced_images)


def test_10000_associations_leave_nothing_behind(tmp_path):
    found = many_associations(tmp_path, count=10_000, warm_up=1_000)
    print(found)
    assert found["same process"]
    assert is_flat(found["node before"], found["node after"], 4_096), found
    assert is_flat(found["gateway before"], found["gateway after"], 16_384), found


def test_3000_connections_without_a_byte(tmp_path):
    found = connect_and_close(tmp_path, 3_000)
    print(found)
    assert found["same process"] and found["echo"] < 1
    assert is_flat(found["before"], found["after"], 4_096), found


def test_silent_peers_delay_nobody(tmp_path):
    slowest = silent_peers(tmp_path)
    print(f"the slowest echo beside ten silent peers: {slowest * 1000:.0f} ms")
    assert slowest < 1


def test_requests_that_are_not_requests(tmp_path):
    found = malformed(tmp_path, 3_000)
    print(found)
    assert found["same process"] and found["echo"] < 1 and found["shown"]


def test_peers_that_go_in_the_middle_of_an_image(tmp_path):
    found = reset_in_transfer(tmp_path, 500)
    print(found)
    assert found["same process"] and found["kept"] == 0 and found["studies"] == 0


def test_a_multiframe_of_420_mb_in_under_50_mb_of_memory(tmp_path):
    found = large_multiframe(tmp_path, 420)
    print(found)
    assert found["status"] == 0 and found["files"] == 1 and found["whole"] and found["studies"] == 1
    assert found["fetched"] and found["frame"] and found["web"] - found["before"][1] < 50 * 1024, found
    assert found["node"] < 50 * 1024 and found["gateway"] - found["before"][1] < 50 * 1024, found


def test_20_times_kill_nine_while_8_associations_send(tmp_path):
    found = kill_nine_images(tmp_path, rounds=20)
    print(found)
    assert found["acknowledged"] > 500
    assert not found["missing"] and not found["changed"] and not found["not in the store"], found


def test_every_acknowledgement_follows_its_syncs(tmp_path):
    proven, unproven, _ = traced_images(tmp_path, 200)
    print(f"{proven} acknowledgements, each after file, folder and store were synced")
    assert proven == 200 and not unproven, unproven[:5]
