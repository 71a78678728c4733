"""The fault runs of the imaging path in small: what `make test` can afford. The whole is `make chaos`."""
import pytest
from imaging_faults import (
    connect_and_close, disk_full, is_flat, kill_nine_images, large_multiframe, malformed, many_associations, reset_in_transfer,
    silent_peers, traced_images)


def test_associations_leave_nothing_behind(tmp_path):
    found = many_associations(tmp_path, count=600, warm_up=200)
    assert found["same process"] and is_flat(found["node before"], found["node after"], 8_192), found


def test_connections_without_a_byte(tmp_path):
    found = connect_and_close(tmp_path, 300)
    assert found["same process"] and is_flat(found["before"], found["after"], 8_192), found


def test_silent_peers_delay_nobody(tmp_path):
    # Others may use the machine: in full the limit is a second.
    assert silent_peers(tmp_path) < 5


def test_requests_that_are_not_requests(tmp_path):
    found = malformed(tmp_path, 150)
    assert found["same process"] and found["shown"], found


def test_peers_that_go_in_the_middle_of_an_image(tmp_path):
    found = reset_in_transfer(tmp_path, 20)
    assert found["same process"] and found["kept"] == 0 and found["studies"] == 0, found


def test_a_large_multiframe_in_little_memory(tmp_path):
    found = large_multiframe(tmp_path, 80)
    assert found["status"] == 0 and found["files"] == 1 and found["whole"], found
    assert found["fetched"] and found["frame"] and found["web"] - found["before"][1] < 50 * 1024, found
    assert found["node"] < 50 * 1024, found


def test_kill_nine_while_associations_send(tmp_path):
    found = kill_nine_images(tmp_path, rounds=3, associations=4, rows=64)
    assert found["acknowledged"] > 10, found
    assert not found["missing"] and not found["changed"] and not found["not in the store"], found


def test_every_acknowledgement_follows_its_syncs(tmp_path):
    proven, unproven, _ = traced_images(tmp_path, 5)
    assert proven == 5 and not unproven, unproven


def test_a_full_disk_is_said_and_loses_nothing(tmp_path):
    found = disk_full(tmp_path)
    if found is None:
        pytest.skip("no file system can be mounted here")
    assert found["full"] == 0xA700 and found["acknowledged"] > 5 and found["whole"] and found["again"] and not found["left"], found
