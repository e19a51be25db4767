# SPDX-License-Identifier: Apache-2.0
"""The conversion of a folder as an Apache Beam pipeline.

For data sets larger than one machine. Apache Beam is an optional dependency
(`requirements-beam.txt`), so it is imported when it is asked for. Workers need
to see the source folder and the data set's, such as on a shared file system.
"""

from collections.abc import Callable
from collections.abc import Iterator
import dataclasses
import glob
import importlib
import json
import os
from typing import Any

from clothflow_tf.data.photographs import conversion
from clothflow_tf.data.photographs import examples as examples_lib
from clothflow_tf.data.photographs import findings
from clothflow_tf.data.photographs import reader


def options(text: str) -> Any:
  """Returns the options of a pipeline, such as 'runner=DirectRunner,...'.

  Args:
    text: NAME=VALUE, comma-separated, as Beam's own flags without dashes.

  Raises:
    ValueError: Apache Beam is not installed.
  """
  _beam('apache_beam')
  module = _beam('apache_beam.options.pipeline_options')
  flags = [f'--{option.strip()}' for option in text.split(',') if option]
  return module.PipelineOptions(flags)


def transform(
  convert: Callable[[examples_lib.Example], conversion.Converted],
  examples: list[examples_lib.Example],
  notes: str,
) -> Any:
  """Returns a transform that yields (key, record).

  Args:
    convert: reads and packs an example.
    examples: the examples of a split.
    notes: start of the names of files for the readings; see `readings_in`.
  """
  beam = _beam('apache_beam')

  def expand(root: Any) -> Any:
    # Reshuffled, or Beam would keep source and conversion on one worker.
    converted = (
      root
      | 'List' >> beam.Create(enumerate(examples), reshuffle=True)
      | 'Convert' >> beam.MapTuple(lambda i, example: (i, convert(example)))
    )
    lines = converted | 'Readings' >> beam.MapTuple(_line)
    _ = lines | 'Write' >> beam.io.WriteToText(notes)
    return converted | 'Records' >> beam.FlatMapTuple(_records)

  return beam.ptransform_fn(expand)()


def readings_in(
  notes: str, examples: list[examples_lib.Example]
) -> Iterator[conversion.Converted]:
  """Yields each example as a pipeline read it, without records.

  The files are removed afterwards.
  """
  for path in sorted(glob.glob(f'{glob.escape(notes)}*')):
    with open(path, encoding='utf-8') as file:
      for line in file:
        index, parts = json.loads(line)
        example = examples[index]
        readings = dict(zip(example.parts, map(_reading, parts), strict=True))
        yield conversion.Converted(example, readings, None)
    os.remove(path)


def _records(_: int, converted: conversion.Converted) -> list[tuple]:
  whole = converted.record is not None
  return [(converted.example.name, converted.record)] if whole else []


def _line(index: int, converted: conversion.Converted) -> str:
  parts = [converted.readings[part] for part in converted.example.parts]
  return json.dumps([index, [*map(dataclasses.asdict, parts)]])


def _reading(values: dict) -> reader.Reading:
  for key in ('problems', 'remarks'):
    values[key] = [findings.Problem(**x) for x in values[key]]
  return reader.Reading(**values)


def _beam(name: str) -> Any:
  try:
    return importlib.import_module(name)
  except ImportError as error:
    raise ValueError(
      f'--beam_options: Apache Beam cannot be imported ({error}); install it '
      'with pip install -r requirements.txt -r requirements-beam.txt'
    ) from error
