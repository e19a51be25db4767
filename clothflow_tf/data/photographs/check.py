# SPDX-License-Identifier: Apache-2.0
"""Checking a folder of photographs without converting it.

Every picture is read and checked once, however many pairs name it, exactly as
the conversion does.
"""

import functools

import numpy as np
import tqdm

from clothflow_tf import files
from clothflow_tf.data import parallel
from clothflow_tf.data.photographs import conversion
from clothflow_tf.data.photographs import examples as examples_lib
from clothflow_tf.data.photographs import report as report_lib
from clothflow_tf.data.photographs.datasets import registry


def check(
  options: registry.ReadOptions, source: str, workers: int, strict: bool = False
) -> report_lib.Report:
  """Reads a whole folder and reports on it.

  Raises:
    files.InputError: there is no folder of this layout; or strict, and this
      is the first problem of its lists or, in their order, of its files.
  """
  by_split = registry.listings(options, source)
  report = report_lib.Report(options, source, by_split)
  if strict:
    for listing in by_split.values():
      listing.require()
  readings = _inspected(options, by_split, workers, strict)
  for split, listing in by_split.items():
    report.start(split, listing)
    for example in listing.examples:
      report.add(split, example, readings)
  return report


def _inspected(
  options: registry.ReadOptions,
  by_split: dict[str, examples_lib.Listing],
  workers: int,
  strict: bool,
) -> conversion.Readings:
  """Reads each person and garment once."""
  parts = {}
  for listing in by_split.values():
    for example in listing.examples:
      parts |= dict.fromkeys(example.parts)
  inspect = functools.partial(conversion.inspect, options)
  results, readings = parallel.in_order(inspect, parts, workers), {}
  shown = {'total': len(parts), 'unit': ' files', 'mininterval': 1}
  with tqdm.tqdm(results, 'check', **shown) as bar:
    for part, reading in zip(parts, bar, strict=True):
      if strict:
        reading.require()
      readings[part] = reading
  return readings


def sample_records(
  options: registry.ReadOptions, checked: report_lib.Report, count: int
) -> list[dict[str, np.ndarray]]:
  """Returns up to so many records of those that can be used, evenly spread.

  Raises:
    files.InputError: there are none.
  """
  if not checked.usable:
    came = 'no example can be drawn; see its report'
    raise files.InputError(checked.source, came)
  chosen = np.linspace(0, len(checked.usable) - 1, count).astype(int)
  examples = [checked.usable[index] for index in np.unique(chosen)]
  return [conversion.record_of(options, example) for example in examples]
