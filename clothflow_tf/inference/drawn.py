# SPDX-License-Identifier: Apache-2.0
"""Paper dolls as records, raw inputs or files, where there is no data set."""

from collections.abc import Iterator
import os
from typing import Any

from clothflow_tf import files
from clothflow_tf.data.dolls import generate
from clothflow_tf.inputs import raw


def raw_inputs(
  task: str, size: raw.Size, count: int, split: str = 'test'
) -> list[raw.Arrays]:
  """Returns paper dolls as raw inputs, to put on another garment each."""
  dolls = records(task, size, count, split)
  return [raw.from_record(doll, task) for doll in dolls]


def records(
  task: str, size: raw.Size, count: int, split: str = 'test'
) -> Iterator[dict[str, Any]]:
  """Yields paper dolls as records, with the truth in them."""
  spec = generate.DollSpec(task, *size, split=split)
  return (generate.generate(spec, index) for index in range(count))


def write_files(folder: str, size: raw.Size) -> dict[str, str]:
  """Writes the files of a person and a garment that are drawn.

  Args:
    folder: to write to; made if missing.
    size: of the photos.

  Returns:
    The files by the name of their flag (`arguments`).
  """
  os.makedirs(folder, exist_ok=True)
  inputs = raw_inputs('try_on', size, 1)[0]
  pictures = {
    'person_image': 'person.jpg',
    'person_layout': 'person_layout.png',
    'garment_image': 'garment.jpg',
    'garment_mask': 'garment_mask.png',
  }
  paths = {}
  for name, file in pictures.items():
    paths[name] = os.path.join(folder, file)
    files.write_image(paths[name], inputs[name])
  paths['person_pose'] = os.path.join(folder, 'person_keypoints.json')
  points = inputs['person_keypoints'].astype(float).ravel().tolist()
  people = {'people': [{'pose_keypoints_2d': points}]}
  files.write_json(paths['person_pose'], people)
  return paths
