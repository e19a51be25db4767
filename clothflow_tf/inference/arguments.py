# SPDX-License-Identifier: Apache-2.0
"""The flags that `try_on` and `export.run_tflite` share, and their checks.

Each program defines them with its own parser, absl's or argparse's, all as text
without a default, and hands over those that were given: flag to value.
"""

from collections.abc import Iterable
from collections.abc import Mapping

from clothflow_tf import files
from clothflow_tf.data.photographs import agreement
from clothflow_tf.data.photographs import label_sets
from clothflow_tf.data.photographs.datasets import registry
from clothflow_tf.inference import mask_preview
from clothflow_tf.inference import pairs
from clothflow_tf.inference import person
from clothflow_tf.inputs import raw

_ONE = {
  'person_image': 'photo of the person, PNG or JPEG',
  'person_layout': 'its parse map, a PNG of labels (mode P or L)',
  'person_pose': 'its pose (try-on): OpenPose JSON, or [18, 3] as JSON or .npy',
  'target_pose': 'pose to take on, in pixels of the photo (pose transfer)',
  'garment_image': 'product photo, PNG or JPEG (try-on)',
  'garment_mask': 'its mask, 255 on the garment; without one its alpha '
  'channel, or what a plain backdrop shows',
  'garment': 'what kind of garment it is; top unless given',
  'person': 'number of the person in a pose of several, from 1; the one that '
  'the parse map shows unless given',
  'output': 'PNG or JPEG to write',
}
_FOLDER = {
  'dataset_dir': 'folder of photographs whose pairs are made',
  'dataset': 'layout of that folder; viton_hd unless given',
  'pairs': 'list of pairs, a file of that folder or another; test_pairs.txt '
  'unless given',
  'split': 'where in that folder persons and garments are; test unless given',
  'output_dir': 'folder for its results',
}
_EITHER = {
  'parsing': "numbering of parse maps, if not a record's or the data set's own",
  'output_size': "of the result: the photo's own, where the model can and "
  'unless given, or the size of the model',
}
HELP = {**_ONE, **_FOLDER, **_EITHER}
CHOICES = {
  'dataset': registry.NAMES,
  'garment': tuple(raw.GARMENTS),
  'output_size': person.OUTPUT_SIZES,
  'parsing': label_sets.NAMES,
}
_READ = (
  *('person_image', 'person_layout', 'person_pose', 'target_pose'),
  *('garment_image', 'garment_mask'),
)
# What each task needs beside the photo, its parse map and the output, and what
# it may take.
_NEEDS = {
  'try_on': ('person_pose', 'garment_image'),
  'pose_transfer': ('target_pose',),
}
_TAKES = {'try_on': ('garment_mask', 'garment'), 'pose_transfer': ()}

Given = Mapping[str, str]


class WrongFlags(ValueError):
  """Flags that do not go together, or that are missing; names them."""


def check(given: Given) -> None:
  """Checks flags and the output's name before a model is opened.

  Raises:
    WrongFlags: they are neither those of one person nor of a folder.
    files.InputError: the output cannot be a picture.
  """
  if 'dataset_dir' in given:
    _refuse(given, _ONE, '--dataset_dir')
    _require(given, ['output_dir'], '--dataset_dir')
    return
  others = given.keys() - _ONE.keys() - _EITHER.keys()
  _refuse(given, others, 'one person; give --dataset_dir')
  needed = ('person_image', 'person_layout', 'output')
  _require(given, needed, 'one person; or --dataset_dir for a folder of them')
  files.check_image(given['output'])
  for path in (given['output'], mask_preview.path_beside(given['output'])):
    files.check_apart(path, _sources(given))


def _sources(given: Given) -> Given:
  """Returns the flags of one person's files that are read."""
  return {k: given[k] for k in _READ if k in given}


def person_files(given: Given, task: str) -> person.Files:
  """Returns the files of one person.

  Raises:
    WrongFlags: they are not those of the model's task.
  """
  _require(given, _NEEDS[task], f'a {task} model')
  known = {'person_image', 'person_layout', 'person'}
  known |= {*_NEEDS[task], *_TAKES[task]}
  _refuse(given, _ONE.keys() - known - {'output'}, f'a {task} model')
  if not given.get('person', '1').isdecimal() or given.get('person') == '0':
    raise WrongFlags(
      f'--person is {given["person"]!r}, expected a whole number from 1'
    )
  known.add('parsing')
  return person.Files(**{name: given[name] for name in known & given.keys()})


def output_size(given: Given, task: str, outputs: list[str]) -> str:
  """Returns `person.output_size` for a model of some task and outputs."""
  return person.output_size(given.get('output_size', ''), task, outputs)


def job(given: Given, task: str, size: raw.Size, output_size: str) -> pairs.Job:
  """Returns the pairs of a folder, for a model of some task and size.

  Raises:
    ValueError: the data set is for another task.
  """
  dataset = given.get('dataset', 'viton_hd')
  registry.check_task(dataset, task)
  parsing = given.get('parsing', '')
  return pairs.Job(
    options=registry.read_options(dataset, size, parsing, agreement.SOMEBODY),
    source=given['dataset_dir'],
    pairs=given.get('pairs', 'test_pairs.txt'),
    split=given.get('split', 'test'),
    output_dir=given['output_dir'],
    output_size=output_size,
  )


def _require(given: Given, names: Iterable[str], context: str) -> None:
  for name in names:
    if name not in given:
      raise WrongFlags(f'--{name} is needed for {context}')


def _refuse(given: Given, names: Iterable[str], context: str) -> None:
  wrong = ', '.join(f'--{name}' for name in sorted(given.keys() & names))
  if wrong:
    raise WrongFlags(f'{wrong}: not for {context}')
