# SPDX-License-Identifier: Apache-2.0
"""DeepFashion In-shop as PATN lays it out: pose transfer, 256x176.

    SOURCE/[fashion_data/]{train,test}/NAME.jpg
    SOURCE/[fashion_data/]fasion-resize-pairs-{train,test}.csv    from,to
    SOURCE/[fashion_data/]fasion-resize-annotation-{train,test}.csv
                                      name:keypoints_y:keypoints_x
    SOURCE/[fashion_data/]{train,test}_parse/NAME.png

"fashion" may be spelled either way, and "resize" left out: then joints are of
the 256x256 picture, of which the 176 columns are the middle. A row of joints is
y before x, -1 where missing. PATN ships no parse maps: they come from the
user's parser, LIP's labels unless told otherwise. References: Liu et al.,
"DeepFashion", CVPR 2016; Zhu et al., PATN, CVPR 2019.
"""

import collections
import csv
import os

from clothflow_tf import files
from clothflow_tf.data.photographs import examples
from clothflow_tf.data.photographs import user_files
from clothflow_tf.data.photographs.datasets import file_names
from clothflow_tf.data.photographs.datasets import folder_structure
from clothflow_tf.data.photographs.datasets import pair_lists
from clothflow_tf.inputs import keypoints
from clothflow_tf.inputs import raw

_STEMS = ('fasion-resize', 'fashion-resize', 'fasion', 'fashion')
_WIDTH = {True: 176, False: 256}  # By whether the lists are "resize".


def _listings(source: str, parsing: str) -> dict[str, examples.Listing]:
  """Returns the examples of each split of a folder."""
  by_split = {}
  for split in pair_lists.SPLITS:
    path = _list(_root(source), 'pairs', split)
    if os.path.exists(path):
      by_split[split] = _listing(source, path, split, parsing)
  return by_split


def _root(source: str) -> str:
  inside = os.path.join(source, 'fashion_data')
  return inside if os.path.isdir(inside) else source


def _list(root: str, kind: str, split: str) -> str:
  """Returns the list of a split that exists, or the usual name of it."""
  paths = [os.path.join(root, f'{stem}-{kind}-{split}.csv') for stem in _STEMS]
  return next(filter(os.path.exists, paths), paths[0])


def _listing(
  source: str, path: str, split: str, parsing: str
) -> examples.Listing:
  """Returns the pairs of one list, of persons of a split."""
  listing, root = examples.Listing(), _root(source)
  annotation = _list(root, 'annotation', split)
  people, broken = {}, {}
  try:
    columns = 'name', 'keypoints_y', 'keypoints_x'
    rows = _rows(annotation, ':', columns, listing)
    counts = collections.Counter(file_names.bare(row[0]) for _, row in rows)
    for name, count in counts.items():
      if count > 1:
        reason = f'has {count} rows of {name}; the last is taken'
        listing.remark(annotation, 'pair', reason)
    people, broken = _people(
      os.path.join(root, split), parsing, annotation, rows
    )
    wanted = _rows(path, ',', ('from', 'to'), listing)
  except files.InputError as error:
    listing.refuse(error.name, 'list', error.problem)
    return listing
  seen = set()
  for number, names in wanted:
    reason = _problem(names, people, broken)
    if not reason and tuple(names) in seen:
      reason = 'repeats a line above'
    seen.add(tuple(names))
    if reason:
      reason = f'line {number} is {",".join(names)!r}: {reason}'
      listing.refuse(path, 'pair', reason)
    else:
      person, target = (people[file_names.bare(x)] for x in names)
      example = examples.Example(' '.join(names), target, person)
      listing.examples.append(example)
  return listing


def _problem(
  names: list[str],
  people: dict[str, examples.Person],
  broken: dict[str, str],
) -> str:
  if len(names) != 2:
    return f'{len(names)} names; expected from,to'
  for name in names:
    if file_names.bare(name) in broken:
      return broken[file_names.bare(name)]
    if file_names.bare(name) not in people:
      return f'{name} has no row in the annotation'
  return ''


def _rows(
  path: str,
  delimiter: str,
  header: tuple[str, ...],
  listing: examples.Listing,
) -> list[tuple[int, list[str]]]:
  """Returns the numbered lines of a list, blanks around values removed.

  What is odd about the file goes to the listing.
  """
  expected = f'a list with the first line {delimiter.join(header)}'
  lines = user_files.lines_of(path, expected, listing)
  lines = csv.reader(lines, delimiter=delimiter)
  rows = [[value.strip() for value in line] for line in lines]
  if not rows or tuple(rows[0]) != header:
    first = delimiter.join(rows[0]) if rows else ''
    raise files.InputError(path, f'starts with {first!r}; expected {expected}')
  return [(i, row) for i, row in enumerate(rows[1:], start=2) if any(row)]


def _people(
  folder: str,
  parsing: str,
  annotation: str,
  rows: list[tuple[int, list[str]]],
) -> tuple[dict[str, examples.Person], dict[str, str]]:
  """Returns persons by bare name, and what is wrong with the other names."""
  root, split = os.path.split(folder)
  parses = file_names.existing(
    root, (f'parse/{split}', f'{split}-parse', 'parse', f'{split}_parse')
  )
  units = raw.Size(256, _WIDTH['resize' in os.path.basename(annotation)])
  people, broken = {}, {}
  for number, row in rows:
    stem = file_names.bare(row[0])
    try:
      joints = _joints(row)
    except ValueError as error:
      broken[stem] = f'{annotation}, line {number}: {error}'
      continue
    people[stem] = examples.Person(
      file_names.like(folder, row[0]),
      file_names.like(parses, f'{stem}.png'),
      f'{annotation}, {row[0]}',
      parsing,
      joints,
      units,
    )
  return people, broken


def _joints(row: list[str]) -> tuple[tuple[float, float, float], ...]:
  """Returns 18 (x, y, confidence) of a row name, [y..], [x..]."""
  if len(row) != 3:
    raise ValueError(
      f'{len(row)} columns; expected name:keypoints_y:keypoints_x'
    )
  columns = []
  for text in row[1:]:
    values = text.strip('[] ').split(',')
    if len(values) != keypoints.NUM_KEYPOINTS:
      raise ValueError(
        f'{len(values)} values; expected {keypoints.NUM_KEYPOINTS}'
      )
    try:
      columns.append([int(value) for value in values])
    except ValueError:
      raise ValueError(f'{text!r}; expected whole numbers') from None
  ys, xs = columns
  return tuple(
    (float(x), float(y), 1.0) if min(x, y) >= 0 else (0.0, 0.0, 0.0)
    for x, y in zip(xs, ys, strict=True)
  )


DATA_SET = folder_structure.DataSet(
  name='deepfashion',
  task='pose_transfer',
  size=raw.Size(256, 256),
  parsing='lip',
  structure=(
    '[fashion_data/]{train,test}/NAME.jpg, '
    'fasion-resize-{pairs,annotation}-{train,test}.csv, {train,test}_parse'
  ),
  listings=_listings,
  pairs=_listing,
)
