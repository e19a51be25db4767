# SPDX-License-Identifier: Apache-2.0
"""Claims about the programs that time and compare exported files."""

import json
import pathlib
import sys

import numpy as np
import pytest

from export import benchmark
from export import parity
from tests import tiny_model
from tests import tiny_run

SHIPPED = tiny_run.REPO / 'weights/try_on'
# Answers each line after some milliseconds.
_SLEEPER = (
  'import sys,time\nfor l in sys.stdin: time.sleep(.05); print(flush=1)'
)


# What the numbers of a file are; those of another program are four of them.
ROW = {
  *('name', 'bytes', 'gzip_bytes', 'size', 'threads', 'peak_mb'),
  *('start_ms', 'first_run_ms', 'median_ms', 'p95_ms', 'ratio'),
}


@pytest.fixture(scope='module')
def model(tmp_path_factory):
  folder = tmp_path_factory.mktemp('model')
  return tiny_model.export(folder / 'a.tflite', tiny_model.SPECS)


def test_a_file_is_timed_beside_another_program(model, tmp_path, capsys):
  program = tmp_path / 'sleeper.py'
  program.write_text(_SLEEPER)
  path = tmp_path / 'times.json'
  beside = f'{sys.executable} {program}'
  flags = ['--runs=5', '--threads=1', '--threads=2', f'--json={path}']
  flags += [f'--model={model}', f'--beside={beside}']
  assert benchmark.main(flags) == 0
  result = json.loads(path.read_text())
  assert result['machine'].keys() == {'processor', 'flags', 'cores', 'load'}
  own, twice, other = result['runs']
  assert own.keys() == twice.keys() == ROW
  assert other.keys() == ROW & {'name', 'median_ms', 'p95_ms', 'ratio'}
  assert own['name'] == twice['name'] == model
  assert (own['threads'], twice['threads']) == (1, 2)
  # Python, numpy and OpenCV, and a model of a few kilobytes.
  assert 20 < own['peak_mb'] < 300
  assert own['bytes'] == pathlib.Path(model).stat().st_size
  assert 0 < own['gzip_bytes'] < own['bytes']
  assert own['ratio'] == 1.0
  assert 0 < own['median_ms'] <= own['p95_ms']
  assert own['start_ms'] >= own['first_run_ms'] > 0
  assert other['median_ms'] >= 50
  np.testing.assert_allclose(
    other['ratio'], other['median_ms'] / own['median_ms']
  )
  assert beside in capsys.readouterr().out


def test_a_program_that_ends_is_one_line(model, capsys):
  beside = f'{sys.executable} -c pass'
  flags = ['--runs=2', f'--model={model}', f'--beside={beside}']
  assert benchmark.main(flags) == 1
  error = capsys.readouterr().err
  assert 'error:' in error and error.count('\n') == 1


def test_parity_is_of_pictures_layouts_and_flows():
  size = (16, 12)
  rng = np.random.default_rng(0)
  outputs = {
    'image': rng.integers(0, 256, (*size, 3), np.uint8),
    'layout': np.full(size, 5, np.uint8),
    'flow': np.zeros((*size, 2), np.float32),
  }
  same = parity.compared(outputs, outputs, 5)
  assert same['layout_agreement'] == 1.0
  assert same['flow_difference'] == 0.0
  assert same['psnr'] == 100.0
  other = {k: x.copy() for k, x in outputs.items()}
  other['layout'][:4] = 0
  other['flow'][:] = (3.0, 4.0)
  far = parity.compared(outputs, other, 5)
  assert far['layout_agreement'] == 0.75
  assert far['flow_difference'] == pytest.approx(5.0)


def test_a_perfect_result_is_the_truth():
  visible = np.zeros((16, 12), bool)
  visible[4:8] = True
  truth = {
    'target_image': np.random.default_rng(0).integers(0, 256, (16, 12, 3)),
    'flow': np.ones((16, 12, 2), np.float32),
    'visible': visible,
  }
  truth['target_image'] = truth['target_image'].astype(np.uint8)
  perfect = {'image': truth['target_image'], 'flow': truth['flow'].copy()}
  perfect['flow'][~visible] = 50.0  # Of no garment, so of no account.
  best = parity.judged(truth, perfect)
  assert best['flow_error'] == 0.0
  assert best['true_ssim'] == pytest.approx(1.0)
  worse = {'image': 255 - perfect['image'], 'flow': perfect['flow'] + (3, 4)}
  far = parity.judged(truth, worse)
  assert far['flow_error'] == pytest.approx(5.0)
  assert far['true_ssim'] < 0.5


def test_the_shipped_files_are_the_shipped_weights(tmp_path):
  path = tmp_path / 'parity.json'
  modes = ('float16', 'dynamic', 'int8')
  files = [str(SHIPPED / f'try_on_{mode}.tflite') for mode in modes]
  flags = [f'--model={name}' for name in files]
  done = tiny_run.call(
    'export.parity',
    f'--run_dir={SHIPPED}',
    '--examples=6',
    f'--json={path}',
    *flags,
  )
  assert done.status == 0, done.errors
  table = json.loads(path.read_text())
  rows, keras = [table[name] for name in files], table[str(SHIPPED)]
  assert (keras['layout_agreement'], keras['flow_difference']) == (1.0, 0.0)
  for row in rows:
    assert abs(row['flow_error'] - keras['flow_error']) < 0.3
    assert abs(row['true_ssim'] - keras['true_ssim']) < 0.005
  float16, dynamic, int8 = rows
  assert float16['flow_difference'] < 0.05
  assert float16['psnr'] > 60
  for row in (dynamic, int8):
    assert row['layout_agreement'] > 0.99
    assert row['flow_difference'] < 0.3
    assert row['psnr'] > 42
    assert row['ssim'] > 0.995
