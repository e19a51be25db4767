# SPDX-License-Identifier: Apache-2.0
r"""The try-on model for devices without a GPU, at 256x192.

    make train-shipped

What configs/demo.py does, a size wider and for hours instead of minutes, on two
CPU cores or more, with averaged weights and stage 3 tuned on the warps that it
will get. Coarse grids for stages 1 and 2 (64x48, 128x96) and bilinear enlarging
of flows are what makes it fast. weights/ holds those of a shorter training.
"""

import dataclasses

from clothflow_tf import config
from configs import demo


def get_config() -> config.Config:
  result = demo.get_config()
  result.name = 'mobile'
  result.data.data_dir = 'data'

  result.layout.channels = (32, 64, 80, 112)
  result.layout.refinement = 16
  result.layout.smoothing = 3
  result.layout.train = _longer(result.layout.train, steps=8000)

  result.flow.channels = (16, 32, 64, 80, 112)
  result.flow.fpn_channels = 40
  result.flow.train = _longer(result.flow.train, steps=16000)

  result.render.channels = (16, 32, 48, 64)
  result.render.train = _longer(result.render.train, steps=2000)

  result.joint.train = _longer(result.flow.train, steps=1000)
  result.joint.train.learning_rate = 1e-3
  return result


def _longer(train: config.TrainConfig, steps: int) -> config.TrainConfig:
  return dataclasses.replace(
    train,
    steps=steps,
    steps_per_epoch=250,
    ema=0.99,
    validation_examples=96,
    shuffle=1000,
  )
