# SPDX-License-Identifier: Apache-2.0
"""Claims about a run that was tuned jointly: whole, and beside its stages."""

import hashlib
import json
import pathlib

import numpy as np
import pytest

from clothflow_tf import runs
from clothflow_tf.models import try_on
from clothflow_tf.training import preflight
from clothflow_tf.training import stage as stage_lib
from clothflow_tf.training import strategies
from tests import tiny_run


@pytest.fixture(scope='module')
def data_dir():
  return tiny_run.dolls()


@pytest.fixture(scope='module')
def full_disk(data_dir, tmp_path_factory):
  """A run whose tuning found no room for its weights; what it had before."""
  run_dir = tmp_path_factory.mktemp('tuned')
  tiny_run.write_random(_config(data_dir), str(run_dir))
  before = _hashes(run_dir)

  def fail(model, path, **_):
    pathlib.Path(path).write_bytes(b'half')
    raise OSError('No space left on device')

  with pytest.MonkeyPatch.context() as patch:
    patch.setattr(try_on.ClothFlow, 'save_weights', fail)
    with pytest.raises(OSError, match='No space left'):
      tiny_run.call('clothflow_tf.train', *_flags(data_dir, run_dir))
  assert not runs.is_trained(str(run_dir), 'joint')
  return run_dir, before


@pytest.fixture(scope='module')
def untuned(full_disk):
  """The weights that count after that."""
  return _weights(try_on.load(str(full_disk[0])))


@pytest.fixture(scope='module')
def run(full_disk, untuned, data_dir):
  """The run that the program has tuned, and the files it had before."""
  run_dir, before = full_disk
  with pytest.MonkeyPatch.context() as patch:
    # The backup was kept: the same command only has to write the weights.
    patch.delattr(stage_lib, 'dataset')
    done = tiny_run.call('clothflow_tf.train', *_flags(data_dir, run_dir))
  assert done.status == 0, done.errors
  return run_dir, before


@pytest.fixture(scope='module')
def separate(run):
  """The weights of its stages as trained by themselves."""
  return _weights(try_on.load(str(run[0]), separate=True))


def _flags(data_dir, run_dir, **changed):
  run = tiny_run.TinyRun(data_dir, str(run_dir), '')
  return ['--stage=joint', *run.train_flags(**changed)]


def _config(data_dir):
  return tiny_run.overridden(data_dir)


def _hashes(folder):
  return {
    str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
    for path in sorted(pathlib.Path(folder).rglob('*'))
    if path.is_file()
  }


def _weights(model):
  return {x.name: x.numpy() for x in model.weights}


def test_tuning_leaves_the_stages_files_alone(run):
  run_dir, before = run
  after = _hashes(run_dir)
  assert {name: after[name] for name in before} == before
  new = {x for x in after if x not in before and 'events' not in x}
  assert new == {f'joint/{x}' for x in ('weights.h5', 'history.json', 'lock')}
  curves = json.loads((run_dir / 'joint' / 'history.json').read_text())
  terms = {'structure', 'smoothness', 'endpoint', 'perceptual'}
  assert curves.keys() == {'epoch', 'loss', *terms}
  assert np.isfinite(curves['loss']).all()


def test_the_runs_result_is_tuned_and_its_stages_stay_available(run, separate):
  run_dir, _ = run
  tuned = _weights(try_on.load(str(run_dir)))
  assert tuned.keys() == separate.keys()
  for name, value in separate.items():
    # Stage 1 is frozen: its weights are the same bit for bit.
    frozen = name.startswith(('layout', 'ends_'))
    assert (tuned[name] == value).all() == frozen, name
  assert runs.weights_files(str(run_dir)) == [f'{run_dir}/joint/weights.h5']


def test_the_program_judges_either(run, tmp_path):
  run_dir, _ = run
  flags = [f'--run_dir={run_dir}', '--limit=2']
  reports = []
  for more in ([], ['--separate']):
    place = f'--report_dir={tmp_path}'
    done = tiny_run.call('clothflow_tf.evaluate', *flags, *more, place)
    assert done.status == 0, done.errors
    reports.append(json.loads((tmp_path / 'report.json').read_text()))
  assert reports[0]['layout_miou'] == reports[1]['layout_miou']
  assert reports[0]['ssim'] != reports[1]['ssim']


def test_tuned_weights_appear_whole_or_not_at_all(run, untuned, separate):
  for name, value in untuned.items():
    np.testing.assert_array_equal(value, separate[name])
  # Then there was room, and nothing but the weights left to do.
  assert runs.is_trained(str(run[0]), 'joint')


def test_tuning_may_be_configured_until_it_has_begun(run, data_dir, tmp_path):
  run_dir, _ = run
  config = _config(data_dir)
  config.joint.flow_rate = 0.1
  with pytest.raises(ValueError, match='joint.flow_rate is 0.2 in this folder'):
    runs.save_config(config, str(run_dir))
  tiny_run.write_random(_config(data_dir), str(tmp_path))
  runs.save_config(config, str(tmp_path))
  assert runs.load_config(str(tmp_path)) == config
  config.flow.structure = 3.0
  with pytest.raises(ValueError, match='flow.structure is 1.0 in this folder'):
    runs.save_config(config, str(tmp_path))


def _require(config, stages, run_dir):
  strategy = strategies.make('one_device')
  preflight.require(config, stages, str(run_dir), strategy)


def test_tuning_needs_all_stages(data_dir, tmp_path):
  config = _config(data_dir)
  tiny_run.write_random(config, str(tmp_path))
  _require(config, ['joint'], tmp_path)
  (tmp_path / 'flow' / 'weights.h5').unlink()
  with pytest.raises(FileNotFoundError, match='train it first .*stage=flow'):
    _require(config, ['joint'], tmp_path)
  _require(config, ['flow', 'joint'], tmp_path)


def test_a_stage_under_a_tuning_is_not_trained_anew(data_dir, tmp_path):
  config = _config(data_dir)
  tiny_run.write_random(config, str(tmp_path))
  (tmp_path / 'flow' / 'weights.h5').unlink()
  (tmp_path / 'joint' / 'backup').mkdir(parents=True)
  _require(config, ['flow'], tmp_path)  # It came to nothing.
  (tmp_path / 'joint' / 'backup' / 'ckpt-1.index').touch()
  with pytest.raises(ValueError, match='joint was tuned from .* flow that are'):
    _require(config, ['flow'], tmp_path)
