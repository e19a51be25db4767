# SPDX-License-Identifier: Apache-2.0
"""The conversion of a folder as an Apache Beam pipeline.

For data sets larger than one machine. Apache Beam is an optional dependency
(`requirements-beam.txt`), so it is imported when it is asked for. Workers need
to see the source folder and the data set's, such as on a shared file system.
"""

from collections.abc import Callable
import dataclasses
import importlib
import json
from typing import Any

from clothflow_tf.data import tuples


def options(text: str) -> Any:
  """Returns the options of a pipeline, such as 'runner=DirectRunner,...'.

  Args:
    text: NAME=VALUE, comma-separated, as Beam's own flags without dashes.

  Raises:
    ValueError: Apache Beam is not installed.
  """
  module = _beam('apache_beam.options.pipeline_options')
  flags = [f'--{option.strip()}' for option in text.split(',') if option]
  return module.PipelineOptions(flags)


def transform(
  convert: Callable[[tuples.Example], Any],
  examples: list[tuples.Example],
  aside: str,
) -> Any:
  """Returns a transform that yields (key, record).

  Args:
    convert: returns a `conversion.Converted`.
    examples: the examples of a split.
    aside: file for what is set aside, one JSON object a line.
  """
  beam = _beam('apache_beam')

  def expand(root: Any) -> Any:
    # Reshuffled, or Beam would keep source and conversion on one worker.
    converted = (
      root
      | 'List' >> beam.Create(examples, reshuffle=True)
      | 'Convert' >> beam.Map(convert)
    )
    _ = (
      converted
      | 'Flaws' >> beam.FlatMap(_flaws)
      | 'Aside' >> beam.io.WriteToText(aside, shard_name_template='')
    )
    return converted | 'Records' >> beam.FlatMap(_record)

  return beam.ptransform_fn(expand)()


def _record(converted: Any) -> list[tuple[str, dict]]:
  whole = converted.record is not None
  return [(converted.example.name, converted.record)] if whole else []


def _flaws(converted: Any) -> list[str]:
  flaws = {f for found in converted.found.values() for f in found.flaws}
  return [
    json.dumps(
      {'example': converted.example.name, **dataclasses.asdict(flaw)},
      ensure_ascii=False,
    )
    for flaw in sorted(flaws, key=str)
  ]


def _beam(name: str) -> Any:
  try:
    return importlib.import_module(name)
  except ImportError as error:
    raise ValueError(
      f'--beam_options: Apache Beam cannot be imported ({error}); install it '
      'with pip install -r requirements.txt -r requirements-beam.txt'
    ) from error
