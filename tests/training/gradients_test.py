# SPDX-License-Identifier: Apache-2.0
"""Claims about what moves when a loss term is alone.

A term that is carried by another one may have no gradient without anybody
seeing it. So each is trained by itself, from the weights that a training starts
with, in both tasks.
"""

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf.inputs import keypoints
from clothflow_tf.losses import perceptual
from clothflow_tf.training import joint
from clothflow_tf.training import trainers
from tests import samples
from tests import tiny_run

TASKS = pytest.mark.parametrize('task', ['try_on', 'pose_transfer'])
# Heads start at zero: the first step moves them alone, the second the rest.
# Batch normalisation's shifts need a third, when features have a sign.
STEPS = 4


@pytest.fixture(autouse=True)
def _random_features(monkeypatch):
  network = samples.features()
  monkeypatch.setattr(perceptual, 'Features', lambda settings: network)


def _config(task, **weights):
  """Returns the paper's settings, tiny, with all weights 0 but some."""
  config = samples.config()
  for section in (config.layout, config.flow, config.render):
    section.channels = (8, 12)
  config.data.task = task
  config.perceptual.network = 'vgg19'
  for section, name in (
    ('flow', 'roi_perceptual'),
    ('flow', 'structure'),
    ('flow', 'smoothness'),
    ('render', 'perceptual'),
    ('render', 'style'),
  ):
    setattr(getattr(config, section), name, weights.get(name, 0.0))
  config.flow.endpoint = weights.get('endpoint', 0.0)
  config.render.warp_source = 'truth'
  return config_lib.validate(config)


def _record():
  """A person, and another one beside it: normalisation needs a spread.

  An arm hangs before the garment: a sleeve that covers it.
  """
  one = samples.record()
  arm = ('right-shoulder', 'right-elbow', 'right-wrist')
  for place, name in enumerate(arm):
    joint = one['target_keypoints'][0, keypoints.NAMES.index(name)]
    joint[:] = 22 + 2 * place, 20 + 9 * place, 1
  record = {
    key: np.concatenate([value, np.roll(value, 3, axis=1)])
    for key, value in one.items()
  }
  record['source_layout'][1, 36:] = 0  # And products of two shapes.
  record['position'] = np.arange(2, dtype=np.int64)
  return {key: tf.constant(value) for key, value in record.items()}


def _unmoved(trainer, steps=STEPS):
  """Trains; returns the names of the variables that stayed as they were."""
  tf.keras.utils.set_random_seed(4)
  trainer.compile(optimizer=tf.keras.optimizers.Adam(1e-2))
  before = [x.numpy() for x in trainer.trained_variables()]
  record = _record()
  for _ in range(steps):
    trainer.train_step(record)  # Tracing it would take longer.
  return [
    variable.name
    for variable, value in zip(trainer.trained_variables(), before, strict=True)
    # Dead units may keep some of a kernel where it is, not nearly all.
    if (variable.numpy() != value).mean() < 0.1
  ]


@TASKS
@pytest.mark.parametrize('term', ['roi_perceptual', 'structure', 'endpoint'])
def test_each_flow_term_alone_moves_all_of_stage_2(task, term):
  trainer = trainers.FlowTrainer(_config(task, **{term: 1.0}))
  assert trainer.objective.weights().keys() == {term}
  assert not _unmoved(trainer)


@TASKS
@pytest.mark.parametrize('term', ['perceptual', 'style'])
def test_each_render_term_alone_moves_all_of_stage_3(task, term):
  trainer = trainers.RenderTrainer(_config(task, **{term: 1.0}))
  assert trainer.objective.weights().keys() == {term}
  assert not _unmoved(trainer)


@TASKS
def test_cross_entropy_moves_all_of_stage_1(task):
  assert not _unmoved(trainers.LayoutTrainer(_config(task)))


def test_ends_move_their_own_head_and_cross_entropy_leaves_it():
  config = _config('try_on')
  config.data.ends = config.layout.removed = True
  unmoved = _unmoved(trainers.LayoutTrainer(config))
  assert not unmoved
  config.layout.ends = 0.0
  unmoved = _unmoved(trainers.LayoutTrainer(config))
  assert unmoved
  assert all(name.startswith('ends_') for name in unmoved)


def test_smoothness_has_nothing_to_say_of_the_identity_but_of_a_rough_flow():
  trainer = trainers.FlowTrainer(_config('try_on', smoothness=1.0))
  untouched = len(_unmoved(trainer))
  assert untouched == len(trainer.trained_variables())
  for variable in trainer.trained_variables():
    if 'estimate' in variable.name:
      variable.assign(samples.uniform(variable.shape, -0.1, 0.1))
  # A head's bias shifts all of a flow alike, which is smooth.
  unmoved = _unmoved(trainer)
  assert all(
    name.startswith('estimate') and 'bias' in name for name in unmoved
  ), unmoved


@pytest.mark.parametrize('term', ['perceptual', 'roi_perceptual', 'structure'])
def test_in_joint_training_each_term_reaches_the_flow(term):
  weights = {'roi_perceptual': 1e-9, 'perceptual': 1e-9, term: 1.0}
  config = _config('try_on', **weights)
  config.joint.predicted_layouts = 0.0
  trainer = joint.JointTrainer(config)
  stage = [x for x in _unmoved(trainer) if 'render' not in x]
  assert not stage


def test_the_papers_losses_alone_train_stage_2_from_nothing():
  config = config_lib.Config()  # The paper's weights.
  tiny = samples.config()
  config.data = tiny.data
  config.flow.channels, config.flow.fpn_channels = (16, 24, 32, 32), 32
  config.flow.train.batch_size = 8
  tf.keras.utils.set_random_seed(5)
  trainer = trainers.FlowTrainer(config)
  trainer.compile(optimizer=tf.keras.optimizers.Adam(2e-3, beta_1=0.5))
  step, curve = tf.function(trainer.train_step), []
  record = {k: tf.constant(v) for k, v in tiny_run.records(8).items()}
  for _ in range(100):
    for metric in trainer.metrics:
      metric.reset_state()
    curve.append({name: float(v) for name, v in step(record).items()})
  for name in ('structure', 'roi_perceptual'):
    first = np.mean([values[name] for values in curve[:3]])
    last = np.mean([values[name] for values in curve[-10:]])
    # Without a gradient at the identity they stay to the last digit.
    assert last < 0.8 * first, (name, first, last)
