# SPDX-License-Identifier: Apache-2.0
"""How a stage trains, and how its examples are varied: sections of `config`."""

import dataclasses


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
  """

  batch_size: int = 8
  steps: int = 100_000
  steps_per_epoch: int = 1_000
  backups: int = 2
  learning_rate: float = 2e-4
  beta_1: float = 0.5
  beta_2: float = 0.999
  schedule: str = 'constant'
  clip_norm: float = 0.0
  ema: float = 0.0
  precision: str = 'float32'
  accumulate: int = 1
  recompute: bool = False
  steps_per_execution: int = 1
  validation_examples: int = 0
  best: str = ''
  patience: int = 0
  panel_examples: int = 4
  panel_epochs: int = 1
  shuffle: int = 1_000


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

  flip: float = 0.0
  scale: float = 0.0
  shift: float = 0.0
  rotation: float = 0.0
  hue: float = 0.0
  saturation: float = 0.0
  brightness: float = 0.0
  noise: float = 0.0
  cutout: float = 0.0


# Largest values.
_AT_MOST = {
  'flip': 1.0,
  'scale': 0.9,
  'shift': 1.0,
  'rotation': 180.0,
  'hue': 1.0,
  'saturation': 1.0,
  'brightness': 1.0,
  'noise': 255.0,
  'cutout': 1.0,
}


def validate_train(train: TrainConfig, path: str) -> None:
  """Checks how a stage trains; `path` is what its section is called.

  Raises:
    ValueError: naming the key, what it holds and what it may hold.
  """
  for name in (
    'batch_size',
    'steps',
    'steps_per_epoch',
    'backups',
    'shuffle',
    'accumulate',
    'steps_per_execution',
    'panel_epochs',
  ):
    if getattr(train, name) < 1:
      raise ValueError(
        f'{path}.{name} is {getattr(train, name)}, expected at least 1'
      )
  if not 0.0 <= train.ema < 1.0:
    raise ValueError(f'{path}.ema is {train.ema}, expected 0 to below 1')
  for name in (
    'clip_norm',
    'validation_examples',
    'patience',
    'panel_examples',
  ):
    if getattr(train, name) < 0:
      raise ValueError(f'{path}.{name} is {getattr(train, name)}, below 0')
  for name in ('steps', 'steps_per_epoch'):
    if getattr(train, name) % train.steps_per_execution:
      raise ValueError(
        f'{path}.{name} is {getattr(train, name)}, expected a multiple of '
        f'steps_per_execution, {train.steps_per_execution}'
      )


def validate_augment(augment: AugmentConfig, path: str) -> None:
  """Checks how examples are varied; `path` is what the section is called.

  Raises:
    ValueError: naming the key, what it holds and what it may hold.
  """
  for name, most in _AT_MOST.items():
    value = getattr(augment, name)
    if not 0.0 <= value <= most:
      raise ValueError(f'{path}.{name} is {value}, expected 0 to {most:g}')
