# SPDX-License-Identifier: Apache-2.0
"""What worker processes do to an example: read it, judge it, pack it.

No TensorFlow is imported here, so that a worker starts fast and stays small.
Images and layouts are packed as PNG: lossless, and layouts must be.
"""

import dataclasses

import numpy as np

from clothflow_tf.data import png
from clothflow_tf.data.photographs import examples
from clothflow_tf.data.photographs import reader
from clothflow_tf.data.photographs.datasets import registry
from clothflow_tf.inputs import record as record_lib

IMAGES = ('target_image', 'target_layout', 'source_image', 'source_layout')


@dataclasses.dataclass
class Converted:
  """An example that was read.

  Attributes:
    example: its files.
    found: each of its parts to what is known of it, without arrays.
    record: of `record`, images as PNG bytes; None if a file has a flaw.
  """

  example: examples.Example
  found: dict[examples.Person | examples.Garment, reader.Found]
  record: dict | None


def inspect(
  how: registry.Reading, part: examples.Person | examples.Garment
) -> reader.Found:
  """Reads a person or a garment and returns what there is to say of it."""
  found = reader.read(part, how.size, how.min_keypoints)
  return dataclasses.replace(found, arrays={})


def convert(how: registry.Reading, example: examples.Example) -> Converted:
  """Reads an example and packs its record."""
  parts = (example.target, example.source)
  found = {p: reader.read(p, how.size, how.min_keypoints) for p in set(parts)}
  arrays = [found[part].arrays for part in parts]
  record = None
  if all(arrays):
    record = record_of(*arrays)
    record_lib.validate(record, example.name)
    record |= {field: png.encode(record[field]) for field in IMAGES}
  known = {part: dataclasses.replace(found[part], arrays={}) for part in parts}
  return Converted(example, known, record)


def record_of(target: dict, source: dict) -> dict[str, np.ndarray]:
  """Returns the record of what was read of a target and of its source."""
  if 'garment_mask' in source:
    layout = np.where(source['garment_mask'], source['label'], 0)
    images = source['garment_image'], layout.astype(np.uint8)
    keypoints = np.zeros((18, 3), np.float32)
  else:
    images = source['person_image'], source['person_layout']
    keypoints = source['person_keypoints']
  return {
    'target_image': target['person_image'],
    'target_layout': target['person_layout'],
    'target_keypoints': target['person_keypoints'],
    'source_image': images[0],
    'source_layout': images[1],
    'source_keypoints': keypoints,
  }
