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
from clothflow_tf.inputs import raw
from clothflow_tf.inputs import record as record_lib
from clothflow_tf.inputs import window as window_lib

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
  readings = _read(options, example)
  record = None
  if not any(reading.problems for reading in readings.values()):
    record = _record(options, example, readings)
    record_lib.validate(record, example.name)
    record |= {field: png.encode(record[field]) for field in IMAGES}
  bare = {
    part: dataclasses.replace(reading, arrays={}, original=None)
    for part, reading in readings.items()
  }
  return Converted(example, bare, record)


def record_of(
  options: registry.ReadOptions, example: examples.Example
) -> raw.Arrays:
  """Returns the record of an example.

  Raises:
    files.InputError: the first problem of its files.
  """
  return _record(options, example, _read(options, example))


def _read(options: registry.ReadOptions, example: examples.Example) -> Readings:
  framed = options.frame == registry.AROUND_PERSON
  return {
    part: options.read(part, framed and isinstance(part, examples.Person))
    for part in example.parts
  }


def _record(
  options: registry.ReadOptions, example: examples.Example, readings: Readings
) -> raw.Arrays:
  person, other = (readings[part].require() for part in example.parts)
  if 'garment_mask' not in other:
    return raw.record_of_poses(person, other)
  if options.frame == registry.AROUND_PERSON:
    original = readings[example.target].original
    label = int(other['garment_label'])
    person = _around(original, options.size, label)
  return raw.record_of_pair(person, other)


def _around(
  original: reader.Original, size: raw.Size, garment_label: int
) -> raw.Arrays:
  """Returns a person as inference shows her to a model."""
  layout, keypoints = original.layout, original.keypoints
  window = window_lib.place(layout, keypoints, size, garment_label)
  return window_lib.person(original.pixels, layout, keypoints, window)
