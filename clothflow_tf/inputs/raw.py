# SPDX-License-Identifier: Apache-2.0
"""Raw inputs: what an application hands to a model, and their place in records.

An application has a photo of a person, its layout, a pose, and a product photo
with its mask: uint8 pictures and keypoints in pixels. A data set stores the
same things as a record. This module alone knows which raw input is which field
of a record:

| raw input        | type, shape         | field of a record                  |
|------------------|---------------------|------------------------------------|
| try-on           |                     |                                    |
| person_image     | uint8 [H, W, 3]     | person_image (pairs: target_image) |
| person_layout    | uint8 [H, W]        | person_layout (target_layout)      |
| person_keypoints | float32 [18, 3]     | target_keypoints                   |
| garment_image    | uint8 [H, W, 3]     | source_image                       |
| garment_mask     | uint8 [H, W]        | source_layout: mask x label        |
| garment_label    | int32 []            | source_layout: which of `GARMENTS` |
| hem              | float32 []          | hem: the row where the garment     |
|                  |                     | shall end; -1 leaves it open       |
| pose transfer    |                     |                                    |
| person_image     | uint8 [H, W, 3]     | source_image                       |
| person_layout    | uint8 [H, W]        | source_layout                      |
| target_keypoints | float32 [18, 3]     | target_keypoints                   |

In pairs the stored photo shows the person in the garment to be put on, so that
it is both the person and the truth. A garment's mask is garment where it is at
least `THRESHOLD`. Arrays may carry a leading batch dimension. Nothing here
needs TensorFlow: it also runs in worker processes and on devices.
"""

from collections.abc import Mapping
from typing import Any
from typing import NamedTuple

import numpy as np

from clothflow_tf.inputs import keypoints
from clothflow_tf.inputs import labels

# A mask's least value on the garment. Lossy JPEG masks are common.
THRESHOLD = 128
# Kinds of garments as people call them, and their labels in a layout.
GARMENTS = {
  'top': labels.UPPER_CLOTHES,
  'dress': labels.DRESS,
  'coat': labels.COAT,
  'trousers': labels.PANTS,
  'skirt': labels.SKIRT,
}
# What an application need not give.
DEFAULTS = {
  'garment_label': np.int32(labels.UPPER_CLOTHES),
  'hem': np.float32(-1.0),
}

# Name of the exported signature that takes raw inputs.
SIGNATURE = 'serving_default'

Arrays = dict[str, np.ndarray]


class Size(NamedTuple):
  """The size of a picture; its text says which number is the width."""

  height: int
  width: int

  def __str__(self) -> str:
    return f'{self.width}x{self.height} (width x height)'


def shapes(task: str, height: int, width: int) -> dict[str, tuple[int, ...]]:
  """Returns the shape of each raw input of a task, for one example."""
  image, plane = (height, width, 3), (height, width)
  points = (keypoints.NUM_KEYPOINTS, 3)
  person = {'person_image': image, 'person_layout': plane}
  if task == 'pose_transfer':
    return {**person, 'target_keypoints': points}
  garment = {'garment_image': image, 'garment_mask': plane}
  choices = {'garment_label': (), 'hem': ()}
  return {**person, 'person_keypoints': points, **garment, **choices}


DTYPES = {
  'person_image': np.uint8,
  'person_layout': np.uint8,
  'person_keypoints': np.float32,
  'target_keypoints': np.float32,
  'garment_image': np.uint8,
  'garment_mask': np.uint8,
  'garment_label': np.int32,
  'hem': np.float32,
}


def cut(values: np.ndarray) -> np.ndarray:
  """Returns a mask's grey values cut at `THRESHOLD`: uint8, 0 or 255."""
  return (values >= THRESHOLD) * np.uint8(255)


def garment_layout(mask: np.ndarray, label: int) -> np.ndarray:
  """Returns a garment's layout, uint8: its label where the mask is garment."""
  return np.where(mask >= THRESHOLD, label, 0).astype(np.uint8)


def to_record(raw: Mapping[str, Any], source_layout: Any) -> dict[str, Any]:
  """Returns raw inputs under the names that they have in a record.

  Args:
    raw: all raw inputs of either task; arrays or tensors.
    source_layout: the garment's layout in try-on; not used in pose transfer.

  Returns:
    A record of person and source, without a target image or layout.
  """
  if 'target_keypoints' in raw:
    return {
      'source_image': raw['person_image'],
      'source_layout': raw['person_layout'],
      'target_keypoints': raw['target_keypoints'],
    }
  return {
    'person_image': raw['person_image'],
    'person_layout': raw['person_layout'],
    'target_keypoints': raw['person_keypoints'],
    'source_image': raw['garment_image'],
    'source_layout': source_layout,
    'hem': raw['hem'],
  }


def person_role(record: Mapping[str, Any], task: str) -> str:
  """Returns whose image and layout in a record are the person's."""
  if task == 'pose_transfer':
    return 'source'
  return 'person' if 'person_image' in record else 'target'


def from_record(record: Mapping[str, np.ndarray], task: str) -> Arrays:
  """Returns a record's example as the raw inputs of a task."""
  role = person_role(record, task)
  person = {
    'person_image': record[f'{role}_image'],
    'person_layout': record[f'{role}_layout'],
  }
  if task == 'pose_transfer':
    return {**person, 'target_keypoints': record['target_keypoints']}
  layout = np.asarray(record['source_layout'])
  label = layout.max((-2, -1)).astype(np.int32)
  return {
    **person,
    'person_keypoints': record['target_keypoints'],
    'garment_image': record['source_image'],
    'garment_mask': (layout > 0) * np.uint8(255),
    'garment_label': label,
    'hem': np.full_like(label, -1, np.float32),
  }


def record_of_pair(person: Arrays, garment: Arrays) -> Arrays:
  """Returns the record of a pair: a person who wears the garment.

  Args:
    person: person_image, person_layout and person_keypoints.
    garment: garment_image, garment_mask and garment_label.
  """
  return {
    'target_image': person['person_image'],
    'target_layout': person['person_layout'],
    'target_keypoints': person['person_keypoints'],
    'source_image': garment['garment_image'],
    'source_layout': garment_layout(
      garment['garment_mask'], garment['garment_label']
    ),
    'source_keypoints': np.zeros((keypoints.NUM_KEYPOINTS, 3), np.float32),
  }


def record_of_poses(target: Arrays, source: Arrays) -> Arrays:
  """Returns the record of one person in two poses.

  Args:
    target: person_image, person_layout and person_keypoints of one photo.
    source: the same of the other photo.
  """
  return {
    f'{role}_{part}': values[f'person_{part}']
    for role, values in (('target', target), ('source', source))
    for part in ('image', 'layout', 'keypoints')
  }
