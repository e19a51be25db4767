# SPDX-License-Identifier: Apache-2.0
"""All pairs of a folder through a model: batch by batch, resumable.

What is left in the output folder:

    PERSON_GARMENT.png     one result a pair (stems of the two names)
    inputs/*/*.jpg         persons and garments as the model saw them
    index.html             contact sheet: person, garment, result
    skipped.json           pairs that could not be made, with reasons
    job.json               what was asked for

A picture that is there is not made again, so the same command goes on where it
was stopped; another model or folder needs another output folder. Whoever calls
gives the model as a function, so this runs on a device, too.
"""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
import dataclasses
import functools
import hashlib
import html
import json
import os
from urllib import parse

import numpy as np

from clothflow_tf import runs
from clothflow_tf.data.photographs import examples as examples_lib
from clothflow_tf.data.photographs import raw_files
from clothflow_tf.data.photographs import reader as reader_lib
from clothflow_tf.data.photographs.datasets import registry
from clothflow_tf.inputs import labels

Paint = Callable[[list[dict[str, np.ndarray]]], list[np.ndarray]]
# Pictures in memory that several pairs share.
_SHARED = 64
_STYLE = (
  'body{font:14px sans-serif;margin:2em}figure{display:inline-block;margin:4px}'
  'img{display:inline-block;vertical-align:top}figcaption{color:#666}'
)


@dataclasses.dataclass(frozen=True)
class Job:
  """Which pairs are made, with what.

  Attributes:
    how: how the folder's files are read.
    source: the folder.
    pairs: its list of pairs: a file of the folder, or any other.
    split: where persons and garments are, 'test' or another.
    output_dir: where results go.
    label: of the garments that the model dresses, its configuration's
      `data.garment_label`; others are skipped. Nothing to pose transfer.
  """

  how: registry.Reading
  source: str
  pairs: str
  split: str
  output_dir: str
  label: int = labels.UPPER_CLOTHES

  def listing(self) -> examples_lib.Listing:
    """Returns the pairs.

    Raises:
      files.InputError: there is no such folder, or no list of pairs.
      ValueError: results would go into the folder.
    """
    registry.check_outside(self.output_dir, self.source, 'output_dir')
    return registry.pairs(self.how, self.source, self.pairs, self.split)


def fingerprint(paths: Iterable[str]) -> str:
  """Returns a digest of a model's files."""
  digest = hashlib.sha256()
  for path in paths:
    with open(path, 'rb') as file:
      digest.update(file.read())
  return digest.hexdigest()[:16]


def inputs(
  example: examples_lib.Example,
  read: Callable[..., reader_lib.Found],
  label: int = labels.UPPER_CLOTHES,
) -> dict[str, np.ndarray]:
  """Returns a model's raw inputs for an example.

  Raises:
    files.InputError: for the first flaw of its files, or a garment of another
      label: the model would take it for one of its own.
  """
  found = [read(example.target), read(example.source)]
  for part in found:
    for flaw in part.flaws:
      raise raw_files.InputError(flaw.file, flaw.reason, flaw.kind)
  target, source = (part.arrays for part in found)
  if 'garment_mask' in source:
    _check_label(example.source, source['label'], label)
    garment = {name: source[name] for name in ('garment_image', 'garment_mask')}
    return {**target, **garment}
  person = {name: source[name] for name in ('person_image', 'person_layout')}
  return {**person, 'target_keypoints': target['person_keypoints']}


def _check_label(
  garment: examples_lib.Garment, found: int, wanted: int
) -> None:
  if found != wanted:
    came, expected = labels.NAMES[found], labels.NAMES[wanted]
    raise raw_files.InputError(
      garment.image, f'is {came}; expected {expected}, as the model', 'garment'
    )


def reader(how: registry.Reading) -> Callable[..., reader_lib.Found]:
  """Returns a function that reads a part, and remembers the last ones."""

  @functools.lru_cache(maxsize=_SHARED)
  def read(
    part: examples_lib.Person | examples_lib.Garment,
  ) -> reader_lib.Found:
    return reader_lib.read(part, how.size, how.min_keypoints)

  return read


def dress(job: Job, model: str, paint: Paint, batch_size: int = 1) -> str:
  """Makes the pictures of all pairs that are not there yet.

  Args:
    job: the pairs.
    model: fingerprint of the model.
    paint: makes uint8 [H, W, 3] of each of a list of raw inputs.
    batch_size: how many it is given at once, at most.

  Returns:
    A line that tells how many were made, were there, and are skipped.

  Raises:
    files.InputError: there are no pairs, or nothing can be written.
    ValueError: the output folder is of another job, or within the folder.
  """
  listing = job.listing()
  names = _names(listing.examples)
  _claim(job, model)
  skipped = [dataclasses.asdict(flaw) for flaw in listing.flaws]
  waiting = [
    (name, example)
    for name, example in names.items()
    if not os.path.exists(os.path.join(job.output_dir, name))
  ]
  made = 0
  read = functools.partial(inputs, read=reader(job.how), label=job.label)
  for batch in _batches(waiting, read, batch_size, skipped):
    _paint(job, batch, paint)
    made += len(batch)
  _write_json(job, 'skipped.json', skipped)
  sheet = os.path.join(job.output_dir, 'index.html')
  runs.write_text(sheet, _page(job, names))
  there = len(names) - len(waiting)
  return (
    f'{sheet}: {made} made, {there} were there, {len(skipped)} skipped '
    '(skipped.json)'
  )


def _names(
  examples: list[examples_lib.Example],
) -> dict[str, examples_lib.Example]:
  """Returns file of the result to example."""
  found = {}
  for example in examples:
    stems = [_stem(part.image) for part in _pair(example)]
    name = f'{"_".join(stems)}.png'
    if name in found:
      other = found[name].name
      raise ValueError(f'{name} would hold both {example.name} and {other}')
    found[name] = example
  return found


def _pair(example: examples_lib.Example) -> tuple:
  """Returns person first: of a transfer, whom the picture is of."""
  if isinstance(example.source, examples_lib.Garment):
    return example.target, example.source
  return example.source, example.target


def _stem(path: str) -> str:
  return os.path.splitext(os.path.basename(path))[0]


def _claim(job: Job, model: str) -> None:
  """Notes what the output folder is for, or refuses another job's."""
  wanted = json.loads(json.dumps({**dataclasses.asdict(job), 'model': model}))
  for name in ('source', 'output_dir'):
    wanted[name] = os.path.abspath(wanted[name])
  path = os.path.join(job.output_dir, 'job.json')
  if os.path.isfile(path):
    with open(path, encoding='utf-8') as file:
      before = json.load(file)
    for key, value in wanted.items():
      if before.get(key) != value:
        raise ValueError(
          f'{path}: {key} was {before.get(key)!r} but {value!r} is asked for; '
          'give another --output_dir'
        )
  for kind in ('persons', 'garments'):
    os.makedirs(os.path.join(job.output_dir, 'inputs', kind), exist_ok=True)
  _write_json(job, 'job.json', wanted)


def _write_json(job: Job, name: str, value) -> None:
  text = json.dumps(value, indent=2, ensure_ascii=False) + '\n'
  runs.write_text(os.path.join(job.output_dir, name), text)


def _batches(
  waiting: list[tuple[str, examples_lib.Example]],
  read: Callable[[examples_lib.Example], dict[str, np.ndarray]],
  size: int,
  skipped: list[dict],
) -> Iterator[list]:
  """Yields lists of (file, example, raw inputs); notes what is skipped."""
  batch = []
  for name, example in waiting:
    try:
      batch.append((name, example, read(example)))
    except raw_files.InputError as error:
      flaw = examples_lib.Flaw(error.name, error.kind, error.problem)
      skipped.append({'pair': example.name, **dataclasses.asdict(flaw)})
    if len(batch) == size:
      yield batch
      batch = []
  if batch:
    yield batch


def _paint(job: Job, batch: list, paint: Paint) -> None:
  images = paint([raw for _, _, raw in batch])
  for (name, example, raw), image in zip(batch, images, strict=True):
    shown = _shown(example)
    for field in shown:
      path = os.path.join(job.output_dir, shown[field])
      if not os.path.exists(path):
        raw_files.write_image(path, raw[field])
    # The last: whoever finds a result need not look for the rest.
    raw_files.write_image(os.path.join(job.output_dir, name), image)


def _shown(example: examples_lib.Example) -> dict[str, str]:
  """Returns which raw inputs are pictures, and where they are left."""
  person, other = _pair(example)
  shown = {'person_image': f'inputs/persons/{_stem(person.image)}.jpg'}
  if isinstance(other, examples_lib.Garment):
    shown['garment_image'] = f'inputs/garments/{_stem(other.image)}.jpg'
  return shown


def _page(job: Job, names: dict[str, examples_lib.Example]) -> str:
  """Returns the contact sheet of all results that are there."""
  height = job.how.size[0]
  lines = [
    '<!doctype html><meta charset="utf-8"><title>ClothFlow</title>',
    f'<style>{_STYLE}</style><p>Person, garment, result: ',
    f'{html.escape(job.pairs)}</p>',
  ]
  for name, example in names.items():
    if not os.path.exists(os.path.join(job.output_dir, name)):
      continue
    images = ''.join(
      f'<img src="{parse.quote(path)}" height="{height}" loading="lazy">'
      for path in [*_shown(example).values(), name]
    )
    caption = html.escape(example.name)
    lines.append(f'<figure>{images}<figcaption>{caption}</figcaption></figure>')
  return '\n'.join(lines) + '\n'
