# SPDX-License-Identifier: Apache-2.0
"""Small things that many tests need: a tiny configuration, made-up records."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf.inputs import labels

HEIGHT, WIDTH = 64, 48
# The target's garment lies 6 pixels right of and 4 above the source's.
SHIFT_X, SHIFT_Y = -6.0, 4.0


def config() -> config_lib.Config:
  """Returns three stages small enough to train in seconds."""
  result = config_lib.Config(name='tiny')
  result.data.height, result.data.width = HEIGHT, WIDTH
  result.perceptual.network = 'none'
  result.layout.channels = (8, 12, 16)
  result.flow.channels = (8, 12, 16)
  result.flow.fpn_channels = 8
  result.render.channels = (8, 12, 16)
  result.render.residual_blocks = 1
  return config_lib.validate(result)


def record() -> dict[str, np.ndarray]:
  """Returns a batch of one: a textured square garment, shifted exactly.

  warped(y, x) = source(y + SHIFT_Y, x + SHIFT_X) is the target's garment.
  """
  texture = np.random.default_rng(0).uniform(0, 255, (6, 5, 3))
  texture = np.kron(texture, np.ones((4, 4, 1)))  # 24 rows, 20 columns.
  source_image, source_layout = _wear(texture, 22, 12)
  target_image, target_layout = _wear(
    texture, 22 - int(SHIFT_Y), 12 - int(SHIFT_X)
  )
  target_layout[6:14, 22:30] = labels.FACE
  visible = target_layout == labels.UPPER_CLOTHES
  flow = np.where(visible[..., np.newaxis], (SHIFT_X, SHIFT_Y), 0.0)
  joints = np.zeros((18, 3), np.float32)
  joints[:2] = (25, 10, 1), (27, 18, 1)
  fields = {
    'source_image': source_image,
    'source_layout': source_layout,
    'source_keypoints': np.zeros((18, 3), np.float32),
    'target_image': target_image,
    'target_layout': target_layout,
    'target_keypoints': joints,
    'flow': flow.astype(np.float16),
    'visible': visible,
  }
  return {name: value[np.newaxis] for name, value in fields.items()}


def _wear(
  texture: np.ndarray, top: int, left: int
) -> tuple[np.ndarray, np.ndarray]:
  """Returns an image and a layout with the garment's corner at a place."""
  image = np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
  layout = np.zeros((HEIGHT, WIDTH), np.uint8)
  rows, columns = texture.shape[:2]
  image[top : top + rows, left : left + columns] = texture
  layout[top : top + rows, left : left + columns] = labels.UPPER_CLOTHES
  return image, layout


def uniform(shape: tuple[int, ...], low: float, high: float) -> np.ndarray:
  """Returns the same uniform random float32 array at every call."""
  values = np.random.default_rng(7).uniform(low, high, shape)
  return values.astype(np.float32)


def constant_flow(x: float, y: float, size: tuple[int, int]) -> np.ndarray:
  """Returns [1, H, W, 2] whose every vector is (x, y)."""
  return np.tile(np.array([x, y], np.float32), (1, *size, 1))


def features(levels: int = 3) -> Callable[[tf.Tensor], list[tf.Tensor]]:
  """Returns a small feature network of fixed random weights, like VGG's."""
  kernels = [
    uniform((3, 3, 3 if level == 0 else 8, 8), -0.3, 0.3)
    for level in range(levels)
  ]

  def network(images: tf.Tensor) -> list[tf.Tensor]:
    activations = []
    for level, kernel in enumerate(kernels):
      images = tf.nn.relu(tf.nn.conv2d(images, kernel, 1 + (level > 0), 'SAME'))
      activations.append(images)
    return activations

  return network
