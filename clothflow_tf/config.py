# SPDX-License-Identifier: Apache-2.0
"""The whole system in typed dataclasses: data, three stages, how each trains.

A default is the paper's value where method and paper agree; where the paper is
silent, the docstring of the field says what the value rests on: "corroborated"
(at least two independent re-implementations agree), "relative" (the first
author's VITON, or PF-AFN, which builds on ClothFlow's implementation) or
"open". A file in `configs/` returns one `Config` and states only what differs.

`validate` checks what types cannot: choices and ranges (`config_values`), and
that values fit each other.
"""

import dataclasses

from clothflow_tf import config_values
from clothflow_tf import training_config

STAGES = ('layout', 'flow', 'render')
# All that can be trained: each stage by itself, then all of them together.
TRAININGS = (*STAGES, 'joint')


@dataclasses.dataclass
class DataConfig:
  """What the records are, and how a record becomes what networks see.

  Attributes:
    dataset: name of a data set under `clothflow_tf.data`.
    data_dir: folder that `clothflow_tf.prepare` wrote the data set to.
    task: 'try_on' or 'pose_transfer'.
    height: rows of every image, a multiple of 2 ** (levels of a stage).
    width: columns of every image, likewise.
    garment_label: layout label of the garment in an exported try-on model,
      whose caller gives a bare mask; 5 is upper-clothes.
    heat_map_sigma: standard deviation of a keypoint's Gaussian, as a share of
      the height. Open; 0.0235 is 6 pixels at 256.
    agnostic_margin: how far, as a share of the height, the removed garment's
      region is grown before its pixels are taken out of the person image, so
      that the hole's outline does not tell the garment's. Open.
    agnostic_fill: continue the background into that hole, and kept parts by
      some pixels, instead of leaving it 0. Open.
  """

  dataset: str = 'paper_doll'
  data_dir: str = 'data'
  task: str = 'try_on'
  height: int = 256
  width: int = 192
  garment_label: int = 5
  heat_map_sigma: float = 0.0235
  agnostic_margin: float = 0.025
  agnostic_fill: bool = False


TrainConfig = training_config.TrainConfig
AugmentConfig = training_config.AugmentConfig
JointConfig = training_config.JointConfig
WarmStartConfig = training_config.WarmStartConfig


@dataclasses.dataclass
class LayoutConfig:
  """Stage 1, the conditional layout generator.

  Attributes:
    channels: channels of each U-Net level, finest (half resolution) first.
    residual_blocks: residual blocks a level.
    downsampling: the network works on inputs averaged over squares of this
      side, its logits are resized back; 1 is the paper.
    class_weights: weight of each of the 20 labels in the cross-entropy; empty
      means 1 for all. Open.
    train: how it trains.
  """

  channels: tuple[int, ...] = (64, 128, 256, 512, 512)
  residual_blocks: int = 1
  downsampling: int = 1
  class_weights: tuple[float, ...] = ()
  train: TrainConfig = dataclasses.field(default_factory=TrainConfig)


@dataclasses.dataclass
class FlowConfig:
  """Stage 2, the cascaded clothing flow estimation network.

  Attributes:
    channels: encoder channels of each level, finest first; their number is
      the paper's N. Five levels and these widths are corroborated (the
      paper's figure draws four levels).
    fpn_channels: width of both feature pyramids. Corroborated.
    residual_blocks: residual blocks a level; one in three readings of the
      paper, two in PF-AFN.
    upsampling: U of Eq. 1 and 2, 'nearest' (the paper) or 'bilinear', which
      leaves no block seams in prints.
    target_pose: also feed the pose heat maps to the target pyramid. Not in
      the paper; lowers the error and sets the scale of prints.
    coordinates: also feed x and y in [-1, 1] to both pyramids. Not in the
      paper; a small gain.
    downsampling: both pyramids work on inputs averaged over squares of this
      side, the final flow is resized once more; 1 is the paper.
    warp: 'addons' (tfa.image.dense_image_warp) or 'flat', the same values in
      operations that mobile runtimes have kernels for.
    roi_perceptual: weight of L_roi_perc.
    structure: weight of L_struct. 10 is corroborated.
    smoothness: weight of L_smt. 2 is corroborated.
    endpoint: weight of the end-point error to the true flow, for data that
      has it; 0 is the paper.
    warm_start: how these weights change while it trains.
    train: how it trains.
  """

  channels: tuple[int, ...] = (64, 128, 256, 256, 256)
  fpn_channels: int = 256
  residual_blocks: int = 1
  upsampling: str = 'nearest'
  target_pose: bool = False
  coordinates: bool = False
  downsampling: int = 1
  warp: str = 'addons'
  roi_perceptual: float = 1.0
  structure: float = 10.0
  smoothness: float = 2.0
  endpoint: float = 0.0
  warm_start: WarmStartConfig = dataclasses.field(
    default_factory=WarmStartConfig
  )
  train: TrainConfig = dataclasses.field(default_factory=TrainConfig)


@dataclasses.dataclass
class RenderConfig:
  """Stage 3, the clothing-preserving renderer.

  Attributes:
    channels: channels of each U-Net level, finest first. Relative.
    residual_blocks: residual blocks a level. Relative.
    warped_mask: also feed the warped garment's mask. Not in the paper.
    clip_garment: cut the warped garment to the target clothing region before
      it is rendered. Not in the paper.
    composition: 'none' (the paper), 'garment' (a mask that copies warped
      garment pixels; relative), 'garment_and_person' (masks that also copy
      the pixels of the cloth-agnostic person) or 'garment_person_skin' (also
      the mean colour of the face; starts from what the layout says, and needs
      `warped_mask`).
    warp_source: whose warp it trains on: 'stage' (the trained stage 2) or
      'truth' (the true flow, jittered and eroded; needs data that has it).
    warp_jitter: for 'truth', standard deviation of the smooth displacement
      added to the true flow at the nodes of a coarse grid, as a share of the
      height.
    perceptual: weight of the perceptual loss, pixels and features. Open.
    style: weight of the Gram-matrix style loss. Open.
    train: how it trains.
  """

  channels: tuple[int, ...] = (64, 128, 256, 512, 512)
  residual_blocks: int = 2
  warped_mask: bool = False
  clip_garment: bool = False
  composition: str = 'none'
  warp_source: str = 'stage'
  warp_jitter: float = 0.008
  perceptual: float = 1.0
  style: float = 100.0
  train: TrainConfig = dataclasses.field(default_factory=TrainConfig)


@dataclasses.dataclass
class PerceptualConfig:
  """The frozen feature network phi of the perceptual and style losses.

  Attributes:
    network: 'vgg19' (the paper), 'vgg16', 'alexnet', or 'none', which leaves
      only the pixels (l = 0).
    weights: 'imagenet' (downloaded through tf.keras.applications) or a file:
      Keras .h5 of the network, or .npz with Conv_i/kernel and Conv_i/bias.
    level_weights: lambda_l for l = 0 (the pixels) to 5. 1/32 to 1 for the
      five feature levels is corroborated; the pixels' own weight is open.
    style_levels: the levels, counted from 1, whose Gram matrices are compared.
  """

  network: str = 'vgg19'
  weights: str = 'imagenet'
  level_weights: tuple[float, ...] = (1.0, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)
  style_levels: tuple[int, ...] = (1, 2, 3, 4, 5)


@dataclasses.dataclass
class Config:
  """Everything a run needs to know, a section an owner."""

  name: str = 'try_on'
  seed: int = 0
  data: DataConfig = dataclasses.field(default_factory=DataConfig)
  augment: AugmentConfig = dataclasses.field(default_factory=AugmentConfig)
  layout: LayoutConfig = dataclasses.field(default_factory=LayoutConfig)
  flow: FlowConfig = dataclasses.field(default_factory=FlowConfig)
  render: RenderConfig = dataclasses.field(default_factory=RenderConfig)
  joint: JointConfig = dataclasses.field(default_factory=JointConfig)
  perceptual: PerceptualConfig = dataclasses.field(
    default_factory=PerceptualConfig
  )


def validate(config: Config) -> Config:
  """Returns the configuration if its values make sense together.

  Raises:
    ValueError: naming the key, what it holds and what it may hold.
  """
  config_values.check(config, 'config')
  training_config.validate_joint(config.joint, 'config.joint')
  training_config.validate_warm_start(
    config.flow.warm_start, 'config.flow.warm_start'
  )
  for stage in STAGES:
    section = getattr(config, stage)
    training_config.validate_train(section.train, f'config.{stage}.train')
    if not section.channels:
      raise ValueError(f'config.{stage}.channels is empty, expected levels')
    step = 2 ** len(section.channels) * getattr(section, 'downsampling', 1)
    for side in ('height', 'width'):
      size = getattr(config.data, side)
      if size <= 0 or size % step:
        raise ValueError(
          f'config.data.{side} is {size}, but config.{stage} with '
          f'{len(section.channels)} levels needs a multiple of {step}'
        )
  if len(config.perceptual.level_weights) != 6:
    raise ValueError(
      'config.perceptual.level_weights has '
      f'{len(config.perceptual.level_weights)} values, expected 6 (l = 0..5)'
    )
  render = config.render
  if render.composition == 'garment_person_skin' and not render.warped_mask:
    raise ValueError(
      "config.render.composition is 'garment_person_skin', which needs "
      'config.render.warped_mask'
    )
  weights = config.layout.class_weights
  if weights and len(weights) != 20:
    raise ValueError(
      f'config.layout.class_weights has {len(weights)} values, expected 20 '
      'or none'
    )
  return config
