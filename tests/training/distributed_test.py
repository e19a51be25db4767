# SPDX-License-Identifier: Apache-2.0
"""Claims about several replicas and workers: they train what one does."""

import collections
import json
import os
import pathlib
import re
import signal
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf import cluster
from clothflow_tf import runs
from clothflow_tf.models import sync_batch_norm
from clothflow_tf.models import try_on
from clothflow_tf.training import initial
from tests import tiny_run
from tests.training import event_files
from tests.training import replica_run

# Sums over a batch are taken in another order, which costs 1e-7 of them; in ten
# steps that grows, the more so as Adam divides by a gradient's own size.
TOLERANCE = 1e-5
# How much it grows is a matter of the machine's kernels and threads, too.
LOOSER = {'flow': 20, 'render': 5, 'joint': 2}
# Means and variances of activations gather the differences of all layers below:
# in stage 3 they differ by 2.5e-5 here.
STATISTICS = 4
# Adam makes steps of full length of gradients that are only rounding. Those of
# stage 2's hidden layers are such, behind heads that start at zero, and on some
# machines those of a few more variables (here 2 of 120, biases); they move at
# most as far as others.
STRAYS = {'flow': 0.1}
# Stage 2's curves rise tenfold meanwhile, and with them every difference.
CURVES = {'flow': 1e-3}
HIDDEN = re.compile(r'estimate_\d_\d/')
# Half of the variables move by so many of `TOLERANCE` at least.
MOVED = {'flow': 50, 'render': 20, 'joint': 5}
# How long a cluster may take in all; it takes a quarter.
PATIENCE = 300


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  folder = tmp_path_factory.mktemp('distributed')
  for count in '12':
    done = tiny_run.start(
      'tests.training.replica_run', str(folder), tiny_run.dolls(), count
    )
    assert done.status == 0, done.errors
  return folder


def _weights(run, stage):
  if stage == 'joint':
    network = try_on.load(str(run))
  else:
    network = initial.load_stage(runs.load_config(str(run)), stage, str(run))
  return {x.name: x.numpy() for x in network.weights}


def _root_mean_square(values):
  """Of a variable: single elements may have gradients of mere rounding."""
  return np.sqrt(np.mean(np.square(values)))


def _curves(run, stage):
  return json.loads((run / stage / 'history.json').read_text('utf-8'))


def _require_same(one, two, stage):
  before, after = _weights(one, stage), _weights(two, stage)
  strays = {}
  for name, values in before.items():
    # Statistics of the coarsest level are of size 10.
    size = max(1.0, np.abs(values).max())
    difference = _root_mean_square(values - after[name]) / size
    times = 50 if HIDDEN.match(name) else LOOSER.get(stage, 1)
    times *= STATISTICS if 'moving_' in name else 1
    if difference > times * TOLERANCE:
      strays[name] = difference
  assert len(strays) <= STRAYS.get(stage, 0) * len(before), strays
  farthest = 2 * replica_run.STEPS * replica_run.train(stage)['learning_rate']
  assert all(x <= farthest for x in strays.values()), strays
  before, after = _curves(one, stage), _curves(two, stage)
  assert 'val_loss' in before
  assert before.keys() == after.keys()
  for name, values in before.items():
    tolerance = CURVES.get(stage, LOOSER.get(stage, 1) * TOLERANCE)
    np.testing.assert_allclose(
      after[name], values, rtol=tolerance, err_msg=name
    )


@pytest.mark.parametrize('stage', replica_run.STAGES)
def test_two_replicas_train_what_one_does(folder, stage):
  _require_same(folder / f'{stage}1', folder / f'{stage}2', stage)


@pytest.mark.parametrize('stage', replica_run.STAGES)
def test_training_moves_weights_far_beyond_the_tolerance(
  folder, stage, tmp_path
):
  config = runs.load_config(str(folder / f'{stage}1'))
  if stage == 'joint':
    tiny_run.write_random(config, str(tmp_path))
  tf.keras.utils.set_random_seed(config.seed)
  trainer = initial.new_trainer(config, stage, str(tmp_path))
  before = {x.name: x.numpy() for x in trainer.trained_variables()}
  after = _weights(folder / f'{stage}1', stage)
  moved = [_root_mean_square(before[name] - after[name]) for name in before]
  assert np.median(moved) > MOVED[stage] * TOLERANCE


def _cluster(folder):
  train = replica_run.train('flow')
  overrides = {f'flow.train.{key}': value for key, value in train.items()}
  overrides['flow.channels'] = replica_run.CHANNELS
  run = tiny_run.TinyRun(tiny_run.dolls(), str(folder / 'workers'), '')
  command = [sys.executable, '-m', 'clothflow_tf.cluster', '--patience=60']
  return subprocess.Popen(
    [
      *command,
      '--',
      '--stage=flow',
      '--deterministic',
      *run.train_flags(**overrides),
    ],
    cwd=tiny_run.REPO,
    # Not CI, where there is no progress bar.
    env={**os.environ, 'TF_CPP_MIN_LOG_LEVEL': '3', 'CI': ''},
    stdout=subprocess.PIPE,
    stderr=subprocess.STDOUT,
    text=True,
  )


def test_two_workers_one_of_them_killed_train_what_one_process_does(folder):
  launcher = _cluster(folder)
  lines = []
  for line in launcher.stdout:
    lines.append(line)
    if line.startswith('Epoch 3/') and not any('start 2' in x for x in lines):
      worker = next(x for x in lines if 'worker 1 is process' in x)
      os.kill(int(re.findall(r'\d+', worker)[-1]), signal.SIGKILL)
  assert launcher.wait(PATIENCE) == 0, ''.join(lines)
  output = ''.join(lines)
  assert 'cluster: start 2 of all workers' in output
  # An epoch is two steps; two of them had a backup.
  assert 'on 2 replica(s); going on after step 4' in output
  _require_progress_of_means(output)
  _require_same(folder / 'flow1', folder / 'workers', 'flow')
  _require_panels_of_one_worker(folder)
  left = {path.name for path in pathlib.Path(folder, 'workers').iterdir()}
  assert left == {'config.json', 'flow'}
  assert not [*pathlib.Path(folder, 'workers', 'flow').glob('*worker*')]


def test_workers_notice_that_they_would_go_on_from_different_steps():
  program = (
    'import sys; from clothflow_tf.training import strategies; '
    "strategy = strategies.make('multi_worker'); "
    'print(*[strategies.agree(strategy, int(x)) for x in sys.argv[1:]])'
  )
  addresses = [f'localhost:{port}' for port in cluster.free_ports(2)]
  workers = [
    subprocess.Popen(
      [sys.executable, '-c', program, '6', second],
      cwd=tiny_run.REPO,
      env=cluster.environment(addresses, index),
      stdout=subprocess.PIPE,
      text=True,
    )
    for index, second in enumerate('64')
  ]
  outputs = [worker.communicate(timeout=PATIENCE)[0] for worker in workers]
  assert [output.split() for output in outputs] == [['True', 'False']] * 2


def test_sigterm_ends_a_cluster_and_all_its_workers():
  command = [sys.executable, '-m', 'clothflow_tf.cluster', '--workers=2', '--']
  launcher = subprocess.Popen(
    [*command, '--config=configs/demo.py', '--run_dir=none'],
    cwd=tiny_run.REPO,
    stdout=subprocess.PIPE,
    stderr=subprocess.STDOUT,
    text=True,
  )
  workers = [
    int(launcher.stdout.readline().rpartition(' ')[2]) for _ in range(2)
  ]
  launcher.send_signal(signal.SIGTERM)
  output, _ = launcher.communicate(timeout=PATIENCE)
  assert launcher.returncode == 75
  assert 'stopped on request' in output and 'start 2' not in output
  for worker in workers:
    with pytest.raises(ProcessLookupError):
      os.kill(worker, 0)


def _require_progress_of_means(output):
  """An epoch's last step shows the same losses as the epoch's end."""
  ends = r'2/2 .*?ETA: 0s - loss: ([\d.]+).*?2/2 .*?/step - loss: ([\d.]+)'
  epochs = re.findall(ends, output, re.DOTALL)
  assert len(epochs) >= replica_run.STEPS // 2 - 1
  for step, epoch in epochs:
    assert float(step) == pytest.approx(float(epoch), abs=2e-4), epochs


def _require_panels_of_one_worker(folder):
  """Each epoch has one; the last epoch before a kill may have been undone."""
  epochs = replica_run.STEPS // replica_run.train('flow')['steps_per_epoch']
  for run, most in (('flow1', 1), ('flow2', 1), ('workers', 2)):
    panels = event_files.images(folder / run / 'flow' / 'events', 'flow')
    counts = collections.Counter(step for step, _ in panels)
    assert sorted(counts) == list(range(epochs)), run
    assert sum(counts.values()) <= epochs + most - 1, run


def test_global_statistics_are_kerass_on_one_replica():
  x = tf.random.stateless_normal([3, 4, 5, 2], [1, 2], 100.0, 3.0)
  layers = [
    tf.keras.layers.BatchNormalization(momentum=0.9),
    sync_batch_norm.GlobalBatchNormalization(momentum=0.9),
  ]
  fused, ours = (layer(x, training=True) for layer in layers)
  # Kernels round values of size 100 in float32.
  np.testing.assert_allclose(ours, fused, atol=1e-4)
  for a, b in zip(*(layer.get_weights() for layer in layers)):
    np.testing.assert_allclose(a, b, rtol=1e-4)
  still = [layer(x, training=False) for layer in layers]
  np.testing.assert_allclose(still[1], still[0], rtol=1e-4)
