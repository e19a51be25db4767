# SPDX-License-Identifier: Apache-2.0
"""The files of a prepared data set: an error names the one that is not whole.

A full disk, a copy that was cut off or a flipped bit ends in an error of
TensorFlow's that names no file, perhaps hours into a training. So the lengths
of all records are checked before the files are used; and if reading fails all
the same, the checksums say which file it was.

A TFRecord is: uint64 length, uint32 checksum of it, data, uint32 checksum.
"""

from collections.abc import Iterator
import contextlib
import glob
import os
import struct

import tensorflow as tf
import tensorflow_datasets as tfds

_LENGTH = struct.Struct('<Q')
_CHECKSUM = 4
_REMEDY = 'remove that folder and make the data set again'


def require(split: tfds.core.SplitInfo) -> None:
  """Raises `ValueError` unless all files of a split hold their records."""
  for path, count in zip(split.filepaths, split.shard_lengths, strict=True):
    if not os.path.isfile(path):
      raise ValueError(_message(path, f'is missing; expected {count} records'))
    ends = _ends(path)
    whole = [end for end in ends if end <= os.path.getsize(path)]
    came = f'holds {len(whole)} records'
    if len(whole) < len(ends):
      came = f'ends within a record, after {len(whole)}'
    if len(whole) != count or len(ends) != count:
      raise ValueError(_message(path, f'{came}; expected {count}'))


def _ends(path: str) -> list[int]:
  """Returns where each record of a file should end; the last may be cut."""
  size, ends = os.path.getsize(path), [0]
  with open(path, 'rb') as file:
    while ends[-1] < size:
      file.seek(ends[-1])
      head = file.read(_LENGTH.size).ljust(_LENGTH.size, b'\xff')
      length = _LENGTH.unpack(head)[0]
      ends.append(ends[-1] + _LENGTH.size + length + 2 * _CHECKSUM)
  return ends[1:]


@contextlib.contextmanager
def naming_damaged_file(folder: str) -> Iterator[None]:
  """Within, an error that a record is damaged names the file it is in.

  Args:
    folder: of the prepared data set that is read.

  Raises:
    ValueError: a record is not what had been written.
  """
  try:
    yield
  except tf.errors.DataLossError as error:
    paths = sorted(glob.glob(os.path.join(glob.escape(folder), '*.tfrecord*')))
    path = next(filter(_is_broken, paths), folder)
    raise ValueError(_message(path, 'is damaged')) from error


def _is_broken(path: str) -> bool:
  try:
    for _ in tf.data.TFRecordDataset(path):
      pass
  except tf.errors.DataLossError:
    return True
  return False


def _message(path: str, came: str) -> str:
  return f'{path}: {came}; {_REMEDY} (clothflow_tf.prepare)'
