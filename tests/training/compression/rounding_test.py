# SPDX-License-Identifier: Apache-2.0
"""Claims about layers that round, or cluster, while a network learns."""

import dataclasses
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf import runs
from clothflow_tf import training_config
from clothflow_tf.models import try_on
from clothflow_tf.training import backups
from clothflow_tf.training import stage as stage_lib
from clothflow_tf.training import strategies
from clothflow_tf.training.compression import bodies
from clothflow_tf.training.compression import compressed
from clothflow_tf.training.compression import rounding
from tests import tiny_run

CLUSTERS = 6


def _network(stage):
  tf.keras.utils.set_random_seed(4)
  model = try_on.ClothFlow(tiny_run.config())
  tiny_run.randomise(model)
  return model.stages[stage]


def _inputs(network):
  random = np.random.default_rng(2)
  return {
    name: tf.constant(random.uniform(0, 1, (2, *x.shape[1:])), tf.float32)
    for name, x in network.input.items()
  }


@pytest.mark.parametrize('stage', ['flow', 'render'])
def test_rounding_changes_a_network_a_little_and_no_head(stage):
  network, settings = _network(stage), config_lib.TrainConfig(quantized=True)
  model = rounding.wrapped(network, settings)
  compressed.begin(model)
  heads = [
    x.name for x in model.layers if isinstance(x, tf.keras.layers.Conv2D)
  ]
  wrapped = [x.layer.name for x in rounding.convolutions(model)]
  assert heads
  assert len(wrapped) >= 3 * len(heads)
  assert not any(bodies.is_convolution(network.get_layer(x)) for x in heads)
  # As in training: what is rounded, in the range of these examples.
  inputs = _inputs(network)
  expected, result = (x(inputs, training=True) for x in (network, model))
  name = {'flow': 'flow', 'render': 'image'}[stage]
  error = np.square(result[name] - expected[name]).mean()
  assert 0.0 < error < 0.02 * np.var(expected[name])


def test_weights_are_rounded_to_steps_of_their_channel():
  network, settings = _network('render'), config_lib.TrainConfig(quantized=True)
  layer = rounding.convolutions(rounding.wrapped(network, settings))[0]
  kernel = layer.layer.kernel.numpy()
  # A normalised convolution adds nothing and rounds no output of its own.
  points = tf.eye(kernel.shape[2])[:, tf.newaxis, tf.newaxis]
  weights = layer(points).numpy()[:, 0, 0]
  expected = kernel[1, 1]  # Of a pixel by itself, the rest is padding.
  steps = weights / (abs(kernel).max((0, 1, 2)) / 127)
  np.testing.assert_allclose(steps, np.round(steps), atol=1e-2)
  np.testing.assert_allclose(weights, expected, atol=abs(kernel).max() / 200)
  assert abs(weights - expected).max() > 0.0


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
  """A stage 1 that lost half of its weights, after a step with few values."""
  folder = str(tmp_path_factory.mktemp('run'))
  tf.keras.utils.set_random_seed(3)
  config = tiny_run.config()
  config.layout.train.clusters = CLUSTERS
  config.layout.train.quantized = True
  random, network = (
    np.random.default_rng(5),
    try_on.build_stage('layout', config),
  )
  for kernel in bodies.kernels(network):
    kernel.assign(kernel * (random.uniform(size=kernel.shape) < 0.5))
  runs.save_config(config, folder)
  path = pathlib.Path(runs.stage_path(folder, 'layout', 'weights.h5'))
  path.parent.mkdir()
  network.save_weights(path)
  trainers = [
    stage_lib.compiled(
      config, 'layout', '', strategies.make('one_device'), folder
    )
    for _ in range(2)
  ]
  record = {k: tf.constant(x) for k, x in tiny_run.records(2).items()}
  step = tf.function(trainers[0].train_step)
  trainers[0].distribute_strategy.run(step, [record])
  return [x.numpy() for x in bodies.kernels(network)], trainers


def test_a_backup_holds_all_that_it_needs(trained, tmp_path):
  _, trainers = trained
  first, second = (x.compressed['layout'].variables for x in trainers)
  assert any((x.numpy() != y.numpy()).any() for x, y in zip(first, second))
  backup = backups.Backup(trainers[0], str(tmp_path), 1)
  backup.set_model(trainers[0])
  backup.on_epoch_end(0)
  assert backups.Backup(trainers[1], str(tmp_path), 1).restore() == 1
  for ours, theirs in zip(first, second, strict=True):
    np.testing.assert_array_equal(ours, theirs, err_msg=ours.name)


def test_all_shares_are_learned_by_names_of_their_own(trained):
  _, (trainer, _) = trained
  shares = compressed.variables(trainer.compressed['layout'])
  names = [x.name for x in trainer.trained_variables()]
  assert len(shares) == len(bodies.kernels(trainer.network))
  assert {x.name for x in shares} < set(names)
  # The optimizer tells variables by their names.
  assert len(set(names)) == len(names)


def test_what_was_pruned_keeps_its_zeros_and_gets_few_values(trained):
  before, (trainer, _) = trained
  compressed.settle(trainer.compressed['layout'])
  for kernel, old in zip(bodies.kernels(trainer.network), before, strict=True):
    kernel, zeros = kernel.numpy(), old == 0.0
    assert not kernel[zeros].any()
    shares = kernel / abs(kernel).max((0, 1, 2))
    assert len(np.unique(shares.round(4))) <= CLUSTERS
    assert (kernel != old).any()


def test_pruning_does_not_go_with_rounding():
  settings = config_lib.TrainConfig(sparsity=0.5, quantized=True)
  with pytest.raises(ValueError, match='prune first'):
    training_config.check_train(settings, 'config.flow.train')
  settings = dataclasses.replace(settings, sparsity=0.0, clusters=3)
  with pytest.raises(ValueError, match='at least 4'):
    training_config.check_train(settings, 'config.flow.train')
