# SPDX-License-Identifier: Apache-2.0
"""What can be done to a flow: resize it, difference it, tell where it folds.

A flow's vectors are in pixels of its own grid, so whoever changes the grid
changes the vectors: enlarging by 2 doubles them. Forgetting that is the classic
fault of flow cascades; it trains, but early flows shrink. Every resize of a
flow in this project therefore goes through this module.

Pixel centres: a coarse pixel i covers the fine pixels 2i and 2i + 1, so
resizing needs no offset beside the factor (half-pixel centres).
"""

import tensorflow as tf

from clothflow_tf.ops import resize
from clothflow_tf.ops import warp


def upsample(flow: tf.Tensor, method: str, factor: int = 2) -> tf.Tensor:
  """U of Eq. 1 and 2: enlarges a flow and scales its vectors by the factor.

  Args:
    flow: float32 [B, H, W, 2] in pixels of its own grid.
    method: 'nearest' (the paper) or 'bilinear'.
    factor: how many times larger; 2 is the paper.

  Returns:
    float32 [B, factor * H, factor * W, 2] in pixels of the new grid.
  """
  return resize.enlarge(flow, factor, method) * float(factor)


def downsample(
  flow: tf.Tensor, visible: tf.Tensor, factor: int
) -> dict[str, tf.Tensor]:
  """Shrinks a flow that is known only where it is visible.

  A coarse vector is the mean of the visible fine vectors below it, divided by
  the factor.

  Args:
    flow: float32 [B, H, W, 2] in pixels of its own grid.
    visible: float32 [B, H, W, 1], 1 where the flow is known, else 0.
    factor: divides H and W.

  Returns:
    'flow' [B, H / factor, W / factor, 2] and 'visible' [.., 1], the known
    share of each coarse pixel.
  """
  if factor == 1:
    return {'flow': flow * visible, 'visible': visible}
  known = tf.nn.avg_pool2d(visible, factor, factor, 'VALID')
  total = tf.nn.avg_pool2d(flow * visible, factor, factor, 'VALID')
  mean = tf.math.divide_no_nan(total, known)
  return {'flow': mean / float(factor), 'visible': known}


def gradients(flow: tf.Tensor) -> dict[str, tf.Tensor]:
  """Returns forward differences of a flow along both axes.

  Args:
    flow: float32 [B, H, W, C].

  Returns:
    'x' [B, H, W - 1, C], f(y, x + 1) - f(y, x); 'y' [B, H - 1, W, C].
  """
  return {
    'x': flow[:, :, 1:] - flow[:, :, :-1],
    'y': flow[:, 1:] - flow[:, :-1],
  }


def jacobian(flow: tf.Tensor) -> tf.Tensor:
  """Returns the determinant of the map x -> x + f(x) for each grid cell.

  It is 1 for a shift, the area scale for a smooth map, and zero or negative
  where the map folds over, which tears and mirrors a texture.

  Args:
    flow: float32 [B, H, W, 2], pixels.

  Returns:
    float32 [B, H - 1, W - 1].
  """
  slope = gradients(flow)
  along_x, along_y = slope['x'][:, :-1], slope['y'][:, :, :-1]
  return (1.0 + along_x[..., warp.X]) * (1.0 + along_y[..., warp.Y]) - (
    along_x[..., warp.Y] * along_y[..., warp.X]
  )
