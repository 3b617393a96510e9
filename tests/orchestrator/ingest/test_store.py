"""Files are named by what they hold, appear whole or not at all, and a killed writer's remains are removed."""

import hashlib
import os
import stat

import numpy as np
import pytest

from orchestrator.ingest.store import INCOMING, Original, put_array, remove_leftovers


@pytest.mark.parametrize("array", [np.arange(12, dtype=np.uint16).reshape(3, 4), np.zeros((5, 4, 3), np.uint8)])
def test_an_array_is_read_back_as_it_was_and_lies_under_its_hash(tmp_path, array):
    location, digest = put_array(tmp_path, array)
    content = (tmp_path / location).read_bytes()
    assert hashlib.sha256(content).hexdigest() == digest
    assert location == f"{digest[:2]}/{digest}.npy"
    read = np.load(tmp_path / location, mmap_mode="r", allow_pickle=False)
    assert np.array_equal(read, array) and read.dtype == array.dtype
    assert not list((tmp_path / INCOMING).iterdir())


def test_an_array_in_another_order_of_memory_is_the_same_array(tmp_path):
    array = np.arange(12, dtype=np.uint16).reshape(3, 4)
    assert put_array(tmp_path, np.asfortranarray(array)) == put_array(tmp_path, array)


def test_what_is_not_kept_leaves_nothing(tmp_path):
    original = Original(tmp_path)
    original.write(b"half a film")
    original.close()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_an_original_is_for_the_owner_only(tmp_path):
    original = Original(tmp_path)
    original.write(b"film")
    original.seal()
    assert stat.S_IMODE(original.keep().path.stat().st_mode) == 0o600


def test_only_old_leftovers_are_removed(tmp_path):
    old, new = Original(tmp_path), Original(tmp_path)
    old.write(b"from a killed process")
    os.utime(old._path, (0, 0))
    assert remove_leftovers(tmp_path, tmp_path / "absent") == 1
    assert not old._path.exists() and new._path.exists()
