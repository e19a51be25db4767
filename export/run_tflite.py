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
import sys
import time

from clothflow_tf.inference import arguments
from clothflow_tf.inference import pairs
from clothflow_tf.inference import person
from clothflow_tf.inputs import raw
from export import runtime


def main(argv: list[str] | None = None) -> int:
  """Runs the program; returns its exit status."""
  parser = _parser()
  values = vars(parser.parse_args(argv))
  path, threads = values.pop('model'), values.pop('threads')
  given = {name: value for name, value in values.items() if value}
  try:
    arguments.check(given)
    model = runtime.Runtime(path, threads)
    print(
      (_dress_folder if 'dataset_dir' in given else _dress_one)(given, model)
    )
  except arguments.WrongFlags as error:
    parser.error(str(error))
  except (ValueError, OSError) as error:  # InputError is a ValueError.
    # One line, also where the cause's own text has several.
    print('error:', ' '.join(str(error).split()), file=sys.stderr)
    return 1
  return 0


def _parser() -> argparse.ArgumentParser:
  parser = argparse.ArgumentParser(
    prog='python -m export.run_tflite',
    description='Runs an exported model on files, without TensorFlow.',
    epilog='Exit status: 0 written, 1 unusable input, 2 wrong arguments.',
    allow_abbrev=False,
  )
  parser.add_argument(
    '--model', required=True, metavar='FILE', help='the .tflite file'
  )
  for name, text in arguments.HELP.items():
    choices = arguments.CHOICES.get(name)
    metavar = None if choices else 'X'
    parser.add_argument(
      f'--{name}', choices=choices, metavar=metavar, help=text
    )
  threads = 'threads of the kernels; one a core unless given'
  parser.add_argument('--threads', type=_positive, metavar='N', help=threads)
  return parser


def _positive(text: str) -> int:
  if not text.isdecimal() or int(text) == 0:
    raise argparse.ArgumentTypeError(f'{text!r} is no whole number above 0')
  return int(text)


def _dress_folder(given: arguments.Given, model: runtime.Runtime) -> str:
  """Makes all pairs of a folder, one by one; returns a line about it."""
  output_size = arguments.output_size(given, model.task, model.names)
  job = arguments.job(given, model.task, model.size, output_size)
  fingerprint = pairs.fingerprint([model.path])
  return pairs.dress(
    job, fingerprint, lambda batch: [*map(model.outputs, batch)]
  )


def _dress_one(given: arguments.Given, model: runtime.Runtime) -> str:
  """Makes one picture; returns a line about it."""
  files, seconds = arguments.person_files(given, model.task), []

  def timed(inputs: raw.Arrays) -> raw.Arrays:
    start = time.perf_counter()
    outputs = model.outputs(inputs)
    seconds.append(time.perf_counter() - start)
    return outputs

  output = person.Output(
    given['output'], arguments.output_size(given, model.task, model.names)
  )
  remarks = person.dress(files, model.task, model.size, timed, output)
  for remark in remarks:
    print(f'note: {remark}', file=sys.stderr)
  return f'{output.path}: {1000 * seconds[0]:.1f} ms in the model'


if __name__ == '__main__':
  sys.exit(main())
