# SPDX-License-Identifier: Apache-2.0
"""Claims about how training can be varied: each option does what it says."""

import json
import pathlib
import re

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf import runs
from clothflow_tf.data import pipeline
from clothflow_tf.training import initial
from clothflow_tf.training import input_speed
from clothflow_tf.training import optimizers
from clothflow_tf.training import preflight
from clothflow_tf.training import stage as stage_lib
from clothflow_tf.training import strategies
from clothflow_tf.training import trainers
from tests import plain_layout
from tests import samples
from tests import tiny_run


@pytest.fixture(scope='module')
def data_dir():
  return tiny_run.dolls()


def _config(data_dir, **changes):
  """A stage 1 of three epochs, two steps each, with some options."""
  return plain_layout.config(data_dir, 3, **changes)


def _train(config, run_dir):
  """Trains stage 1; returns its curves."""
  strategy = strategies.make('one_device')
  preflight.require(config, ['layout'], str(run_dir), strategy)
  stage_lib.train(config, 'layout', str(run_dir), strategy)
  return _curves(run_dir)


def _curves(run_dir):
  path = runs.stage_path(str(run_dir), 'layout', 'history.json')
  return json.loads(pathlib.Path(path).read_text('utf-8'))


def _weights(config, run_dir):
  return initial.load_stage(config, 'layout', str(run_dir)).get_weights()


def _kernels(network):
  """What gradients train."""
  return [x.numpy() for x in network.trainable_variables]


def test_a_linear_schedule_is_constant_and_then_falls_to_zero():
  linear = [1, 1, 1, 1, 1, 0.75, 0.5, 0.25, 0]
  np.testing.assert_allclose(_schedule('linear', 8), linear, atol=1e-6)


def test_a_cosine_schedule_falls_to_zero_evenly_about_its_middle():
  values = np.array(_schedule('cosine', 8))
  np.testing.assert_allclose(values + values[::-1], 1.0, atol=1e-6)


def _schedule(name, steps):
  settings = config_lib.TrainConfig(
    learning_rate=1.0, steps=steps, schedule=name
  )
  rate = optimizers.make(settings)._learning_rate
  return [float(rate(step)) for step in range(steps + 1)]


def _stepped(config, record):
  """Returns how one step on a record moves a stage 1's weights."""
  tf.keras.utils.set_random_seed(4)
  trainer = trainers.LayoutTrainer(config)
  trainer.compile(optimizer='sgd')
  tensors = {key: tf.constant(value) for key, value in record.items()}
  before = [x.numpy() for x in trainer.network.trainable_variables]
  tf.function(trainer.train_step)(tensors)
  after = [x.numpy() for x in trainer.network.trainable_variables]
  return [b - a for a, b in zip(before, after)]


def _small():
  """Stages of two levels, which are traced soonest."""
  config = samples.config()
  for stage in config_lib.STAGES:
    getattr(config, stage).channels = (8, 8)
  return config


def _repeated(count):
  return {k: np.repeat(v, count, axis=0) for k, v in samples.record().items()}


def test_accumulated_gradients_are_those_of_the_whole_batch():
  config = _small()
  # Equal examples: batch statistics of a part are those of the whole.
  whole = _stepped(config, _repeated(4))
  config.layout.train.accumulate = 4
  parts = _stepped(config, _repeated(4))
  assert any(np.abs(x).max() > 1e-4 for x in whole)
  for a, b in zip(whole, parts):
    np.testing.assert_allclose(b, a, rtol=1e-3, atol=1e-6)


def test_clipping_bounds_a_step():
  # Adam divides by a gradient's size; its first moment shows what it was given.
  moments = {}
  for norm in (0.0, 2.0):
    optimizer = optimizers.make(config_lib.TrainConfig(clip_norm=norm))
    variables = [tf.Variable([0.0, 0.0]), tf.Variable([0.0])]
    optimizer.build(variables)
    gradients = [tf.constant([30.0, 0.0]), tf.constant([40.0])]
    optimizer.apply_gradients(zip(gradients, variables))
    first = np.concatenate([m.numpy() for m in optimizer._momentums])
    moments[norm] = first / (1.0 - 0.5)  # One step of beta_1.
  np.testing.assert_allclose(moments[0.0], [30.0, 0.0, 40.0], rtol=1e-5)
  np.testing.assert_allclose(moments[2.0], [1.2, 0.0, 1.6], rtol=1e-5)


@pytest.mark.parametrize('precision', ['float16', 'bfloat16'])
@pytest.mark.parametrize(
  'trainer',
  [trainers.LayoutTrainer, trainers.FlowTrainer, trainers.RenderTrainer],
)
def test_sixteen_bits_learn_and_keep_outputs_in_thirty_two(trainer, precision):
  config = _small()
  config.flow.roi_perceptual = 0.0
  config.flow.structure = 0.0
  config.flow.endpoint = 1.0
  config.flow.coordinates = True
  config.render.warp_source = 'truth'
  config.render.composition = 'garment'
  for stage in config_lib.STAGES:
    getattr(config, stage).train.precision = precision
  trainer = trainer(config)
  assert any(x.compute_dtype == precision for x in trainer.network.layers)
  for output in tf.nest.flatten(trainer.network.outputs):
    assert output.dtype == tf.float32
  settings = getattr(config, trainer.stage).train
  settings.learning_rate = 1e-3
  trainer.compile(optimizer=optimizers.make(settings))
  record = {key: tf.constant(value) for key, value in samples.record().items()}
  step = tf.function(trainer.train_step)
  losses = []
  for _ in range(8):
    trainer.reset_metrics()
    losses.append(float(step(record)['loss']))
  assert np.isfinite(losses).all()
  assert losses[-1] < losses[0]
  assert tf.keras.mixed_precision.global_policy().name == 'float32'


@pytest.fixture(scope='module')
def plain(data_dir, tmp_path_factory):
  """A run folder whose stage 1 was trained without any option."""
  folder = tmp_path_factory.mktemp('plain')
  _train(_config(data_dir), folder)
  return folder


def test_averaged_weights_are_what_is_saved(data_dir, plain, tmp_path):
  config = _config(data_dir, ema=0.9)
  _train(config, tmp_path)
  last, mean = (
    _kernels(initial.load_stage(config, 'layout', str(folder)))
    for folder in (plain, tmp_path)
  )
  tf.keras.utils.set_random_seed(config.seed)
  first = _kernels(initial.new_trainer(config, 'layout', '').network)
  # An average of the way lies nearer to its start than its end does.
  way, short = (
    sum(np.square(a - b).sum() for a, b in zip(first, weights))
    for weights in (last, mean)
  )
  assert 0.0 < short < 0.7 * way


def test_several_steps_an_execution_train_the_same(data_dir, plain, tmp_path):
  curves = _train(_config(data_dir, steps_per_execution=2), tmp_path)
  expected = _curves(plain)['loss']
  np.testing.assert_allclose(curves['loss'], expected, rtol=1e-4)


def test_validation_is_measured_and_the_best_epoch_kept(data_dir, tmp_path):
  # With averaged weights, which validation judges and which are kept.
  config = _config(data_dir, validation_examples=4, best='val_loss', ema=0.5)
  # A rate that makes validation worse after some time.
  config.layout.train.learning_rate = 0.5
  curves = _train(config, tmp_path)
  assert len(curves['val_loss']) == 3
  best = _weights(config, tmp_path)
  trainer = initial.new_trainer(config, 'layout', '')
  trainer.network.set_weights(best)
  trainer.compile()
  dataset = stage_lib.validation(config, config.layout.train)
  loss = trainer.evaluate(dataset, verbose=0, return_dict=True)['loss']
  assert loss == pytest.approx(min(curves['val_loss']), rel=1e-3)
  assert not [*pathlib.Path(tmp_path).rglob('best*')]


def test_training_stops_when_nothing_is_better(
  data_dir, tmp_path, capsys, monkeypatch
):
  config = _config(data_dir, patience=1)
  config.layout.train.learning_rate = 0.0
  config.layout.train.steps = 40
  with monkeypatch.context() as patch:
    # Cut off when it had stopped, before the weights were written.
    patch.setattr(stage_lib, '_finish', lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
      _train(config, tmp_path)
  curves = _curves(tmp_path)
  assert len(curves['loss']) < 20
  assert 'epochs ago' in capsys.readouterr().out
  assert _train(config, tmp_path) == curves
  assert 'epochs ago' in capsys.readouterr().out


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    ({'validation_examples': 5}, r'validation_examples is 5, expected a batch'),
    ({'best': 'val_loss'}, r"best is 'val_loss', expected one of .*'loss'\]"),
    (
      {'best': 'val_los', 'validation_examples': 4},
      r"best is 'val_los', expected one of .*'val_ends', 'val_loss'\]",
    ),
    ({'accumulate': 4}, 'accumulate is 4, expected a divisor of 2'),
  ],
)
def test_options_that_do_not_fit_are_refused(data_dir, changes, message):
  config = _config(data_dir, **changes)
  config.data.ends = config.layout.removed = True  # Have a curve, too.
  with pytest.raises(ValueError, match=message):
    preflight.require(config, ['layout'], '', strategies.make('one_device'))


def test_tensorboard_has_the_configuration_as_text(plain):
  events = plain / 'layout' / 'events'
  content = b''.join(x.read_bytes() for x in events.glob('*tfevents*'))
  assert b'"steps_per_epoch": 2' in content


def test_only_what_a_stage_looks_at_is_decoded_and_that_unchanged(data_dir):
  config = _config(data_dir)
  whole = next(iter(pipeline.training(config, config.layout.train)))
  strategy = strategies.make('one_device')
  decoded = next(iter(stage_lib.dataset(config, 'layout', 0, strategy)))
  left_out = {'flow', 'visible', 'shade'}
  assert set(whole) - set(decoded) == left_out
  for name, value in decoded.items():
    np.testing.assert_array_equal(value, whole[name], err_msg=name)
  assert 'flow' in next(iter(stage_lib.dataset(config, 'flow', 0, strategy)))


def _program(data_dir, run_dir, *flags):
  run = tiny_run.TinyRun(data_dir, str(run_dir), '')
  return tiny_run.call(
    'clothflow_tf.train', '--stage=layout', *flags, *run.train_flags()
  )


def test_speeds_are_printed_and_nothing_is_trained(
  data_dir, tmp_path, monkeypatch
):
  for name, value in {'_WARM_UP': 1, '_STEPS': 2, '_SECONDS': 0.0}.items():
    monkeypatch.setattr(input_speed, name, value)
  done = _program(data_dir, tmp_path, '--profile_input')
  assert done.status == 0, done.errors
  pattern = r'layout: examples a second: input alone [\d.]+, step alone [\d.]+,'
  assert re.search(pattern, done.output)
  [memory] = re.findall(r'peak memory ([\d.]+) GiB', done.output)
  assert 0.1 < float(memory) < 64.0
  assert [path.name for path in tmp_path.iterdir()] == ['config.json']


def test_a_profile_of_some_steps_is_left_for_tensorboard(data_dir, tmp_path):
  done = _program(data_dir, tmp_path, '--profiled_steps=2,3')
  assert done.status == 0, done.errors
  assert [*tmp_path.rglob('*.xplane.pb')]


def test_one_profiled_step_is_refused_by_name(data_dir, tmp_path):
  done = _program(data_dir, tmp_path, '--profiled_steps=2')
  assert done.status == 1
  assert 'profiled_steps' in done.errors
  assert 'the first and the last step' in done.errors
