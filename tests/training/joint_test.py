# SPDX-License-Identifier: Apache-2.0
"""Claims about the joint fine-tuning: who learns what, at which rate."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf.inputs import batch as batch_lib
from clothflow_tf.training import joint
from clothflow_tf.training import objectives
from clothflow_tf.training import optimizers
from tests import samples
from tests import tiny_run

BATCH = 2


class RatedSgd(optimizers.Rated, tf.keras.optimizers.SGD):
  """Plain gradient steps at several rates."""


def _config(**changes):
  config = samples.config()
  for stage in config_lib.STAGES:
    getattr(config, stage).channels = (8, 8)
  config.flow.roi_perceptual = 0.0
  config.flow.structure = 1.0
  config.flow.smoothness = 0.01
  config.flow.endpoint = 0.1
  config.joint = dataclasses.replace(config.joint, **changes)
  return config_lib.validate(config)


def _trainer(config):
  tf.keras.utils.set_random_seed(3)
  trainer = joint.JointTrainer(config)
  tiny_run.randomise(trainer.network)
  return trainer


def _record():
  record = {
    key: tf.constant(np.repeat(value, BATCH, axis=0))
    for key, value in samples.record().items()
  }
  return {**record, 'position': tf.range(BATCH, dtype=tf.int64)}


def _batch(config):
  return batch_lib.from_record(_record(), config.data)


def _stepped(config, optimizer):
  """Returns all weights before and after one step, by stage."""
  trainer = _trainer(config)
  trainer.compile(optimizer=optimizer(trainer.rates()))
  before = _weights(trainer)
  trainer.train_step(_record())
  return before, _weights(trainer)


def _moved(before, after, stage):
  """Returns how far gradients moved a stage's weights."""
  values = before[stage].items()
  return [after[stage][k] - v for k, v in values if 'moving' not in k]


def _weights(trainer):
  stages = trainer.network.stages
  return {s: {x.name: x.numpy() for x in n.weights} for s, n in stages.items()}


def _sgd(rates):
  return RatedSgd(0.1, rates=rates)


def _adam(rates):
  settings = config_lib.TrainConfig(learning_rate=1e-3)
  return optimizers.make(settings, rates)


def _steepness(gradients):
  return sum(float(tf.norm(x)) for x in gradients if x is not None)


@pytest.mark.parametrize('layout_rate', [0.0, 1.0])
def test_the_images_loss_reaches_stages_2_and_3_and_never_1(layout_rate):
  config = _config(layout_rate=layout_rate, predicted_layouts=1.0)
  trainer = _trainer(config)
  batch = _batch(config)
  with tf.GradientTape() as tape:
    terms = trainer.objective.terms(trainer.results(batch), batch)
    loss = tf.reduce_mean(terms['perceptual'])
  stages = trainer.network.stages
  gradients = tape.gradient(
    loss, {stage: x.trainable_variables for stage, x in stages.items()}
  )
  assert _steepness(gradients['flow']) > 1e-4
  assert _steepness(gradients['render']) > 1e-4
  assert all(gradient is None for gradient in gradients['layout'])


def test_stage_1_learns_from_its_own_loss_if_it_learns():
  config = _config(layout_rate=1.0)
  assert 'cross_entropy' in objectives.names('joint', config)
  assert 'cross_entropy' not in objectives.names('joint', _config())
  before, after = _stepped(config, _sgd)
  assert any(
    (after['layout'][k] != v).any() for k, v in before['layout'].items()
  )


def test_a_steps_length_scales_with_the_stages_rate():
  # Adam's, whose steps would not depend on the size of gradients.
  moves = []
  for share in (1.0, 0.25):
    before, after = _stepped(_config(flow_rate=share), _adam)
    moves.append({stage: _moved(before, after, stage) for stage in before})
  whole, part = moves
  assert max(np.abs(x).max() for x in whole['flow']) > 1e-4
  # Adding a step to a weight of size 1 rounds it by 1e-7.
  for a, b in zip(whole['flow'], part['flow']):
    np.testing.assert_allclose(b, 0.25 * a, rtol=1e-4, atol=2e-7)
  for a, b in zip(whole['render'], part['render']):
    np.testing.assert_allclose(b, a, rtol=1e-4, atol=2e-7)


@pytest.mark.parametrize('frozen', config_lib.STAGES)
def test_a_stage_of_rate_0_keeps_weights_and_statistics(frozen):
  rates = {f'{stage}_rate': 1.0 for stage in config_lib.STAGES}
  config = _config(**{**rates, f'{frozen}_rate': 0.0})
  before, after = _stepped(config, _sgd)
  for name, value in before[frozen].items():
    np.testing.assert_array_equal(after[frozen][name], value, err_msg=name)
  for stage in set(config_lib.STAGES) - {frozen}:
    same = [
      name
      for name, value in before[stage].items()
      if 'moving' in name and (after[stage][name] == value).all()
    ]
    assert not same, stage


def test_scaled_losses_and_averages_keep_to_the_stages_that_learn():
  config = _config(flow_rate=0.5)
  config.joint.train = dataclasses.replace(
    config.joint.train, precision='float16', ema=0.5, learning_rate=1e-2
  )
  trainer = _trainer(config)
  assert any(
    layer.compute_dtype == 'float16'
    for layer in trainer.network.flow_net.layers
  )
  optimizer = optimizers.make(config.joint.train, trainer.rates())
  optimizer.build(trainer.trained_variables())
  trainer.compile(optimizer=optimizer)
  before = _weights(trainer)
  step = tf.function(trainer.train_step)
  while not optimizer.iterations:  # Too large a loss scale is halved first.
    assert np.isfinite(step(_record())['loss'])
  after = _weights(trainer)
  optimizer.finalize_variable_values(trainer.trained_variables())
  averaged = _weights(trainer)
  name = next(name for name in before['flow'] if 'estimate_1/kernel' in name)
  # Half of what the weights were and half of what they are.
  middle = (before['flow'][name] + after['flow'][name]) / 2.0
  np.testing.assert_allclose(averaged['flow'][name], middle, atol=1e-6)
  assert (before['flow'][name] != after['flow'][name]).any()
  for name, value in before['layout'].items():
    np.testing.assert_array_equal(averaged['layout'][name], value)


def _flow_on(trainer, batch):
  flow_net = trainer.network.flow_net
  inputs = {name: batch[name] for name in flow_net.input_names}
  return flow_net(inputs, training=False)['flow'].numpy()


@pytest.mark.parametrize('chance', [0.0, 1.0])
def test_stages_see_true_or_predicted_layouts_as_asked(chance):
  # Frozen, so that what stage 2 does is a function of its inputs alone.
  config = _config(flow_rate=0.0, predicted_layouts=chance)
  trainer = _trainer(config)
  batch = _batch(config)
  infer = trainer.network.infer(batch)
  on_truth, on_predicted = _flow_on(trainer, batch), infer['flow'].numpy()
  assert np.abs(on_truth - on_predicted).max() > 0.1
  results = trainer.results(batch)
  expected = on_predicted if chance else on_truth
  np.testing.assert_allclose(results['flow']['flow'], expected, atol=1e-4)


def test_measuring_is_on_predicted_layouts_whatever_the_training_sees():
  config = _config(predicted_layouts=0.0)
  trainer = _trainer(config)
  batch = _batch(config)
  del batch['position']  # Which evaluation's records have not.
  results = trainer.results(batch, learning=False)
  expected = trainer.network.infer(batch)
  np.testing.assert_allclose(
    results['flow']['flow'], expected['flow'], atol=1e-4
  )
  np.testing.assert_allclose(
    results['render']['image'], expected['image'], atol=1e-4
  )


def test_who_sees_a_predicted_layout_follows_from_seed_and_position():
  places = tf.range(400, dtype=tf.int64)
  chosen = joint.chosen_at(places, 0, 0.3).numpy()
  # The share's standard deviation is 0.023.
  assert 0.2 < chosen.mean() < 0.4
  parts = [joint.chosen_at(places[a : a + 100], 0, 0.3) for a in (0, 100)]
  np.testing.assert_array_equal(np.concatenate(parts), chosen[:200])
  assert (joint.chosen_at(places, 1, 0.3).numpy() != chosen).any()


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    ({'flow_rate': -0.1}, r'joint\.flow_rate is -0.1, expected at least 0'),
    ({'flow_rate': 0.0, 'render_rate': 0.0}, 'nothing would learn'),
    ({'predicted_layouts': 1.5}, 'predicted_layouts is 1.5, expected 0 to 1'),
  ],
)
def test_settings_without_sense_are_refused_by_key(changes, message):
  with pytest.raises(ValueError, match=message):
    _config(**changes)
