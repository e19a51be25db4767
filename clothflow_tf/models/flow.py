# SPDX-License-Identifier: Apache-2.0
"""Stage 2: the cascaded clothing flow estimation network.

Two feature pyramids, the source's S_n on [c_s, s_s] and the target's T_n on
s_t (clothing-only segmentations). The coarsest level estimates a flow; each
finer one doubles it, warps the source features by it and adds a correction:

    F_N     = E_N([S_N, T_N])                                         (Eq. 1)
    F_{n-1} = U(F_n) + E_{n-1}([W(S_{n-1}, U(F_n)), T_{n-1}])         (Eq. 2)
    c'_s    = W(c_s, U(F_1)),   s'_s = W(s_s, U(F_1))

n = 1 is the finest level, at half the input's resolution, so one more U comes
before the final warp. Flows are added, not composed by sampling as PF-AFN does.
E_n is one 3x3 convolution with bias and no activation, initialised to zero: an
untrained network is the identity warp. Lists of flows are finest first.

Beside the paper: the target pyramid may see the pose, both may see coordinates,
U may be bilinear, and both may work on inputs averaged over squares
(`config.FlowConfig`). What the paper argues against takes the cascade's place
(`config.FlowConfig.motion`, `transforms`): same inputs, pyramids and losses.
"""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf.inputs import batch as batch_lib
from clothflow_tf.inputs import keypoints
from clothflow_tf.models import blocks
from clothflow_tf.models import transforms
from clothflow_tf.ops import flow as flow_ops
from clothflow_tf.ops import warp

layers = tf.keras.layers

_WARPS = {'addons': warp.warp, 'flat': warp.flat_warp}


@tf.keras.utils.register_keras_serializable('clothflow')
class Warp(layers.Layer):
  """W: [source, flow] to the source sampled along the flow."""

  def __init__(self, form: str = 'addons', **kwargs: Any):
    super().__init__(**kwargs)
    self.form = form

  def call(self, inputs: list[tf.Tensor]) -> tf.Tensor:
    source, flow = inputs
    return _WARPS[self.form](source, flow)

  def get_config(self) -> dict[str, Any]:
    return {**super().get_config(), 'form': self.form}


@tf.keras.utils.register_keras_serializable('clothflow')
class Upsample(layers.Layer):
  """U: enlarges a flow and scales its vectors by the same factor."""

  def __init__(self, method: str, factor: int = 2, **kwargs: Any):
    super().__init__(**kwargs)
    self.method, self.factor = method, factor

  def call(self, flow: tf.Tensor) -> tf.Tensor:
    return flow_ops.upsample(flow, self.method, self.factor)

  def get_config(self) -> dict[str, Any]:
    own = {'method': self.method, 'factor': self.factor}
    return {**super().get_config(), **own}


@tf.keras.utils.register_keras_serializable('clothflow')
class Coordinates(layers.Layer):
  """Appends two channels, x and y from -1 to 1."""

  def call(self, x: tf.Tensor) -> tf.Tensor:
    columns, rows = tf.meshgrid(
      tf.linspace(-1.0, 1.0, x.shape[2]), tf.linspace(-1.0, 1.0, x.shape[1])
    )
    grid = tf.stack([columns, rows], axis=-1)[tf.newaxis]
    grid = tf.cast(tf.tile(grid, [tf.shape(x)[0], 1, 1, 1]), x.dtype)
    return tf.concat([x, grid], axis=-1)


# Also where the pyramids compute in 16 bits, which count pixels badly.
_FLOW = 'float32'


class FlowNet(tf.keras.Model):
  """Batch (`inputs.batch`) to flows and the warped garment.

  Inputs by name: garment [B, H, W, 3], source_clothing and target_clothing
  [B, H, W, C], and pose [B, H, W, 18] where the configuration feeds it.

  Outputs: 'flows', a list, finest first, of [B, H / k, W / k, 2], each in
  pixels of its own grid; 'flow' [B, H, W, 2], U(F_1); 'warped_garment'
  [B, H, W, 3], c'_s; 'warped_clothing' [B, H, W, C], s'_s. Stiff motions have
  one flow, at full size.
  """

  def __init__(
    self, config: config_lib.FlowConfig, data: config_lib.DataConfig
  ):
    count = batch_lib.NUM_CLOTHING
    channels = {'garment': 3, 'source_clothing': count}
    channels['target_clothing'] = count
    if config.target_pose:
      channels['pose'] = keypoints.NUM_KEYPOINTS
    inputs = {
      name: layers.Input((data.height, data.width, size), name=name)
      for name, size in channels.items()
    }
    source = self._pyramid(
      [inputs['garment'], inputs['source_clothing']], config, 'source'
    )
    target = self._pyramid(
      [inputs[key] for key in ('target_clothing', 'pose') if key in inputs],
      config,
      'target',
    )
    flows = self._flows(source, target, inputs, config)
    factor = data.height // flows[0].shape[1]
    flow = Upsample(config.upsampling, factor, name='flow', dtype=_FLOW)(
      flows[0]
    )
    # One warp of all channels: its positions are computed once.
    sources = [inputs['garment'], inputs['source_clothing']]
    joined = layers.Concatenate(name='warp_source', dtype=_FLOW)(sources)
    warped = Warp(config.warp, name='warped', dtype=_FLOW)([joined, flow])
    colors = channels['garment']
    outputs = {
      'flows': flows,
      'flow': flow,
      'warped_garment': warped[..., :colors],
      'warped_clothing': warped[..., colors:],
    }
    super().__init__(inputs=inputs, outputs=outputs, name='flow')

  def _pyramid(
    self, parts: list[tf.Tensor], config: config_lib.FlowConfig, name: str
  ) -> list[tf.Tensor]:
    x = blocks.joined(parts, config.downsampling, name)
    if config.coordinates:
      x = Coordinates(name=f'{name}_coordinates')(x)
    return blocks.feature_pyramid(
      x, config.channels, config.fpn_channels, config.residual_blocks, name
    )

  def _flows(
    self,
    source: list[tf.Tensor],
    target: list[tf.Tensor],
    inputs: dict[str, tf.Tensor],
    config: config_lib.FlowConfig,
  ) -> list[tf.Tensor]:
    """Returns the flows of `config.motion`; all but cascades have one."""
    kind = config.motion
    if kind == 'one_level':
      source, target = source[:1], target[:1]
    if kind in ('cascade', 'one_level'):
      return self._cascade(source, target, config)
    if kind in transforms.REGRESSED:
      _, height, width, _ = inputs['garment'].shape
      size = (height, width)
      return [transforms.regressed(source, target, kind, size)]
    masks = [inputs['source_clothing'], inputs['target_clothing']]
    fixed = transforms.FIXED[kind]
    return [fixed(name='fixed', dtype=_FLOW)(masks)]

  def _cascade(
    self,
    source: list[tf.Tensor],
    target: list[tf.Tensor],
    config: config_lib.FlowConfig,
  ) -> list[tf.Tensor]:
    """Eq. 1 and 2; pyramids and the flows returned are finest first."""
    coarsest = len(source)
    hidden = config.hidden
    flows = [_estimate([source[-1], target[-1]], coarsest, hidden)]
    for level in range(coarsest - 1, 0, -1):
      initial = Upsample(
        config.upsampling, name=f'upsample_{level}', dtype=_FLOW
      )(flows[0])
      warped = Warp(config.warp, name=f'warp_{level}', dtype=_FLOW)(
        [source[level - 1], initial]
      )
      pair = [warped, target[level - 1]]
      correction = _estimate(pair, level, hidden)
      flows.insert(
        0, layers.Add(name=f'flow_{level}', dtype=_FLOW)([initial, correction])
      )
    return flows


def _estimate(
  pair: list[tf.Tensor], level: int, hidden: Sequence[int]
) -> tf.Tensor:
  """E_n: the level's own 3x3 convolution to two channels, zero at first.

  Args:
    pair: features of source and target.
    level: n.
    hidden: channels of layers before it; none is the paper.
  """
  x = layers.Concatenate(name=f'pair_{level}')(pair)
  for place, width in enumerate(hidden):
    # Not normalised: the coarsest level has a few values only.
    x = layers.Conv2D(
      width,
      3,
      padding='same',
      activation='relu',
      kernel_initializer='he_normal',
      name=f'estimate_{level}_{place}',
    )(x)
  head = layers.Conv2D(
    2,
    3,
    padding='same',
    kernel_initializer='zeros',
    name=f'estimate_{level}',
    dtype=_FLOW,
  )
  return head(x)
