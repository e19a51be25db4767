# SPDX-License-Identifier: Apache-2.0
"""Claims about continuing known pixels into unknown ones."""

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf.inputs import filling
from tests import samples

SIZE = (32, 24)


def _known(box):
  known = np.zeros((1, *SIZE, 1), np.float32)
  known[box] = 1.0
  return tf.constant(known)


def test_known_pixels_stay_to_the_bit():
  image = tf.constant(samples.uniform((1, *SIZE, 3), -1.0, 1.0))
  known = _known(np.s_[:, 3:20, 5:9])
  result = filling.continued(image, known)
  np.testing.assert_array_equal(result * known, image * known)


def test_unknown_pixels_take_the_colour_of_the_nearest_known_ones():
  image = np.zeros((1, *SIZE, 3), np.float32)
  image[:, :, :12], image[:, :, 12:] = -0.5, 0.5
  known = np.zeros((1, *SIZE, 1), np.float32)
  known[:, :, :4], known[:, :, 20:] = 1.0, 1.0
  result = filling.continued(tf.constant(image), tf.constant(known)).numpy()
  row = result[0, :, :, 0].mean(axis=0)
  assert row[:5].max() < -0.1
  assert row[19:].min() > 0.1
  # From one colour to the other, and never beyond.
  assert -0.5 <= row.min() < row.max() <= 0.5


def test_what_is_unknown_has_no_say():
  image = samples.uniform((1, *SIZE, 3), -1.0, 1.0)
  known = _known(np.s_[:, 10:20, 8:14])
  other = np.where(known.numpy() > 0, image, -0.9).astype(np.float32)
  for fill in (
    filling.continued,
    lambda image, known: filling.spread(image, [filling.Region(known)], 4)[0],
  ):
    np.testing.assert_allclose(
      fill(tf.constant(image), known),
      fill(tf.constant(other), known),
      atol=1e-6,
    )


def test_of_nothing_known_the_default_is_left():
  image, nothing = tf.ones([1, *SIZE, 3]), tf.zeros([1, *SIZE, 1])
  default = (0.5, 0.25, -0.5)
  for result in (
    filling.continued(image, nothing, default),
    filling.spread(image, [filling.Region(nothing, default)], 4)[0],
  ):
    expected = np.broadcast_to(np.float32(default), result.shape)
    np.testing.assert_allclose(result, expected, atol=1e-6)


def test_each_example_is_filled_by_its_own_pixels():
  images = tf.constant([0.25, -0.75])[:, None, None, None] * tf.ones(
    [2, *SIZE, 3]
  )
  known = tf.tile(_known(np.s_[:, 4:8, 4:8]), [2, 1, 1, 1])
  result = filling.continued(images, known)
  np.testing.assert_allclose(result, images, atol=1e-6)


# What was removed, mixtures of it, nearly the part's own, and a print's colour.
@pytest.mark.parametrize(
  ('seam', 'shown'),
  [
    ((0.8, 0.8, 0.8), None),
    ((0.3, 0.3, 0.3), None),
    ((-0.05, -0.05, -0.05), None),
    ((-0.2, -0.2, -0.2), (-0.2, -0.2, -0.2)),
    ((0.6, -0.6, -0.6), (0.6, -0.6, -0.6)),
  ],
)
@pytest.mark.parametrize('width', [1, 2])
def test_a_widened_part_runs_on_and_drops_mixtures(width, seam, shown):
  image = np.full((1, *SIZE, 3), 0.8, np.float32)
  image[:, :, :10] = -0.4  # The part, but for a seam at its edge.
  seam_at = np.s_[:, :, 10 - width : 10]
  image[seam_at] = seam
  shown = (-0.4, -0.4, -0.4) if shown is None else shown
  kept, hole = _known(np.s_[:, :, :10]), _known(np.s_[:, :, 10:20])
  emptied = np.where(hole.numpy() > 0, 0.0, image).astype(np.float32)
  emptied, image = tf.constant(emptied), tf.constant(image)
  result = filling.widened(emptied, image, kept, hole, 2).numpy()
  np.testing.assert_allclose(result[:, :, : 10 - width], -0.4, atol=1e-6)
  shown = np.broadcast_to(np.float32(shown), result[seam_at].shape)
  np.testing.assert_allclose(result[seam_at], shown, atol=1e-6)
  np.testing.assert_allclose(result[:, :, 10], -0.4, atol=1e-6)
  np.testing.assert_allclose(result[:, :, 12:20], 0.0, atol=1e-6)
  np.testing.assert_allclose(result[:, :, 20:], 0.8, atol=1e-6)
