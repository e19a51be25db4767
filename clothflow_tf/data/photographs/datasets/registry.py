# SPDX-License-Identifier: Apache-2.0
"""The data sets that are read from folders, by name.

To add one, write a module beside this one that ends in
`DATA_SET = folder_structure.DataSet(...)` (`viton_hd` is the shortest), and
name it in `DATA_SETS`.
"""

import dataclasses
import os

from clothflow_tf import files
from clothflow_tf.data.photographs import examples
from clothflow_tf.data.photographs import reader
from clothflow_tf.data.photographs.datasets import acgpn
from clothflow_tf.data.photographs.datasets import deepfashion
from clothflow_tf.data.photographs.datasets import dress_code
from clothflow_tf.data.photographs.datasets import folder_structure
from clothflow_tf.data.photographs.datasets import viton
from clothflow_tf.data.photographs.datasets import viton_hd
from clothflow_tf.inputs import raw

DATA_SETS = {
  module.DATA_SET.name: module.DATA_SET
  for module in (viton, viton_hd, dress_code, acgpn, deepfashion)
}
NAMES = tuple(DATA_SETS)
MIN_KEYPOINTS = 4
# What of a photo is a record: all of it, with a border, or the window that
# inference places around the person (`inputs.window`).
FRAMES = WHOLE_PHOTO, AROUND_PERSON = 'photo', 'person'


@dataclasses.dataclass(frozen=True)
class ReadOptions:
  """How the files of a data set are read.

  Attributes:
    dataset: one of `NAMES`.
    size: of the records.
    parsing: label set of the parse maps, one of `label_sets.NAMES`.
    min_keypoints: joints that a person must have within the picture.
    frame: one of `FRAMES`, for records.
  """

  dataset: str
  size: raw.Size
  parsing: str
  min_keypoints: int = MIN_KEYPOINTS
  frame: str = WHOLE_PHOTO

  @property
  def data_set(self) -> folder_structure.DataSet:
    return DATA_SETS[self.dataset]

  def read(self, part: examples.Part, whole: bool = False) -> reader.Reading:
    return reader.read(part, self.size, self.min_keypoints, whole)


def read_options(
  dataset: str,
  size: raw.Size | tuple[int, int] | None = None,
  parsing: str = '',
  min_keypoints: int = MIN_KEYPOINTS,
  frame: str = WHOLE_PHOTO,
) -> ReadOptions:
  """Returns how a data set is read; its own size and label set by default.

  Raises:
    ValueError: the frame is not for the data set's task.
  """
  data_set = DATA_SETS[dataset]
  if frame == AROUND_PERSON and data_set.task != 'try_on':
    raise ValueError(
      f'--frame={frame}: {dataset} is for {data_set.task}, whose models see '
      f'the whole photo; expected --frame={WHOLE_PHOTO}'
    )
  size = raw.Size(*(size or data_set.size))
  parsing = parsing or data_set.parsing
  return ReadOptions(dataset, size, parsing, min_keypoints, frame)


def check_task(dataset: str, task: str) -> None:
  """Raises `ValueError` unless a data set is for a model's task."""
  own = DATA_SETS[dataset].task
  if task != own:
    raise ValueError(f'{dataset} is for {own}, but the model is for {task}')


def listings(options: ReadOptions, source: str) -> dict[str, examples.Listing]:
  """Returns split to examples of a folder.

  Raises:
    files.InputError: it is no folder, or none of this layout.
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
    files.InputError: there is no such folder or list, or it has no pairs.
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
    raise files.InputError(
      source,
      f'is no folder; expected one in the layout of --dataset={data_set.name}, '
      f'{data_set.structure}',
    )
  try:
    os.listdir(source)
  except OSError as error:
    raise files.InputError(
      source, f'cannot be looked into ({error.strerror})'
    ) from error
