# SPDX-License-Identifier: Apache-2.0
"""What is wrong with files, and what deserves a look: collected, or raised.

A file that cannot be used is a problem, and takes every example that needs it
out of a data set. A remark is about a file that is used all the same: a picture
turned by EXIF, a second person. A folder collects problems; for one pair, and
with --strict, the first is raised. Remarks are kept beside a folder's results:
it is made in several runs, each of which reads only what is not there yet, so
remarks are added to those of earlier runs.
"""

from collections.abc import Callable
from collections.abc import Iterable
import dataclasses
import json
import os
from typing import Any

from clothflow_tf import files

REMARKS = 'remarks.json'


@dataclasses.dataclass(frozen=True)
class Problem:
  """What is wrong with a file: a word for the kind, and the reason."""

  file: str
  kind: str
  reason: str


@dataclasses.dataclass
class Findings:
  """Problems and remarks, in the order in which they were met."""

  problems: list[Problem] = dataclasses.field(default_factory=list)
  remarks: list[Problem] = dataclasses.field(default_factory=list)

  def refuse(self, file: str, kind: str, reason: str) -> None:
    self.problems.append(Problem(file, kind, reason))

  def remark(self, file: str, kind: str, reason: str) -> None:
    self.remarks.append(Problem(file, kind, reason))

  def add(self, other: 'Findings') -> None:
    """Adds all of another's problems and remarks."""
    self.problems += other.problems
    self.remarks += other.remarks

  def attempt(self, function: Callable[..., Any], *arguments: Any) -> Any:
    """Returns what a function returns; None, if it raises a problem."""
    try:
      return function(*arguments)
    except files.InputError as error:
      self.refuse(error.name, error.kind, error.problem)
      return None

  def require(self) -> None:
    """Raises the first problem, if any, as a `files.InputError`."""
    for problem in self.problems:
      raise files.InputError(problem.file, problem.reason, problem.kind)


def kept_remarks(output_dir: str) -> list[dict[str, str]]:
  """Returns the entries of a folder's remarks: file, kind, reason."""
  path = os.path.join(output_dir, REMARKS)
  if not os.path.isfile(path):
    return []
  with open(path, encoding='utf-8') as file:
    return json.load(file)


def keep_remarks(output_dir: str, remarks: Iterable[Problem]) -> None:
  """Adds remarks that are not kept yet; writes nothing if there are none."""
  remarks = list(remarks)
  if not remarks:
    return
  kept = kept_remarks(output_dir)
  new = [x for x in map(dataclasses.asdict, remarks) if x not in kept]
  if new:
    files.write_json(os.path.join(output_dir, REMARKS), kept + new)
