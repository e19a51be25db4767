# SPDX-License-Identifier: Apache-2.0
"""Claims: pictures are resized and blurred as Pillow and OpenCV do it."""

import cv2
import numpy as np
from PIL import Image
import pytest
import tensorflow as tf

from clothflow_tf.inference import edges
from export.serving.graph import resampling

_RNG = np.random.default_rng(0)
PHOTO = _RNG.integers(0, 256, (117, 90, 3), np.uint8)
PLANES = _RNG.normal(size=(64, 48, 4)).astype(np.float32)
# Sums of some hundred products of about 1, in single precision.
ROUNDING = 2e-6


@pytest.mark.parametrize(
  ('ours', 'theirs'),
  [
    (resampling.BICUBIC, Image.Resampling.BICUBIC),
    (resampling.BOX, Image.Resampling.BOX),
    (resampling.BILINEAR, Image.Resampling.BILINEAR),
  ],
)
@pytest.mark.parametrize('size', [(64, 48), (200, 131), (117, 31)])
def test_pillows_filters_are_met_to_the_bit(ours, theirs, size):
  result = resampling.pillow(tf.constant(PHOTO), tf.constant(size), ours)
  expected = Image.fromarray(PHOTO).resize(size[::-1], theirs)
  np.testing.assert_array_equal(result, expected)


def test_a_part_between_pixels_is_resized_to_the_bit():
  rows, columns = ((1.37, 100.2), (0.81, 80.77))
  spans = tuple(
    resampling.Span(*tf.constant(x, tf.float64)) for x in (rows, columns)
  )
  size = (64, 48)
  result = resampling.pillow(
    tf.constant(PHOTO), tf.constant(size), resampling.BICUBIC, spans
  )
  box = (columns[0], rows[0], columns[1], rows[1])
  expected = Image.fromarray(PHOTO).resize((48, 64), Image.BICUBIC, box)
  np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize('factor', [2, 3, 7])
def test_squares_are_averaged_to_the_bit_also_at_the_edge(factor):
  result = resampling.reduced(tf.constant(PHOTO), tf.constant(factor))
  expected = Image.fromarray(PHOTO).reduce(factor)
  np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize('size', [(58, 45), (39, 30), (100, 77), (117, 45)])
def test_areas_are_those_of_opencv(size):
  photo = PHOTO[:116] if size == (58, 45) else PHOTO
  result = resampling.area(tf.constant(photo), tf.constant(size))
  expected = cv2.resize(photo, size[::-1], interpolation=cv2.INTER_AREA)
  np.testing.assert_array_equal(result, expected)


def test_planes_are_enlarged_as_by_remap_with_its_rounded_places():
  y = np.linspace(-7, 70, 133).astype(np.float32)
  x = np.linspace(-3, 52, 111).astype(np.float32)
  result = resampling.enlarged(
    tf.constant(PLANES), tf.constant(y), tf.constant(x)
  )
  expected = cv2.remap(
    PLANES,
    *np.meshgrid(x, y),
    cv2.INTER_LINEAR,
    borderMode=cv2.BORDER_REPLICATE,
  )
  np.testing.assert_allclose(result, expected, atol=ROUNDING)


@pytest.mark.parametrize('sigma', [0.7, 1.0, 16.0])
def test_planes_of_the_model_are_blurred_as_by_opencv(sigma):
  result = resampling.smooth(tf.constant(PLANES), sigma)
  expected = edges.smooth(PLANES, sigma)
  np.testing.assert_allclose(result, expected, atol=ROUNDING)


@pytest.mark.parametrize('sigma', [0.3, 2.0, 9.0])
def test_planes_of_the_photo_are_blurred_as_by_opencv(sigma):
  plane = PHOTO[..., 0] / np.float32(255)
  wide = tf.constant(sigma, tf.float64)
  margin = int(resampling.reach(wide))
  padded = tf.constant(np.pad(np.tile(plane, (2, 1)), margin, 'edge'))
  result = resampling.blurred(padded, wide)
  expected = edges.smooth(np.tile(plane, (2, 1)), sigma)
  np.testing.assert_allclose(result, expected, atol=ROUNDING)
