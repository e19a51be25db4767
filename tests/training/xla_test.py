# SPDX-License-Identifier: Apache-2.0
"""Claims about XLA, which TPUs need: each published configuration compiles.

The networks are shrunk, their structure is the configuration's own: levels,
warps, enlargements, composition, loss terms. A whole train step is compiled for
the CPU; its gradients must be those of TensorFlow's own kernels.
"""

import importlib

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf.losses import perceptual
from clothflow_tf.training import trainers
from tests import samples

TRAINERS = {
  'layout': trainers.LayoutTrainer,
  'flow': trainers.FlowTrainer,
  'render': trainers.RenderTrainer,
}
HEIGHT, WIDTH = 64, 48


@pytest.fixture(autouse=True)
def _random_features(monkeypatch):
  network = samples.features()
  monkeypatch.setattr(perceptual, 'Features', lambda settings: network)


def _config(name):
  config = importlib.import_module(f'configs.{name}').get_config()
  config.data.height, config.data.width = HEIGHT, WIDTH
  for section in (config.layout, config.flow, config.render):
    section.channels = (8, 8)
    section.residual_blocks = 1
  for section in (config.layout, config.flow):
    section.downsampling = min(section.downsampling, 2)
  if config.layout.downsampling > 1:
    config.layout.refinement = 8  # As in configs/mobile.py.
    config.layout.smoothing = 3
  config.flow.fpn_channels = 8
  config.flow.hidden = (8,) * len(config.flow.hidden)
  config.flow.endpoint = max(config.flow.endpoint, 0.1)
  config.render.warp_source = 'truth'
  return config_lib.validate(config)


def _record():
  """Two examples that differ."""
  record = {
    name: np.concatenate([value, np.roll(value, 3, axis=1)])
    for name, value in samples.record().items()
  }
  record['position'] = np.arange(2, dtype=np.int64)
  return {name: tf.constant(value) for name, value in record.items()}


def _gradients(trainer, compiled):
  variables = trainer.trained_variables()
  step = tf.function(
    lambda record: trainer._gradients(record, variables), jit_compile=compiled
  )
  return step(_record())


# Both grids of stage 1, all of stage 2, and stage 3 with copies and without.
@pytest.mark.parametrize(
  ('name', 'stage'),
  [
    ('demo', 'layout'),
    ('demo', 'flow'),
    ('demo', 'render'),
    ('try_on', 'layout'),
    ('try_on', 'flow'),
    ('pose_transfer', 'render'),
  ],
)
def test_a_step_compiles_and_has_the_same_gradients(name, stage):
  tf.keras.utils.set_random_seed(3)
  trainer = TRAINERS[stage](_config(name))
  for variable in trainer.trained_variables():
    if not variable.numpy().any():  # Heads at zero hide other gradients.
      variable.assign(samples.uniform(variable.shape, -0.02, 0.02))
  trainer.compile(optimizer='sgd')
  before = [x.numpy() for x in trainer.network.non_trainable_variables]
  plain = _gradients(trainer, compiled=False)
  for variable, value in zip(trainer.network.non_trainable_variables, before):
    variable.assign(value)
  compiled = _gradients(trainer, compiled=True)
  for variable, one, other in zip(
    trainer.trained_variables(), plain, compiled, strict=True
  ):
    # Sums in another order, through batch normalisation of two examples: single
    # elements differ by a percent of the largest, more or less from machine to
    # machine. Other random numbers make a third of the whole.
    difference = np.linalg.norm(other - one)
    assert difference <= 2e-2 * np.linalg.norm(one) + 1e-6, variable.name


def test_mobile_differs_from_demo_in_sizes_and_the_layouts_grid_only():
  demo, mobile = _config('demo'), _config('mobile')
  for stage in config_lib.STAGES:
    sections = [getattr(config, stage) for config in (demo, mobile)]
    for section in sections:
      section.train = config_lib.TrainConfig()
    assert sections[0] == sections[1]


def test_a_whole_step_with_its_optimizer_compiles():
  trainer = trainers.FlowTrainer(_config('demo'))
  trainer.compile(optimizer=tf.keras.optimizers.Adam(1e-3))
  before = [x.numpy() for x in trainer.trained_variables()]
  step = tf.function(trainer.train_step, jit_compile=True)
  for _ in range(2):
    assert np.isfinite(float(step(_record())['loss']))
  moved = [
    (x.numpy() != value).any()
    for x, value in zip(trainer.trained_variables(), before, strict=True)
  ]
  assert sum(moved) > 0.9 * len(moved)
