# SPDX-License-Identifier: Apache-2.0
"""Claims about curves: what a restart makes of them, and what they decide."""

import json

import pytest

from clothflow_tf import config as config_lib
from clothflow_tf.training import callbacks


def _history(path, **settings):
  return callbacks.History(str(path), config_lib.TrainConfig(**settings))


@pytest.mark.parametrize(
  ('epochs', 'kept'), [(10, []), (12, [0.2, 0.3]), (13, [0.2, 0.3, 0.4])]
)
def test_what_came_after_a_backup_is_dropped_wherever_curves_begin(
  tmp_path, epochs, kept
):
  path = tmp_path / 'history.json'
  path.write_text('{"epoch": [10, 11, 12], "loss": [0.2, 0.3, 0.4]}')
  history = _history(path, patience=5)
  history.load(epochs)
  assert history.curves['loss'] == kept
  assert not history.gave_up()


@pytest.mark.parametrize(
  'content',
  [
    '{"loss": [1.0',
    '[]',
    '{"loss": [1.0, 2.0]}',
    '{"epoch": [0, 1], "loss": 3}',
    '{"epoch": [0, 1], "loss": [1.0]}',
  ],
)
def test_broken_curves_are_an_error_that_says_what_to_do(tmp_path, content):
  path = tmp_path / 'history.json'
  path.write_text(content)
  message = 'history.json: not the curves .*remove it to go on without them'
  with pytest.raises(ValueError, match=message):
    _history(path).load(2)


@pytest.mark.parametrize(
  ('curves', 'over'),
  [
    ({'loss': [3, 2, 4]}, False),
    ({'loss': [3, 2, 4, 5]}, True),
    ({'loss': [3, 2, 4, 1]}, False),
    ({'loss': [9, 8, 7, 6], 'val_loss': [1, 2, 3, 4]}, True),
    ({'loss': [1, 2, 3, 4], 'val_loss': [4, 3, 2, 1]}, False),
  ],
)
def test_patience_counts_epochs_since_the_lowest(tmp_path, curves, over):
  path = tmp_path / 'history.json'
  epochs = list(range(len(curves['loss'])))
  path.write_text(json.dumps({'epoch': epochs, **curves}))
  history = _history(path, patience=2)
  history.load(4)
  assert history.gave_up() is over
