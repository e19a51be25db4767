# SPDX-License-Identifier: Apache-2.0
"""Claims about the folder that a trained run is shipped as."""

import json
import pathlib

import numpy as np
import pytest

from clothflow_tf import runs
from clothflow_tf.models import try_on
from export import runtime
from tests import tiny_run


@pytest.fixture(scope='module')
def run_dir(tmp_path_factory):
  """A run that was tuned jointly: the stages' own weights are others."""
  folder = tmp_path_factory.mktemp('shipped') / 'run'
  config = tiny_run.config()
  tiny_run.write_random(config, str(folder))
  model = try_on.load(str(folder))
  for variable in model.trainable_variables:
    variable.assign(0.9 * variable)
  (folder / 'joint').mkdir()
  model.save_weights(folder / 'joint' / 'weights.h5')
  (folder / 'report').mkdir()
  (folder / 'report' / 'report.json').write_text('{"ssim": 0.5}')
  return str(folder)


@pytest.fixture(scope='module')
def shipped(run_dir, tmp_path_factory):
  """The shipped folder, in which an old one was replaced."""
  folder = tmp_path_factory.mktemp('weights') / 'try_on'
  folder.mkdir()
  (folder / 'old.txt').write_text('old')
  done = tiny_run.call(
    'export.shipped', f'--run_dir={run_dir}', f'--output_dir={folder}'
  )
  assert done.status == 0, done.errors
  return folder


def test_what_is_shipped_is_all_there_and_nothing_old(shipped):
  files = {
    str(path.relative_to(shipped))
    for path in pathlib.Path(shipped).rglob('*')
    if path.is_file()
  }
  assert files == {
    'config.json',
    'report.json',
    'layout/weights.h5',
    'flow/weights.h5',
    'render/weights.h5',
    'try_on_float16.tflite',
    'try_on_dynamic.tflite',
    'try_on_int8.tflite',
  }
  assert not [path for path in shipped.parent.iterdir() if path != shipped]
  assert json.loads((shipped / 'report.json').read_text()) == {'ssim': 0.5}


def test_it_is_a_run_again_with_the_tuned_weights(run_dir, shipped):
  before, after = try_on.load(run_dir), try_on.load(str(shipped))
  for one, other in zip(before.weights, after.weights, strict=True):
    np.testing.assert_array_equal(one.numpy(), other.numpy(), err_msg=one.name)
  assert runs.load_config(str(shipped)).data.data_dir == 'data'


def test_its_device_file_draws_the_same_picture(shipped):
  [doll] = tiny_run.raw_inputs(1)
  expected = try_on.load(str(shipped))(doll)['image'].numpy()[0]
  model = runtime.Runtime(str(shipped / 'try_on_float16.tflite'))
  inputs = {name: value[0] for name, value in doll.items()}
  away = np.abs(model(inputs).astype(int) - expected)
  # Weights of 16 bits: single levels, more where two labels tie.
  assert np.median(away) <= 1
  assert (away > 8).mean() < 0.02
