# SPDX-License-Identifier: Apache-2.0
"""Dresses a person, or moves one into another pose, with an exported model.

This is the program for the device, so it knows neither TensorFlow nor absl:

    python -m export.run_tflite --model=try_on.tflite \\
      --person_image=person.jpg --person_layout=person.png \\
      --person_pose=person_keypoints.json \\
      --garment_image=shirt.jpg --garment_mask=shirt_mask.png \\
      --output=dressed.png

or all pairs of a folder of photographs (docs/data.md), resumable:

    python -m export.run_tflite --model=try_on.tflite --dataset_dir=FOLDER \\
      --pairs=test_pairs.txt --output_dir=dressed

A model for pose transfer takes --target_pose in place of --person_pose and the
garment's two. Exit status: 0 when the picture is written, 1 for input that
cannot be used (one line says which and why), 2 for wrong arguments. Unless it
is 0, no output file is written.
"""

import argparse
import dataclasses
import sys
import time

import numpy as np

from clothflow_tf.data.photographs import images
from clothflow_tf.data.photographs import label_sets
from clothflow_tf.data.photographs import raw_files
from clothflow_tf.data.photographs.datasets import registry
from clothflow_tf.inference import pairs
from clothflow_tf.inference import person
from clothflow_tf.inputs import raw
from export import runtime

_FILES = {
  'model': 'the .tflite file',
  'person_image': 'photo of the person, PNG or JPEG',
  'person_layout': 'its layout, a PNG of labels 0-19 (mode P or L)',
  'person_pose': 'its pose: OpenPose JSON, or [18, 3] as JSON or .npy',
  'garment_image': 'picture of the garment, PNG or JPEG',
  'garment_mask': 'its mask, 255 on the garment; without one the alpha channel '
  'of the picture, or what a plain backdrop shows',
  'target_pose': 'pose to take on, in pixels of the photo',
  'output': 'PNG or JPEG to write',
}
_GARMENT_FLAGS = ('garment_image', 'garment_mask', 'garment')
_ONE = ('person_image', 'person_layout', 'output')
_FOLDER = {
  'dataset_dir': 'folder of photographs whose pairs are made',
  'pairs': 'list of pairs, a file of that folder or another',
  'split': 'where in that folder persons and garments are',
  'output_dir': 'folder for its results',
}
_DEFAULTS = {'pairs': 'test_pairs.txt', 'split': 'test'}


def main(argv: list[str] | None = None) -> int:
  """Runs the program; returns its exit status."""
  parser = _parser()
  args = parser.parse_args(argv)
  try:
    if args.dataset_dir:
      return _dress_folder(parser, args)
    _check_one(parser, args)
    raw_files.check_output(args.output)
    model = runtime.Runtime(args.model, args.threads)
    _check_flags(parser, args, model.task)
    milliseconds = _dress_one(args, model)
  except (ValueError, OSError) as error:  # InputError is a ValueError.
    # One line, also where the cause's own text has several.
    print('error:', ' '.join(str(error).split()), file=sys.stderr)
    return 1
  size = f'{model.width}x{model.height} (width x height)'
  print(f'{args.output}: {size}, {milliseconds:.1f} ms in the model')
  return 0


def _parser() -> argparse.ArgumentParser:
  parser = argparse.ArgumentParser(
    prog='python -m export.run_tflite',
    description='Runs an exported model on files, without TensorFlow.',
    epilog='Garment flags and --person_pose are for try-on models, '
    '--target_pose is for pose transfer. Exit status: 0 written, 1 unusable '
    'input, 2 wrong arguments.',
    allow_abbrev=False,
  )
  for name, text in _FILES.items():
    parser.add_argument(
      f'--{name}', required=name == 'model', metavar='FILE', help=text
    )
  for name, text in _FOLDER.items():
    default = _DEFAULTS.get(name)
    parser.add_argument(f'--{name}', default=default, metavar='X', help=text)
  parser.add_argument(
    '--dataset',
    choices=registry.NAMES,
    default='viton_hd',
    help='layout of that folder',
  )
  parser.add_argument(
    '--parsing',
    choices=label_sets.NAMES,
    help="numbering of layouts, if not a record's or the data set's own",
  )
  parser.add_argument(
    '--garment', choices=raw.GARMENTS, help='what kind of garment it is: top'
  )
  threads = 'threads of the kernels; one a core unless given'
  parser.add_argument('--threads', type=_positive, metavar='N', help=threads)
  return parser


def _positive(text: str) -> int:
  if not text.isdecimal() or int(text) == 0:
    raise argparse.ArgumentTypeError(f'{text!r} is no whole number above 0')
  return int(text)


def _check_one(
  parser: argparse.ArgumentParser, args: argparse.Namespace
) -> None:
  missing = [f'--{name}' for name in _ONE if getattr(args, name) is None]
  if missing:
    parser.error(
      f'the following arguments are required: {", ".join(missing)} (or '
      '--dataset_dir)'
    )
  if args.output_dir:
    parser.error('--output_dir: not for one person; give --dataset_dir')


def _dress_folder(
  parser: argparse.ArgumentParser, args: argparse.Namespace
) -> int:
  """Makes all pairs of a folder, one by one."""
  if not args.output_dir:
    parser.error('--dataset_dir needs --output_dir')
  for name in (*_FILES, 'garment'):
    if name != 'model' and getattr(args, name):
      parser.error(f'--{name}: not for --dataset_dir')
  model = runtime.Runtime(args.model, args.threads)
  options = registry.read_options(
    args.dataset, model.size, args.parsing or '', 1
  )
  registry.check_task(options.dataset, model.task)
  place = args.dataset_dir, args.pairs, args.split, args.output_dir
  job = pairs.Job(options, *place)
  fingerprint = pairs.fingerprint([args.model])
  print(pairs.dress(job, fingerprint, lambda batch: [*map(model, batch)]))
  return 0


def _check_flags(
  parser: argparse.ArgumentParser, args: argparse.Namespace, task: str
) -> None:
  """Exits with status 2 unless the flags are those of the model's task."""
  for name in person.NEEDS[task]:
    if not getattr(args, name):
      parser.error(f'{args.model} is a {task} model and needs --{name}')
  known = person.NEEDS[task] + person.TAKES[task]
  for name in (*_GARMENT_FLAGS, 'person_pose', 'target_pose'):
    if getattr(args, name) and name not in known:
      parser.error(f'{args.model} is a {task} model and takes no --{name}')


def _dress_one(args: argparse.Namespace, model: runtime.Runtime) -> float:
  """Makes one picture; returns the milliseconds in the model."""
  values = vars(args)
  names = [x.name for x in dataclasses.fields(person.Files) if values[x.name]]
  files = person.Files(**{name: values[name] for name in names})
  elapsed = 0.0

  def timed(inputs: dict[str, np.ndarray]) -> np.ndarray:
    nonlocal elapsed
    start = time.perf_counter()
    image = model(inputs)
    elapsed = time.perf_counter() - start
    return image

  size = images.Size(*model.size)
  remarks = person.dress(files, model.task, size, timed, args.output)
  for remark in remarks:
    print(f'note: {remark}', file=sys.stderr)
  return 1000 * elapsed


if __name__ == '__main__':
  sys.exit(main())
