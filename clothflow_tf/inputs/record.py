# SPDX-License-Identifier: Apache-2.0
"""The record that every data set yields and both tasks share.

| field | shape, type | pose transfer | try-on |
|---|---|---|---|
| target_image | [H, W, 3] uint8 | photo in target pose | in the garment |
| target_layout | [H, W] uint8 | its parsing | its parsing |
| target_keypoints | [18, 3] float32 | its pose | its pose |
| source_image | [H, W, 3] uint8 | other photo | product photo |
| source_layout | [H, W] uint8 | its parsing | mask x label |
| source_keypoints | [18, 3] float32 | its pose | zeros |
| person_image | [H, W, 3] uint8 | - | the same person in another outfit |
| person_layout | [H, W] uint8 | - | its parsing |
| flow | [H, W, 2] float16 | true target-to-source flow (x, y) |
| visible | [H, W] bool | where that flow is known |

Layouts hold the labels of `labels`. Only exact triplets, which are synthetic,
have person_image and person_layout. Only synthetic data has `flow` and
`visible`. Paper dolls also have `shade` ([H, W] float16: the warped source
times it is the target), `tags` ([N] uint8, 0 or 1 for each of `TAGS`: what the
example is like) and `index` (the number that draws it again).
"""

from typing import Any

import numpy as np

from clothflow_tf.inputs import keypoints
from clothflow_tf.inputs import labels

TRUTH = ('flow', 'visible')
PERSON = ('person_image', 'person_layout')
_OF_DOLLS = ('shade', 'tags', 'index')
TAGS = (
  # How the person stands and wears a top.
  *('frontal', 'bent_arms', 'self_occlusion', 'turned', 'tucked'),
  # The kind of product, and what was worn before it.
  *('top', 'dress', 'trousers', 'skirt', 'dress_to_top', 'from_jacket'),
  # The neckline and the sleeves of a top or a dress.
  *('crew', 'v', 'scoop_boat', 'collar', 'high_neck'),
  *('sleeveless', 'short_sleeves', 'long_sleeves'),
  *('longer_sleeves', 'shorter_sleeves'),
)


def shapes(height: int, width: int) -> dict[str, tuple[int, ...]]:
  """Returns the shape of each field for one example."""
  return {
    'target_image': (height, width, 3),
    'target_layout': (height, width),
    'target_keypoints': (keypoints.NUM_KEYPOINTS, 3),
    'source_image': (height, width, 3),
    'source_layout': (height, width),
    'source_keypoints': (keypoints.NUM_KEYPOINTS, 3),
    'person_image': (height, width, 3),
    'person_layout': (height, width),
    'flow': (height, width, 2),
    'visible': (height, width),
    'shade': (height, width),
    'tags': (len(TAGS),),
    'index': (),
  }


DTYPES = {
  'target_image': np.uint8,
  'target_layout': np.uint8,
  'target_keypoints': np.float32,
  'source_image': np.uint8,
  'source_layout': np.uint8,
  'source_keypoints': np.float32,
  'person_image': np.uint8,
  'person_layout': np.uint8,
  'flow': np.float16,
  'visible': np.bool_,
  'shade': np.float16,
  'tags': np.uint8,
  'index': np.int32,
}


def validate(record: dict[str, Any], name: str) -> None:
  """Checks one example's fields, shapes, types and values.

  Args:
    record: the fields; flow and visible may be missing, together, likewise
      person_image and person_layout, and each of shade, tags and index.
    name: what to call the example in an error.

  Raises:
    ValueError: naming the example and the field, what came and what was
      expected.
  """
  height, width = np.shape(record['target_image'])[:2]
  expected = shapes(height, width)
  for key, shape in expected.items():
    if any(
      key in group and not record.keys() & {*group} for group in (TRUTH, PERSON)
    ):
      continue
    if key in _OF_DOLLS and key not in record:
      continue
    if key not in record:
      raise ValueError(f'{name}: {key} is missing')
    value = np.asarray(record[key])
    if value.shape != shape or value.dtype != DTYPES[key]:
      raise ValueError(
        f'{name}: {key} is {value.dtype} {value.shape}, expected '
        f'{np.dtype(DTYPES[key])} {shape}'
      )
    if value.dtype.kind == 'f' and not np.isfinite(value).all():
      raise ValueError(f'{name}: {key} holds NaN or infinite values')
  for key in ('target_layout', 'source_layout', 'person_layout'):
    if key in record and record[key].max() >= labels.NUM_LABELS:
      raise ValueError(
        f'{name}: {key} holds label {record[key].max()}, expected below '
        f'{labels.NUM_LABELS}'
      )
