# SPDX-License-Identifier: Apache-2.0
"""Claims about the device's program: status, one line, and nothing left."""

import functools
import json
import os
import pathlib
import re
import subprocess
import sys

import numpy as np
from PIL import Image
import pytest

from clothflow_tf.data.photographs import images
from clothflow_tf.data.photographs import reader
from clothflow_tf.inference import person
from clothflow_tf.inputs import labels
from clothflow_tf.inputs import raw
from export import run_tflite
from export import runtime
from tests import tiny_model

REPO = pathlib.Path(__file__).parents[2]
# Any import of these fails in the program's own process, as on a device.
ABSENT = ('tensorflow', 'absl', 'keras', 'fcntl')


@pytest.fixture(scope='module')
def models(tmp_path_factory):
  folder = tmp_path_factory.mktemp('models')
  return {
    'try_on': tiny_model.export(folder / 'a.tflite', tiny_model.SPECS),
    'pose_transfer': tiny_model.export(
      folder / 'b.tflite', tiny_model.TARGET_SPECS
    ),
  }


@pytest.fixture
def flags(tmp_path, models):
  """Files of a person and a garment, of other sizes than the model's."""
  random = np.random.default_rng(0)
  layout = np.zeros((64, 48), np.uint8)
  layout[8:, 8:40] = labels.FACE
  mask = np.zeros((30, 40), np.uint8)
  mask[5:25, 5:35] = 255
  arrays = {
    'person_image': random.integers(0, 256, (64, 48, 3), np.uint8),
    'person_layout': layout,
    'garment_image': random.integers(0, 256, (30, 40, 3), np.uint8),
    'garment_mask': mask,
  }
  paths = {name: str(tmp_path / f'{name}.png') for name in arrays}
  for name, array in arrays.items():
    Image.fromarray(array).save(paths[name])
  paths['person_pose'] = str(tmp_path / 'pose.npy')
  np.save(paths['person_pose'], np.full((18, 3), 9.0))
  return {
    **paths,
    'model': models['try_on'],
    'output': str(tmp_path / 'out.png'),
  }


def _argv(flags):
  return [f'--{name}={value}' for name, value in flags.items()]


def _to_pose_transfer(flags, models):
  keys = ('person_image', 'person_layout', 'output')
  kept = {key: flags[key] for key in keys}
  model = {'model': models['pose_transfer']}
  return {**kept, **model, 'target_pose': flags['person_pose']}


def _run_alone(argv):
  """Runs the program in a process without TensorFlow."""
  code = (
    'import sys\n'
    f'sys.modules.update(dict.fromkeys({ABSENT}))\n'
    'from export import run_tflite\n'
    f'status = run_tflite.main({argv})\n'
    f'assert not any(map(sys.modules.get, {ABSENT}))\n'
    'sys.exit(status)\n'
  )
  return subprocess.run(
    [sys.executable, '-c', code], cwd=REPO, capture_output=True, text=True
  )


def test_a_process_without_tensorflow_dresses_a_person(flags):
  result = _run_alone(_argv(flags))
  assert result.returncode == 0, result.stderr
  line = r'.*out\.png: \d+\.\d ms in the model\n'
  assert re.fullmatch(line, result.stdout)
  names = set(flags) - {'model', 'output'}
  example = person.Files(**{x: flags[x] for x in names}).example('try_on')
  size = raw.Size(*tiny_model.SIZE)
  read = functools.partial(reader.read, size=size)
  inputs = person.prepare(example, read, size).inputs
  expected = runtime.Runtime(flags['model'])(inputs)
  result = images.photo(flags['output']).pixels
  np.testing.assert_array_equal(result, expected)


def test_a_process_without_tensorflow_says_in_one_line_what_is_wrong(flags):
  flags['person_pose'] = '/nowhere/pose.json'
  result = _run_alone(_argv(flags))
  lines = [
    line for line in result.stderr.splitlines() if not line.startswith('INFO:')
  ]
  assert result.returncode == 1
  assert result.stdout == ''
  assert lines == [
    'error: /nowhere/pose.json: No such file or directory; expected an '
    'OpenPose JSON, or [18, 3] numbers as JSON or .npy'
  ]
  assert not os.path.exists(flags['output'])


def test_help_is_read_without_a_model():
  result = _run_alone(['--help'])
  assert result.returncode == 0
  for name in ('--garment_mask', '--target_pose', '--threads', 'Exit status'):
    assert name in result.stdout


def test_pose_transfer_runs_with_the_target_pose_alone(flags, models):
  flags = _to_pose_transfer(flags, models)
  assert run_tflite.main([*_argv(flags), '--threads=1']) == 0
  assert images.photo(flags['output']).size == tiny_model.SIZE


def _spoiled(flags, name, tmp_path):
  """Makes one of the issue's bad inputs of a file; returns its path."""
  path = tmp_path / 'spoiled.png'
  image = Image.open(flags['person_image'])
  if name == 'missing':
    return str(tmp_path / 'spoiled_gone.png')
  if name == 'folder':
    path = tmp_path / 'spoiled'
    path.mkdir()
  elif name == 'text':
    path.write_text('spoiled')
  elif name == 'empty':
    path.touch()
  elif name == 'truncated':
    content = pathlib.Path(flags['person_image']).read_bytes()
    path.write_bytes(content[: len(content) // 2])
  elif name == 'coloured':
    image.save(path)
  elif name == 'small':
    Image.fromarray(np.ones((9, 9), np.uint8)).save(path)
  elif name == 'dark':
    Image.fromarray(np.zeros((64, 48), np.uint8)).save(path)
  elif name == 'label 20':
    Image.fromarray(np.full((64, 48), 20, np.uint8)).save(path)
  else:
    path.write_text(json.dumps(name))
  return str(path)


NUMBERS = [[9.0, 9.0, 1.0]] * 17
BAD = [
  *((flag, name) for flag in ('person_image', 'person_layout', 'person_pose',
    'garment_image', 'garment_mask', 'model')
    for name in ('missing', 'folder', 'text', 'empty', 'truncated')),
  ('person_layout', 'coloured'),
  ('person_layout', 'small'),
  ('person_layout', 'dark'),
  ('person_layout', 'label 20'),
  ('garment_mask', 'dark'),
  ('garment_mask', 'coloured'),
  ('person_pose', {'people': []}),
  ('person_pose', NUMBERS),
  ('person_pose', [*NUMBERS, [9.0, float('nan'), 1.0]]),
  ('person_pose', [[999.0, 999.0, 1.0]] * 18),
]  # fmt: skip


@pytest.mark.parametrize(('flag', 'name'), BAD)
def test_bad_input_is_named_and_leaves_nothing(
  flags, flag, name, tmp_path, capsys
):
  flags[flag] = _spoiled(flags, name, tmp_path)
  before = sorted(os.listdir(tmp_path))
  assert run_tflite.main(_argv(flags)) == 1
  out, error = capsys.readouterr()
  assert out == ''
  assert re.fullmatch(r'error: .*spoiled.*\n', error)
  assert sorted(os.listdir(tmp_path)) == before


def test_a_garment_without_mask_or_alpha_asks_for_the_flag(flags, capsys):
  del flags['garment_mask']
  assert run_tflite.main(_argv(flags)) == 1
  assert '--garment_mask' in capsys.readouterr().err
  assert not os.path.exists(flags['output'])


@pytest.mark.parametrize('output', ['out.bmp', 'no/out.png', ''])
def test_a_bad_output_is_refused_before_the_model_is_opened(
  flags, output, tmp_path, capsys
):
  flags['output'] = str(tmp_path / output)
  flags['model'] = 'never opened'
  assert run_tflite.main(_argv(flags)) == 1
  assert flags['output'] in capsys.readouterr().err


@pytest.mark.parametrize('name', ['person_image', 'garment_mask'])
@pytest.mark.parametrize('by', ['itself', 'symlink', 'link'])
def test_no_input_is_written_over(flags, name, by, tmp_path, capsys):
  path, before = flags[name], pathlib.Path(flags[name]).read_bytes()
  flags['output'] = path
  if by != 'itself':
    flags['output'] = str(tmp_path / 'other.png')
    (os.symlink if by == 'symlink' else os.link)(path, flags['output'])
  assert run_tflite.main(_argv(flags)) == 1
  expected = f'{flags["output"]}: is the file of --{name}, too; expected'
  assert expected in capsys.readouterr().err
  assert pathlib.Path(path).read_bytes() == before


@pytest.mark.parametrize(
  ('change', 'message'),
  [
    ({'threads': '0'}, 'no whole number above 0'),
    ({'threads': 'two'}, 'no whole number above 0'),
    ({'hat': 'x'}, 'unrecognized arguments: --hat=x'),
    ({'person_pose': ''}, '--person_pose is needed for a try_on model'),
    ({'garment_image': ''}, '--garment_image is needed for a try_on model'),
    ({'target_pose': 'x'}, '--target_pose: not for a try_on model'),
    ({'pairs': 'x', 'split': 'test'}, '--pairs, --split: not for one person'),
    ({'dataset_dir': 'x'}, '--person_pose: not for --dataset_dir'),
    ({'person_image': None}, '--person_image is needed for one person'),
  ],
)
def test_wrong_arguments_exit_with_2(flags, change, message, capsys):
  flags.update(change)
  flags = {name: value for name, value in flags.items() if value is not None}
  with pytest.raises(SystemExit) as exit_info:
    run_tflite.main(_argv(flags))
  assert exit_info.value.code == 2
  assert message in capsys.readouterr().err
  assert not os.path.exists(flags['output'])


def test_pose_transfer_takes_no_garment(flags, models, capsys):
  garment = {'garment_image': flags['garment_image']}
  flags = {**_to_pose_transfer(flags, models), **garment}
  with pytest.raises(SystemExit) as exit_info:
    run_tflite.main(_argv(flags))
  assert exit_info.value.code == 2
  assert (
    '--garment_image: not for a pose_transfer model' in capsys.readouterr().err
  )
