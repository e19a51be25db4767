# SPDX-License-Identifier: Apache-2.0
"""The one private constant of TensorFlow Datasets that building relies on.

TFDS shuffles a split in memory up to 1 GB, and on disk beyond; the order is the
same. The limit is no option: it is a constant of its module `core.shuffle`,
which tests/data/tfds_private_test.py holds to what is said here.
"""

from collections.abc import Iterator
import contextlib


@contextlib.contextmanager
def shuffling_in_memory(size: int) -> Iterator[None]:
  """Within, TFDS keeps at most so many bytes of a split in memory."""
  # Imported late, as worker processes of a build import no TensorFlow.
  from tensorflow_datasets.core import shuffle

  before = shuffle.MAX_MEM_BUFFER_SIZE
  shuffle.MAX_MEM_BUFFER_SIZE = size
  try:
    yield
  finally:
    shuffle.MAX_MEM_BUFFER_SIZE = before
