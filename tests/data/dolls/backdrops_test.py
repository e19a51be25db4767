# SPDX-License-Identifier: Apache-2.0
"""Claims about backdrops: one seed one picture, any size, the named shares."""

import numpy as np
import pytest

from clothflow_tf.data.dolls import backdrops
from clothflow_tf.data.dolls import bystanders
from clothflow_tf.data.dolls import frames
from clothflow_tf.data.dolls import lighting
from clothflow_tf.data.dolls import scenery

FRAME = frames.Frame(256, 192)


@pytest.mark.parametrize('kind', backdrops.KINDS)
def test_the_same_generator_paints_the_same_bytes(kind):
  one, again, other = (
    backdrops.paint(np.random.default_rng(seed), FRAME, kind)
    for seed in (4, 4, 5)
  )
  assert one.tobytes() == again.tobytes()
  assert one.tobytes() != other.tobytes()


@pytest.mark.parametrize('kind', backdrops.KINDS)
@pytest.mark.parametrize('frame', [FRAME, frames.Frame(131, 97)])
def test_a_backdrop_fills_any_frame_with_colours(kind, frame):
  for seed in range(6):
    picture = backdrops.paint(np.random.default_rng(seed), frame, kind)
    assert picture.shape == (*frame, 3)
    assert picture.dtype == np.float32
    assert np.isfinite(picture).all()
    assert picture.min() >= 0
    assert picture.max() <= 255


def test_kinds_come_in_the_shares_of_their_weights(monkeypatch):
  monkeypatch.setattr(backdrops, 'paint', lambda rng, frame, kind: kind)
  rng, n = np.random.default_rng(1), 4000
  drawn = [backdrops.backdrop(rng, FRAME) for _ in range(n)]
  total = sum(kind.weight for kind in backdrops.KINDS.values())
  for name, kind in backdrops.KINDS.items():
    share = kind.weight / total
    # Four standard deviations of a binomial: one run in 16,000 is beyond.
    bound = 4 * np.sqrt(share * (1 - share) / n)
    assert abs(drawn.count(name) / n - share) < bound, name
  assert 0.4 < drawn.count('light_studio') / n < 0.5


def test_light_keeps_a_grey_wall_nearly_grey():
  wall = scenery.blank(frames.Frame(64, 48), np.full(3, 128.0))
  for seed in range(40):
    lit = lighting.light(np.random.default_rng(seed), wall, walled=True)
    means = lit.mean((0, 1))
    # The strongest white balance differs by a fifth, noise by 3 x 0.015 x 2.
    assert means.max() / means.min() < 1.35


def test_no_shadow_falls_on_what_has_no_wall(monkeypatch):
  def fail(rng, grid):
    raise AssertionError('a shadow on the sky')

  monkeypatch.setattr(lighting, '_person_shadow', fail)
  monkeypatch.setattr(lighting, '_window_light', fail)
  sky = scenery.blank(frames.Frame(32, 24), np.full(3, 200.0))
  for seed in range(40):
    lighting.light(np.random.default_rng(seed), sky, walled=False)
  with pytest.raises(AssertionError, match='a shadow'):
    for seed in range(40):
      lighting.light(np.random.default_rng(seed), sky, walled=True)


def test_rooms_have_edges_and_studios_have_none():
  def steepest(kind):
    pictures = (
      backdrops.paint(np.random.default_rng(seed), FRAME, kind)
      for seed in range(12)
    )
    return [np.abs(np.diff(picture, axis=1)).max() for picture in pictures]

  assert max(steepest('light_studio')) < 4  # Grey levels from pixel to pixel.
  assert np.median(steepest('room')) > 25
  assert np.median(steepest('bricks')) > 15


def test_a_bystander_comes_in_from_an_edge_and_leaves_the_rest():
  ground = np.full((*FRAME, 3), 97.25, np.float32)
  shares = []
  for seed in range(30):
    picture = bystanders.draw(np.random.default_rng(seed), ground)
    changed = (picture != ground).any(2)
    # Whatever is drawn hangs together with the left or the right edge.
    shares.append(changed.mean())
    if changed.any():
      assert changed[:, 0].any() or changed[:, -1].any()
    assert (picture[~changed] == 97.25).all()
    assert picture.min() >= 0
    assert picture.max() <= 255
  assert max(shares) < 0.6
  assert np.mean(np.array(shares) > 0.01) > 0.8


def test_six_backdrops_in_a_hundred_have_a_bystander():
  ground = np.full((32, 24, 3), 97.25, np.float32)
  rng, n = np.random.default_rng(3), 1500
  kept = sum(bystanders.add(rng, ground) is ground for _ in range(n))
  share = bystanders.SHARE
  # Four standard deviations of a binomial.
  assert abs(1 - kept / n - share) < 4 * np.sqrt(share * (1 - share) / n)
  assert share == 0.06


def test_a_bystander_is_the_same_for_the_same_generator():
  ground = np.full((*FRAME, 3), 97.25, np.float32)
  one, again = (
    bystanders.draw(np.random.default_rng(8), ground) for _ in range(2)
  )
  assert one.tobytes() == again.tobytes()
