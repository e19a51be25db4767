# SPDX-License-Identifier: Apache-2.0
"""Claims about interrupted trainings: they end as if they had not been."""

import collections
import json
import pathlib
import signal

import numpy as np
import pytest

from clothflow_tf import runs
from clothflow_tf.models import try_on
from clothflow_tf.training import initial
from tests import tiny_run
from tests.training import event_files
from tests.training import interrupted_run

# How often each training is killed; the first time when a step is undone.
KILLS = {'render': 3, 'joint': 1}
STEPS, BATCH = interrupted_run.STEPS, interrupted_run.BATCH
DOLLS = 6


@pytest.fixture(scope='module')
def data_dir():
  return tiny_run.dolls()


@pytest.fixture(scope='module', params=KILLS)
def stage(request):
  return request.param


@pytest.fixture(scope='module')
def folder(stage, data_dir, tmp_path_factory):
  """Holds the same training twice: 'whole', and 'killed' at random moments."""
  folder = tmp_path_factory.mktemp('resume')
  if stage == 'joint':
    config = tiny_run.overridden(data_dir, **interrupted_run.changes(stage, 0))
    for name in ('whole', 'killed'):
      tiny_run.write_random(config, str(folder / name))
  signals = [*['SIGKILL'] * KILLS[stage], 'SIGTERM']
  done = tiny_run.start(
    'tests.training.interrupted_run', stage, str(folder), data_dir, *signals
  )
  assert done.status == 0, done.errors
  (folder / 'statuses').write_text(done.output)
  (folder / 'errors').write_text(done.errors)
  return folder


def _statuses(folder):
  """Returns how each start ended, of 'whole' and of 'killed'."""
  lines = (folder / 'statuses').read_text().splitlines()
  return [[int(x) for x in line.split()] for line in lines]


def _steps(folder, name):
  """Returns what each step saw, (places, indices), a list a step."""
  steps = collections.defaultdict(list)
  for line in (folder / f'{name}.log').read_text().splitlines():
    number, places, indices = json.loads(line)
    steps[number].append((places, indices))
  return steps


def _weights(stage, run):
  if stage == 'joint':
    network = try_on.load(str(run))
  else:
    config = runs.load_config(str(run))
    network = initial.load_stage(config, stage, str(run))
  return {x.name: x.numpy() for x in network.weights}


def test_the_runs_were_interrupted_as_claimed(stage, folder):
  killed = [-signal.SIGKILL] * KILLS[stage] + [75, 0]
  assert _statuses(folder) == [[0], killed]
  errors = (folder / 'errors').read_text()
  assert f'{stage}: stopped on request' in errors


def test_an_interrupted_training_ends_with_the_same_weights(stage, folder):
  whole, killed = (
    _weights(stage, folder / name) for name in ('whole', 'killed')
  )
  assert whole.keys() == killed.keys()
  assert len(whole) > 10
  for name, values in whole.items():
    # Exactly: same machine, same threads, deterministic operations. Panels,
    # which only the killed one drew, do not show either.
    np.testing.assert_array_equal(values, killed[name], err_msg=name)


def test_its_curves_are_those_of_the_whole_training(stage, folder):
  whole, killed = (
    json.loads((folder / name / stage / 'history.json').read_text())
    for name in ('whole', 'killed')
  )
  assert len(whole['loss']) == -(-STEPS // interrupted_run.STEPS_PER_EPOCH)
  assert killed == whole


@pytest.mark.parametrize('name', ['whole', 'killed'])
def test_no_example_of_an_epoch_is_skipped_or_seen_twice(folder, name):
  steps = _steps(folder, name)
  assert sorted(steps) == list(range(STEPS))
  for number, seen in steps.items():
    # A step that a kill undid was taken again, with the same examples.
    assert all(other == seen[0] for other in seen), number
  places = [x for number in range(STEPS) for x in steps[number][0][0]]
  indices = [x for number in range(STEPS) for x in steps[number][0][1]]
  assert places == list(range(STEPS * BATCH))
  for start in range(0, len(indices) - DOLLS + 1, DOLLS):
    epoch = indices[start : start + DOLLS]
    assert sorted(epoch) == list(range(DOLLS)), start


def test_some_steps_were_undone_by_the_kills(folder):
  # Or the claims above would say nothing.
  assert any(len(seen) > 1 for seen in _steps(folder, 'killed').values())


def test_panels_were_drawn_by_the_killed_run_only(stage, folder):
  drawn = {
    name: event_files.images(folder / name / stage / 'events', stage)
    for name in ('whole', 'killed')
  }
  assert not drawn['whole']
  epochs = {step for step, _ in drawn['killed']}
  assert epochs == set(range(-(-STEPS // interrupted_run.STEPS_PER_EPOCH)))


def test_no_partial_file_is_left(folder):
  left = sorted(x.name for x in pathlib.Path(folder, 'killed').rglob('*'))
  assert 'weights.h5' in left
  assert not [name for name in left if 'partial' in name or 'ckpt' in name]
