# SPDX-License-Identifier: Apache-2.0
"""A true warp made as imperfect as an estimated one, to train stage 3 on.

What is random about an example is drawn from (seed, its place in the training's
order) alone: it is the same on any replica, and again after a restart.
"""

import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf.inputs import randomness
from clothflow_tf.ops import warp


def disturbed_warp(
  batch: dict[str, tf.Tensor], config: config_lib.Config
) -> dict[str, tf.Tensor]:
  """Warps by the true flow with a smooth random displacement and lost rims.

  Args:
    batch: needs garment, source_clothing, flow and visible; `position` is what
      the disturbance is drawn from.
    config: `render.warp_jitter`, as a share of the height, is the standard
      deviation of the displacement at the nodes of a coarse grid.

  Returns:
    'warped_garment' [B, H, W, 3] and 'warped_clothing' [B, H, W, C].
  """
  places = batch.get('position', tf.range(tf.shape(batch['flow'])[0]))
  size = [config.data.height, config.data.width]
  coarse = [8, max(2, round(8 * size[1] / size[0])), 3]
  # Two channels displace, the third decides where the rim is lost.
  noise = tf.image.resize(_noise(places, coarse, config.seed), size)
  jitter = config.render.warp_jitter * size[0]
  # A trained warp misses the outline here and there, not everywhere: half of
  # the rim keeps its full edge.
  radius = max(1, round(2.0 * jitter))
  lost = 1.0 - batch['visible']
  eroded = 1.0 - tf.nn.max_pool2d(lost, 2 * radius + 1, 1, 'SAME')
  rim = tf.cast(noise[..., 2:] > 0.0, tf.float32)
  shown = batch['visible'] * rim + eroded * (1.0 - rim)
  flow = batch['flow'] + jitter * noise[..., :2]
  return {
    'warped_garment': warp.warp(batch['garment'], flow) * shown,
    'warped_clothing': warp.warp(batch['source_clothing'], flow) * shown,
  }


def _noise(places: tf.Tensor, shape: list[int], seed: int) -> tf.Tensor:
  """Returns standard normal noise [B, *shape], of each place its own."""
  return randomness.each(
    places,
    seed,
    'warp_noise',
    lambda own: randomness.normal(shape, own),
  )
