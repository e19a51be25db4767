# SPDX-License-Identifier: Apache-2.0
"""Dresses a person, or moves one into another pose, with an exported model.

This is the program for the device, so it knows neither TensorFlow nor absl:

    python -m export.run_tflite --model=try_on.tflite \\
      --person_image=person.jpg --person_layout=person.png \\
      --person_pose=person_keypoints.json \\
      --garment_image=shirt.jpg --garment_mask=shirt_mask.png \\
      --output=dressed.png

A model for pose transfer takes --target_pose in place of --person_pose and the
garment's two. Exit status: 0 when the picture is written, 1 for input that
cannot be used (one line says which and why), 2 for wrong arguments. Unless it
is 0, no output file is written.
"""

import argparse
import sys
import time

import numpy as np

from clothflow_tf.data import files
from export import runtime

_FILES = {
  'model': 'the .tflite file',
  'person_image': 'photo of the person, PNG or JPEG',
  'person_layout': 'its layout, a PNG of labels 0-19 (mode P or L)',
  'person_pose': 'its pose: OpenPose JSON, or [18, 3] as JSON or .npy',
  'garment_image': 'picture of the garment, PNG or JPEG',
  'garment_mask': 'its mask, 255 on the garment; or the picture has an alpha',
  'target_pose': 'pose to take on, in pixels of the photo',
  'output': 'PNG or JPEG to write',
}
_REQUIRED = ('model', 'person_image', 'person_layout', 'output')

# What a task needs beside the person's image and layout, and what it may take.
_NEEDS = {
  'try_on': ('person_pose', 'garment_image'),
  'pose_transfer': ('target_pose',),
}
_TAKES = {'try_on': ('garment_mask',), 'pose_transfer': ()}


def main(argv: list[str] | None = None) -> int:
  """Runs the program; returns its exit status."""
  parser = _parser()
  args = parser.parse_args(argv)
  try:
    files.check_output(args.output)
    model = runtime.Runtime(args.model, args.threads)
    _check_flags(parser, args, model.task)
    inputs = _read(args, model)
    start = time.perf_counter()
    image = model(inputs)
    milliseconds = 1000 * (time.perf_counter() - start)
    files.write_image(args.output, image)
  except files.InputError as error:
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
      f'--{name}', required=name in _REQUIRED, metavar='FILE', help=text
    )
  threads = 'threads of the kernels; one a core unless given'
  parser.add_argument('--threads', type=_positive, metavar='N', help=threads)
  return parser


def _positive(text: str) -> int:
  if not text.isdecimal() or int(text) == 0:
    raise argparse.ArgumentTypeError(f'{text!r} is no whole number above 0')
  return int(text)


def _check_flags(
  parser: argparse.ArgumentParser, args: argparse.Namespace, task: str
) -> None:
  """Exits with status 2 unless the flags are those of the model's task."""
  for name in _NEEDS[task]:
    if not getattr(args, name):
      parser.error(f'{args.model} is a {task} model and needs --{name}')
  known = _NEEDS[task] + _TAKES[task]
  for name in ('person_pose', 'garment_image', 'garment_mask', 'target_pose'):
    if getattr(args, name) and name not in known:
      parser.error(f'{args.model} is a {task} model and takes no --{name}')


def _read(
  args: argparse.Namespace, model: runtime.Runtime
) -> dict[str, np.ndarray]:
  person = (args.person_image, args.person_layout)
  if model.task == 'pose_transfer':
    return files.read_target(*person, args.target_pose, model.size)
  return {
    **files.read_person(*person, args.person_pose, model.size),
    **files.read_garment(args.garment_image, args.garment_mask, model.size),
  }


if __name__ == '__main__':
  sys.exit(main())
