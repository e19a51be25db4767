# SPDX-License-Identifier: Apache-2.0
"""Stage 3: the clothing-preserving renderer.

    I^_t = G_render(c'_s, I_s, s_t, p_t)

A residual U-Net with skips paints the person: clothing pixels from the warped
garment c'_s, the person's own from I_s (in try-on: the cloth-agnostic person),
shapes from the target layout and pose. Holes of the warp, uncovered skin and
the background that an old garment hid are its to invent.

Beside the paper, off by default: a composition that copies pixels instead of
repainting them (the first author's VITON and PF-AFN do so for the garment).
With 'layers' the weights are a softmax over {painted, garment, person, skin,
clothes}, where skin and clothes are colours continued from the nearest that the
person shows,

    I^_t = a_0 painted + a_1 c'_s + a_2 person + a_3 skin + a_4 clothes

The softmax starts from what is known: the garment where its warp covers, the
person where its pixels are kept, and skin or clothes, as the layout says, in
the region that was removed. The network learns where that is wrong. It needs
far fewer steps than from equal weights. With `shade`, continued skin and the
warped garment are lit before they are blended, colour c in [0, 1] becoming
c (1 + g), |g| < 0.6: a limb that is copied from one colour would be flat, and a
garment would keep the light of its product photo.

With `downsampling` the U-Net works on averages over squares, and what it says
(painted colours, light, corrections of the blend) is enlarged. Copies and the
blend's start keep the full grid, so that prints and outlines stay sharp.
"""

import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf.inputs import channels as channels_lib
from clothflow_tf.inputs import keypoints as keypoints_lib
from clothflow_tf.inputs import labels
from clothflow_tf.models import blocks
from clothflow_tf.ops import ratios
from clothflow_tf.ops import resize

layers = tf.keras.layers

# What each composition may copy beside the painted image.
COPIED = {
  'none': (),
  'garment': ('warped_garment',),
  'garment_and_person': ('warped_garment', 'agnostic_image'),
  'layers': ('warped_garment', 'agnostic_image', 'skin', 'clothes'),
}

# Logit of what is known: exp(5) against four others is 0.97.
_PRIOR = 5.0
# Light may make a colour so much brighter or darker, as a share of it.
_LIGHT_RANGE = 0.6
# Also where the layers before it compute in 16 bits.
_OUTPUT = 'float32'


@tf.keras.utils.register_keras_serializable('clothflow')
class Weights(layers.Layer):
  """Logits [B, H, W, n] to weights that sum to 1."""

  def call(self, logits: tf.Tensor) -> tf.Tensor:
    return ratios.softmax(logits)


class RenderNet(tf.keras.Model):
  """Batch (`inputs.batch`) plus the warp to an image, and what it is made of.

  Outputs: 'image' [B, H, W, 3] in [-1, 1]; where it copies, also 'weights'
  [B, H, W, n], which sum to 1, of 'painted' [B, H, W, 3] and of what it copies,
  in the order of `COPIED`; with `shade` also 'light' [B, H, W, 1], the share
  by which the garment's colours c in [0, 1] grow.

  Inputs by name: warped_garment and agnostic_image [B, H, W, 3], target_layout
  [B, H, W, 20], pose [B, H, W, 18], and what the configuration feeds beside
  them: warped_mask and removed [B, H, W, 1], skin and clothes [B, H, W, 3].
  """

  def __init__(
    self, config: config_lib.RenderConfig, data: config_lib.DataConfig
  ):
    inputs, copied_names = _inputs(config, data), COPIED[config.composition]
    side = config.downsampling
    x = blocks.joined(list(inputs.values()), side, 'render')
    x = blocks.u_net(x, config.channels, config.residual_blocks, 'render')
    painted = layers.Conv2D(
      3,
      3,
      padding='same',
      activation='tanh',
      name='painted',
      dtype=_OUTPUT,
    )(x)
    painted = _enlarged(painted, side)
    copied = {name: inputs[name] for name in copied_names}
    outputs = {'image': painted}
    if config.shade:
      gains = _gains(x, side)
      outputs['light'] = gains['warped_garment']
      copied.update(
        {name: lit(inputs[name], gain) for name, gain in gains.items()}
      )
    images = [painted, *copied.values()]
    if copied_names:
      # Zero-initialised: blending starts from the prior, or the plain mean.
      logits = layers.Conv2D(
        len(images),
        3,
        padding='same',
        kernel_initializer='zeros',
        name='composition',
        dtype=_OUTPUT,
      )(x)
      logits = _enlarged(logits, side)
      if config.composition == 'layers':
        logits = layers.Add(name='blended', dtype=_OUTPUT)(
          [logits, _prior(inputs)]
        )
      weights = Weights(name='weights', dtype=_OUTPUT)(logits)
      outputs = {
        **outputs,
        'image': _compose(weights, images),
        'weights': weights,
        'painted': painted,
      }
    super().__init__(inputs=inputs, outputs=outputs, name='render')


def _inputs(
  config: config_lib.RenderConfig, data: config_lib.DataConfig
) -> dict[str, tf.Tensor]:
  channels = {
    'warped_garment': 3,
    'agnostic_image': 3,
    'target_layout': labels.NUM_LABELS,
    'pose': keypoints_lib.NUM_KEYPOINTS,
  }
  if config.warped_mask:
    channels['warped_mask'] = 1
  if config.composition == 'layers':
    channels['removed'] = 1
  channels.update({name: 3 for name in COPIED[config.composition]})
  return {
    name: layers.Input((data.height, data.width, count), name=name)
    for name, count in channels.items()
  }


def lit(image: tf.Tensor, gain: tf.Tensor) -> tf.Tensor:
  """Returns an image in [-1, 1] whose colours c in [0, 1] are c (1 + gain)."""
  return tf.minimum(image + gain * (image + 1.0), 1.0)


def _enlarged(values: tf.Tensor, side: int) -> tf.Tensor:
  return resize.enlarge(values, side, 'bilinear')


def _gains(x: tf.Tensor, side: int) -> dict[str, tf.Tensor]:
  """Returns the light on the warped garment and on continued skin.

  Light on a garment is white. On skin it has a colour of its own: skin in the
  dark is redder.
  """
  # Zero-initialised: training starts from the colours as they are.
  gains = layers.Conv2D(
    4,
    3,
    padding='same',
    activation='tanh',
    kernel_initializer='zeros',
    name='light',
    dtype=_OUTPUT,
  )(x)
  gains = _enlarged(gains, side) * _LIGHT_RANGE
  return {'warped_garment': gains[..., :1], 'skin': gains[..., 1:]}


def _prior(inputs: dict[str, tf.Tensor]) -> tf.Tensor:
  """Returns logits [B, H, W, 5] of painted, garment, person, skin, clothes."""
  garment, removed = inputs['warped_mask'], inputs['removed']
  free = (1.0 - garment) * removed
  skin, all_clothes = (
    channels_lib.total(inputs['target_layout'], group)
    for group in (labels.SKIN, labels.CLOTHING)
  )
  # Clothes beside the garment, which is one of them itself.
  others = tf.maximum(all_clothes - garment, 0.0)
  skin, clothes = free * skin, free * others
  person = 1.0 - garment - skin - clothes
  known = _PRIOR * tf.concat([garment, person, skin, clothes], -1)
  # Not a plane of zeros, which an exported file would hold.
  return channels_lib.placed(known, range(1, 5), 5)


def _compose(weights: tf.Tensor, images: list[tf.Tensor]) -> tf.Tensor:
  """Blends images by their weights."""
  parts = [
    layers.Multiply(name=f'part_{i}', dtype=_OUTPUT)(
      [image, weights[..., i : i + 1]]
    )
    for i, image in enumerate(images)
  ]
  return layers.Add(name='composed', dtype=_OUTPUT)(parts)
