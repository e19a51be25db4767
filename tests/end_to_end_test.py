# SPDX-License-Identifier: Apache-2.0
"""Claims about the programs together: dolls, training, report, try-on."""

import hashlib
import json
import math
import pathlib

import numpy as np
from PIL import Image
import pytest

from clothflow_tf import config as config_lib
from clothflow_tf import runs
from clothflow_tf.data import pipeline
from clothflow_tf.evaluation import pictures
from clothflow_tf.evaluation import report as report_lib
from clothflow_tf.inference import calibration
from clothflow_tf.inputs import record as record_lib
from clothflow_tf.models import try_on
from clothflow_tf.training import callbacks
from clothflow_tf.training import initial
from clothflow_tf.training import stage as stage_lib
from clothflow_tf.training import strategies
from tests import tiny_run


@pytest.fixture(scope='module')
def run(tmp_path_factory):
  return tiny_run.make(tmp_path_factory.mktemp('end_to_end'))


@pytest.fixture
def garment_files(tmp_path):
  """A doll and a garment as a user's files, by flag."""
  return tiny_run.write_files(tiny_run.raw_inputs(1)[0], tmp_path)


def _hashes(folder):
  return {
    path.relative_to(folder): hashlib.sha256(path.read_bytes()).hexdigest()
    for path in sorted(pathlib.Path(folder).rglob('*'))
    if path.is_file()
  }


def _argv(flags):
  return [f'--{name}={value}' for name, value in flags.items()]


def test_training_leaves_configuration_weights_and_curves(run):
  config = runs.load_config(run.run_dir)
  assert (config.data.height, config.data.width) == (64, 48)
  assert config.flow.channels == (8, 8, 8)
  for stage in config_lib.STAGES:
    network = initial.load_stage(config, stage, run.run_dir)
    history = runs.stage_path(run.run_dir, stage, 'history.json')
    with open(history, encoding='utf-8') as file:
      curves = json.load(file)
    assert len(curves['loss']) == 2  # Epochs.
    assert np.isfinite(curves['loss']).all()
    assert f'{stage}: {network.count_params():,} parameters' in run.log
    assert f'{stage}: ' in run.log and 'seconds a step' in run.log
  assert not [*pathlib.Path(run.run_dir).rglob('*partial*')]


def test_a_trained_run_is_left_as_it_is(run):
  before = _hashes(run.run_dir)
  done = tiny_run.call('clothflow_tf.train', '--stage=all', *run.train_flags())
  assert done.status == 0
  assert done.output.count('already trained') == len(config_lib.STAGES)
  assert _hashes(run.run_dir) == before


def test_a_run_folder_holds_one_configuration(run):
  before = _hashes(run.run_dir)
  changed = run.train_flags(**{'flow.smoothness': 0.5})
  done = tiny_run.start('clothflow_tf.train', *changed)
  assert done.status != 0
  assert 'config.flow.smoothness is 0.05 in this folder' in done.errors
  assert _hashes(run.run_dir) == before


def test_an_interrupted_training_goes_on(run, tmp_path, monkeypatch):
  config = runs.load_config(run.run_dir)
  seen, broken = [], []

  class Watch(callbacks.StepTimer):
    """Notes the epochs that end; breaks once, as the second one begins."""

    def on_epoch_begin(self, epoch, logs=None):
      if epoch == 1 and not broken:
        broken.append(epoch)
        raise InterruptedError('power cut')

    def on_epoch_end(self, epoch, logs=None):
      seen.append((epoch, int(self.model.optimizer.iterations.numpy())))

  monkeypatch.setattr(callbacks, 'StepTimer', Watch)
  strategy = strategies.make('one_device')
  with pytest.raises(InterruptedError):
    stage_lib.train(config, 'layout', str(tmp_path), strategy)
  weights = pathlib.Path(runs.stage_path(str(tmp_path), 'layout', 'weights.h5'))
  assert not weights.exists()
  stage_lib.train(config, 'layout', str(tmp_path), strategy)
  # Epochs count from 0, two steps each: none is run twice.
  assert seen == [(0, 2), (1, 4)]
  assert weights.exists()


def test_stage_3_on_the_stages_own_warp_needs_stage_2(run, tmp_path):
  config = runs.load_config(run.run_dir)
  config.render.warp_source = 'stage'
  strategy = strategies.make('one_device')
  with pytest.raises(FileNotFoundError, match='train it first .*--stage=flow'):
    stage_lib.train(config, 'render', str(tmp_path), strategy)


def test_evaluation_writes_report_and_panel(run, tmp_path):
  flags = {'run_dir': run.run_dir, 'report_dir': tmp_path / 'new', 'rows': 2}
  done = tiny_run.call('clothflow_tf.evaluate', *_argv(flags))
  assert done.status == 0, done.errors
  report = json.loads((tmp_path / 'new' / 'report.json').read_text('utf-8'))
  assert report['examples'] == tiny_run.TEST_DOLLS
  intervals = report.pop('intervals')
  assert all(math.isfinite(value) for value in report.values())
  assert intervals.keys() <= report.keys()
  assert (tmp_path / 'new' / 'report.html').is_file()
  assert report['flow_error_identity'] > 1.0  # Dolls' garments do move.
  assert -1.0 <= report['ssim'] <= 1.0
  for name in ('folded', 'layout_miou', 'garment_iou', 'l1'):
    assert 0.0 <= report[name] <= 1.0, name
  for name in ('flow_error', 'flow_error_true_layout', 'flow_error_box_fit'):
    assert report[name] > 0.0, name
  with Image.open(tmp_path / 'new' / 'panel.png') as panel:
    columns = len(pictures.COLUMNS)
    # Twice as large, so that titles have room.
    assert panel.width == 2 * columns * tiny_run.WIDTH
    assert panel.height - 4 * tiny_run.HEIGHT in range(10, 40)  # The titles.
  for name in report:
    assert name in done.output


def test_errors_are_told_by_difficulty_and_beside_the_oracles(run):
  data = runs.load_config(run.run_dir).data
  model = try_on.load(run.run_dir)
  dataset = list(pipeline.evaluation(data, 'test', 1))
  evaluation = report_lib.evaluate(model, dataset)
  whole = evaluation.report
  errors, weights = evaluation.gathered.values['flow_error']
  assert len(errors) == len(dataset) and (weights == 1.0).all()
  # Beside the others an example has the error that it has by itself.
  last = report_lib.evaluate(model, dataset[-1:]).report['flow_error']
  assert last == pytest.approx(errors[-1], rel=1e-4)
  tags = np.array([x['tags'][0] for x in dataset], bool)
  assert tags.any()
  for place, tag in enumerate(record_lib.TAGS):
    name, chosen = f'flow_error/{tag}', tags[:, place]
    assert (name in whole) == chosen.any()
    if chosen.any():
      assert whole[name] == pytest.approx(errors[chosen].mean(), rel=1e-4)
  stiff, soft = (whole[f'flow_error_oracle_{x}'] for x in ('affine', 'tps'))
  assert soft < stiff < whole['flow_error_identity']


def test_try_on_and_the_device_paint_the_same(run, tmp_path, garment_files):
  flags = {**garment_files, 'run_dir': run.run_dir}
  flags['output'] = tmp_path / 'keras.png'
  done = tiny_run.call('clothflow_tf.try_on', *_argv(flags))
  assert done.status == 0, done.errors
  model = tmp_path / 'try_on.tflite'
  export = {'run_dir': run.run_dir, 'output': model}
  done = tiny_run.call('export.tflite', *_argv(export))
  assert done.status == 0, done.errors
  flags = {**garment_files, 'model': model, 'output': tmp_path / 'lite.png'}
  done = tiny_run.start('export.run_tflite', *_argv(flags))
  assert done.status == 0, done.errors
  keras, lite = (
    np.asarray(Image.open(tmp_path / name)).astype(int)
    for name in ('keras.png', 'lite.png')
  )
  assert keras.shape == (tiny_run.HEIGHT, tiny_run.WIDTH, 3)
  assert keras.std() > 5.0  # A picture, not a plain colour.
  # Sums in another order move values across a rounding edge, by one level;
  # where two labels tie, the pixel may be painted as the other.
  assert np.mean(np.abs(keras - lite) > 1) <= 1e-3


def test_bad_files_give_one_line_and_no_picture(run, tmp_path, garment_files):
  empty = tmp_path / 'empty.png'
  Image.new('L', (tiny_run.WIDTH, tiny_run.HEIGHT)).save(empty)
  flags = {**garment_files, 'run_dir': run.run_dir, 'garment_mask': empty}
  flags['output'] = tmp_path / 'out.png'
  done = tiny_run.start('clothflow_tf.try_on', *_argv(flags))
  assert done.status == 1
  line = done.errors.strip()
  assert line.startswith(f'error: {empty}: the mask is empty')
  assert '\n' not in line
  assert not [*tmp_path.glob('out.png*')]


def test_flags_of_the_task_are_required(run, tmp_path, garment_files):
  flags = {**garment_files, 'run_dir': run.run_dir}
  flags['output'] = tmp_path / 'out.png'
  del flags['person_pose']
  message = '--person_pose is needed for a try_on model'
  with pytest.raises(ValueError, match=message):  # `program` prints one line.
    tiny_run.call('clothflow_tf.try_on', *_argv(flags))
  assert not [*tmp_path.glob('out.png*')]


def test_an_untrained_stage_is_named(run, tmp_path):
  config = runs.load_config(run.run_dir)
  runs.save_config(config, str(tmp_path))
  with pytest.raises(FileNotFoundError, match='--stage=layout'):
    try_on.load(str(tmp_path))


def test_preparing_again_does_nothing(run):
  before = _hashes(run.data_dir)
  flags = tiny_run.prepare_flags(run.data_dir)
  done = tiny_run.call('clothflow_tf.prepare', *flags)
  assert done.status == 0, done.errors
  assert _hashes(run.data_dir) == before


def test_a_missing_data_set_says_how_to_make_it(tmp_path):
  data = tiny_run.config().data
  data.data_dir = str(tmp_path)
  command = (
    f'python -m clothflow_tf.prepare --dataset=paper_doll --data_dir={tmp_path}'
  )
  with pytest.raises(FileNotFoundError) as error:
    pipeline.folder(data)
  assert command in str(error.value)


def test_prepare_refuses_a_size_it_cannot_draw():
  done = tiny_run.start('clothflow_tf.prepare', '--config=try_on_64')
  assert done.status != 0
  assert "config is 'try_on_64', expected try_on_HEIGHTx" in done.errors


def test_calibration_examples_are_what_the_model_takes(run):
  data = runs.load_config(run.run_dir).data
  inputs = calibration.raw_inputs(data, 2)
  specs = try_on.input_signature(data, 1)
  assert len(inputs) == 2
  for raw in inputs:
    assert raw.keys() == specs.keys()
    for name, spec in specs.items():
      assert raw[name].shape == spec.shape, name
      assert raw[name].dtype == spec.dtype.as_numpy_dtype, name
