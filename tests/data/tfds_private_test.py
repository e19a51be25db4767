# SPDX-License-Identifier: Apache-2.0
"""The claim about the inside of TensorFlow Datasets that building relies on.

If it fails after an update of TFDS, building takes up to 1 GB more memory for
each split that is written.
"""

import pytest
from tensorflow_datasets.core import shuffle

from clothflow_tf.data import tfds_private


def _shuffled(folder, size):
  """Shuffles 30 bytes; returns their order, and the files it took."""
  shuffler = shuffle.Shuffler(folder, 'salt')
  with tfds_private.shuffling_in_memory(size):
    for key in range(10):
      shuffler.add(key, bytes([key] * 3))
  files = [*folder.iterdir()]
  return [data for _, data in shuffler], files


def test_records_beyond_the_limit_are_shuffled_on_disk_in_the_same_order(
  tmp_path,
):
  in_memory, no_files = _shuffled(tmp_path, 30)
  on_disk, files = _shuffled(tmp_path, 29)
  assert in_memory == on_disk
  assert in_memory != sorted(in_memory)
  assert files and not no_files


def test_the_limit_is_as_before_afterwards():
  before = shuffle.MAX_MEM_BUFFER_SIZE
  with pytest.raises(ZeroDivisionError), tfds_private.shuffling_in_memory(0):
    raise ZeroDivisionError
  assert before == shuffle.MAX_MEM_BUFFER_SIZE
