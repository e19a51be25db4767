# SPDX-License-Identifier: Apache-2.0
"""Records of paper dolls: `generate(spec, index)`.

The flow of a record pixel is the affine map of the triangle that it shows,
evaluated at the pixel's centre, minus the pixel's place. Nothing here looks at
colours. `shade` is what the warped source must be multiplied by to give the
target.

Labels come from somewhere in a real data set, so they get the errors of real
ones: edges of masks wander by a pixel, joints by about one, and one joint in
sixteen is missing. `visible` is the truth where the label says garment.
"""

import dataclasses

import cv2
from clothflow_tf.data import labels
from clothflow_tf.data.dolls import body as bodies
from clothflow_tf.data.dolls import canvas as canvases
from clothflow_tf.data.dolls import drape as drapes
from clothflow_tf.data.dolls import figure as figures
from clothflow_tf.data.dolls import garment as garments
from clothflow_tf.data.dolls import pose as poses
from clothflow_tf.data.dolls import product as products
from clothflow_tf.data.dolls import puppet as puppets
from clothflow_tf.data.dolls import streams
from clothflow_tf.data.dolls import textures
import numpy as np

TASKS = ('try_on', 'pose_transfer')
DRAWN_TASKS = ('try_on',)
TAGS = ('frontal', 'bent_arms', 'self_occlusion', 'turned', 'tucked')
_MISSING_JOINTS = 0.06


@dataclasses.dataclass(frozen=True)
class DollSpec:
  """Which dolls: the task, the record's size in pixels, seed and split."""

  task: str = 'try_on'
  height: int = 256
  width: int = 192
  seed: int = 0
  split: str = 'train'

  def __post_init__(self):
    if self.task not in TASKS:
      raise ValueError(f'task is {self.task!r}, expected one of {TASKS}')
    if self.split not in streams.SPLITS:
      raise ValueError(
        f'split is {self.split!r}, expected one of {streams.SPLITS}'
      )


def generate(spec: DollSpec, index: int) -> dict:
  """Returns the record `index` of `spec` (method.md's table, see `TAGS`)."""
  key = (spec.seed, spec.split, index)
  if spec.task != 'try_on':
    raise NotImplementedError('pose_transfer dolls are not drawn yet')
  frame = (2 * spec.height, 2 * spec.width)
  body = bodies.sample(streams.stream(key, 'body'))
  pose = poses.sample(
    streams.stream(key, 'pose'), (spec.height, spec.width), full=False
  )
  garment = garments.sample(streams.stream(key, 'garment'), body)
  lay = products.lay_out(streams.stream(key, 'lay'), garment, frame)
  product = products.paint(streams.stream(key, 'texture'), garment, lay)
  puppet = puppets.Puppet(body, pose)
  drape = drapes.Drape(garment, puppet, streams.stream(key, 'drape'))
  canvas = canvases.Canvas(backdrop(streams.stream(key, 'backdrop'), frame))
  figures.Figure(
    puppet, drape, product, streams.stream(key, 'figure')
  ).draw(canvas)
  noise = streams.stream(key, 'labels')
  record = {
    'target_image': halved(canvas.image),
    'target_layout': wander(noise, canvas.layout[::2, ::2]),
    'target_keypoints': keypoints(noise, puppet, (spec.height, spec.width)),
    'source_image': halved(product.picture),
    'source_layout': wander(noise, (product.mask[::2, ::2] > 127))
    * np.uint8(garment.label),
    'source_keypoints': np.zeros((18, 3), np.float32),
    'tags': tags(pose, garment),
  }
  record.update(truth(canvas, record, garment.label))
  return record


def truth(canvas: canvases.Canvas, record: dict, label: int) -> dict:
  """Returns flow, visible and shade of a drawn canvas."""
  owner = canvas.owner[::2, ::2]
  shown = owner >= 0
  maps = canvas.maps[owner[shown]]
  y, x = np.nonzero(shown)
  source = [
    (m[:, 0] * (2 * x + 0.5) + m[:, 1] * (2 * y + 0.5) + m[:, 2] - 0.5) / 2
    for m in (maps[:, :3], maps[:, 3:])
  ]
  h, w = shown.shape
  visible = shown & (record['target_layout'] == label)
  inside = np.zeros_like(shown)
  inside[shown] = (
    (source[0] >= 0) & (source[0] <= w - 1) & (source[1] >= 0)
    & (source[1] <= h - 1)
  )
  visible &= inside
  flow = np.zeros((h, w, 2), np.float32)
  flow[shown] = np.stack([source[0] - x, source[1] - y], 1)
  shade = cv2.resize(canvas.shade, (w, h), interpolation=cv2.INTER_AREA)
  return {
    'flow': np.where(visible[..., None], flow, 0).astype(np.float16),
    'visible': visible,
    'shade': np.where(visible, shade, 1).astype(np.float16),
  }


def halved(image: np.ndarray) -> np.ndarray:
  """Averages 2x2 blocks into uint8."""
  h, w = image.shape[:2]
  small = cv2.resize(
    image.astype(np.float32), (w // 2, h // 2), interpolation=cv2.INTER_AREA
  )
  return np.clip(np.round(small), 0, 255).astype(np.uint8)


def wander(rng: np.random.Generator, layout: np.ndarray) -> np.ndarray:
  """Moves the edges of a layout [h, w] by about a pixel."""
  layout = layout.astype(np.uint8)
  h, w = layout.shape
  dx, dy = (np.clip(0.55 * textures.noise(rng, (h, w), 10.0), -1.2, 1.2)
            for _ in range(2))
  x = np.arange(w, dtype=np.float32)[None] + dx
  y = np.arange(h, dtype=np.float32)[:, None] + dy
  return cv2.remap(
    layout, x, y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE
  )


def keypoints(rng: np.random.Generator, puppet, frame: tuple) -> np.ndarray:
  """Returns noisy keypoints [18, 3]; missing or outside the frame is 0."""
  joints = (puppet.keypoints() - 0.5) / 2
  joints = joints + rng.normal(0, 0.018 * puppet.pose.unit, joints.shape)
  h, w = frame
  seen = rng.random(18) >= _MISSING_JOINTS
  seen &= (joints >= 0).all(1) & (joints[:, 0] <= w - 1)
  seen &= joints[:, 1] <= h - 1
  confidence = rng.uniform(0.6, 0.98, 18)
  found = np.concatenate([joints, confidence[:, None]], 1)
  return (found * seen[:, None]).astype(np.float32)


def backdrop(rng: np.random.Generator, shape: tuple) -> np.ndarray:
  """Returns a light studio background [h, w, 3] float32 with a soft gradient."""
  h, w = shape
  base = rng.uniform(205, 250) + rng.normal(0, 2.0, 3)
  if streams.chance(rng, 0.12):
    base = rng.uniform(150, 240, 3)
  y = np.linspace(-1, 1, h, dtype=np.float32)[:, None]
  x = np.linspace(-1, 1, w, dtype=np.float32)[None]
  light = rng.normal(0, 4) * y + rng.normal(0, 4) * x - rng.uniform(0, 8) * x * x
  ground = base.astype(np.float32) + light[..., None]
  return np.clip(ground, 0, 255).astype(np.float32)


def tags(pose: poses.Pose, garment: garments.Garment) -> np.ndarray:
  """Returns 0/1 for each of TAGS [5] uint8."""
  turn = abs(np.degrees(pose.turn))
  bend = [abs(np.degrees(arm.fore - arm.upper)) for arm in pose.arms]
  front = any(arm.name in ('front', 'crossed') for arm in pose.arms)
  flags = (turn < 8, max(bend) > 45, front, turn > 15, garment.tucked)
  return np.array(flags, np.uint8)
