# SPDX-License-Identifier: Apache-2.0
r"""The try-on model for 60 pictures a second on two CPU cores, at 256x192.

    python -m clothflow_tf.train --config=configs/mobile_fast.py \
      --config.data.data_dir=data --run_dir=runs/fast --stage=all --stage=joint

What configs/mobile.py does with half of its weights and stage 3 at 128x96. Its
blend stays at full size: there the network only corrects what is known.
"""

import dataclasses

from clothflow_tf import config
from configs import mobile


def get_config() -> config.Config:
  result = mobile.get_config()
  result.name = 'mobile_fast'

  result.layout.channels = (24, 48, 64, 80)
  result.layout.train = _shorter(result.layout.train, steps=5000)

  result.flow.channels = (16, 32, 48, 64, 80)
  result.flow.fpn_channels = 32
  result.flow.train = _shorter(result.flow.train, steps=6000)

  result.render.downsampling = 2
  result.render.channels = (24, 32, 48)
  result.render.train = _shorter(result.render.train, steps=1000)

  result.joint.train = _shorter(result.joint.train, steps=500)
  return result


def _shorter(train: config.TrainConfig, steps: int) -> config.TrainConfig:
  return dataclasses.replace(train, steps=steps)
