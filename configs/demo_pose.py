# SPDX-License-Identifier: Apache-2.0
r"""Pose transfer as small as configs/demo.py, at 256x256.

    python -m clothflow_tf.train --config=configs/demo_pose.py \
      --config.data.data_dir=data --run_dir=runs/demo_pose

Nothing is taken off the person, and no garment's ends are asked for: what the
demo does about these is left out. Trained and measured by `make results`.
"""

from clothflow_tf import config
from configs import demo


def get_config() -> config.Config:
  result = demo.get_config()
  result.name = 'demo_pose'
  result.data.data_dir = 'data'
  result.data.task = 'pose_transfer'
  result.data.width = 256
  result.data.agnostic_fill = False
  result.data.ends = False

  result.layout.removed = False
  result.layout.skin_difference = False
  result.layout.kept_prior = 0.0
  # The person is nowhere kept where it was.
  result.layout.kept_weight = 1.0

  result.render.composition = 'garment'
  result.render.shade = False
  return result
