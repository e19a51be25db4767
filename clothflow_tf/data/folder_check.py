# SPDX-License-Identifier: Apache-2.0
"""Checking a folder of photographs without converting it.

Every picture is read and judged once, however many pairs name it, exactly as
the conversion does.
"""

import functools
import os

import numpy as np
import tqdm

from clothflow_tf.data import builds
from clothflow_tf.data import conversion
from clothflow_tf.data import files
from clothflow_tf.data import folder_report
from clothflow_tf.data import reading
from clothflow_tf.data import sources


def check(
  how: sources.Reading, source: str, workers: int
) -> folder_report.Report:
  """Reads a whole folder and returns what it holds.

  Raises:
    files.InputError: there is no folder of this layout.
  """
  report = folder_report.Report(how, os.path.abspath(source))
  found = sources.listings(how, source)
  parts = {}
  for listing in found.values():
    for example in listing.examples:
      parts |= dict.fromkeys((example.target, example.source))
  inspect = functools.partial(conversion.inspect, how)
  results = builds.in_order(inspect, parts, workers)
  bar = tqdm.tqdm(results, 'check', len(parts), unit=' files', mininterval=1)
  known = dict(zip([part.image for part in parts], bar, strict=True))
  for split, listing in found.items():
    report.start(split, listing)
    for example in listing.examples:
      report.add(split, example, known)
  return report


def some(
  how: sources.Reading, source: str, count: int
) -> list[dict[str, np.ndarray]]:
  """Returns up to so many records, from all over the folder.

  Raises:
    files.InputError: none of those tried can be used.
  """
  found = sources.listings(how, source)
  examples = [e for listing in found.values() for e in listing.examples]
  chosen = np.unique(np.linspace(0, len(examples) - 1, count).astype(int))
  records = []
  for index in chosen if examples else ():
    example = examples[index]
    target, origin = (
      reading.read(part, how.size, how.min_keypoints).arrays
      for part in (example.target, example.source)
    )
    if target and origin:
      records.append(conversion.record_of(target, origin))
  if not records:
    raise files.InputError(source, 'no example can be drawn; see --check')
  return records
