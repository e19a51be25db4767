# SPDX-License-Identifier: Apache-2.0
"""What ClothFlow argues against: transformations of few degrees of freedom.

They take the place of stage 2's cascade (`config.FlowConfig.motion`) and get
the same inputs. 'affine' and 'tps' are estimated by a network from the same
feature pyramids, as CP-VTON does from its own:

    affine    f(p) = A (1, x, y),  6 numbers
    tps       f(p) = sum_k w_k(p) d_k,  2 x 25 numbers: the displacements d_k of
              5x5 control points that span the image, and the thin-plate spline
              w_k that is 1 at point k and 0 at the others

'boxes' fits the box of the target region to the garment's, and 'none' leaves
the garment where it is; these have no weights. All start from the identity.

References: Wang et al., Toward Characteristic-Preserving Image-based Virtual
Try-On Network (CP-VTON), ECCV 2018; Bookstein, Principal Warps, PAMI 1989.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from clothflow_tf.models import blocks
from clothflow_tf.ops import flow as flow_ops

layers = tf.keras.layers

REGRESSED = ('affine', 'tps')
_CONTROL = 5  # Control points along each side.
_WIDTH = 64  # Channels of the network that estimates the numbers.
# At 1, an optimizer's first steps move a garment by dozens of pixels. After 200
# steps, a TPS of pose transfer was 16.0 px off at 1, and 13.3 px at 0.25.
_REACH = 0.25


def regressed(
  source: Sequence[tf.Tensor],
  target: Sequence[tf.Tensor],
  kind: str,
  size: tuple[int, int],
) -> tf.Tensor:
  """Returns a stiff flow that is estimated from two feature pyramids.

  Args:
    source: features S_n [B, h, w, C], finest first.
    target: likewise, T_n.
    kind: one of `REGRESSED`.
    size: (H, W) of the flow.

  Returns:
    float32 [B, H, W, 2], pixels; 0 before training.
  """
  # The second coarsest level: the coarsest has too few pixels to place a box.
  level = max(len(source) - 2, 0)
  x = layers.Concatenate(name='pair')([source[level], target[level]])
  for place, stride in enumerate((1, 1, 2)):
    x = blocks.conv_norm_relu(x, _WIDTH, stride, f'regression_{place}')
  # No layer between: one without normalisation dies in the first steps, and a
  # TPS of pose transfer stayed at the error of no warp.
  x = layers.Flatten(name='regression_flat')(x)
  numbers = layers.Dense(
    2 * basis(kind, size).shape[1],
    kernel_initializer='zeros',
    name='transformation',
    dtype='float32',
  )(x)
  return Transformation(kind, size, name='stiff', dtype='float32')(numbers)


def basis(kind: str, size: tuple[int, int]) -> np.ndarray:
  """Returns the functions whose sum a stiff flow is, at each pixel.

  Args:
    kind: one of `REGRESSED`.
    size: (H, W).

  Returns:
    float32 [H * W, K]: 1, x, y from -1 to 1 (affine), or w_k (tps).
  """
  height, width = size
  rows = 2.0 * (np.arange(height) + 0.5) / height - 1.0
  columns = 2.0 * (np.arange(width) + 0.5) / width - 1.0
  points = np.stack(np.meshgrid(columns, rows), -1).reshape(-1, 2)
  if kind == 'affine':
    return _affine(points).astype(np.float32)
  line = np.linspace(-1.0, 1.0, _CONTROL)
  control = np.stack(np.meshgrid(line, line), -1).reshape(-1, 2)
  count = len(control)
  # The spline through given values: kernels and an affine part, whose side
  # conditions make the kernels' weights orthogonal to affine functions.
  equations = np.zeros((count + 3, count + 3))
  equations[:count, :count] = _kernel(control, control)
  equations[:count, count:] = _affine(control)
  equations[count:, :count] = _affine(control).T
  solved = np.linalg.inv(equations)[:, :count]
  functions = np.hstack([_kernel(points, control), _affine(points)])
  return (functions @ solved).astype(np.float32)


def _affine(points: np.ndarray) -> np.ndarray:
  return np.hstack([np.ones((len(points), 1)), points])


def _kernel(points: np.ndarray, control: np.ndarray) -> np.ndarray:
  """Returns r^2 log r of the distances between points, [N, K]."""
  square = np.square(points[:, np.newaxis] - control[np.newaxis]).sum(-1)
  return 0.5 * square * np.log(np.maximum(square, 1e-12))


@tf.keras.utils.register_keras_serializable('clothflow')
class Transformation(layers.Layer):
  """Numbers [B, 2 K] to a flow [B, H, W, 2] in pixels.

  A number of 1 moves by `_REACH` of half the picture's width or height.
  """

  def __init__(self, kind: str, size: Sequence[int], **kwargs: Any):
    super().__init__(**kwargs)
    self.kind, self.size = kind, tuple(size)
    self._basis = basis(kind, self.size)

  def call(self, numbers: tf.Tensor) -> tf.Tensor:
    height, width = self.size
    functions = tf.constant(self._basis)
    numbers = tf.reshape(numbers, [-1, functions.shape[1], 2])
    reach = tf.constant([0.5 * _REACH * width, 0.5 * _REACH * height])
    flow = tf.einsum('nk,bkc->bnc', functions, numbers * reach)
    return tf.reshape(flow, [-1, height, width, 2])

  def get_config(self) -> dict[str, Any]:
    return {**super().get_config(), 'kind': self.kind, 'size': self.size}


@tf.keras.utils.register_keras_serializable('clothflow')
class Still(layers.Layer):
  """[source, target clothing] [B, H, W, C] to no motion, [B, H, W, 2]."""

  def call(self, masks: list[tf.Tensor]) -> tf.Tensor:
    return tf.zeros_like(masks[0][..., :2])


@tf.keras.utils.register_keras_serializable('clothflow')
class BoxFit(layers.Layer):
  """[source, target clothing] [B, H, W, C] to the flow between their boxes.

  Of the target only the categories count that the source has: a top is not
  fitted to the trousers.
  """

  def call(self, masks: list[tf.Tensor]) -> tf.Tensor:
    source, target = masks
    present = tf.reduce_max(source, [1, 2], keepdims=True)
    garment = tf.reduce_sum(source, -1, keepdims=True)
    region = tf.reduce_sum(target * present, -1, keepdims=True)
    return flow_ops.box_fit(garment, region)


FIXED = {'boxes': BoxFit, 'none': Still}
