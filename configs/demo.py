# SPDX-License-Identifier: Apache-2.0
r"""A small try-on model at 256x192 that two CPU cores train in minutes.

    make demo

Stage 1 works on inputs averaged to 64x48, stage 2 on 128x96; their outputs are
resized. Stage 2 is supervised by the true flow of paper dolls, sees pose and
coordinates, and upsamples bilinearly; alone and for minutes, the paper's losses
match outlines with the wrong correspondences. Stage 3 trains beside it on the
disturbed true warp, and may copy pixels of the garment, of the person and the
face's colour. No feature network.
"""

from clothflow_tf import config


def get_config() -> config.Config:
  result = config.Config(name='demo')
  result.data.data_dir = 'demo/data'
  result.data.agnostic = 'garment'
  result.data.agnostic_margin = 0.008
  result.data.agnostic_fill = True
  result.data.ends = True
  result.perceptual.network = 'none'
  result.augment.flip = 0.5

  result.layout.channels = (32, 48, 64, 96)
  result.layout.downsampling = 4
  result.layout.removed = True
  result.layout.skin_difference = True
  result.layout.kept_prior = 5.0
  result.layout.kept_weight = 0.2
  result.layout.soft = True
  result.layout.train = _train(steps=1300, batch_size=16)

  result.flow.channels = (16, 32, 48, 64, 96)
  result.flow.fpn_channels = 32
  result.flow.upsampling = 'bilinear'
  result.flow.target_pose = True
  result.flow.coordinates = True
  result.flow.hidden = (32, 32)
  result.flow.downsampling = 2
  result.flow.roi_perceptual = 0.0
  result.flow.structure = 1.0
  result.flow.smoothness = 0.05
  result.flow.endpoint = 0.1
  result.flow.train = _train(steps=1400, batch_size=8)

  result.render.channels = (16, 32, 48, 64)
  result.render.residual_blocks = 1
  result.render.warped_mask = True
  result.render.clip_garment = True
  result.render.continue_garment = True
  result.render.composition = 'layers'
  result.render.shade = True
  result.render.warp_source = 'truth'
  result.render.style = 0.0
  result.render.train = _train(steps=130, batch_size=8)
  return result


def _train(steps: int, batch_size: int) -> config.TrainConfig:
  return config.TrainConfig(
    batch_size=batch_size,
    steps=steps,
    steps_per_epoch=50,
    learning_rate=2e-3,
    beta_1=0.9,
    schedule='cosine',
    shuffle=256,
  )
