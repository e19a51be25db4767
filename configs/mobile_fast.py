# SPDX-License-Identifier: Apache-2.0
r"""The try-on model of configs/mobile.py with a cheaper stage 3, at 256x192.

    python -m clothflow_tf.train --config=configs/mobile_fast.py \
      --config.data.data_dir=data --run_dir=runs/fast --stage=all --stage=joint

Stage 3 costs most of the mobile model's time. Here its network works at 128x96;
its blend stays at full size, where the network only corrects what is known.
"""

import dataclasses

from clothflow_tf import config
from configs import mobile


def get_config() -> config.Config:
  result = mobile.get_config()
  result.name = 'mobile_fast'
  result.render.downsampling = 2
  result.render.channels = (24, 32, 48)
  result.render.train = dataclasses.replace(result.render.train, steps=1500)
  return result
