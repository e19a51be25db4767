# SPDX-License-Identifier: Apache-2.0
"""The whole system in typed dataclasses: data, three stages, how each trains.

A default is the paper's value where method and paper agree; where the paper is
silent, the docstring of the field says what the value rests on: "corroborated"
(at least two independent re-implementations agree), "relative" (the first
author's VITON, or PF-AFN, which builds on ClothFlow's implementation) or
"open". A file in `configs/` returns one `Config` and states only what differs.

Each field carries the values that it may have (`config_values`). `validate`
checks them, and that values fit each other.
"""

import dataclasses

from clothflow_tf import config_values as values
from clothflow_tf import data_config
from clothflow_tf import training_config

STAGES = ('layout', 'flow', 'render')
# All that can be trained: each stage by itself, then all of them together.
TRAININGS = (*STAGES, 'joint')

PHOTOGRAPHS = data_config.PHOTOGRAPHS
DataConfig = data_config.DataConfig
TrainConfig = training_config.TrainConfig
AugmentConfig = training_config.AugmentConfig
JointConfig = training_config.JointConfig
WarmStartConfig = training_config.WarmStartConfig
PerceptualConfig = training_config.PerceptualConfig


@dataclasses.dataclass
class LayoutConfig:
  """Stage 1, the conditional layout generator.

  Attributes:
    channels: channels of each U-Net level, finest (half resolution) first.
    residual_blocks: residual blocks a level.
    downsampling: the network works on inputs averaged over squares of this
      side, its logits are resized back; 1 is the paper.
    refinement: channels of a small network that corrects the logits on a grid
      twice as fine; 0 is none, the paper. Needs an even `downsampling`.
    smoothing: side of the squares, on the grid of the logits, over which these
      are averaged; 1 is the paper. Odd.
    class_weights: weight of each of the 20 labels in the cross-entropy; empty
      means 1 for all. Open.
    removed: also feed the region that the person lost. Not in the paper.
    skin_difference: also feed each pixel's difference from the face's colour.
      Not in the paper.
    kept_prior: added to the logits of labels that the person keeps; 0 is the
      paper.
    kept_weight: weight, in the cross-entropy, of pixels whose label the person
      keeps, where most others are decided; 1 is the paper.
    soft: hand probabilities to stages 2 and 3, not the most likely label; they
      are trained on true layouts as soft as the grid that `downsampling`
      leaves. Not in the paper.
    ends: weight of the garment's ends' mean absolute error (`data.ends`).
    ends_noise: standard deviation of noise on the ends given in training.
    ends_given: probability to be given the true ends, not to estimate them.
    train: how it trains.
  """

  channels: tuple[int, ...] = values.number((64, 128, 256, 512, 512), least=1)
  residual_blocks: int = values.number(1, least=1)
  downsampling: int = values.number(1, least=1)
  refinement: int = values.number(0, least=0)
  smoothing: int = values.number(1, least=1)
  class_weights: tuple[float, ...] = values.number((), least=0, lengths=(0, 20))
  removed: bool = False
  skin_difference: bool = False
  kept_prior: float = values.number(0.0, least=0)
  kept_weight: float = values.number(1.0, least=0, most=1)
  soft: bool = False
  ends: float = values.number(1.0, least=0)
  ends_noise: float = values.number(0.008, least=0)
  ends_given: float = values.number(0.8, least=0, most=1)
  train: TrainConfig = values.section(TrainConfig)

  @property
  def side(self) -> int:
    """The side of the squares that the logits stand for, in pixels."""
    return self.downsampling // 2 if self.refinement else self.downsampling


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
    hidden: channels of 3x3 layers in E_n before its last one; none is the
      paper. FS-VTON's ClothFlow has three.
    motion: what kind of flow is estimated (`models.transforms`): 'cascade' (the
      paper); what it argues against: 'one_level' (the finest level alone),
      'tps' and 'affine' (few numbers, estimated by a network), 'boxes' (the
      masks' boxes fitted) and 'none' (no warp), of which the last two have
      nothing to train.
    downsampling: both pyramids work on inputs averaged over squares of this
      side, the final flow is resized once more; 1 is the paper.
    warp: 'addons' (tfa.image.dense_image_warp) or 'flat', the same values in
      operations that mobile runtimes have kernels for.
    roi_perceptual: weight of L_roi_perc.
    roi: restrict L_roi_perc to each category's region, as the paper does; else
      all of the warped garment is compared with all of the worn clothing.
    structure: weight of L_struct. 10 is corroborated.
    smoothness: weight of L_smt. 2 is corroborated.
    endpoint: weight of the end-point error to the true flow, for data that
      has it; 0 is the paper.
    warm_start: how these weights change while it trains.
    train: how it trains.
  """

  channels: tuple[int, ...] = values.number((64, 128, 256, 256, 256), least=1)
  fpn_channels: int = values.number(256, least=1)
  residual_blocks: int = values.number(1, least=1)
  upsampling: str = values.choice('nearest', 'bilinear')
  target_pose: bool = False
  coordinates: bool = False
  hidden: tuple[int, ...] = values.number((), least=1)
  motion: str = values.choice(
    'cascade', 'one_level', 'tps', 'affine', 'boxes', 'none'
  )
  downsampling: int = values.number(1, least=1)
  warp: str = values.choice('addons', 'flat')
  roi_perceptual: float = values.number(1.0, least=0)
  roi: bool = True
  structure: float = values.number(10.0, least=0)
  smoothness: float = values.number(2.0, least=0)
  endpoint: float = values.number(0.0, least=0)
  warm_start: WarmStartConfig = values.section(WarmStartConfig)
  train: TrainConfig = values.section(TrainConfig)


@dataclasses.dataclass
class RenderConfig:
  """Stage 3, the clothing-preserving renderer.

  Attributes:
    channels: channels of each U-Net level, finest first. Relative.
    residual_blocks: residual blocks a level. Relative.
    downsampling: the network works on inputs averaged over squares of this
      side, its outputs are enlarged; 1 is the paper.
    warped_mask: also feed the warped garment's mask. Not in the paper.
    clip_garment: cut the warped garment to the target clothing region before
      it is rendered. Not in the paper.
    continue_garment: continue the warped garment over all of that region,
      where the warp falls short of it; needs `clip_garment`. Not in the paper.
    composition: 'none' (the paper), 'garment' (a mask that copies warped
      garment pixels; relative), 'garment_and_person' (masks that also copy
      the pixels of the cloth-agnostic person) or 'layers' (also the nearest
      skin's and the nearest garment's colours; starts from what is known, and
      needs `warped_mask`).
    shade: light and shade on the warped garment and on new skin, as a factor;
      needs 'layers'. Not in the paper.
    warp_source: whose warp it trains on: 'stage' (the trained stage 2) or
      'truth' (the true flow, jittered and eroded; needs data that has it).
    warp_jitter: for 'truth', standard deviation of the smooth displacement
      added to the true flow at the nodes of a coarse grid, as a share of the
      height.
    perceptual: weight of the perceptual loss, pixels and features. Open.
    style: weight of the Gram-matrix style loss. Open.
    train: how it trains.
  """

  channels: tuple[int, ...] = values.number((64, 128, 256, 512, 512), least=1)
  residual_blocks: int = values.number(2, least=1)
  downsampling: int = values.number(1, least=1)
  warped_mask: bool = False
  clip_garment: bool = False
  continue_garment: bool = False
  composition: str = values.choice(
    'none', 'garment', 'garment_and_person', 'layers'
  )
  shade: bool = False
  warp_source: str = values.choice('stage', 'truth')
  warp_jitter: float = values.number(0.008, least=0)
  perceptual: float = values.number(1.0, least=0)
  style: float = values.number(100.0, least=0)
  train: TrainConfig = values.section(TrainConfig)


@dataclasses.dataclass
class Config:
  """Everything a run needs to know, a section an owner."""

  name: str = 'try_on'
  seed: int = values.number(0, least=0, most=2**32 - 1)
  data: DataConfig = values.section(DataConfig)
  augment: AugmentConfig = values.section(AugmentConfig)
  layout: LayoutConfig = values.section(LayoutConfig)
  flow: FlowConfig = values.section(FlowConfig)
  render: RenderConfig = values.section(RenderConfig)
  joint: JointConfig = values.section(JointConfig)
  perceptual: PerceptualConfig = values.section(PerceptualConfig)

  def train_of(self, stage: str) -> TrainConfig:
    """Returns how one of `TRAININGS` trains."""
    return getattr(self, stage).train


def validate(config: Config) -> Config:
  """Returns the configuration if its values make sense together.

  Raises:
    ValueError: naming the key, what it holds and what it may hold.
  """
  values.check(config, 'config')
  _check_data(config.data)
  training_config.check_joint(config.joint, 'config.joint')
  training_config.check_warm_start(
    config.flow.warm_start, 'config.flow.warm_start'
  )
  for stage in STAGES:
    _check_stage(stage, config)
  _check_needs(config)
  return config


def _check_needs(config: Config) -> None:
  """Refuses settings that count only together with another one."""
  render, transfer = config.render, config.data.task == 'pose_transfer'
  lacking = {
    "render.composition = 'layers' needs config.render.warped_mask": (
      render.composition == 'layers' and not render.warped_mask
    ),
    "render.shade needs config.render.composition = 'layers'": (
      render.shade and render.composition != 'layers'
    ),
    'render.continue_garment needs config.render.clip_garment': (
      render.continue_garment and not render.clip_garment
    ),
    'data.ends is for try-on': transfer and config.data.ends,
    'data.pairs is for try-on': transfer and config.data.pairs,
    # The hole would tell the new garment's outline: the garment is worn.
    "data.pairs needs config.data.agnostic = 'garment_and_skin'": (
      config.data.pairs and config.data.agnostic != 'garment_and_skin'
    ),
    'layout.kept_prior is for try-on': transfer and config.layout.kept_prior,
    'layout.skin_difference is for try-on': (
      transfer and config.layout.skin_difference
    ),
    'data.ends needs config.layout.removed': (
      config.data.ends and not config.layout.removed
    ),
    'layout.smoothing has to be odd': config.layout.smoothing % 2 == 0,
    'layout.refinement needs an even config.layout.downsampling': (
      config.layout.refinement and config.layout.downsampling % 2
    ),
  }
  for problem, is_so in lacking.items():
    if is_so:
      raise ValueError(f'config.{problem}')


def _check_data(data: DataConfig) -> None:
  task = PHOTOGRAPHS.get(data.dataset, data.task)
  if task != data.task:
    raise ValueError(
      f'config.data.task is {data.task!r}, but {data.dataset} is for {task}'
    )


def _check_stage(stage: str, config: Config) -> None:
  section = getattr(config, stage)
  training_config.check_train(section.train, f'config.{stage}.train')
  if not section.channels:
    raise ValueError(f'config.{stage}.channels is empty, expected levels')
  step = 2 ** len(section.channels) * getattr(section, 'downsampling', 1)
  for side in ('height', 'width'):
    size = getattr(config.data, side)
    if size % step:
      raise ValueError(
        f'config.data.{side} is {size}, but config.{stage} with '
        f'{len(section.channels)} levels needs a multiple of {step}'
      )
