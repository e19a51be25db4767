# SPDX-License-Identifier: Apache-2.0
"""Stage 1: the conditional layout generator, s^_t = G_layout(I_s, s_s, p_t).

It separates shape from appearance: from the source image, its full-body
segmentation and the target pose it predicts which of the 20 labels each target
pixel has, so that the later stages know where clothing, skin and hair must be.
A skip-connected encoder-decoder, one output channel a class.

In try-on the source is a product photo, which tells nothing of the person; the
cloth-agnostic person, as pixels and as layout, is added to the inputs.

Beside the paper, off by default: the network works on a coarser grid
(`inputs.coarse`), and its logits are enlarged; the region that the person lost
is an input of its own; labels that the person keeps have a head start in the
logits (they are right but where the new garment covers them), at full size, so
that their outlines stay sharp; the layout is drawn to a hem and sleeve ends
that are decided first (`models.ends`); a few layers on a grid twice as fine
correct the logits, where collars and outlines are narrower than its squares;
and logits are averaged over a few squares, so that neighbours agree.
"""

import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf.inputs import agnostic
from clothflow_tf.inputs import channels
from clothflow_tf.inputs import ends as ends_lib
from clothflow_tf.inputs import keypoints as keypoints_lib
from clothflow_tf.inputs import labels
from clothflow_tf.models import blocks
from clothflow_tf.models import ends
from clothflow_tf.ops import resize

layers = tf.keras.layers

# Also where the layers before it compute in 16 bits.
_OUTPUT = 'float32'
# Weight of other skin beside a face.
_LITTLE = 1e-3
# What the fine grid's layers see of it.
_FINE = ('agnostic_image', 'agnostic_layout', 'removed')
# The inputs that the ends of a garment need: not pictures.
_ENDS = {
  'keypoints': (keypoints_lib.NUM_KEYPOINTS, 3),
  'ends': (len(ends_lib.NAMES),),
  'ends_known': (len(ends_lib.NAMES),),
}


class LayoutNet(tf.keras.Model):
  """Batch, averaged to its grid, to logits and, if configured, ends.

  Inputs are taken from the batch by name; `input_names` lists them.

  Outputs: 'logits' [B, h, w, 20] of its grid, without the head start of kept
  labels, see `at_full_size`; with `config.data.ends` also 'ends' [B, 3], the
  estimated ones, whether or not some were given.
  """

  def __init__(
    self, config: config_lib.LayoutConfig, data: config_lib.DataConfig
  ):
    inputs = _inputs(config, data)
    coarse = _shrunk(inputs) if config.refinement else inputs
    pictures = [x for name, x in coarse.items() if name not in _ENDS]
    outputs = {}
    if config.skin_difference:
      person = [coarse['agnostic_image'], coarse['agnostic_layout']]
      pictures.append(SkinDifference(name='skin_difference')(person))
    x = blocks.joined(pictures, 1, 'layout')
    if data.ends:
      x, outputs['ends'] = _with_ends(x, coarse, config, data)
    x = blocks.u_net(x, config.channels, config.residual_blocks, 'layout')
    logits = layers.Conv2D(
      labels.NUM_LABELS, 3, padding='same', name='layout_head', dtype=_OUTPUT
    )(x)
    if config.refinement:
      logits = _refined(x, logits, inputs, config.refinement)
    if config.smoothing > 1:
      # Where a collar may end at the old neckline or at the new one, squares
      # side by side would choose otherwise: stripes of skin and cloth.
      logits = layers.AveragePooling2D(
        config.smoothing, 1, 'same', name='layout_smoothed', dtype=_OUTPUT
      )(logits)
    super().__init__(
      inputs=inputs, outputs={'logits': logits, **outputs}, name='layout'
    )


@tf.keras.utils.register_keras_serializable('clothflow')
class SkinDifference(layers.Layer):
  """[image [B, h, w, 3], layout [B, h, w, 20]] to image minus skin's colour.

  The colour is the face's mean; without a face, that of other skin. It tells
  an arm from a sleeve that a parser took for one.
  """

  def call(self, inputs: list[tf.Tensor]) -> tf.Tensor:
    image, layout = inputs
    face = channels.total(layout, [labels.FACE])
    weight = face + _LITTLE * channels.total(layout, agnostic.SKIN)
    total = tf.reduce_sum(weight, [1, 2], keepdims=True)
    color = tf.reduce_sum(weight * image, [1, 2], keepdims=True)
    nothing = tf.cast(total <= 0.0, image.dtype)
    default = tf.constant(agnostic.DEFAULT_SKIN, image.dtype)
    return image - tf.math.divide_no_nan(color, total) - nothing * default


def _inputs(
  config: config_lib.LayoutConfig, data: config_lib.DataConfig
) -> dict[str, tf.Tensor]:
  side = config.side
  size = (data.height // side, data.width // side)
  shapes = {
    'source_image': (*size, 3),
    'source_layout': (*size, labels.NUM_LABELS),
    'pose': (*size, keypoints_lib.NUM_KEYPOINTS),
  }
  if data.task == 'try_on':
    shapes['agnostic_image'] = (*size, 3)
    shapes['agnostic_layout'] = (*size, labels.NUM_LABELS)
  if config.removed:
    shapes['removed'] = (*size, 1)
  if data.ends:
    shapes.update(_ENDS)
  return {
    name: layers.Input(shape, name=name) for name, shape in shapes.items()
  }


def _shrunk(inputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
  """Returns the inputs, pictures averaged to half their size."""
  return {
    name: x
    if name in _ENDS
    else layers.AveragePooling2D(2, name=f'{name}_shrunk')(x)
    for name, x in inputs.items()
  }


def _refined(
  x: tf.Tensor,
  logits: tf.Tensor,
  inputs: dict[str, tf.Tensor],
  channels: int,
) -> tf.Tensor:
  """Returns logits on a grid twice as fine, corrected there.

  Args:
    x: features that the logits were made of, [B, h, w, C].
    logits: [B, h, w, 20].
    inputs: of the network, [B, 2 h, 2 w, .].
    channels: of the correcting layers.
  """
  seen = layers.Concatenate(name='refined_seen')([x, logits])
  # To few channels on the coarse grid, where that is cheap.
  seen = layers.Conv2D(channels, 1, name='refined_narrow')(seen)
  fine = [inputs[name] for name in _FINE if name in inputs]
  seen = layers.Concatenate(name='refined_inputs')([_doubled(seen), *fine])
  seen = blocks.conv_norm_relu(seen, channels, name='refined_first')
  seen = blocks.residual(seen, 'refined_block')
  # Zero-initialised: training starts from the logits as they are.
  correction = layers.Conv2D(
    labels.NUM_LABELS,
    3,
    padding='same',
    kernel_initializer='zeros',
    name='refined_head',
    dtype=_OUTPUT,
  )(seen)
  return layers.Add(name='refined', dtype=_OUTPUT)(
    [_doubled(logits), correction]
  )


def _doubled(values: tf.Tensor) -> tf.Tensor:
  return resize.enlarge(values, 2, 'bilinear')


def _with_ends(
  x: tf.Tensor,
  inputs: dict[str, tf.Tensor],
  config: config_lib.LayoutConfig,
  data: config_lib.DataConfig,
) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns the joined inputs with maps of the ends, and the estimated ends."""
  keypoints = inputs['keypoints']
  estimated = ends.estimated(inputs, data)
  chosen = ends.Chosen(name='ends_chosen', dtype=_OUTPUT)(
    [estimated, inputs['ends'], inputs['ends_known']]
  )
  maps = ends.EndMaps(
    data.height,
    data.width,
    config.downsampling,
    name='ends_maps',
    dtype=_OUTPUT,
  )([chosen, keypoints])
  return layers.Concatenate(name='layout_with_ends')([x, maps]), estimated


def at_full_size(
  logits: tf.Tensor,
  batch: dict[str, tf.Tensor],
  config: config_lib.LayoutConfig,
) -> tf.Tensor:
  """Returns logits [B, H, W, 20], kept labels with their head start."""
  logits = resize.enlarge(logits, config.side, 'bilinear')
  return with_kept(logits, batch, config)


def with_kept(
  logits: tf.Tensor,
  batch: dict[str, tf.Tensor],
  config: config_lib.LayoutConfig,
) -> tf.Tensor:
  """Adds `config.kept_prior` to the logits of labels that a pixel keeps.

  Args:
    logits: [B, h, w, 20] of any grid.
    batch: agnostic_layout and removed, averaged to the same grid.
    config: says how much.
  """
  if not config.kept_prior:
    return logits
  # In the hole the layout is background, which is not kept.
  hole = batch['removed'] * agnostic.background()
  return logits + config.kept_prior * (batch['agnostic_layout'] - hole)
