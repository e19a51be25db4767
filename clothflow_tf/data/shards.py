# SPDX-License-Identifier: Apache-2.0
"""The files of a prepared data set: whole, or it is told which one is not.

A disk that was full, a copy that was cut off or a flipped bit shows up as an
error of TensorFlow's that names no file, perhaps hours into a training. So the
files are gone through before they are used, by the lengths of their records
alone, and once more, with their checksums, if reading one fails all the same.

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
    found, ends = _counted(path)
    if not ends:
      came = f'ends within a record, after {found}'
      raise ValueError(_message(path, f'{came}; expected {count}'))
    if found != count:
      came = f'holds {found} records'
      raise ValueError(_message(path, f'{came}; expected {count}'))


def _counted(path: str) -> tuple[int, bool]:
  """Returns how many whole records a file has, and whether it ends there."""
  size, count, position = os.path.getsize(path), 0, 0
  with open(path, 'rb') as file:
    while position < size:
      file.seek(position)
      head = file.read(_LENGTH.size)
      if len(head) < _LENGTH.size:
        return count, False
      position += _LENGTH.size + _LENGTH.unpack(head)[0] + 2 * _CHECKSUM
      count += position <= size
  return count, position == size


@contextlib.contextmanager
def told(folder: str) -> Iterator[None]:
  """Names the file where TensorFlow finds a checksum to be wrong.

  Raises:
    ValueError: while the records of a prepared data set were read, one of them
      was not what had been written.
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
