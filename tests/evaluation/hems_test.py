# SPDX-License-Identifier: Apache-2.0
"""Claims about whose hem a predicted garment has."""

import numpy as np
import pytest

from clothflow_tf.evaluation import hems


def _hems(old_share, new_share, noise=0.0):
  random = np.random.default_rng(2)
  old, new = random.uniform(0.4, 0.8, (2, 60))
  predicted = old_share * old + new_share * new + 0.05
  return hems.Hems(predicted + noise * random.standard_normal(60), old, new)


@pytest.mark.parametrize('shares', [(1.0, 0.0), (0.0, 1.0), (0.3, 0.6)])
def test_the_shares_come_out_again(shares):
  result = hems.follows(_hems(*shares))
  np.testing.assert_allclose(
    [result['hem_follows_old'], result['hem_follows_new']],
    shares,
    atol=1e-6,
  )


def test_noise_moves_them_little():
  result = hems.follows(_hems(0.0, 1.0, noise=0.01))
  # Standard errors are 0.01 / (0.115 sqrt(60)) = 0.011.
  assert abs(result['hem_follows_old']) < 0.04
  assert abs(result['hem_follows_new'] - 1.0) < 0.04


def test_where_a_body_stands_makes_no_hem_follow_another():
  random = np.random.default_rng(5)
  neck, torso = random.uniform(0.1, 0.4, 80), random.uniform(0.15, 0.4, 80)
  # A prediction that knows the body alone.
  predicted, old, new = (
    neck + torso * share
    for share in (np.full(80, 1.2), *random.uniform(1.0, 1.5, (2, 80)))
  )
  in_picture = hems.Hems(predicted, old, new)
  assert hems.follows(in_picture)['hem_follows_new'] > 0.3
  on_body = hems.on_body(in_picture, neck, torso)
  assert abs(hems.follows(on_body)['hem_follows_new']) < 1e-6


def test_of_a_few_examples_nothing_is_said():
  few = hems.Hems(*(values[:5] for values in _hems(0.0, 1.0)))
  assert hems.follows(few) == {}


def test_a_hem_is_right_within_four_hundredths_of_the_height():
  new = np.array([0.5, 0.5, 0.5, 0.5])
  predicted = np.array([0.5, 0.53, 0.55, 0.4])
  assert hems.right_share(hems.Hems(predicted, new, new)) == 0.5
