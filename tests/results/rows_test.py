# SPDX-License-Identifier: Apache-2.0
"""Claims about the rows of the comparison: valid, alike but for one thing."""

import dataclasses
import functools
import importlib

import pytest

from clothflow_tf import config as config_lib
from clothflow_tf.results import rows as rows_lib

CONFIGS = {'try_on': 'configs.demo', 'pose_transfer': 'configs.demo_pose'}
STEPS = 700
FEATURES = rows_lib.Features('alexnet', 'alexnet.npz')


def _rows(features=FEATURES):
  return [
    pytest.param(task, row, id=f'{task} {row.name}')
    for task in CONFIGS
    for row in rows_lib.of(task, STEPS, features)
  ]


def _changed(task, row):
  config = importlib.import_module(CONFIGS[task]).get_config()
  for key, value in row.changes.items():
    *sections, name = key.split('.')
    section = functools.reduce(getattr, sections, config)
    assert type(getattr(section, name)) is type(value), key
    setattr(section, name, value)
  return config_lib.validate(config)


@pytest.mark.parametrize(('task', 'row'), _rows())
def test_a_row_is_a_valid_configuration(task, row):
  assert _changed(task, row).data.task == task


@pytest.mark.parametrize(('task', 'row'), _rows())
def test_rows_share_only_stages_that_they_do_not_change(task, row):
  before = importlib.import_module(CONFIGS[task]).get_config()
  after = _changed(task, row)
  for stage in ('layout', 'render'):
    assert getattr(before, stage) == getattr(after, stage)
  # What all stages see may differ only where all are trained anew.
  assert (before.data == after.data) or row.own == config_lib.STAGES


@pytest.mark.parametrize(('task', 'row'), _rows())
def test_no_row_has_another_budget_or_network_than_it_says(task, row):
  before = importlib.import_module(CONFIGS[task]).get_config()
  after = _changed(task, row)
  assert before.flow.train == after.flow.train
  same = {key: getattr(before.flow, key) for key in ('channels', 'target_pose')}
  assert same == {key: getattr(after.flow, key) for key in same}


def test_names_are_given_once_and_every_motion_has_a_row():
  rows = rows_lib.of('try_on', STEPS, FEATURES)
  names = [row.name for row in rows]
  assert len(names) == len(set(names))
  field = {x.name: x for x in dataclasses.fields(config_lib.FlowConfig)}
  assert set(field['motion'].metadata['choices']) <= set(names)


def _losses(name, features=FEATURES):
  rows = {x.name: x for x in rows_lib.of('try_on', STEPS, features)}
  return _changed('try_on', rows[name])


def test_a_cold_start_never_sees_the_true_flow():
  flow = _losses('paper_cold').flow
  assert (flow.endpoint, flow.warm_start.end) == (0.0, 0)


def test_a_warm_start_ends_on_the_papers_losses_and_ablations_lack_one():
  warm = _losses('paper_warm').flow
  assert warm.endpoint > 0 and warm.warm_start.endpoint == 0.0
  assert 0 < warm.warm_start.end < STEPS
  assert (warm.roi_perceptual, warm.structure, warm.smoothness) == (1, 10, 2)
  for name, changes in {
    'no_structure': {'structure': 0.0},
    'no_smoothness': {'smoothness': 0.0},
    'no_roi': {'roi': False},
  }.items():
    assert _losses(name).flow == dataclasses.replace(warm, **changes)


def test_pixels_differ_from_features_only_in_the_network():
  pixels, warm = _losses('pixels'), _losses('paper_warm')
  assert pixels.flow == warm.flow
  assert (pixels.perceptual.network, warm.perceptual.network) == (
    'none',
    'alexnet',
  )
