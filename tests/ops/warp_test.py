# SPDX-License-Identifier: Apache-2.0
"""Claims about the warp: its sign, its channels, its border, its gradient."""

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf.ops import warp
from tests import samples

# Two lerps of float32 values below 1 round by a few units of 6e-8; positions
# up to 32 lose 2e-6 of a pixel, which a difference of 1 turns into a value.
TOLERANCE = 5e-5
# At whole positions `warp` reads 5e-5 of a pixel off, along both axes.
NUDGED = 1.2e-4

FORMS = pytest.mark.parametrize(
  'function', [warp.warp, warp.exact_warp, warp.flat_warp]
)


def _image(height=9, width=12, channels=3):
  return samples.uniform((1, height, width, channels), 0.0, 1.0)


def _run(function, source, flow):
  return function(tf.constant(source), tf.constant(flow)).numpy()


def _twin(source, flow):
  """Bilinear sampling at (y + f_y, x + f_x), the border repeated."""
  batch, height, width, _ = source.shape
  warped = np.zeros_like(source)
  for b, row, column in np.ndindex(batch, height, width):
    x = np.clip(column + flow[b, row, column, 0], 0, width - 1)
    y = np.clip(row + flow[b, row, column, 1], 0, height - 1)
    left, top = int(np.floor(x)), int(np.floor(y))
    right, bottom = min(left + 1, width - 1), min(top + 1, height - 1)
    upper = _mix(source[b, top, left], source[b, top, right], x - left)
    lower = _mix(source[b, bottom, left], source[b, bottom, right], x - left)
    warped[b, row, column] = _mix(upper, lower, y - top)
  return warped


def _mix(a, b, share):
  return (1 - share) * a + share * b


@FORMS
def test_zero_flow_is_the_identity(function):
  image = _image()
  flow = np.zeros((1, 9, 12, 2), np.float32)
  warped = _run(function, image, flow)
  np.testing.assert_allclose(warped, image, atol=NUDGED)


@FORMS
def test_positive_x_reads_from_the_right(function):
  image = _image()
  warped = _run(function, image, samples.constant_flow(3, 0, (9, 12)))
  np.testing.assert_allclose(warped[:, :, :-3], image[:, :, 3:], atol=NUDGED)


@FORMS
def test_positive_y_reads_from_below(function):
  image = _image()
  warped = _run(function, image, samples.constant_flow(0, 2, (9, 12)))
  np.testing.assert_allclose(warped[:, :-2], image[:, 2:], atol=NUDGED)


@FORMS
def test_outside_the_border_repeats(function):
  image = _image()
  warped = _run(function, image, samples.constant_flow(-4, 0, (9, 12)))
  for column in range(5):
    np.testing.assert_allclose(
      warped[:, :, column], image[:, :, 0], atol=NUDGED
    )
  far = _run(function, image, samples.constant_flow(99, 99, (9, 12)))
  corner = np.broadcast_to(image[:, -1:, -1:], image.shape)
  np.testing.assert_allclose(far, corner, atol=NUDGED)


@FORMS
def test_half_a_pixel_is_the_mean_of_two_neighbours(function):
  image = _image()
  warped = _run(function, image, samples.constant_flow(0.5, 0, (9, 12)))
  mean = (image[:, :, :-1] + image[:, :, 1:]) / 2
  np.testing.assert_allclose(warped[:, :, :-1], mean, atol=TOLERANCE)


@FORMS
@pytest.mark.parametrize('reach', [1.5, 30.0])
def test_equals_the_numpy_twin_inside_and_outside(function, reach):
  image = _image()
  flow = samples.uniform((1, 9, 12, 2), -reach, reach)
  warped = _run(function, image, flow)
  np.testing.assert_allclose(warped, _twin(image, flow), atol=TOLERANCE)


def test_each_example_of_a_batch_has_its_own_flow():
  image = samples.uniform((3, 6, 7, 2), 0.0, 1.0)
  flow = samples.uniform((3, 6, 7, 2), -4.0, 4.0)
  twin = _twin(image, flow)
  np.testing.assert_allclose(_run(warp.warp, image, flow), twin, atol=TOLERANCE)


def test_flat_warp_equals_warp():
  image = _image(32, 24)
  flow = samples.uniform((1, 32, 24, 2), -40.0, 40.0)
  difference = _run(warp.flat_warp, image, flow) - _run(warp.warp, image, flow)
  assert np.abs(difference).max() <= TOLERANCE


@FORMS
def test_on_a_ramp_the_gradient_to_the_flow_is_the_slope(function):
  rows, columns = np.indices((8, 10), np.float32)
  ramp = tf.constant((0.25 * columns - 0.75 * rows)[np.newaxis, ..., None])
  # Stays between pixels 0.2 and 0.4 to the right and below: differentiable.
  flow = tf.constant(samples.uniform((1, 8, 10, 2), 0.2, 0.4))
  with tf.GradientTape() as tape:
    tape.watch(flow)
    warped = function(ramp, flow)
  slope = tape.gradient(warped, flow)[:, :-1, :-1]
  np.testing.assert_allclose(slope[..., 0], np.full((1, 7, 9), 0.25), atol=1e-5)
  np.testing.assert_allclose(
    slope[..., 1], np.full((1, 7, 9), -0.75), atol=1e-5
  )


def _gradient_to_flow(source, flow):
  """Returns d sum(warped) / d flow, as numpy."""
  flow = tf.constant(flow)
  with tf.GradientTape() as tape:
    tape.watch(flow)
    warped = warp.warp(tf.constant(source), flow)
  return tape.gradient(warped, flow).numpy()


def _difference(source, flow, channel, steps):
  """Returns the numpy twin's difference quotient between two steps."""
  moved = [flow.astype(np.float64) for _ in steps]
  for values, step in zip(moved, steps, strict=True):
    values[..., channel] += step
  low, high = (_twin(source.astype(np.float64), x).sum(-1) for x in moved)
  return (high - low) / (steps[1] - steps[0])


@pytest.mark.parametrize('channel', [0, 1])
@pytest.mark.parametrize('shift', [(0, 0), (2, -1), (-3, 4)])
def test_at_whole_positions_the_gradient_is_the_slope_ahead(channel, shift):
  image, flow = _image(), samples.constant_flow(*shift, (9, 12))
  gradient = _gradient_to_flow(image, flow)[..., channel]
  ahead = _difference(image, flow, channel, (0.0, 0.01))
  behind = _difference(image, flow, channel, (-0.01, 0.0))
  # Beyond the last row or column the border repeats: there, the slope behind.
  place = warp.sampled_positions(flow)[..., channel].numpy()
  expected = np.where(place == (11, 8)[channel], behind, ahead)
  np.testing.assert_allclose(gradient, expected, atol=1e-3)
  assert np.count_nonzero(gradient) > 0.3 * gradient.size


@pytest.mark.parametrize('channel', [0, 1])
def test_between_pixels_the_gradient_is_the_central_difference(channel):
  image = _image()
  flow = samples.uniform((1, 9, 12, 2), 0.1, 0.9)
  flow += np.random.default_rng(1).integers(-3, 3, flow.shape).astype('f')
  gradient = _gradient_to_flow(image, flow)[..., channel]
  expected = _difference(image, flow, channel, (-0.01, 0.01))
  np.testing.assert_allclose(gradient, expected, atol=1e-3)


def test_whole_positions_far_from_the_origin_have_a_gradient_too():
  # Float32 counts in steps of 1.2e-4 beyond 1024, of 2.4e-4 beyond 2048.
  ramp = np.tile(
    np.arange(2400, dtype=np.float32)[None, None, :, None], (1, 2, 1, 1)
  )
  gradient = _gradient_to_flow(ramp, samples.constant_flow(0, 0, (2, 2400)))
  np.testing.assert_allclose(gradient[..., 0], np.ones((1, 2, 2400)), atol=1e-3)


def test_no_value_moves_by_a_twentieth_of_a_grey_level():
  rows, columns = np.indices((9, 12))
  for image in (rows % 2, columns % 2, (rows + columns) % 2):
    image = 255.0 * image[np.newaxis, ..., np.newaxis].astype(np.float32)
    warped = _run(warp.warp, image, samples.constant_flow(0, 0, (9, 12)))
    assert np.abs(warped - image).max() < 0.05


@FORMS
def test_the_gradient_to_the_source_is_finite_and_counts_each_reading(function):
  image = tf.constant(_image())
  flow = tf.constant(samples.uniform((1, 9, 12, 2), -20.0, 20.0))
  with tf.GradientTape() as tape:
    tape.watch(image)
    warped = function(image, flow)
  gradient = tape.gradient(warped, image).numpy()
  assert np.isfinite(gradient).all()
  # Bilinear weights add up to 1, so nothing is lost: one unit a value read.
  np.testing.assert_allclose(gradient.sum(), 9 * 12 * 3, rtol=1e-5)


@FORMS
def test_unequal_grids_are_refused(function):
  flow = np.zeros((1, 12, 9, 2), np.float32)
  with pytest.raises(ValueError, match='rows and columns must be equal'):
    function(tf.constant(_image()), tf.constant(flow))


def test_sampled_positions_are_x_then_y():
  positions = warp.sampled_positions(samples.constant_flow(0.5, -2, (4, 5)))
  assert positions.shape == (1, 4, 5, 2)
  np.testing.assert_allclose(positions[0, 3, 1], [1.5, 1.0])
