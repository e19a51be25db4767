# SPDX-License-Identifier: Apache-2.0
"""Claims about TensorBoard's panels: what they show, and that they only show.

That a training with panels ends with the same bits as one without is claimed in
`resume_test`, that of several workers one writes them in `distributed_test`.
"""

import dataclasses
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf.evaluation import pictures
from clothflow_tf.training import averages
from clothflow_tf.training import panels
from clothflow_tf.training import stage as stage_lib
from clothflow_tf.training import strategies
from tests import tiny_run
from tests.training import event_files

HEIGHT, WIDTH = tiny_run.HEIGHT, tiny_run.WIDTH
ROWS = 2


@pytest.fixture(scope='module')
def data_dir():
  return tiny_run.dolls()


def _config(data_dir, stage, **changes):
  """A stage of four epochs, one step each."""
  config = tiny_run.config()
  config.data.data_dir = data_dir
  train = {'batch_size': 2, 'steps': 4, 'steps_per_epoch': 1, 'shuffle': 4}
  section = getattr(config, stage)
  section.train = dataclasses.replace(
    section.train, **train, panel_examples=ROWS, **changes
  )
  return config_lib.validate(config)


def _columns(picture, names):
  """Returns each column of a panel without its title, by name."""
  body = picture[-ROWS * HEIGHT * (picture.shape[1] // len(names) // WIDTH) :]
  return dict(zip(names, np.split(body, len(names), axis=1), strict=True))


def _shrunk(column):
  return column[::2, ::2]


def test_panels_come_every_so_many_epochs_and_show_the_same_examples(
  data_dir, tmp_path
):
  config = _config(data_dir, 'layout', panel_epochs=2)
  strategy = strategies.make('one_device')
  stage_lib.train(config, 'layout', str(tmp_path), strategy)
  events = pathlib.Path(tmp_path, 'layout', 'events')
  summaries = event_files.images(events, 'layout')
  assert [step for step, _ in summaries] == [1, 3]
  names = pictures.stage_columns('layout', [])
  first, last = (_columns(picture, names) for _, picture in summaries)
  for name in names[:-1]:
    np.testing.assert_array_equal(first[name], last[name])
  assert (first['layout'] != last['layout']).any()
  record = panels.examples(config, ROWS)
  for name, field in (('garment', 'source'), ('person', 'person')):
    shown = np.split(_shrunk(first[name]), ROWS)
    np.testing.assert_array_equal(shown, record[f'{field}_image'])
  # The garment that the person wears is not in what the network sees.
  assert (first['agnostic'] != first['person']).any()


def _panels(config, stage):
  trainer = stage_lib.compiled(config, stage, '', strategies.make('one_device'))
  shown = panels.Panels(trainer, '')
  shown.set_model(trainer)
  return shown


@pytest.fixture(scope='module')
def flow(data_dir):
  """Panels of an untrained stage 2."""
  return _panels(_config(data_dir, 'flow', precision='float16'), 'flow')


def _shown(shown):
  """Returns the columns of a panel as it is now; the truth is checked."""
  trainer = shown.model
  names = pictures.stage_columns(trainer.stage, ['flow'])
  columns = _columns(shown.picture(), names)
  record = panels.examples(trainer.config, ROWS)
  truth = np.split(_shrunk(columns['truth']), ROWS)
  np.testing.assert_array_equal(truth, record['target_image'])
  assert columns['warped'].std() > 1.0
  return columns


def test_an_untrained_stage_2_shows_the_identity(flow):
  columns = _shown(flow)
  assert (columns['flow'] == 255).all()
  assert (columns['flow true'] != 255).any()


def test_an_untrained_stage_3_shows_a_picture(data_dir):
  config = _config(data_dir, 'render', precision='bfloat16')
  columns = _shown(_panels(config, 'render'))
  assert columns['result'].std() > 1.0


def test_a_flow_that_is_not_finite_ends_in_one_line(flow):
  # As after a step at an absurd rate: the panel comes before the next loss.
  [bias] = [x for x in flow.model.weights if 'estimate_1/bias' in x.name]
  bias.assign([np.nan, np.nan])
  strategy = flow.model.distribute_strategy
  message = 'flow: a flow is not finite; what is backed up is from before'
  with (
    pytest.raises(FloatingPointError, match=f'^{message}$'),
    stage_lib._explained(strategy, 'flow'),
  ):
    flow.picture()
  bias.assign([0.0, 0.0])


def test_a_panel_writes_no_variable_and_is_of_averaged_weights(data_dir):
  config = _config(data_dir, 'layout', ema=0.5)
  shown = _panels(config, 'layout')
  trainer = shown.model
  before = shown.picture()
  for variable in trainer.network.trainable_variables:
    variable.assign(2.0 * tf.ones_like(variable))  # The averages stay.
  variables = [*trainer.variables, *trainer.optimizer.variables]
  held = [variable.numpy() for variable in variables]
  np.testing.assert_array_equal(shown.picture(), before)
  for variable, value in zip(variables, held, strict=True):
    np.testing.assert_array_equal(variable.numpy(), value)


def test_averages_are_there_for_a_while(data_dir):
  trainer = _panels(_config(data_dir, 'layout', ema=0.5), 'layout').model
  variable = trainer.network.trainable_variables[0]
  start = variable.numpy()
  variable.assign(start + 1.0)
  with averages.averaged(trainer):
    np.testing.assert_array_equal(variable.numpy(), start)
  np.testing.assert_array_equal(variable.numpy(), start + 1.0)


def test_without_a_true_flow_there_is_no_column_of_it():
  with_flow = pictures.stage_columns('flow', ['flow'])
  without = pictures.stage_columns('flow', [])
  assert set(with_flow) - set(without) == {'flow true'}
