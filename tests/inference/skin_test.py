# SPDX-License-Identifier: Apache-2.0
"""Claims: new skin begins in the real skin's tone, and ends in its own."""

import numpy as np

from clothflow_tf.inference import skin

SIZE = (24, 120)
REAL, OURS = np.float32([150, 110, 90]), np.float32([210, 170, 150])
# Columns of real skin; to the right all is new.
SEEN = 30


def _joined(painted=None, picture=None):
  """Real skin at the left, painted skin at the right."""
  real = np.zeros(SIZE, bool)
  real[:, :SEEN] = True
  if painted is None:
    painted = np.broadcast_to(OURS, (*SIZE, 3)).copy()
  if picture is None:
    picture = np.where(real[..., None], REAL, np.float32(0))
  return skin.joined(painted, picture, real, ~real)


def test_without_real_skin_the_painted_stays():
  painted = np.random.default_rng(0).uniform(0, 255, (*SIZE, 3))
  nowhere, everywhere = np.zeros(SIZE, bool), np.ones(SIZE, bool)
  picture = np.zeros((*SIZE, 3), np.float32)
  result = skin.joined(painted.astype(np.float32), picture, nowhere, everywhere)
  np.testing.assert_array_equal(result, painted.astype(np.float32))


def test_there_is_no_step_and_far_away_the_tone_is_the_models():
  line = _joined()[12]
  # What is beyond the real skin, which is black here, is no part of its tone.
  np.testing.assert_allclose(line[SEEN], REAL, atol=1)
  far = line[SEEN + 3 * round(skin.REACH) :]
  np.testing.assert_allclose(far, np.broadcast_to(OURS, far.shape), atol=1)
  steps = np.diff(line[:, 0])
  assert steps.min() > -0.01
  # The tones are 60 apart: one step, without it.
  assert steps.max() < 10


def test_skin_of_one_tone_stays():
  same = np.broadcast_to(REAL, (*SIZE, 3)).copy()
  np.testing.assert_allclose(_joined(painted=same), same, atol=0.01)


def test_new_skin_keeps_its_folds_but_no_stripes():
  for depth, expected in ((0.9, 0.9), (0.2, skin.DETAIL[0])):
    painted = np.broadcast_to(OURS, (*SIZE, 3)).copy()
    painted[12] *= depth
    result = _joined(painted=painted)[:, SEEN + 2]
    ratio = result[12].mean() / result[2].mean()
    # A fold darkens what is around a bit, too.
    assert abs(ratio - expected) < 0.04
