# SPDX-License-Identifier: Apache-2.0
"""What a folder of photographs holds, and what of it cannot be used.

The same report comes from checking a folder and from converting it: counts by
split, what is set aside and why, remarks, and pictures that occur more than
once, within a split or in two. (The published VITON split has 1,575 of its
2,032 test images in train.) Copies are files of equal SHA-256; they are
reported, never removed.

A file that cannot be used takes out all pairs that name it: the text has it
once, with their number, and the JSON names each pair.
"""

import collections
import dataclasses
import functools
import hashlib
import os

from clothflow_tf import files
from clothflow_tf.data.photographs import examples
from clothflow_tf.data.photographs import findings
from clothflow_tf.data.photographs import reader
from clothflow_tf.data.photographs.datasets import registry

_SHOWN = 8  # Lines of each kind in the text; the JSON has all.


class Report:
  """Collects readings of examples; `as_dict` sums them up.

  Attributes:
    source: the folder.
    usable: the examples of which no file has a problem.
  """

  def __init__(
    self,
    options: registry.ReadOptions,
    source: str,
    by_split: dict[str, examples.Listing],
  ):
    self._options, self.source = options, os.path.abspath(source)
    self._state, self.usable = state_of(by_split), []
    self._counts = {}
    self._aside = {}  # (split, example, problem), in order.
    self._remarks = {}
    self._forms = collections.Counter()
    self._pictures = {}  # Split -> (role, file) -> digest.
    self._known = set()

  def start(self, split: str, listing: examples.Listing) -> None:
    """Begins a split with what is wrong with its lists of pairs."""
    self._counts[split] = {
      'tuples': len(listing.examples),
      'whole': 0,
      'set_aside': 0,
    }
    self._pictures[split] = {}
    self._remarks |= dict.fromkeys(listing.remarks)
    for problem in listing.problems:
      self._aside[split, '', problem] = None

  def add(
    self,
    split: str,
    example: examples.Example,
    readings: dict[examples.Part, reader.Reading],
  ) -> list[findings.Problem]:
    """Counts an example; returns why it is set aside, [] if it is whole.

    Args:
      split: its split.
      example: its files.
      readings: what was read of its parts.
    """
    for part in example.parts:
      self._add_part(split, part, readings[part])
    problems = [x for part in example.parts for x in readings[part].problems]
    if not problems:
      self.usable.append(example)
    self._counts[split]['set_aside' if problems else 'whole'] += 1
    for problem in dict.fromkeys(problems):
      self._aside[split, example.name, problem] = None
    return problems

  def _add_part(
    self,
    split: str,
    part: examples.Part,
    reading: reader.Reading,
  ) -> None:
    role = 'garments' if isinstance(part, examples.Garment) else 'persons'
    # By role, too: one picture may be named as a person and as a garment.
    key = (role, part.image)
    self._pictures[split].setdefault(key, reading.digest)
    if key not in self._known:
      self._known.add(key)
      self._remarks |= dict.fromkeys(reading.remarks)
      if reading.pose_form:
        self._forms[reading.pose_form] += 1

  def as_dict(self) -> dict:
    """Returns all of it, in the form of the JSON file."""
    within, across = self._copies()
    splits = {
      split: {**counts, **self._distinct(split)}
      for split, counts in self._counts.items()
    }
    remarks = [
      dataclasses.asdict(remark)
      for remark in sorted(self._remarks, key=dataclasses.astuple)
    ]
    order = list(self._counts)
    aside = [
      {'split': split, 'example': example, **dataclasses.asdict(problem)}
      for split, example, problem in sorted(
        self._aside, key=lambda x: (order.index(x[0]), x[1], x[2].file)
      )
    ]
    return {
      **dataclasses.asdict(self._options),
      'source': self.source,
      'state': self._state,
      'splits': splits,
      'poses': dict(sorted(self._forms.items())),
      'problems': _by_kind(_grouped(aside)),
      'remarks_by_kind': _by_kind(remarks),
      'copies_within': within,
      'copies_across': across,
      'set_aside': aside,
      'remarks': remarks,
    }

  def _distinct(self, split: str) -> dict[str, int]:
    roles = [role for role, _ in self._pictures[split]]
    return {role: roles.count(role) for role in ('persons', 'garments')}

  def _copies(self) -> tuple[list[dict], list[dict]]:
    """Returns groups of equal files within a split, and pairs of splits."""
    by_digest = {
      split: _by_content(pictures) for split, pictures in self._pictures.items()
    }
    within = [
      {'split': split, 'files': files_of}
      for split, groups in by_digest.items()
      for files_of in groups.values()
      if len(files_of) > 1
    ]
    across, splits = [], list(by_digest)
    for i, one in enumerate(splits):
      for other in splits[:i]:
        # The same file in a split and in its unpaired twin is no copy.
        copies = [
          (file, by_digest[other][digest][0])
          for digest, files_of in by_digest[one].items()
          for file in files_of
          if digest in by_digest[other] and file not in by_digest[other][digest]
        ]
        if copies:
          entry = {'split': one, 'also_in': other, 'count': len(copies)}
          across.append({**entry, 'files': copies})
    return within, across


def lines(report: dict) -> list[str]:
  """Returns the text of a report, from `Report.as_dict` or its JSON file."""
  text = [f'{report["dataset"]}: {report["source"]}']
  for split, counts in report['splits'].items():
    numbers = ', '.join(
      f'{value} {name.replace("_", " ")}' for name, value in counts.items()
    )
    text.append(f'  {split}: {numbers}')
  if report['poses']:
    forms = ', '.join(f'{n} {form}' for form, n in report['poses'].items())
    text.append(f'  poses: {forms}')
  text += _section('set aside', _grouped(report['set_aside']))
  text += _section('remarks', _grouped(report['remarks']))
  for group in report['copies_within']:
    count = len(group['files']) - _SHOWN
    more = f' and {count} more' if count > 0 else ''
    shown = ', '.join(group['files'][:_SHOWN])
    text.append(f'  {group["split"]}: the same file: {shown}{more}')
  for pair in report['copies_across']:
    text.append(
      f'  {pair["count"]} pictures of {pair["split"]} are also in '
      f'{pair["also_in"]}, such as {" = ".join(pair["files"][0])}'
    )
  return text


def _by_content(pictures: dict[tuple[str, str], str]) -> dict[str, list[str]]:
  groups = collections.defaultdict(dict)
  for (_, file), digest in pictures.items():
    if digest:
      groups[digest][file] = None
  return {digest: [*files_of] for digest, files_of in groups.items()}


def _grouped(entries: list[dict]) -> list[dict]:
  """Returns one entry a file and reason, with the number of pairs it hits."""
  groups = {}
  for entry in entries:
    key = tuple(entry[name] for name in ('file', 'kind', 'reason'))
    pairs = groups.setdefault(key, {**entry, 'pairs': 0})
    pairs['pairs'] += bool(entry.get('example'))
  return list(groups.values())


def _by_kind(entries: list[dict]) -> dict[str, int]:
  kinds = collections.Counter(entry['kind'] for entry in entries)
  return dict(sorted(kinds.items()))


def _section(title: str, groups: list[dict]) -> list[str]:
  if not groups:
    return [f'  {title}: nothing']
  kinds = _by_kind(groups)
  text = [f'  {title}: ' + ', '.join(f'{n} {k}' for k, n in kinds.items())]
  for kind, count in kinds.items():
    shown = [group for group in groups if group['kind'] == kind][:_SHOWN]
    text += [f'    {_line(group)}' for group in shown]
    if count > len(shown):
      text.append(f'    and {count - len(shown)} more of kind {kind!r}')
  return text


def _line(group: dict) -> str:
  hit = f' (takes out {group["pairs"]} pairs)' if group['pairs'] > 1 else ''
  return f'{group["file"]}: {group["reason"]}{hit}'


def require_usable(report: dict) -> None:
  """Raises an `InputError` for a lost list, or if no example can be used.

  Args:
    report: a report, from `Report.as_dict` or its JSON file.
  """
  for entry in report['set_aside']:
    if entry['kind'] == 'list':
      reason = f'{entry["reason"]}: all pairs of it are left out'
      raise files.InputError(entry['file'], reason, 'list')
  if not any(counts['whole'] for counts in report['splits'].values()):
    raise files.InputError(report['source'], 'nothing in it can be used')


def state_of(by_split: dict[str, examples.Listing]) -> str:
  """Returns a digest of listed files: names, sizes, times of change.

  It tells whether a folder is as it was when it was converted; files that no
  list names do not count.
  """
  state, stat = hashlib.sha256(), functools.cache(_stat)
  for split, listing in by_split.items():
    state.update(repr((split, listing.problems)).encode())
    for example in listing.examples:
      paths = [*_paths(example.target), *_paths(example.source)]
      state.update(repr((example, [*map(stat, paths)])).encode())
  return state.hexdigest()


def _paths(part: examples.Part | None) -> list[str]:
  if isinstance(part, examples.Garment):
    return [part.image, part.mask, *_paths(part.worn)]
  return [part.image, part.parse, part.pose] if part else []


def _stat(path: str) -> tuple[int, int] | None:
  try:
    status = os.stat(path)
  except OSError:
    return None  # It is missing, and may be put there.
  return status.st_size, status.st_mtime_ns
