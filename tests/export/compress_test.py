# SPDX-License-Identifier: Apache-2.0
"""Claims about the trainings that a method of compression is made of."""

import os
import pathlib
import signal
import subprocess

import pytest

from clothflow_tf import runs
from tests import tiny_run

SOURCE = 'weights/try_on'


class _Training:
  """Stands in for a training's process, which it does not start."""

  started: list = []
  status = 0

  def __init__(self, command):
    flags = dict(x[2:].split('=') for x in command if x.startswith('--'))
    folder = flags['run_dir']
    train = runs.load_config(folder).joint.train
    self.started.append((folder, flags['init_from'], train))

  def wait(self):
    return self.status

  def send_signal(self, number):
    self.started.append(number)


@pytest.fixture
def started(monkeypatch):
  monkeypatch.setattr(subprocess, 'Popen', _Training)
  monkeypatch.setattr(_Training, 'started', [])
  return _Training.started


def _compress(method, output, *flags):
  source = tiny_run.REPO / SOURCE
  return tiny_run.call(
    'export.compress',
    f'--method={method}',
    f'--run_dir={source}',
    f'--output_dir={output}',
    '--steps=30',
    *flags,
  )


def test_each_training_goes_on_from_the_one_before(started, tmp_path):
  done = _compress('pcqat', tmp_path, '--sparsity=0.6', '--clusters=16')
  assert done.status == 0, done.errors
  folders = [str(tmp_path / x) for x in ('pruned', 'clustered')]
  folders.append(str(tmp_path))
  assert [x[0] for x in started] == folders
  assert [x[1] for x in started][1:] == folders[:-1]
  assert pathlib.Path(started[0][1]) == tiny_run.REPO / SOURCE
  kinds = [(x[2].sparsity, x[2].clusters, x[2].quantized) for x in started]
  assert kinds == [(0.6, 0, False), (0.0, 16, False), (0.0, 16, True)]
  assert all(x[2].steps == 30 for x in started)


@pytest.mark.parametrize(
  'method, kind',
  [
    ('prune', (0.5, 0, False)),
    ('cluster', (0.0, 32, False)),
    ('qat', (0.0, 0, True)),
  ],
)
def test_one_method_is_one_training_of_all_stages(
  started, tmp_path, method, kind
):
  assert _compress(method, tmp_path / 'run').status == 0
  ((folder, _, train),) = started
  assert (train.sparsity, train.clusters, train.quantized) == kind
  joint = runs.load_config(folder).joint
  assert (joint.layout_rate, joint.flow_rate, joint.render_rate) == (1, 1, 1)


@pytest.mark.parametrize(
  'settings, folders',
  [({'sparsity': 0.5}, ['clustered', '']), ({'clusters': 8}, [''])],
)
def test_what_a_run_has_had_is_left_out(started, tmp_path, settings, folders):
  config = runs.load_config(str(tiny_run.REPO / SOURCE))
  for name, value in settings.items():
    setattr(config.joint.train, name, value)
  runs.save_config(config, str(tmp_path / 'source'))
  done = tiny_run.call(
    'export.compress',
    '--method=pcqat',
    f'--run_dir={tmp_path / "source"}',
    f'--output_dir={tmp_path / "run"}',
  )
  assert done.status == 0, done.errors
  expected = [tmp_path / 'run' / name for name in folders]
  assert [pathlib.Path(x[0]) for x in started] == expected
  assert [x[2].clusters for x in started] == [32] * len(folders)
  assert started[-1][2].quantized


def test_it_ends_with_the_training_that_was_stopped(
  started, tmp_path, monkeypatch
):
  monkeypatch.setattr(_Training, 'status', 75)
  assert _compress('prune_cluster', tmp_path).status == 75
  assert len(started) == 1


def test_the_signal_to_stop_reaches_the_training(
  started, tmp_path, monkeypatch
):
  def wait(self):
    os.kill(os.getpid(), signal.SIGTERM)
    return 75

  monkeypatch.setattr(_Training, 'wait', wait)
  assert _compress('qat', tmp_path).status == 75
  assert started[-1] == signal.SIGTERM


def test_it_does_not_overwrite_what_it_starts_from(started):
  source = str(tiny_run.REPO / SOURCE)
  with pytest.raises(ValueError, match='expected another'):
    _compress('qat', source)
  assert not started
