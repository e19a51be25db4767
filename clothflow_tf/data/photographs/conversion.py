# SPDX-License-Identifier: Apache-2.0
"""What worker processes do to an example: read it, check it, pack it.

No TensorFlow is imported here, so that a worker starts fast and stays small.
Images and layouts are packed as PNG: lossless, and layouts must be.
"""

import dataclasses

from clothflow_tf.data import png
from clothflow_tf.data.photographs import examples
from clothflow_tf.data.photographs import reader
from clothflow_tf.data.photographs.datasets import registry
from clothflow_tf.inputs import record as record_lib

IMAGES = ('target_image', 'target_layout', 'source_image', 'source_layout')

Readings = dict[examples.Part, reader.Reading]


@dataclasses.dataclass
class Converted:
  """An example that was read.

  Attributes:
    example: its files.
    readings: what was read of each of its parts, without arrays.
    record: of `record`, images as PNG bytes; None if a file has a problem.
  """

  example: examples.Example
  readings: Readings
  record: dict | None


def inspect(
  options: registry.ReadOptions, part: examples.Part
) -> reader.Reading:
  """Reads a person or a garment; returns all but its arrays."""
  return dataclasses.replace(options.read(part), arrays={})


def convert(
  options: registry.ReadOptions, example: examples.Example
) -> Converted:
  """Reads an example and packs its record."""
  readings = {part: options.read(part) for part in example.parts}
  record = None
  if not any(reading.problems for reading in readings.values()):
    record = reader.record_of(example, readings.__getitem__)
    record_lib.validate(record, example.name)
    record |= {field: png.encode(record[field]) for field in IMAGES}
  bare = {x: dataclasses.replace(y, arrays={}) for x, y in readings.items()}
  return Converted(example, bare, record)
