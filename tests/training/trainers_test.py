# SPDX-License-Identifier: Apache-2.0
"""Claims about training: each stage learns one record; NaN is caught."""

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf.evaluation import flow_metrics
from clothflow_tf.inputs import batch as batch_lib
from clothflow_tf.models import try_on
from clothflow_tf.training import callbacks
from clothflow_tf.training import objectives
from clothflow_tf.training import trainers
from clothflow_tf.training import warp_noise
from tests import samples


def _config():
  config = samples.config()
  config.flow.roi_perceptual = 0.0
  config.flow.structure = 0.0
  config.flow.smoothness = 0.01
  config.flow.endpoint = 1.0
  config.flow.upsampling = 'bilinear'
  config.flow.coordinates = True
  config.render.warp_source = 'truth'
  config.render.warp_jitter = 0.0
  return config


def _fit(trainer, steps, rate=1e-2):
  """Trains on one record; returns the loss of every step."""
  trainer.compile(optimizer=tf.keras.optimizers.Adam(rate, beta_1=0.9))
  record = {k: tf.constant(v) for k, v in samples.record().items()}
  step = tf.function(trainer.train_step)
  losses = []
  for _ in range(steps):
    for metric in trainer.metrics:
      metric.reset_state()
    losses.append(float(step(record)['loss']))
  return losses


def _batch(config):
  return batch_lib.from_record(samples.record(), config.data)


@pytest.mark.parametrize(
  ('trainer', 'steps', 'share'),
  [
    (trainers.LayoutTrainer, 60, 0.1),
    # tanh and the random rims of the disturbed warp keep a rest.
    (trainers.RenderTrainer, 80, 0.35),
  ],
)
def test_a_stage_overfits_one_doll(trainer, steps, share):
  tf.keras.utils.set_random_seed(2)
  losses = _fit(trainer(_config()), steps)
  assert min(losses[-5:]) < share * losses[0]


def test_supervised_flow_recovers_the_shift_within_half_a_pixel():
  tf.keras.utils.set_random_seed(2)
  config = _config()
  trainer = trainers.FlowTrainer(config)
  losses = _fit(trainer, 150)
  assert min(losses[-5:]) < 0.15 * losses[0]
  batch = _batch(config)
  # Batch statistics: the moving ones lag behind so few steps.
  flow = trainer.predict_network(batch)['flow']
  visible = batch['visible']
  error = flow_metrics.endpoint_error(flow, batch['flow'], visible)
  assert error[0] < 0.5
  mean = tf.reduce_sum(flow * visible, [0, 1, 2]) / tf.reduce_sum(visible)
  np.testing.assert_allclose(mean, [samples.SHIFT_X, samples.SHIFT_Y], atol=0.5)


def test_a_term_of_weight_zero_is_not_computed():
  config = _config()
  trainer = trainers.FlowTrainer(config)
  weights = {'smoothness': 0.01, 'endpoint': 1.0}
  assert trainer.objective.weights() == weights
  batch = _batch(config)
  values = trainer.objective.terms(trainer.results(batch), batch)
  assert values.keys() == weights.keys()


def test_the_papers_flow_loss_is_the_weighted_sum_of_its_terms():
  trainer = trainers.FlowTrainer(samples.config())
  record = {k: tf.constant(v) for k, v in samples.record().items()}
  trainer.compile(optimizer='sgd')
  logs = {k: float(v) for k, v in trainer.train_step(record).items()}
  # Untrained: the identity leaves 2 * (480 - 14 * 20) of 64 * 48 pixels.
  overlap = (24 - 4) * (20 - 6)
  expected = 2 * (24 * 20 - overlap) / (64 * 48)
  np.testing.assert_allclose(logs['structure'], expected, rtol=1e-5)
  assert logs['smoothness'] == 0.0
  total = logs['roi_perceptual'] + 10.0 * logs['structure']
  np.testing.assert_allclose(logs['loss'], total, rtol=1e-5)


@pytest.mark.parametrize('stage', ['flow', 'render'])
def test_missing_true_flow_is_refused_by_key(stage):
  config = _config()
  batch = _batch(config)
  del batch['flow'], batch['visible']
  trainer = {
    'flow': trainers.FlowTrainer,
    'render': trainers.RenderTrainer,
  }[stage](config)
  with pytest.raises(ValueError, match=f'config.{stage}.*no true flow'):
    trainer.objective.terms(trainer.results(batch), batch)


def test_the_renderer_leaves_the_trained_flow_network_alone():
  config = _config()
  config.render.warp_source = 'stage'
  flow_net = try_on.build_stage('flow', config)
  before = [x.copy() for x in flow_net.get_weights()]
  trainer = trainers.RenderTrainer(config, flow_net)
  _fit(trainer, 1)
  for old, new in zip(before, flow_net.get_weights()):
    np.testing.assert_array_equal(old, new)


def test_an_undisturbed_true_warp_is_the_target_garment():
  config = _config()
  batch = _batch(config)
  warped = warp_noise.disturbed_warp(batch, config)
  shown = np.abs(warped['warped_garment']).sum(-1, keepdims=True) > 0
  # Nothing but a rim of the garment is lost.
  assert shown.mean() > 0.75 * batch['visible'].numpy().mean()
  # `warp` reads whole positions 5e-5 off, along both axes, of steps of 2.
  np.testing.assert_allclose(
    warped['warped_garment'], batch['target_garment'] * shown, atol=3e-4
  )


def test_a_nan_in_the_data_names_term_and_step():
  trainer = trainers.FlowTrainer(_config())
  trainer.compile(optimizer='sgd')
  good, bad = samples.record(), samples.record()
  bad['flow'] = np.full_like(bad['flow'], np.nan)
  records = {key: np.concatenate([good[key], bad[key]]) for key in good}
  dataset = tf.data.Dataset.from_tensor_slices(records).batch(1)
  with pytest.raises(
    FloatingPointError, match='flow: endpoint is nan at step 2'
  ):
    trainer.fit(dataset, verbose=0, callbacks=[callbacks.StopOnNaN()])


def test_a_validation_that_is_not_a_number_stops_the_training():
  trainer = trainers.LayoutTrainer(_config())
  watcher = callbacks.StopOnNaN()
  watcher.set_model(trainer)
  watcher.on_epoch_end(0, {'loss': 1.0, 'val_loss': 2.0})
  with pytest.raises(FloatingPointError, match='layout: val_loss is nan'):
    watcher.on_epoch_end(1, {'loss': 1.0, 'val_loss': float('nan')})


def test_a_step_is_timed_however_many_are_taken_at_once(monkeypatch):
  trainer = trainers.LayoutTrainer(_config())
  timer = callbacks.StepTimer(batch_size=4)
  timer.set_model(trainer)
  assert timer.summary() == 'too few steps to time one'
  # Ten steps an execution, a second each but for the first; in between an
  # epoch ends, with validation, panels and a backup.
  times = iter([0.0, 50.0, 60.0, 90.0, 100.0])
  monkeypatch.setattr(callbacks.time, 'perf_counter', lambda: next(times))
  for _ in range(3):
    timer.on_train_batch_begin(0)
    trainer.steps_done.assign_add(10)
    timer.on_train_batch_end(0)
  assert timer.summary() == '1.000 seconds a step, 4.0 examples a second'


def test_stage_3_computes_the_features_of_an_image_once(monkeypatch):
  seen = []

  def features(image):
    seen.append(float(image[0, 0, 0, 0]))
    return [image, image * image]

  monkeypatch.setattr(objectives.perceptual, 'Features', lambda _: features)
  config = samples.config()
  config.perceptual.network = 'vgg19'
  config.perceptual.style_levels = (1, 2)
  objective = objectives.make('render', config)
  image, target = tf.fill([1, 4, 4, 3], 0.5), tf.fill([1, 4, 4, 3], 0.25)
  values = objective.terms({'image': image}, {'target_image': target})
  assert sorted(seen) == [0.25, 0.5]
  levels = config.perceptual.level_weights
  first = 0.25 * (levels[0] + levels[1]) + (0.25 - 0.0625) * levels[2]
  np.testing.assert_allclose(values['perceptual'], [first], rtol=1e-5)
  assert float(values['style'][0]) > 0
