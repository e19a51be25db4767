# SPDX-License-Identifier: Apache-2.0
"""How a stage trains, and how its examples are varied: sections of `config`."""

import dataclasses

from clothflow_tf import config_values as values

# -1, 0, 1 and one more.
_FEWEST_CLUSTERS = 4


@dataclasses.dataclass
class TrainConfig:
  """How one stage trains.

  Attributes:
    batch_size: examples a step over all replicas.
    steps: optimizer steps in all.
    steps_per_epoch: steps between two backups, and between two points of the
      curves; an "epoch" of the log, not of the data set.
    backups: backups that are kept, so that a broken one has one before it.
    learning_rate: Adam's step at the start. 2e-4 is corroborated.
    beta_1: Adam's first decay. 0.5 is corroborated.
    beta_2: Adam's second decay. 0.999 is corroborated.
    schedule: 'constant', 'linear' (constant for the first half, then linearly
      to zero; relative: pix2pixHD's and PF-AFN's) or 'cosine' (to zero over all
      steps).
    clip_norm: gradients are scaled down to this norm over all variables; 0 is
      off, the paper.
    ema: decay of an average of the weights over steps, which is what is saved,
      evaluated and exported; 0 is off, the paper.
    precision: of the networks' inner layers: 'float32', 'float16' (with loss
      scaling) or 'bfloat16'. Flows, warps and outputs are always float32.
    accumulate: parts of a replica's batch that gradients are computed of one
      after another, to save memory; batch normalisation then sees one part.
    recompute: compute activations again for backpropagation instead of keeping
      them, to save memory; gradients stay the same.
    steps_per_execution: steps between two looks of Python, which are slow on
      TPUs; losses are then checked, and SIGTERM seen, as seldom.
    validation_examples: of the split 'validation', evaluated after each epoch,
      as many whole batches as they fill; 0 is off.
    best: keep the weights of the epoch where this number of the curves was
      lowest, such as 'val_loss', instead of the last step's; '' is off.
    patience: stop when 'val_loss' (without validation 'loss') has not been
      lowest for so many epochs; 0 is off.
    panel_examples: rows of the panel, in TensorBoard, of what the stage sees
      and makes of the first examples of the split 'validation' (or 'train'); 0
      is off.
    panel_epochs: epochs from one panel to the next.
    shuffle: records that are permuted together; up to three times as many
      are in memory, as stored.
    sparsity: share of the weights that shall be zero at the end, for a smaller
      download (`training.compression.pruning`); 0 is off.
    clusters: how many values the weights of a convolution may have, as shares
      of the largest one (`training.compression.clustering`); 0 is off. Weights
      that are zero at first stay zero.
    quantized: weights and activations are rounded to eight bits while it
      learns (`training.compression.rounding`).
  """

  batch_size: int = values.number(8, least=1)
  steps: int = values.number(100_000, least=1)
  steps_per_epoch: int = values.number(1_000, least=1)
  backups: int = values.number(2, least=1)
  learning_rate: float = values.number(2e-4, least=0)
  beta_1: float = values.number(0.5, least=0, below=1)
  beta_2: float = values.number(0.999, least=0, below=1)
  schedule: str = values.choice('constant', 'linear', 'cosine')
  clip_norm: float = values.number(0.0, least=0)
  ema: float = values.number(0.0, least=0, below=1)
  precision: str = values.choice('float32', 'float16', 'bfloat16')
  accumulate: int = values.number(1, least=1)
  recompute: bool = False
  steps_per_execution: int = values.number(1, least=1)
  validation_examples: int = values.number(0, least=0)
  best: str = ''
  patience: int = values.number(0, least=0)
  panel_examples: int = values.number(4, least=0)
  panel_epochs: int = values.number(1, least=1)
  shuffle: int = values.number(1_000, least=1)
  sparsity: float = values.number(0.0, least=0, below=1)
  clusters: int = values.number(0, least=0, most=256)
  quantized: bool = False


@dataclasses.dataclass
class JointConfig:
  """Fine-tuning of the stages together, from their separately trained weights.

  Stages 2 and 3 run one after the other; the image's loss also trains the warp.
  Losses are the stages' own, with their weights, against the truth. A stage of
  rate 0 is frozen, weights and statistics.

  Attributes:
    layout_rate: stage 1's learning rate, as a share of `train.learning_rate`.
      Open. It learns from its own loss only: a hard layout has no gradient.
    flow_rate: stage 2's. 0.2 is relative.
    render_rate: stage 3's.
    predicted_layouts: probability of an example to show stages 2 and 3 the
      layout that stage 1 predicts, instead of the true one. Open.
    train: how it trains: a fifth of a stage's steps. Open.
  """

  layout_rate: float = values.number(0.0, least=0)
  flow_rate: float = values.number(0.2, least=0)
  render_rate: float = values.number(1.0, least=0)
  predicted_layouts: float = values.number(0.5, least=0, most=1)
  train: TrainConfig = values.section(TrainConfig, steps=20_000)


@dataclasses.dataclass
class WarmStartConfig:
  """Stage 2's way from supervision by the true flow to the paper's losses.

  The weights are constant up to step `begin` and from step `end` on, and linear
  in between. Not in the paper, whose losses alone and for a short time match
  outlines with the wrong correspondences.

  Attributes:
    begin: step up to which `flow.endpoint` is the end-point error's weight.
    end: step from which on `flow.roi_perceptual`, `structure` and `smoothness`
      are the weights of these terms; 0 is off: all weights are constant.
    endpoint: the end-point error's weight at the end.
    share: what the weights of the paper's terms are at the start, as a share.
  """

  begin: int = values.number(0, least=0)
  end: int = values.number(0, least=0)
  endpoint: float = values.number(0.0, least=0)
  share: float = values.number(0.0, least=0)


@dataclasses.dataclass
class AugmentConfig:
  """How training examples are varied at random; never evaluation's.

  The paper names no augmentation, so 0, which is off, is the default of all.
  Geometry and colours change source and target alike, and the true flow with
  them; noise and cut-outs change the source image, which networks only see.

  Attributes:
    flip: probability of mirroring, with left and right exchanged.
    scale: sizes are multiplied by up to 1 +- this.
    shift: moves by up to this share of height and width.
    rotation: turns by up to so many degrees.
    hue: turns colours by up to this share of a half circle.
    saturation: 0 to 1; at 1 from grey to fully saturated.
    brightness: adds up to this share of white, or takes it away.
    noise: standard deviation of grey levels (of 255).
    cutout: side of a grey rectangle, up to this share of height and width.
  """

  flip: float = values.number(0.0, least=0, most=1)
  scale: float = values.number(0.0, least=0, most=0.9)
  shift: float = values.number(0.0, least=0, most=1)
  rotation: float = values.number(0.0, least=0, most=180)
  hue: float = values.number(0.0, least=0, most=1)
  saturation: float = values.number(0.0, least=0, most=1)
  brightness: float = values.number(0.0, least=0, most=1)
  noise: float = values.number(0.0, least=0, most=255)
  cutout: float = values.number(0.0, least=0, most=1)


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

  network: str = values.choice('vgg19', 'vgg16', 'alexnet', 'none')
  weights: str = 'imagenet'
  level_weights: tuple[float, ...] = values.number(
    (1.0, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0), least=0, lengths=(6,)
  )
  style_levels: tuple[int, ...] = values.number(
    (1, 2, 3, 4, 5), least=1, most=5
  )


def check_train(train: TrainConfig, path: str) -> None:
  """Raises `ValueError` unless a training's numbers make sense together.

  Args:
    train: how a stage trains.
    path: what its section is called.
  """
  for name in ('steps', 'steps_per_epoch'):
    if getattr(train, name) % train.steps_per_execution:
      raise ValueError(
        f'{path}.{name} is {getattr(train, name)}, expected a multiple of '
        f'steps_per_execution, {train.steps_per_execution}'
      )
  if 0 < train.clusters < _FEWEST_CLUSTERS:
    raise ValueError(
      f'{path}.clusters is {train.clusters}, expected 0, which is off, or at '
      f'least {_FEWEST_CLUSTERS}'
    )
  if train.sparsity and (train.clusters or train.quantized):
    raise ValueError(
      f'{path}.sparsity is {train.sparsity}, expected 0 with clusters or '
      'quantized: prune first, then go on from these weights'
    )


def check_joint(joint: JointConfig, path: str) -> None:
  """Raises `ValueError` unless a stage learns; `path` names the section."""
  check_train(joint.train, f'{path}.train')
  if not (joint.flow_rate or joint.render_rate):
    raise ValueError(
      f'{path}.flow_rate and {path}.render_rate are 0: nothing would learn '
      'from the image'
    )


def check_warm_start(warm: WarmStartConfig, path: str) -> None:
  """Raises `ValueError` unless it ends, or is off; `path` names the section."""
  if warm.end and warm.begin >= warm.end:
    raise ValueError(
      f'{path}.begin is {warm.begin}, expected 0 to below its end, {warm.end}'
    )
  for name in ('begin', 'endpoint', 'share'):
    if getattr(warm, name) and not warm.end:
      value = getattr(warm, name)
      raise ValueError(f'{path}.{name} is {value}, expected 0, as its end is 0')
