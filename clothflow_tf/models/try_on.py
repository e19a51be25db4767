# SPDX-License-Identifier: Apache-2.0
"""All three stages as one model, from raw inputs to an image.

At inference stages 2 and 3 run on the layout that stage 1 predicts, as hard or
soft (`layout.soft`) as the true layouts that they were trained on. The raw
inputs are what an application has: uint8 images and layouts, keypoints in
pixels (`inputs.raw`). Everything else (heat maps, one-hot layouts, the
cloth-agnostic person, normalisation) is made in the graph by `inputs.batch`.
"""

import functools
from typing import Any

import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf import runs
from clothflow_tf.inputs import batch as batch_lib
from clothflow_tf.inputs import coarse
from clothflow_tf.inputs import filling
from clothflow_tf.inputs import raw as raw_lib
from clothflow_tf.models import composition
from clothflow_tf.models import flow as flow_lib
from clothflow_tf.models import layout as layout_lib
from clothflow_tf.models import render as render_lib
from clothflow_tf.ops import ratios
from clothflow_tf.ops import resize

# Of a warped mask: above, a pixel shows the garment and not its surroundings.
_SURE = 0.75
# Soft layouts are sharpened, p ^ 3 / sum p ^ 3: a pixel or two of transition,
# where the plain probabilities of a coarse grid blur outlines over eight.
_SHARPNESS = 3


def build_stage(stage: str, config: config_lib.Config) -> tf.keras.Model:
  """Returns the untrained network of 'layout', 'flow' or 'render'."""
  if stage == 'layout':
    return layout_lib.LayoutNet(config.layout, config.data)
  if stage == 'flow':
    return flow_lib.FlowNet(config.flow, config.data)
  if stage == 'render':
    return render_lib.RenderNet(config.render, config.data)
  raise ValueError(f'stage is {stage!r}, expected one of {config_lib.STAGES}')


def input_signature(
  data: config_lib.DataConfig, batch: int | None = None
) -> dict[str, tf.TensorSpec]:
  """Returns the raw inputs' names, shapes and types."""
  shapes = raw_lib.shapes(data.task, data.height, data.width)
  return {
    name: tf.TensorSpec((batch, *shape), raw_lib.DTYPES[name])
    for name, shape in shapes.items()
  }


def load(
  run_dir: str, warp: str = 'addons', separate: bool = False
) -> 'ClothFlow':
  """Returns the three stages with the weights of a run.

  Args:
    run_dir: a run folder whose stages are all trained.
    warp: the form of the warp, see `config.FlowConfig`; 'flat' for mobile.
    separate: take the stages as they were trained by themselves, also where
      they were fine-tuned jointly.

  Raises:
    FileNotFoundError: no run folder, or a stage is not trained.
    ValueError: a broken configuration or weights file.
  """
  config = runs.load_config(run_dir)
  config.flow.warp = warp
  model = ClothFlow(config)
  if not separate and runs.is_trained(run_dir, 'joint'):
    runs.load_weights(model, 'joint', run_dir)
  else:
    load_separate(model, run_dir)
  return model


def load_separate(model: 'ClothFlow', run_dir: str) -> None:
  """Loads the weights that a run's stages were trained to by themselves.

  Raises:
    FileNotFoundError: a stage is not trained.
    ValueError: a broken weights file.
  """
  for stage, network in model.stages.items():
    runs.load_weights(network, stage, run_dir)


class ClothFlow(tf.keras.Model):
  """The three stages, each a trained network of `build_stage`."""

  def __init__(self, config: config_lib.Config):
    super().__init__(name='clothflow')
    self.config = config
    self.layout_net = build_stage('layout', config)
    self.flow_net = build_stage('flow', config)
    self.render_net = build_stage('render', config)
    self.built = True  # All weights are there: they can be saved and loaded.

  @property
  def stages(self) -> dict[str, tf.keras.Model]:
    """The networks by their stage's name."""
    return {
      'layout': self.layout_net,
      'flow': self.flow_net,
      'render': self.render_net,
    }

  def call(self, raw: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """Runs raw inputs through all stages.

    Returns:
      'image' uint8 [B, H, W, 3], 'layout' uint8 [B, H, W] (predicted),
      'warped_garment' uint8 [B, H, W, 3], 'flow' float32 [B, H, W, 2]; where
      stage 3 copies pixels, also what a picture at the photo's own size is
      composed of (`inference.compose`): 'composition' float32 [B, H, W, 3],
      'painted' uint8 [B, H, W, 3] and 'light' float32 [B, H, W, 1], as
      `models.composition` tells, and 'removed' uint8 [B, H, W], 1 where the
      person's pixels were taken off.
    """
    result = self.infer(batch_lib.from_raw(raw, self.config.data))
    label = tf.argmax(result['layout'], axis=-1, output_type=tf.int32)
    pictures = {
      name: batch_lib.denormalize(result[name])
      for name in ('image', 'warped_garment', 'painted')
      if name in result
    }
    numbers = {
      name: result[name]
      for name in ('flow', 'composition', 'light')
      if name in result
    }
    if 'removed' in result:
      removed = tf.cast(result['removed'][..., 0], tf.int32)
      pictures['removed'] = tf.cast(removed, tf.uint8)
    return {'layout': tf.cast(label, tf.uint8), **pictures, **numbers}

  def infer(self, batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """Runs a batch of `inputs.batch` through all stages.

    Returns:
      'image' and 'warped_garment' float32 in [-1, 1], 'layout' one-hot
      [B, H, W, 20], 'flow' float32, 'warped_clothing' [B, H, W, C], and what
      `models.composition` adds.
    """
    settings = self.config.layout
    logits = self._run('layout', batch)['logits']
    # The truth, where a batch has it, gives way to the prediction.
    logits = layout_lib.at_full_size(logits, batch, settings)
    batch = {**batch, **predicted_layout(logits, settings)}
    warped = self._run('flow', batch)
    batch = {**batch, **render_inputs(batch, warped, self.config.render)}
    rendered, layout = self._run('render', batch), _hard(logits)
    if self.config.render.composition == 'layers':
      rendered = composition.kept(rendered, batch, layout)
    return {
      **rendered,
      'layout': layout,
      'flow': warped['flow'],
      'warped_garment': warped['warped_garment'],
      'warped_clothing': warped['warped_clothing'],
    }

  def _run(self, stage: str, batch: dict[str, tf.Tensor]) -> Any:
    network = self.stages[stage]
    inputs = inputs_of(stage, batch, network, self.config)
    return network(inputs, training=False)


def inputs_of(
  stage: str,
  batch: dict[str, tf.Tensor],
  network: tf.keras.Model,
  config: config_lib.Config,
) -> dict[str, tf.Tensor]:
  """Returns what the network of a stage takes of a batch, on its own grid."""
  # Stage 2 averages inside, as its warp is at full size.
  side = config.layout.side if stage == 'layout' else 1
  return coarse.averaged(batch, network.input_names, side, config.data)


def predicted_layout(
  logits: tf.Tensor, settings: config_lib.LayoutConfig
) -> dict[str, tf.Tensor]:
  """Returns the target layout and clothing that stage 1 drew.

  Args:
    logits: [B, H, W, 20], `models.layout.at_full_size`.
    settings: says whether they are probabilities, or 0 and 1.
  """
  layout = _hard(logits)
  if settings.soft:
    layout = ratios.softmax(float(_SHARPNESS) * logits)
  return {
    'target_layout': layout,
    'target_clothing': batch_lib.clothing(layout),
  }


def true_layout(
  batch: dict[str, tf.Tensor], settings: config_lib.LayoutConfig
) -> dict[str, tf.Tensor]:
  """Returns the true target layout and clothing as stages 2 and 3 see them.

  Where they will get probabilities from a coarse grid, the truth is averaged
  down to that grid and enlarged again, or they would learn to trust edges that
  nobody can predict. What the person keeps is predicted sharply.
  """
  layout, side = batch['target_layout'], settings.side
  if settings.soft and side > 1:
    truth = layout
    small = coarse.one_hot(batch['target_labels'], side)
    blurred = resize.enlarge(small, side, 'bilinear')
    # tf.pow, which takes any exponent, is ten times slower.
    layout = functools.reduce(tf.multiply, [blurred] * _SHARPNESS)
    layout /= tf.reduce_sum(layout, -1, keepdims=True)
    if settings.kept_prior:
      stays = truth * batch['agnostic_layout']
      stays = tf.reduce_sum(stays, -1, keepdims=True) * (1.0 - batch['removed'])
      layout += stays * (truth - layout)
  return {
    'target_layout': layout,
    'target_clothing': batch_lib.clothing(layout),
  }


def _hard(logits: tf.Tensor) -> tf.Tensor:
  """Returns the most likely label of logits, one-hot."""
  return batch_lib.one_hot(tf.argmax(logits, -1, output_type=tf.int32))


def render_inputs(
  batch: dict[str, tf.Tensor],
  warped: dict[str, tf.Tensor],
  render: config_lib.RenderConfig,
) -> dict[str, tf.Tensor]:
  """Returns what stage 3 takes of a warp.

  Args:
    batch: needs target_clothing and garments.
    warped: 'warped_garment' and 'warped_clothing' of stage 2.
    render: says whether the garment is cut to the target clothing region, and
      continued over it where the warp falls short.

  Returns:
    'warped_garment' [B, H, W, 3] and 'warped_mask' [B, H, W, 1]. The garment is
    multiplied by its mask, which fades at its edge, but not if it is continued:
    then it has its colours everywhere.
  """
  mask = tf.reduce_sum(warped['warped_clothing'], -1, keepdims=True)
  garment = warped['warped_garment']
  if not render.clip_garment:
    return {'warped_garment': garment, 'warped_mask': mask}
  # Only categories that the source has: a top does not cover the trousers.
  region = batch_lib.worn(batch['target_clothing'], batch)
  if render.continue_garment:
    # At the garment's edge the warp mixes in what is outside, which is 0.
    known = ratios.positive(mask - _SURE)
    colors = ratios.ratio(garment, mask)
    # Colours everywhere, not multiplied by the region: that would darken its
    # soft edge, once more where they are blended by it.
    return {
      'warped_garment': filling.continued(colors, known),
      'warped_mask': region,
    }
  return {'warped_garment': garment * region, 'warped_mask': mask * region}
