# SPDX-License-Identifier: Apache-2.0
"""All pairs of a folder through a model: batch by batch, resumable.

The output folder then holds:

    PERSON_GARMENT.png     one result a pair (stems of the two names)
    inputs/*/*.jpg         persons and garments: results of the photo's size
                           beside photos, others beside what the model saw
    inputs/garments/*_garment_preview.png
                           garments whose mask is doubtful, with its outline
    index.html             contact sheet: person, garment, result
    skipped.json           pairs that could not be made, with reasons
    remarks.json           files that were used but deserve a look, likewise
    job.json               the settings

A picture that is there is not made again, so the same command goes on where it
was stopped; another model or folder needs another output folder. The caller
gives the model as a function, so this runs on a device, too.
"""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
import dataclasses
import functools
import hashlib
import json
import os
from typing import NamedTuple

from clothflow_tf import files
from clothflow_tf.data.photographs import examples as examples_lib
from clothflow_tf.data.photographs import findings as findings_lib
from clothflow_tf.data.photographs.datasets import registry
from clothflow_tf.inference import contact_sheet
from clothflow_tf.inference import mask_preview
from clothflow_tf.inference import person as person_lib
from clothflow_tf.inputs import raw

# Returns a model's outputs for each of a list of raw inputs, or the error of
# one that cannot be used.
Model = Callable[[list[raw.Arrays]], list[raw.Arrays | files.InputError]]
# Returns a pair that is ready for the model.
Prepare = Callable[[examples_lib.Example], person_lib.Prepared]
# Persons and garments in memory, which several pairs share, by whether they are
# there in all pixels of their photos.
_SHARED = {False: 64, True: 8}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Job:
  """The pairs to be made, and the settings.

  Attributes:
    options: how the folder's files are read.
    source: the folder.
    pairs: its list of pairs: a file of the folder, or any other.
    split: where persons and garments are, 'test' or another.
    output_dir: where results go.
    output_size: one of `person.OUTPUT_SIZES`.
  """

  options: registry.ReadOptions
  source: str
  pairs: str
  split: str
  output_dir: str
  output_size: str = 'model'

  def listing(self) -> examples_lib.Listing:
    """Returns the pairs.

    Raises:
      files.InputError: there is no such folder, or no list of pairs.
      ValueError: results would go into the folder.
    """
    files.check_outside(self.output_dir, self.source, 'output_dir')
    return registry.pairs(self.options, self.source, self.pairs, self.split)


class _Pair(NamedTuple):
  """A pair that is ready for the model."""

  file: str
  example: examples_lib.Example
  prepared: person_lib.Prepared


def fingerprint(paths: Iterable[str]) -> str:
  """Returns a digest of a model's files."""
  digest = hashlib.sha256()
  for path in paths:
    with open(path, 'rb') as file:
      digest.update(file.read())
  return digest.hexdigest()[:16]


def cached(
  options: registry.ReadOptions, whole: bool = False
) -> person_lib.Read:
  """Returns a function that reads a part, and remembers the last ones."""
  read = functools.partial(options.read, whole=whole)
  return functools.lru_cache(_SHARED[whole])(read)


def waiting(job: Job) -> list[tuple[str, examples_lib.Example]]:
  """Returns file and pair of what `dress` has to make; errors as of it."""
  return _waiting(job, _names(job.listing().examples))


def dress(
  job: Job,
  fingerprint_of_model: str,
  model: Model,
  batch_size: int = 1,
  prepare: Prepare | None = None,
) -> str:
  """Makes the pictures of all pairs that are not there yet.

  Args:
    job: the pairs.
    fingerprint_of_model: `fingerprint` of its files.
    model: the model.
    batch_size: how many pairs it is given at once, at most.
    prepare: returns a pair as the model takes it; raw inputs unless given.

  Returns:
    A line: how many were made, were there, and are skipped.

  Raises:
    files.InputError: there are no pairs, or nothing can be written.
    ValueError: the output folder is of another job, or within the folder.
  """
  listing = job.listing()
  names = _names(listing.examples)
  claim(job, fingerprint_of_model)
  skipped = [dataclasses.asdict(problem) for problem in listing.problems]
  left = _waiting(job, names)
  made = 0
  prepare = prepare or functools.partial(
    person_lib.prepare,
    read=cached(job.options, job.output_size == 'photo'),
    size=job.options.size,
  )
  for batch in _batches(left, prepare, batch_size, skipped):
    made += _make(job, batch, model, skipped)
  files.write_json(os.path.join(job.output_dir, 'skipped.json'), skipped)
  sheet = os.path.join(job.output_dir, 'index.html')
  title = f'Person, garment, result: {job.pairs}'
  files.write_text(sheet, contact_sheet.page(job.output_dir, title, names))
  there = len(names) - len(left)
  line = f'{sheet}: {made} made, {there} were there, {len(skipped)} skipped '
  noted = len(findings_lib.kept_remarks(job.output_dir))
  more = f', {noted} remarks ({findings_lib.REMARKS})' if noted else ''
  return f'{line}(skipped.json){more}'


def _waiting(
  job: Job, names: dict[str, examples_lib.Example]
) -> list[tuple[str, examples_lib.Example]]:
  """Returns file and pair of the pictures that are not there yet."""
  return [
    (name, example)
    for name, example in names.items()
    if not os.path.exists(os.path.join(job.output_dir, name))
  ]


def _names(
  examples: list[examples_lib.Example],
) -> dict[str, examples_lib.Example]:
  """Returns file of the result to example."""
  by_file = {}
  for example in examples:
    stems = [contact_sheet.stem(x.image) for x in contact_sheet.pair(example)]
    name = f'{"_".join(stems)}.png'
    if name in by_file:
      other = by_file[name].name
      raise ValueError(f'{name} would hold both {example.name} and {other}')
    by_file[name] = example
  return by_file


def claim(job: Job, model: str) -> None:
  """Writes the job into the output folder, or refuses another job's."""
  wanted = {**dataclasses.asdict(job), 'model': model}
  for name in ('source', 'output_dir'):
    wanted[name] = os.path.abspath(wanted[name])
  # How records of a data set are framed says nothing of results.
  del wanted['options']['frame']
  path = os.path.join(job.output_dir, 'job.json')
  if os.path.isfile(path):
    with open(path, encoding='utf-8') as file:
      files.check_same(path, json.load(file), wanted, 'output_dir')
  for kind in ('persons', 'garments'):
    os.makedirs(os.path.join(job.output_dir, 'inputs', kind), exist_ok=True)
  files.write_json(path, wanted)


def _batches(
  waiting: list[tuple[str, examples_lib.Example]],
  prepare: Prepare,
  size: int,
  skipped: list[dict],
) -> Iterator[list[_Pair]]:
  """Yields batches of pairs; adds to `skipped` those that cannot be used."""
  batch = []
  for name, example in waiting:
    findings = findings_lib.Findings()
    if prepared := findings.attempt(prepare, example):
      batch.append(_Pair(name, example, prepared))
    entries = map(dataclasses.asdict, findings.problems)
    skipped += [{'pair': example.name, **entry} for entry in entries]
    if len(batch) == size:
      yield batch
      batch = []
  if batch:
    yield batch


def _make(
  job: Job, batch: list[_Pair], model: Model, skipped: list[dict]
) -> int:
  """Makes the pictures of a batch; returns how many, adds to `skipped`."""
  results = model([pair.prepared.inputs for pair in batch])
  made = 0
  for pair, outputs in zip(batch, results, strict=True):
    if isinstance(outputs, files.InputError):
      problem = {'file': outputs.name, 'kind': outputs.kind}
      reason = {'reason': outputs.problem}
      skipped.append({'pair': pair.example.name, **problem, **reason})
      continue
    for field, place in contact_sheet.shown(pair.example).items():
      path = os.path.join(job.output_dir, place)
      if not os.path.exists(path):
        files.write_image(path, contact_sheet.picture(pair.prepared, field))
    _remark(job, pair)
    # The last: where a result is, its inputs are, too.
    result = pair.prepared.result(outputs)
    files.write_image(os.path.join(job.output_dir, pair.file), result)
    made += 1
  return made


def _remark(job: Job, pair: _Pair) -> None:
  """Keeps remarks on a pair's files, and its garment's preview, if any."""
  remarks = pair.prepared.remarks
  if (preview := pair.prepared.mask_preview()) is not None:
    path = os.path.join(job.output_dir, contact_sheet.preview(pair.example))
    files.write_image(path, preview)
    remarks = mask_preview.named(remarks, path)
  findings_lib.keep_remarks(job.output_dir, remarks)
