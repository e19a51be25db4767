# SPDX-License-Identifier: Apache-2.0
"""Stage 1: the conditional layout generator, s^_t = G_layout(I_s, s_s, p_t).

It separates shape from appearance: from the source image, its full-body
segmentation and the target pose it predicts which of the 20 labels each target
pixel has, so that the later stages know where clothing, skin and hair must be.
A skip-connected encoder-decoder, one output channel a class.

In try-on the source is a product photo, which tells nothing of the person; the
cloth-agnostic person, as pixels and as layout, is added to the inputs.
"""

import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf.inputs import keypoints
from clothflow_tf.inputs import labels
from clothflow_tf.models import blocks
from clothflow_tf.ops import resize

layers = tf.keras.layers

# Also where the layers before it compute in 16 bits.
_OUTPUT = 'float32'


class LayoutNet(tf.keras.Model):
  """Batch (`inputs.batch`) to logits [B, H, W, 20].

  Inputs are taken from the batch by name; `input_names` lists them.
  """

  def __init__(
    self, config: config_lib.LayoutConfig, data: config_lib.DataConfig
  ):
    size = (data.height, data.width)
    channels = {
      'source_image': 3,
      'source_layout': labels.NUM_LABELS,
      'pose': keypoints.NUM_KEYPOINTS,
    }
    if data.task == 'try_on':
      channels['agnostic_image'] = 3
      channels['agnostic_layout'] = labels.NUM_LABELS
    inputs = {
      name: layers.Input((*size, count), name=name)
      for name, count in channels.items()
    }
    x = blocks.joined(list(inputs.values()), config.downsampling, 'layout')
    x = blocks.u_net(x, config.channels, config.residual_blocks, 'layout')
    logits = layers.Conv2D(
      labels.NUM_LABELS, 3, padding='same', name='layout_head', dtype=_OUTPUT
    )(x)
    logits = layers.Lambda(
      resize.enlarge,
      arguments={'factor': config.downsampling, 'method': 'bilinear'},
      name='logits',
      dtype=_OUTPUT,
    )(logits)
    super().__init__(inputs=inputs, outputs=logits, name='layout')
