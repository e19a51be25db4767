# SPDX-License-Identifier: Apache-2.0
"""Checking a folder of photographs without converting it.

Every picture is read and judged once, however many pairs name it, exactly as
the conversion does.
"""

import dataclasses
import functools
import os

import numpy as np
import tqdm

from clothflow_tf.data import parallel
from clothflow_tf.data.photographs import conversion
from clothflow_tf.data.photographs import examples as examples_lib
from clothflow_tf.data.photographs import folder_state
from clothflow_tf.data.photographs import raw_files
from clothflow_tf.data.photographs import reader
from clothflow_tf.data.photographs import report as report_lib
from clothflow_tf.data.photographs.datasets import registry


@dataclasses.dataclass
class Checked:
  """What a folder holds: the report, and the examples that can be used."""

  report: report_lib.Report
  whole: list[examples_lib.Example]


def check(
  how: registry.Reading, source: str, workers: int, strict: bool = False
) -> Checked:
  """Reads a whole folder and returns what it holds.

  Raises:
    files.InputError: there is no folder of this layout; or strict, and this is
      the first flaw of its lists or, in their order, of its files.
  """
  found = registry.listings(how, source)
  state = folder_state.digest(found)
  report = report_lib.Report(how, os.path.abspath(source), state)
  checked = Checked(report, [])
  if strict:
    report_lib.require_none(x for y in found.values() for x in y.flaws)
  known = _inspected(how, found, workers, strict)
  for split, listing in found.items():
    checked.report.start(split, listing)
    for example in listing.examples:
      if not checked.report.add(split, example, known):
        checked.whole.append(example)
  return checked


def _inspected(
  how: registry.Reading,
  found: dict[str, examples_lib.Listing],
  workers: int,
  strict: bool,
) -> dict[examples_lib.Person | examples_lib.Garment, reader.Found]:
  """Returns what was found of each person and garment."""
  parts = {}
  for listing in found.values():
    for example in listing.examples:
      parts |= dict.fromkeys((example.target, example.source))
  inspect = functools.partial(conversion.inspect, how)
  results, known = parallel.in_order(inspect, parts, workers), {}
  shown = {'total': len(parts), 'unit': ' files', 'mininterval': 1}
  with tqdm.tqdm(results, 'check', **shown) as bar:
    for part, result in zip(parts, bar, strict=True):
      if strict:
        report_lib.require_none(result.flaws)
      known[part] = result
  return known


def some(
  how: registry.Reading, checked: Checked, count: int
) -> list[dict[str, np.ndarray]]:
  """Returns up to so many records of those that can be used, evenly spread.

  Raises:
    files.InputError: there are none.
  """
  if not checked.whole:
    source = checked.report.source
    raise raw_files.InputError(
      source, 'no example can be drawn; see its report'
    )
  chosen = np.linspace(0, len(checked.whole) - 1, count).astype(int)
  examples = [checked.whole[index] for index in np.unique(chosen)]
  return [conversion.record_of(*_arrays(how, example)) for example in examples]


def _arrays(how: registry.Reading, example: examples_lib.Example) -> list[dict]:
  parts = (example.target, example.source)
  return [reader.read(x, how.size, how.min_keypoints).arrays for x in parts]
