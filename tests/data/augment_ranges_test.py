# SPDX-License-Identifier: Apache-2.0
"""Claims about how far augmentation goes: as asked, both ways, evenly."""

import colorsys

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf.data import augment

EXAMPLES, SIDE = 600, 64
CENTER, HALF = (SIDE - 1) / 2, 8.0
# Of 600 even draws, the outermost lie this near to an end, as a share.
NEAR = 0.02


def _record(color=(0, 0, 0)):
  """Examples of one colour, with two keypoints, and the column `CENTER`'s."""
  layout = np.zeros((EXAMPLES, SIDE, SIDE), np.uint8)
  image = np.full((*layout.shape, 3), color, np.uint8)
  points = np.zeros((EXAMPLES, 18, 3), np.float32)
  points[:, 0] = CENTER - HALF, CENTER, 1.0  # A nose,
  points[:, 1] = CENTER + HALF, CENTER, 1.0  # and a neck: no left and right.
  return {
    'target_image': image,
    'source_image': image,
    'target_layout': layout,
    'source_layout': layout,
    'target_keypoints': points,
    'source_keypoints': points,
    'position': np.arange(EXAMPLES),
  }


def _augmented(record, **settings):
  function = augment.make(config_lib.AugmentConfig(**settings), 0)
  varied = function({key: tf.constant(x) for key, x in record.items()})
  return {key: value.numpy() for key, value in varied.items()}


def _moves(side, **settings):
  """Returns scale, degrees and shift (x, y) of each example."""
  points = _augmented(_record(), **settings)[f'{side}_keypoints']
  nose, neck = points[:, 0, :2], points[:, 1, :2]
  x, y = ((neck - nose) / (2.0 * HALF)).T
  middle = (nose + neck) / 2.0 - CENTER
  return {
    'scale': np.hypot(x, y),
    'rotation': np.degrees(np.arctan2(y, x)),
    'x': middle[:, 0] / SIDE,
    'y': middle[:, 1] / SIDE,
  }


def _require_even(values, low, high):
  span = high - low
  assert low - 1e-3 <= values.min() <= low + NEAR * span
  assert high - NEAR * span <= values.max() <= high + 1e-3
  # A mean of 600 even draws has a deviation of 0.012 of their span.
  assert values.mean() == pytest.approx((low + high) / 2, abs=0.05 * span)


@pytest.mark.parametrize('side', ['target', 'source'])
@pytest.mark.parametrize(
  ('settings', 'seen', 'span'),
  [
    ({'scale': 0.2}, 'scale', (0.8, 1.2)),
    ({'rotation': 15.0}, 'rotation', (-15.0, 15.0)),
    ({'shift': 0.1}, 'x', (-0.1, 0.1)),
    ({'shift': 0.1}, 'y', (-0.1, 0.1)),
  ],
)
def test_geometry_spans_what_is_asked(side, settings, seen, span):
  moves = _moves(side, **settings)
  _require_even(moves.pop(seen), *span)
  still = {'scale': 1.0, 'rotation': 0.0, 'x': 0.0, 'y': 0.0}
  for name in moves.keys() - {'x', 'y'}:
    np.testing.assert_allclose(moves[name], still[name], atol=1e-4)


def test_draws_of_one_example_are_independent():
  moves = _moves('target', scale=0.2, rotation=15.0, shift=0.1)
  correlation = np.corrcoef(list(moves.values())) - np.eye(len(moves))
  # Of 600 independent pairs it has a deviation of 0.04.
  assert np.abs(correlation).max() < 0.15


def test_source_and_target_move_alike():
  settings = {'scale': 0.2, 'rotation': 15.0, 'shift': 0.1}
  source, target = (_moves(side, **settings) for side in ('source', 'target'))
  for name, values in source.items():
    np.testing.assert_array_equal(values, target[name], err_msg=name)


def test_as_many_are_mirrored_as_asked():
  points = _augmented(_record(), flip=0.3)['target_keypoints']
  mirrored = (points[:, 0, 0] > CENTER).mean()
  # A share of 600 draws has a deviation of 0.019.
  assert mirrored == pytest.approx(0.3, abs=0.06)


def test_rotated_pixels_turn_clockwise_as_keypoints_do():
  record = _record()
  record['target_image'] = record['target_image'].copy()
  record['target_image'][:, 30:34, 40:] = 255  # From the centre to the right.
  moved = _augmented(record, rotation=20.0)
  rows = np.mgrid[:SIDE, :SIDE][0]
  light = moved['target_image'][..., 0].astype(float)
  height = (light * rows).sum((1, 2)) / light.sum((1, 2)) - CENTER
  neck = moved['target_keypoints'][:, 1, 1] - CENTER
  assert np.corrcoef(height, neck)[0, 1] > 0.99


# Red, half saturated, neither dark nor light.
COLOR = (180, 90, 90)


def _colors(**settings):
  """Returns hue (in circles, about 0), saturation and value of each example."""
  images = _augmented(_record(COLOR), **settings)['source_image']
  colors = np.array([colorsys.rgb_to_hsv(*(x[0, 0] / 255.0)) for x in images])
  return {
    'hue': (colors[:, 0] + 0.5) % 1.0 - 0.5,
    'saturation': colors[:, 1],
    'value': colors[:, 2],
  }


def test_hues_turn_both_ways_as_far_as_asked():
  colors = _colors(hue=0.2)  # Of a half circle.
  span, hue = 0.1, colors['hue']
  assert -span - 0.01 <= hue.min() <= -0.9 * span
  assert 0.9 * span <= hue.max() <= span + 0.01
  np.testing.assert_allclose(colors['saturation'], 0.5, atol=0.02)


def test_saturation_falls_and_rises():
  much, little = (_colors(saturation=x)['saturation'] for x in (1.0, 0.1))
  assert much.min() < 0.05 and much.max() > 0.95
  # keras-cv multiplies by f / (1 - f), f even between 0.45 and 0.55; of 8 bits.
  low, high = (0.5 * f / (1.0 - f) for f in (0.45, 0.55))
  assert low - 0.01 <= little.min() <= low + 0.02
  assert high - 0.02 <= little.max() <= high + 0.01


def test_brightness_falls_and_rises_as_far_as_asked():
  value = _colors(brightness=0.1)['value']
  _require_even(value - COLOR[0] / 255.0, -0.1, 0.1)
