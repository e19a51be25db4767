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


def _without_real(painted, new):
  """Returns new skin where the photo shows none."""
  picture = np.zeros((*SIZE, 3), np.float32)
  return skin.joined(painted, picture, np.zeros(SIZE, bool), new)


def test_without_real_skin_an_even_tone_stays():
  painted = np.broadcast_to(OURS, (*SIZE, 3)).copy()
  for new in (np.zeros(SIZE, bool), np.ones(SIZE, bool)):
    np.testing.assert_allclose(_without_real(painted, new), painted, atol=0.01)


def test_a_limb_has_half_of_its_painted_shade():
  new = np.zeros(SIZE, bool)
  new[6:18] = True
  painted = np.broadcast_to(OURS, (*SIZE, 3)).copy()
  # Dark at both rims, and so what is continued beyond them.
  painted[:8] *= 0.8
  painted[16:] *= 0.8
  result = _without_real(painted, new)[6:18, 60].mean(-1)
  before = painted[6:18, 60].mean(-1)
  ratio = (result.max() - result.min()) / (before.max() - before.min())
  assert 0.4 < ratio < 0.6
  np.testing.assert_allclose(result.mean(), before.mean(), rtol=0.03)


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
  for depth, expected in ((0.9, 0.95), (0.2, skin.DETAIL[0])):
    painted = np.broadcast_to(OURS, (*SIZE, 3)).copy()
    painted[12] *= depth
    result = _joined(painted=painted)[:, SEEN + 2]
    ratio = result[12].mean() / result[2].mean()
    # A fold darkens what is around a bit, too.
    assert abs(ratio - expected) < 0.04
