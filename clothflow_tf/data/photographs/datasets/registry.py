# SPDX-License-Identifier: Apache-2.0
"""The data sets that are read from folders, by name.

To add one, write a module beside this one that ends in
`DATA_SET = folder_structure.DataSet(...)` (`viton_hd` is the shortest), name it
in `DATA_SETS`, and give it a builder of two lines in `photographs.builder`.
"""

import dataclasses
import functools
import hashlib
import os

from clothflow_tf.data.photographs import examples
from clothflow_tf.data.photographs import images
from clothflow_tf.data.photographs import raw_files
from clothflow_tf.data.photographs.datasets import acgpn
from clothflow_tf.data.photographs.datasets import deepfashion
from clothflow_tf.data.photographs.datasets import dress_code
from clothflow_tf.data.photographs.datasets import folder_structure
from clothflow_tf.data.photographs.datasets import viton
from clothflow_tf.data.photographs.datasets import viton_hd

DATA_SETS = {
  module.DATA_SET.name: module.DATA_SET
  for module in (viton, viton_hd, dress_code, acgpn, deepfashion)
}
NAMES = tuple(DATA_SETS)
MIN_KEYPOINTS = 4


@dataclasses.dataclass(frozen=True)
class ReadOptions:
  """How the files of a data set are read.

  Attributes:
    dataset: one of `NAMES`.
    size: of the records.
    parsing: label set of the parse maps, one of `label_sets.NAMES`.
    min_keypoints: joints that a person must have within the picture.
  """

  dataset: str
  size: images.Size
  parsing: str
  min_keypoints: int = MIN_KEYPOINTS

  @property
  def data_set(self) -> folder_structure.DataSet:
    return DATA_SETS[self.dataset]


def read_options(
  dataset: str,
  size: images.Size | tuple[int, int] | None = None,
  parsing: str = '',
  min_keypoints: int = MIN_KEYPOINTS,
) -> ReadOptions:
  """Returns how a data set is read; its own size and label set by default."""
  data_set = DATA_SETS[dataset]
  size = images.Size(*(size or data_set.size))
  return ReadOptions(dataset, size, parsing or data_set.parsing, min_keypoints)


def check_task(dataset: str, task: str) -> None:
  """Raises `ValueError` unless a data set is for a model's task."""
  own = DATA_SETS[dataset].task
  if task != own:
    raise ValueError(f'{dataset} is for {own}, but the model is for {task}')


def listings(options: ReadOptions, source: str) -> dict[str, examples.Listing]:
  """Returns split to examples of a folder.

  Raises:
    raw_files.InputError: it is no folder, or none of this layout.
  """
  data_set = options.data_set
  _require_folder(data_set, source)
  by_split = data_set.listings(source, options.parsing)
  folder_structure.require(
    data_set, DATA_SETS.values(), source, by_split.values()
  )
  return by_split


def pairs(
  options: ReadOptions, source: str, path: str, split: str
) -> examples.Listing:
  """Returns the pairs of one list, of persons and garments of a split.

  Args:
    options: the data set.
    source: its folder.
    path: the list, a file of that folder or any other.
    split: where in the folder persons and garments are.

  Raises:
    raw_files.InputError: there is no such folder or list, or it has no pairs.
  """
  data_set = options.data_set
  _require_folder(data_set, source)
  inside = os.path.join(source, path)
  path = inside if os.path.exists(inside) else path
  listing = data_set.pairs(source, path, split, options.parsing)
  folder_structure.require(data_set, DATA_SETS.values(), source, [listing])
  return listing


def _require_folder(data_set: folder_structure.DataSet, source: str) -> None:
  if not os.path.isdir(source):
    raise raw_files.InputError(
      source,
      f'is no folder; expected one in the layout of --dataset={data_set.name}, '
      f'{data_set.structure}',
    )
  try:
    os.listdir(source)
  except OSError as error:
    raise raw_files.InputError(
      source, f'cannot be looked into ({error.strerror})'
    ) from error


def digest(by_split: dict[str, examples.Listing]) -> str:
  """Returns a digest of listed files: names, sizes, times of change.

  It tells whether a folder is as it was when it was converted; files that no
  list names do not count.
  """
  state, stat = hashlib.sha256(), functools.cache(_stat)
  for split, listing in by_split.items():
    state.update(repr((split, listing.problems)).encode())
    for example in listing.examples:
      paths = [*_paths(example.target), *_paths(example.source)]
      state.update(repr((example, [*map(stat, paths)])).encode())
  return state.hexdigest()


def _paths(part: examples.Part | None) -> list[str]:
  if isinstance(part, examples.Garment):
    return [part.image, part.mask, *_paths(part.worn)]
  return [part.image, part.parse, part.pose] if part else []


def _stat(path: str) -> tuple[int, int] | None:
  try:
    status = os.stat(path)
  except OSError:
    return None  # It is missing, and may be put there.
  return status.st_size, status.st_mtime_ns


def check_outside(path: str, source: str, name: str) -> None:
  """Raises `ValueError` if an output would lie in a folder of photographs.

  Args:
    path: the output.
    source: the folder.
    name: the flag that the output is given by.
  """
  inner, outer = os.path.realpath(path), os.path.realpath(source)
  if os.path.commonpath([inner, outer]) == outer:
    raise ValueError(
      f'--{name}={path} lies in {source}, in which nothing is written; give a '
      'place outside it'
    )
