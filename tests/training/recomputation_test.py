# SPDX-License-Identifier: Apache-2.0
"""Claims about recomputation: less is kept, and nothing comes out different."""

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf.training import recomputation
from clothflow_tf.training import trainers
from tests import samples

TRAINERS = {
  'layout': trainers.LayoutTrainer,
  'flow': trainers.FlowTrainer,
  'render': trainers.RenderTrainer,
}


def _trainer(stage, recompute):
  config = samples.config()
  for section in (config.layout, config.flow, config.render):
    section.channels = (8, 12)
  config.flow.endpoint = 1.0
  config.flow.coordinates = True
  config.flow.downsampling = 2
  config.render.warp_source = 'truth'
  config.render.warped_mask = True
  config.render.composition = 'layers'
  getattr(config, stage).train.recompute = recompute
  tf.keras.utils.set_random_seed(3)
  trainer = TRAINERS[stage](config)
  for variable in trainer.network.trainable_variables:
    # Zero-initialised heads would hide most of the gradients.
    noise = tf.random.stateless_normal(variable.shape, [1, 2], 0.0, 0.02)
    variable.assign_add(noise)
  trainer.compile(optimizer='sgd')
  return trainer


def _record():
  """Two examples that differ, so that they have a variance of their own."""
  one = samples.record()
  return {
    key: tf.constant(np.concatenate([value, np.roll(value, 5, axis=1)]))
    for key, value in one.items()
  }


def _learned(trainer):
  """Returns gradients, and moving statistics after them, by name."""
  network = trainer.network
  variables = network.trainable_variables
  step = tf.function(lambda record: trainer._gradients(record, variables))
  gradients = step(_record())
  learned = {
    f'd {x.name}': g for x, g in zip(variables, gradients, strict=True)
  }
  learned |= {x.name: x for x in network.non_trainable_variables}
  return {name: value.numpy() for name, value in learned.items()}


@pytest.mark.parametrize('stage', TRAINERS)
def test_gradients_and_moving_statistics_are_those_of_plain_training(stage):
  plain, ours = (_learned(_trainer(stage, x)) for x in (False, True))
  assert plain.keys() == ours.keys()
  assert any('moving_variance' in name for name in plain)
  for name, value in plain.items():
    # The same operations on the same numbers; threads may add up in another
    # order, and the part of a bias that batch normalisation takes away is 0.
    size = max(1e-3, np.abs(value).max())
    np.testing.assert_allclose(
      ours[name], value, rtol=0, atol=1e-5 * size, err_msg=name
    )
  gradients = [np.abs(v).max() for k, v in plain.items() if k[:2] == 'd ']
  assert np.median(gradients) > 1e-4


def _convolutions(network):
  return [x for x in network.layers if isinstance(x, tf.keras.layers.Conv2D)]


def _operations(trainer, kind):
  """Counts the operations of a kind in a training step."""
  step = tf.function(trainer.train_step).get_concrete_function(_record())
  return sum(x.type == kind for x in step.graph.get_operations())


def test_the_forward_pass_is_there_twice():
  plain, twice = (_operations(_trainer('layout', x), 'Conv2D') for x in (0, 1))
  # All of the network's but what nothing needs: its last segment ends at the
  # logits. Preparing the batch picks channels by convolutions, once.
  once = plain - len(_convolutions(_trainer('layout', False).network))
  assert 0 < once < plain / 2
  assert 1.9 * (plain - once) < twice - once <= 2 * (plain - once)


# Two levels. Layout: down twice, up once, the rest. Flow: of each pyramid two
# blocks, two laterals and a sum; a flow; the rest.
@pytest.mark.parametrize(('stage', 'cuts'), [('layout', 4), ('flow', 12)])
def test_a_network_is_cut_where_its_levels_end(stage, cuts):
  network = _trainer(stage, False).network
  assert len(recomputation._segments(network)) == cuts


def test_renders_cuts_are_the_ends_of_its_levels():
  network = _trainer('render', False).network
  segments = recomputation._segments(network)
  # Two levels down, one up, and the rest.
  assert len(segments) == 4
  names = [x.name for x in segments[1][0]]
  assert len(names) == 1
  assert names[0].startswith('render_1_block0_relu')


def test_evaluation_computes_once_and_with_moving_statistics():
  trainer = _trainer('layout', True)
  before = [x.numpy() for x in trainer.network.non_trainable_variables]
  trainer.test_step(_record())
  for variable, value in zip(trainer.network.non_trainable_variables, before):
    np.testing.assert_array_equal(variable, value)
  counts = []
  for each in (trainer, _trainer('layout', False)):
    step = tf.function(each.test_step).get_concrete_function(_record())
    kinds = [x.type for x in step.graph.get_operations()]
    counts.append(kinds.count('Conv2D'))
  assert counts[0] == counts[1] > 0
