# SPDX-License-Identifier: Apache-2.0
"""Claims about the profile: its pieces are the model, each with its work."""

import json

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf.models import try_on
from export import pieces
from tests import tiny_run


@pytest.fixture(scope='module')
def run_dir(tmp_path_factory):
  folder = str(tmp_path_factory.mktemp('profile') / 'run')
  config = tiny_run.config()
  config.render.warped_mask = True
  tiny_run.write_random(config, folder)
  return folder


def test_the_pieces_in_turn_are_the_model(run_dir):
  model = try_on.load(run_dir, warp='flat')
  raw = {k: tf.constant(x) for k, x in tiny_run.raw_inputs(1)[0].items()}
  tensors = dict(raw)
  for piece in pieces.pieces(model).values():
    tensors = {**tensors, **piece(tensors)}
  expected = model(raw)
  np.testing.assert_allclose(tensors['flow'], expected['flow'], atol=1e-4)
  label = np.argmax(tensors['hard'], -1)
  np.testing.assert_array_equal(label, expected['layout'])


def test_the_program_says_where_the_time_goes(run_dir, tmp_path):
  path = tmp_path / 'profile.json'
  done = tiny_run.call(
    'export.profile',
    *(f'--run_dir={run_dir}', '--threads=1', '--runs=3', f'--json={path}'),
  )
  assert done.status == 0, done.errors
  rows = {row['name']: row for row in json.loads(path.read_text())}
  assert sum(row['share'] for row in rows.values()) == pytest.approx(1.0)
  for name in ('layout network', 'render network'):
    assert rows[name]['gflop'] > 0 and rows[name]['roofline'] > 0
    assert rows[name]['kinds']['CONV_2D'] > 3
  assert 'render network' in done.output


def test_gflop_of_a_convolution_are_counted_by_hand():
  roof = pieces.roofline(1)
  assert roof.gflop == pytest.approx(2 * 9 * 128 * 128 * 64 * 48 / 1e9)
