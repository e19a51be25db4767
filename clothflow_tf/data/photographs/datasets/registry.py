# SPDX-License-Identifier: Apache-2.0
"""The data sets that are read from folders, by name.

Each has a module with the same names: `TASK`; `SIZE`, the (height, width) it is
converted to unless told otherwise; `PARSING`, the label set of its parse maps;
`LAYOUT`, what is looked for, in a line; `listings(source, parsing)`, split to
examples; `pairs(source, path, split, parsing)`, the examples of one list of
pairs.
"""

import dataclasses
import os
import types

from clothflow_tf.data.photographs import examples
from clothflow_tf.data.photographs import raw_files
from clothflow_tf.data.photographs.datasets import acgpn
from clothflow_tf.data.photographs.datasets import deepfashion
from clothflow_tf.data.photographs.datasets import dress_code
from clothflow_tf.data.photographs.datasets import folder_structure
from clothflow_tf.data.photographs.datasets import viton
from clothflow_tf.data.photographs.datasets import viton_hd

MODULES: dict[str, types.ModuleType] = {
  'viton': viton,
  'viton_hd': viton_hd,
  'dress_code': dress_code,
  'acgpn': acgpn,
  'deepfashion': deepfashion,
}
NAMES = tuple(MODULES)
MIN_KEYPOINTS = 4


@dataclasses.dataclass(frozen=True)
class Reading:
  """How the files of a data set are read.

  Attributes:
    dataset: one of `NAMES`.
    size: (height, width) of the records.
    parsing: label set of the parse maps, one of `parsings.NAMES`.
    min_keypoints: joints that a person must have within the picture.
  """

  dataset: str
  size: tuple[int, int]
  parsing: str
  min_keypoints: int = MIN_KEYPOINTS


def reading(
  dataset: str,
  size: tuple[int, int] | None = None,
  parsing: str = '',
  min_keypoints: int = MIN_KEYPOINTS,
) -> Reading:
  """Returns how a data set is read; its own size and label set by default."""
  module = MODULES[dataset]
  return Reading(
    dataset, size or module.SIZE, parsing or module.PARSING, min_keypoints
  )


def check_task(how: Reading, task: str) -> None:
  """Raises `ValueError` unless a data set is for a model's task."""
  module = MODULES[how.dataset]
  if task != module.TASK:
    raise ValueError(
      f'{how.dataset} is for {module.TASK}, but the model is for {task}'
    )


def listings(how: Reading, source: str) -> dict[str, examples.Listing]:
  """Returns split to examples of a folder.

  Raises:
    files.InputError: it is no folder, or none of this layout.
  """
  _require_folder(how, source)
  found = MODULES[how.dataset].listings(source, how.parsing)
  folder_structure.require(how.dataset, MODULES, source, found.values())
  return found


def pairs(how: Reading, source: str, path: str, split: str) -> examples.Listing:
  """Returns the pairs of one list, of persons and garments of a split.

  Args:
    how: the data set.
    source: its folder.
    path: the list, a file of that folder or any other.
    split: where in the folder persons and garments are.

  Raises:
    files.InputError: there is no such folder or list, or it has no pairs.
  """
  _require_folder(how, source)
  inside = os.path.join(source, path)
  path = inside if os.path.exists(inside) else path
  found = MODULES[how.dataset].pairs(source, path, split, how.parsing)
  folder_structure.require(how.dataset, MODULES, source, [found])
  return found


def _require_folder(how: Reading, source: str) -> None:
  if not os.path.isdir(source):
    raise raw_files.InputError(
      source,
      f'is no folder; expected one in the layout of --dataset={how.dataset}, '
      f'{MODULES[how.dataset].LAYOUT}',
    )
  try:
    os.listdir(source)
  except OSError as error:
    raise raw_files.InputError(
      source, f'cannot be looked into ({error.strerror})'
    ) from error


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
