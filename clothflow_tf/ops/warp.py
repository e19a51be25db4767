# SPDX-License-Identifier: Apache-2.0
"""The backward warp W: the one module that knows a flow's sign and channels.

A flow is float32 [B, H, W, 2] in pixels of its own grid. Channel 0 is x
(columns, positive to the right), channel 1 is y (rows, positive downwards), as
in optical flow's files and in keypoints. It points from target to source:

    warped(y, x) = source(y + f_y, x + f_x)                          (bilinear)

Outside the source its border repeats. Zero flow is the identity.

`tfa.image.dense_image_warp` samples image[y - g_y, x - g_x] with channels
(y, x); `warp` hands it g = (-f_y, -f_x). No other module negates or reorders a
flow. `flat_warp` gives the same values through `tf.gather` with flat int32
indices, the one form of gathering that mobile runtimes and GPU delegates
accept; it is several times faster there and is what exported files hold.

The gradient with respect to the flow is the slope of the bilinear surface
between the four pixels around a position. At whole positions the surface has a
kink. tensorflow-addons clips its interpolation weight by max(0, alpha), which
sends the gradient of the tie alpha = 0 to the constant, so that it is zero. An
untrained network is the identity warp: all its positions are whole, and nothing
but supervision by a true flow would ever train it. `warp` therefore moves whole
positions by `_NUDGE` pixels. They get the slope to the right and below, a
one-sided difference.
"""

import warnings

import tensorflow as tf

with warnings.catch_warnings():
  warnings.simplefilter('ignore')  # Its end-of-life notice, at every import.
  import tensorflow_addons as tfa

# Channels of a flow.
X, Y = 0, 1
# Pixels. Large enough to survive float32 at positions up to 512 (beyond, it
# grows with them), small enough to change black beside white by 1/80 of a grey
# level an axis.
_NUDGE = 5e-5


def warp(source: tf.Tensor, flow: tf.Tensor) -> tf.Tensor:
  """Samples a source image along a flow.

  Args:
    source: float32 [B, H, W, C], H and W at least 2.
    flow: float32 [B, H, W, 2], pixels, (x, y), target to source.

  Returns:
    float32 [B, H, W, C]; `warped(y, x) = source(y + f_y, x + f_x)`, within 0.03
    grey levels (of 255) at whole positions.

  Raises:
    ValueError: flow and source differ in rows or columns.
  """
  return exact_warp(source, flow + _nudge(flow))


def exact_warp(source: tf.Tensor, flow: tf.Tensor) -> tf.Tensor:
  """`warp` to the last bit, but without a gradient at whole positions.

  For data, whose flow nobody learns. Takes and returns what `warp` does.
  """
  _require_same_grid(source, flow)
  backward = -tf.stack([flow[..., Y], flow[..., X]], axis=-1)
  return tfa.image.dense_image_warp(source, backward)


def flat_warp(source: tf.Tensor, flow: tf.Tensor) -> tf.Tensor:
  """`warp` for exported graphs: one image, static size, flat indices.

  Coordinates stay float32, which counts pixels exactly up to 2 ** 24.

  Args:
    source: float32 [1, H, W, C] of static shape, H and W at least 2.
    flow: float32 [1, H, W, 2], pixels, (x, y), target to source.

  Returns:
    float32 [1, H, W, C], the values of `warp`.
  """
  _require_same_grid(source, flow)
  _, height, width, channels = source.shape
  count = height * width
  # Broadcast: grids of all pixels would be constants of the file, 0.4 MB.
  rows = tf.range(height, dtype=tf.float32)[:, tf.newaxis]
  columns = tf.range(width, dtype=tf.float32)
  y = tf.clip_by_value(flow[..., Y] + rows, 0.0, height - 1.0)
  x = tf.clip_by_value(flow[..., X] + columns, 0.0, width - 1.0)
  # The last row and column are reached with a weight of 1, not by an index.
  top = tf.minimum(tf.floor(y), height - 2.0)
  left = tf.minimum(tf.floor(x), width - 2.0)
  down, right = (tf.reshape(z, [count, 1]) for z in (y - top, x - left))
  corner = tf.reshape(tf.cast(top * width + left, tf.int32), [count])
  table = tf.reshape(source, [count, channels])
  upper = _lerp(tf.gather(table, corner), tf.gather(table, corner + 1), right)
  lower = _lerp(
    tf.gather(table, corner + width),
    tf.gather(table, corner + width + 1),
    right,
  )
  return tf.reshape(_lerp(upper, lower, down), [1, height, width, channels])


def sampled_positions(flow: tf.Tensor) -> tf.Tensor:
  """Returns the source positions [B, H, W, 2], (x, y), that a flow reads."""
  height, width = tf.shape(flow)[1], tf.shape(flow)[2]
  columns, rows = tf.meshgrid(tf.range(width), tf.range(height))
  grid = tf.stack([columns, rows], axis=-1)
  return flow + tf.cast(grid, flow.dtype)[tf.newaxis]


def _nudge(flow: tf.Tensor) -> tf.Tensor:
  """Returns what moves whole positions off the kink of the interpolation.

  The last row and column stay: their cell lies before them, and its slope
  already reaches them.
  """
  places = sampled_positions(flow)
  last = tf.cast(tf.shape(flow)[2:0:-1] - 1, flow.dtype)
  whole = tf.equal(places, tf.floor(places)) & tf.not_equal(places, last)
  size = _NUDGE * tf.maximum(1.0, tf.abs(places) / 512.0)
  return tf.stop_gradient(tf.where(whole, size, 0.0))


def _lerp(a: tf.Tensor, b: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
  return a + (b - a) * weight


def _require_same_grid(source: tf.Tensor, flow: tf.Tensor) -> None:
  if not source.shape[1:3].is_compatible_with(flow.shape[1:3]):
    raise ValueError(
      f'flow of shape {flow.shape} cannot warp a source of shape '
      f'{source.shape}: rows and columns must be equal'
    )
