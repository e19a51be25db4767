# SPDX-License-Identifier: Apache-2.0
"""Remarks on the files of a folder, kept beside its results as remarks.json.

A folder is made in several runs, each of which reads only what is not there
yet; so remarks are added to those of earlier runs.
"""

from collections.abc import Iterable
import dataclasses
import json
import os

from clothflow_tf import files
from clothflow_tf.data.photographs import findings

NAME = 'remarks.json'


def of(output_dir: str) -> list[dict[str, str]]:
  """Returns the entries that are kept: file, kind, reason."""
  path = os.path.join(output_dir, NAME)
  if not os.path.isfile(path):
    return []
  with open(path, encoding='utf-8') as file:
    return json.load(file)


def add(output_dir: str, remarks: Iterable[findings.Problem]) -> None:
  """Adds remarks that are not kept yet; writes nothing if there are none."""
  remarks = list(remarks)
  if not remarks:
    return
  kept = of(output_dir)
  new = [x for x in map(dataclasses.asdict, remarks) if x not in kept]
  if new:
    files.write_json(os.path.join(output_dir, NAME), kept + new)
