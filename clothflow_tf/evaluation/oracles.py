# SPDX-License-Identifier: Apache-2.0
"""Oracles: the best flow that a stiff transformation could give.

The paper argues against methods that deform a garment with few degrees of
freedom. Here an affine map (6 numbers) and a thin-plate spline with 5x5 control
points (TPS) are fitted to the *true* flow of each example, by least squares
over its visible pixels. No method of that kind has a smaller squared error,
however it is trained; what is left of the error, only a flow can win.

The control points span the box of the visible pixels. The spline's side
conditions are dropped, which can only favour it: 28 numbers an axis, not 25.

Reference: Bookstein, Principal Warps, PAMI 1989.
"""

from collections.abc import Callable

import tensorflow as tf

from clothflow_tf.ops import warp

# Functions of points [N, 2], as columns [N, K]; the fit is linear in them.
Basis = Callable[[tf.Tensor], tf.Tensor]

_CONTROL = 5
# Keeps the equations solvable where few pixels are visible.
_RIDGE = 1e-9


def affine(flow: tf.Tensor, visible: tf.Tensor) -> tf.Tensor:
  """Returns the affine flow nearest to a true one.

  Args:
    flow: float32 [B, H, W, 2], pixels, the truth.
    visible: float32 [B, H, W, 1], 1 where it is known.

  Returns:
    float32 [B, H, W, 2], pixels.
  """
  return _fitted(flow, visible, _affine_basis)


def tps(flow: tf.Tensor, visible: tf.Tensor) -> tf.Tensor:
  """Returns the thin-plate spline's flow nearest to a true one.

  Arguments and result are those of `affine`.
  """
  return _fitted(flow, visible, _tps_basis)


def _fitted(flow: tf.Tensor, visible: tf.Tensor, basis: Basis) -> tf.Tensor:
  # Each example by itself: the basis at all pixels takes memory.
  return tf.map_fn(
    lambda example: _fit(*example, basis),
    (flow, visible),
    fn_output_signature=flow.dtype,
  )


def _fit(flow: tf.Tensor, visible: tf.Tensor, basis: Basis) -> tf.Tensor:
  places = warp.sampled_positions(tf.zeros_like(flow)[tf.newaxis])[0]
  points = tf.reshape(_centred(places, visible[..., 0] > 0.5), [-1, 2])
  values = tf.cast(basis(tf.cast(points, tf.float64)), tf.float64)
  truth = tf.cast(tf.reshape(flow, [-1, 2]), tf.float64)
  weighted = values * tf.cast(tf.reshape(visible, [-1, 1]), tf.float64)
  normal = tf.matmul(weighted, values, transpose_a=True)
  scale = _RIDGE * (tf.linalg.trace(normal) + 1.0)
  normal += scale * tf.eye(tf.shape(normal)[0], dtype=tf.float64)
  right = tf.matmul(weighted, truth, transpose_a=True)
  fitted = tf.matmul(values, tf.linalg.solve(normal, right))
  return tf.reshape(tf.cast(fitted, flow.dtype), tf.shape(flow))


def _centred(places: tf.Tensor, seen: tf.Tensor) -> tf.Tensor:
  """Maps places [H, W, 2] so that the box of those seen is [-1, 1]."""
  inside = tf.where(seen[..., tf.newaxis], places, tf.float32.max)
  low = tf.reduce_min(inside, [0, 1])
  inside = tf.where(seen[..., tf.newaxis], places, tf.float32.min)
  high = tf.reduce_max(inside, [0, 1])
  half = tf.maximum(0.5 * (high - low), 1.0)
  shifted = (places - 0.5 * (low + high)) / half
  return tf.where(tf.reduce_any(seen), shifted, tf.zeros_like(places))


def _affine_basis(points: tf.Tensor) -> tf.Tensor:
  """Returns 1, x, y [N, 3] at points [N, 2]."""
  return tf.concat([tf.ones_like(points[:, :1]), points], 1)


def _tps_basis(points: tf.Tensor) -> tf.Tensor:
  """Returns the affine basis and r^2 log r to each control point [N, 28]."""
  line = tf.linspace(tf.constant(-1.0, tf.float64), 1.0, _CONTROL)
  grid = tf.reshape(tf.stack(tf.meshgrid(line, line), -1), [-1, 2])
  square = tf.reduce_sum(
    tf.square(points[:, tf.newaxis] - grid[tf.newaxis]), -1
  )
  kernel = 0.5 * square * tf.math.log(tf.maximum(square, 1e-12))
  return tf.concat([_affine_basis(points), kernel], 1)
