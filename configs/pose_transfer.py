# SPDX-License-Identifier: Apache-2.0
"""Pose transfer at 256x256 with the paper's networks and losses.

    python -m clothflow_tf.train --config=configs/pose_transfer.py \
      --run_dir=runs/pose_transfer

For accelerators, like configs/try_on.py. No result yet.
"""

from clothflow_tf import config


def get_config() -> config.Config:
  result = config.Config(name='pose_transfer')
  result.data.task = 'pose_transfer'
  result.data.width = 256
  return result
