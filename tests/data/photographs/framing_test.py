# SPDX-License-Identifier: Apache-2.0
"""Claims about fitting pictures of any size, with their keypoints."""

import io

import numpy as np
from PIL import Image
import pytest

from clothflow_tf.data.photographs import framing as framing_lib

FRAME = (64, 48)
SHAPES = [(256, 192), (48, 36), (64, 48), (200, 200), (100, 300), (333, 77)]


def _spot(image):
  """Returns the centre of mass (x, y) of [h, w]."""
  weight = image.astype(float)
  rows, columns = np.indices(image.shape)
  x, y = (weight * columns).sum(), (weight * rows).sum()
  return np.array([x, y]) / weight.sum()


@pytest.mark.parametrize('shape', SHAPES)
@pytest.mark.parametrize(
  # A filter's error; the half pixel to which nearest neighbour rounds.
  ('resample', 'tolerance'),
  [(Image.Resampling.BICUBIC, 0.05), (Image.Resampling.NEAREST, 0.51)],
)
def test_a_joint_stays_on_the_same_spot(shape, resample, tolerance):
  x, y, radius = shape[1] // 3, shape[0] // 4, min(shape) // 8
  rows, columns = np.indices(shape)
  near = (abs(rows - y) <= radius) & (abs(columns - x) <= radius)
  letterbox = framing_lib.Letterbox(shape, FRAME)
  image = letterbox.pixels(near * np.uint8(255), resample, 0)
  joint = letterbox.points(np.array([[x, y, 0.7]]))[0]
  np.testing.assert_allclose(_spot(image), joint[:2], atol=tolerance)
  assert joint[2] == np.float32(0.7)


@pytest.mark.parametrize('shape', SHAPES)
def test_nothing_is_cropped_and_one_side_is_full(shape):
  letterbox = framing_lib.Letterbox(shape, FRAME)
  bright = np.full(shape, 255, np.uint8)
  image = letterbox.pixels(bright, Image.Resampling.BICUBIC, 0) > 0
  rows, columns = image.any(1).sum(), image.any(0).sum()
  assert rows == FRAME[0] or columns == FRAME[1]
  assert image.sum() == rows * columns
  # The aspect ratio is kept to the half pixel of rounding either side.
  scale = min(FRAME[0] / shape[0], FRAME[1] / shape[1])
  assert abs(rows - shape[0] * scale) <= 0.5
  assert abs(columns - shape[1] * scale) <= 0.5


def test_the_picture_is_centred():
  letterbox = framing_lib.Letterbox((32, 48), FRAME)
  image = np.full((32, 48), 255, np.uint8)
  framed = letterbox.pixels(image, Image.Resampling.NEAREST, 0)
  centre = (np.array(FRAME[::-1]) - 1) / 2
  np.testing.assert_allclose(_spot(framed), centre)


def test_a_border_is_the_edge_or_a_colour():
  image = np.random.default_rng(0).integers(0, 256, (32, 48, 3), np.uint8)
  letterbox = framing_lib.Letterbox((32, 48), FRAME)
  margins = [(16, 16), (0, 0), (0, 0)]
  edge = letterbox.pixels(image, Image.Resampling.BICUBIC)
  np.testing.assert_array_equal(edge, np.pad(image, margins, 'edge'))
  teal = np.array([0, 128, 120])
  framed = letterbox.pixels(image, Image.Resampling.BICUBIC, teal)
  np.testing.assert_array_equal(framed[16:48], image)
  assert (framed[:16] == teal).all()
  assert (framed[48:] == teal).all()


def test_a_sliver_keeps_at_least_a_pixel():
  letterbox = framing_lib.Letterbox((1, 1000), FRAME)
  image = np.full((1, 1000), 255, np.uint8)
  framed = letterbox.pixels(image, Image.Resampling.BICUBIC, 0)
  assert (framed > 0).sum() == FRAME[1]


def test_joints_outside_or_without_confidence_become_zeros():
  height, width = shape = (256, 192)
  outside = [(-0.1, 9, 1), (9, -0.1, 1), (width, 9, 1), (9, height, 1)]
  outside += [(-1, -1, 1), (1e9, 9, 1), (9, 9, 0)]
  letterbox = framing_lib.Letterbox(shape, FRAME)
  assert not letterbox.points(np.array(outside)).any()


def test_joints_on_the_edge_stay_within_the_frame():
  height, width = shape = (256, 192)
  edge = np.array([(0, height - 0.1, 1), (width - 0.1, 0, 1)])
  letterbox = framing_lib.Letterbox(shape, FRAME)
  expected = [[0, FRAME[0] - 1, 1], [FRAME[1] - 1, 0, 1]]
  assert letterbox.points(edge).tolist() == expected


@pytest.mark.parametrize('factor', [2, 4, 8])
@pytest.mark.parametrize('more', [0, 1, 3, 5])
def test_a_reduced_jpeg_does_not_shift_against_its_png(factor, more):
  # A soft spot near the far corner, where a stretched picture is farthest off.
  shape = FRAME[0] * factor + more, FRAME[1] * factor + more
  rows, columns = np.indices(shape)
  away = np.hypot(rows - 0.85 * shape[0], columns - 0.85 * shape[1])
  spot = np.rint(250 * np.exp(-((away / (2 * factor)) ** 2))).astype(np.uint8)
  content = io.BytesIO()
  Image.fromarray(spot).save(content, 'JPEG', quality=100)
  jpeg = Image.open(content)
  jpeg.draft('L', tuple(side // factor for side in shape[::-1]))
  assert jpeg.size == tuple(-(-side // factor) for side in shape[::-1])
  letterbox = framing_lib.Letterbox(shape, FRAME)
  of_jpeg, of_png = (
    _spot(letterbox.pixels(image, Image.Resampling.BICUBIC, 0))
    for image in (np.asarray(jpeg), spot)
  )
  # JPEG's error. Stretching moves the spot by more than this in every case.
  np.testing.assert_allclose(of_jpeg, of_png, atol=0.05)


def test_what_was_not_reduced_is_stretched_as_it_is():
  assert framing_lib.reduced((64, 48), (64, 48)) is None
  assert framing_lib.reduced((64, 48), (30, 24)) is None
  assert framing_lib.reduced((63, 45), (32, 23)) == (31.5, 22.5)
  assert framing_lib.reduced((63, 45), (8, 6)) == (7.875, 5.625)
