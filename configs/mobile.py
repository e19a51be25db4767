# SPDX-License-Identifier: Apache-2.0
r"""The try-on model for devices without a GPU, at 256x192.

    python -m clothflow_tf.prepare --dataset=paper_doll \
      --config=try_on_256x192 --data_dir=data --train_examples=20000 \
      --validation_examples=200 --test_examples=200
    python -m clothflow_tf.train --config=configs/mobile.py \
      --run_dir=runs/mobile --stage=all --stage=joint

What configs/demo.py does, a size wider and for hours instead of minutes, on two
CPU cores or more, with averaged weights and stage 3 tuned on the warps that it
will get. Coarse grids for stages 1 and 2 (64x48, 128x96) and bilinear enlarging
of flows are what makes it fast. No result yet.
"""

from clothflow_tf import config


def get_config() -> config.Config:
  result = config.Config(name='mobile')
  result.data.agnostic_fill = True
  result.perceptual.network = 'none'

  result.layout.channels = (32, 64, 96, 128)
  result.layout.downsampling = 4
  result.layout.train = _train(steps=8000, batch_size=16)

  result.flow.channels = (24, 32, 64, 96, 128)
  result.flow.fpn_channels = 48
  result.flow.upsampling = 'bilinear'
  result.flow.target_pose = True
  result.flow.coordinates = True
  result.flow.downsampling = 2
  result.flow.roi_perceptual = 0.0
  result.flow.structure = 1.0
  result.flow.smoothness = 0.05
  result.flow.endpoint = 0.1
  result.flow.train = _train(steps=16000, batch_size=8)

  result.render.channels = (16, 32, 64, 96)
  result.render.residual_blocks = 1
  result.render.warped_mask = True
  result.render.clip_garment = True
  result.render.composition = 'garment_person_skin'
  result.render.warp_source = 'truth'
  result.render.style = 0.0
  result.render.train = _train(steps=2000, batch_size=8)

  result.joint.train = _train(steps=1000, batch_size=8)
  result.joint.train.learning_rate = 1e-3
  return result


def _train(steps: int, batch_size: int) -> config.TrainConfig:
  return config.TrainConfig(
    batch_size=batch_size,
    steps=steps,
    steps_per_epoch=250,
    learning_rate=2e-3,
    beta_1=0.9,
    schedule='cosine',
    ema=0.99,
    validation_examples=96,
  )
