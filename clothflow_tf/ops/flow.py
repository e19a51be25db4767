# SPDX-License-Identifier: Apache-2.0
"""Flows resized and differenced; where they fold; the flow between boxes.

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


def box_fit(source_mask: tf.Tensor, target_mask: tf.Tensor) -> tf.Tensor:
  """The mask-box fit: the flow that maps one bounding box on another.

  Args:
    source_mask: float32 [B, H, W, 1], 1 on the garment.
    target_mask: likewise, 1 on the target region.

  Returns:
    float32 [B, H, W, 2], pixels: axis-aligned scale and shift of the target
    mask's box onto the source mask's.
  """
  source, target = _box(source_mask), _box(target_mask)
  size = tf.maximum(target['size'], 1.0)
  positions = warp.sampled_positions(
    tf.zeros_like(tf.concat([source_mask, source_mask], -1))
  )
  relative = (positions - target['corner']) / size
  return source['corner'] + relative * source['size'] - positions


def _box(mask: tf.Tensor) -> dict[str, tf.Tensor]:
  """Returns 'corner' and 'size' [B, 1, 1, 2], (x, y), of a mask's box."""
  inside = mask[..., 0] > 0.5
  lows, highs = [], []
  for axis in (1, 2):  # Rows occupied along x, then columns along y.
    occupied = tf.cast(tf.reduce_any(inside, axis), tf.int32)
    last = tf.shape(occupied)[1] - 1
    lows.append(tf.argmax(occupied, 1, tf.int32))
    highs.append(last - tf.argmax(occupied[:, ::-1], 1, tf.int32))
  low = tf.cast(tf.stack(lows, -1), tf.float32)[:, tf.newaxis, tf.newaxis]
  high = tf.cast(tf.stack(highs, -1), tf.float32)[:, tf.newaxis, tf.newaxis]
  return {'corner': low, 'size': high - low}
