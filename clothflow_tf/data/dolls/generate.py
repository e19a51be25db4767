# SPDX-License-Identifier: Apache-2.0
"""Records of paper dolls: `generate(spec, index)`.

In try-on a doll wears the product that the source shows. In pose transfer two
pictures show the same doll in the same clothes and two poses, 18 in a hundred
of them in profile. `shade` is what the warped source must be multiplied by to
give the target.

Labels come from a parser in a real data set, so they get its errors: edges of
masks wander by a pixel, joints by about one, and six joints in a hundred are
missing. `visible` is the truth where the label says the same garment.
"""

import dataclasses

import cv2
import numpy as np

from clothflow_tf.data.dolls import back as backs
from clothflow_tf.data.dolls import body as bodies
from clothflow_tf.data.dolls import canvas as canvases
from clothflow_tf.data.dolls import difficulty
from clothflow_tf.data.dolls import figure as figures
from clothflow_tf.data.dolls import flesh
from clothflow_tf.data.dolls import frames
from clothflow_tf.data.dolls import garment as garment_lib
from clothflow_tf.data.dolls import lay as lays
from clothflow_tf.data.dolls import lower as lowers
from clothflow_tf.data.dolls import places
from clothflow_tf.data.dolls import pose as poses
from clothflow_tf.data.dolls import product as products
from clothflow_tf.data.dolls import puppet as puppets
from clothflow_tf.data.dolls import side_figure
from clothflow_tf.data.dolls import streams
from clothflow_tf.data.dolls import textures
from clothflow_tf.data.dolls import truth as truths
from clothflow_tf.data.dolls import upper as uppers
from clothflow_tf.inputs import labels

TASKS = ('try_on', 'pose_transfer')
_MISSING_JOINTS = 0.06
_DRESSES = 0.015
_PROFILES = 0.18  # Of the pictures of pose transfer.
# Paint of garments that no shop shows: pixels of it a pixel worn.
_FINENESS = 1.3


@dataclasses.dataclass(frozen=True)
class DollSpec:
  """Which dolls: the task, the record's size in pixels, seed and split.

  The products of try-on are upper garments and, like VITON's, a dress now and
  then.
  """

  task: str = 'try_on'
  height: int = 256
  width: int = 192
  seed: int = 0
  split: str = 'train'

  @property
  def size(self) -> frames.Frame:
    return frames.Frame(self.height, self.width)

  def __post_init__(self) -> None:
    known = {'task': TASKS, 'split': streams.SPLITS}
    for name, values in known.items():
      if getattr(self, name) not in values:
        got = getattr(self, name)
        raise ValueError(f'{name} is {got!r}, expected one of {values}')


def generate(spec: DollSpec, index: int) -> dict[str, np.ndarray]:
  """Returns the record `index` of `spec` (`inputs.record`)."""
  key = streams.Key(spec.seed, spec.split, index)
  if spec.task == 'try_on':
    return _try_on(spec, key)
  return _pose_transfer(spec, key)


def _try_on(spec: DollSpec, key: streams.Key) -> dict[str, np.ndarray]:
  body = bodies.sample(streams.stream(key, 'body'))
  pose = pose_of(spec, key, 'target')
  dressed = streams.chance(streams.stream(key, 'kind'), _DRESSES)
  garments = _outfit(key, body, dressed)
  rng = streams.stream(key, 'lay')
  lay = lays.lay_out(rng, garments[0], spec.size.times(2))
  product = _painted(key, garments[0], lay)
  product = products.photograph(rng, garments[0], product)
  wears = [figures.Wear(garments[0], product)]
  wears += [_hidden(key, garment, pose) for garment in garments[1:]]
  doll = figures.Doll(key, body, tuple(wears), _shoes(key))
  figure, canvas = _draw(spec, doll, pose, 'target')
  truth = truths.of_product(canvas, range(3))
  rng = streams.stream(key, 'labels')
  record = _seen(rng, 'target', figure, canvas)
  mask = _wander(rng, (product.mask > 127).astype(np.uint8))
  record.update(
    source_image=_halved(product.picture),
    source_layout=mask * np.uint8(garments[0].label),
    source_keypoints=np.zeros((18, 3), np.float32),
    tags=difficulty.tags([figure.puppet], garments),
  )
  record.update(
    _truth_fields(truth, record['target_layout'] == garments[0].label)
  )
  return record


def _pose_transfer(spec: DollSpec, key: streams.Key) -> dict[str, np.ndarray]:
  body = bodies.sample(streams.stream(key, 'body'))
  pose, other = (pose_of(spec, key, view) for view in ('target', 'source'))
  dressed = streams.chance(streams.stream(key, 'kind'), 0.18)
  garments = _outfit(key, body, dressed)
  wears = [_hidden(key, garment, pose) for garment in garments]
  if pose.facing or other.facing:
    wears = [_backed(key, wear) for wear in wears]
  doll = figures.Doll(key, body, tuple(wears), _shoes(key))
  figure, canvas = _draw(spec, doll, pose, 'target')
  origin, source = _draw(spec, doll, other, 'source')
  rng = streams.stream(key, 'labels')
  record = _seen(rng, 'target', figure, canvas)
  record.update(_seen(rng, 'source', origin, source))
  people = [figure.puppet, origin.puppet]
  record['tags'] = difficulty.tags(people, garments)
  truth = truths.of_pair(canvas, source)
  # The parser must agree about which garment it is.
  layout = canvas.layout[::2, ::2]
  agreed = (record['target_layout'] == layout) & np.isin(
    layout, labels.CLOTHING
  )
  record.update(_truth_fields(truth, agreed))
  return record


def _outfit(
  key: streams.Key, body: bodies.Body, dressed: bool
) -> list[garment_lib.Garment]:
  """Draws a dress, or an upper and a lower garment."""
  rng = streams.stream(key, 'garment')
  if dressed:
    return [uppers.sample(rng, body, None)]
  waist = body.torso * rng.uniform(0.6, 0.8)
  lower = lowers.sample(streams.stream(key, 'lower'), body, waist)
  return [uppers.sample(rng, body, waist), lower]


def _painted(
  key: streams.Key, garment: garment_lib.Garment, lay: lays.Lay
) -> products.Product:
  rng = streams.stream(key, 'texture ' + garment.limb)
  return products.paint(rng, garment, lay)


def _hidden(
  key: streams.Key, garment: garment_lib.Garment, pose: poses.Pose
) -> figures.Wear:
  scale = 2 * _FINENESS * pose.unit
  lay = lays.spread_out(garment, scale)
  return figures.Wear(garment, _painted(key, garment, lay))


def _backed(key: streams.Key, wear: figures.Wear) -> figures.Wear:
  """Adds a back of the front's cloth."""
  rng = streams.stream(key, 'texture ' + wear.garment.limb)
  back = backs.paint(rng, wear.garment, wear.product.lay)
  return dataclasses.replace(wear, back=back)


def _shoes(key: streams.Key) -> flesh.Shoes:
  """Draws a pair of shoes."""
  rng = streams.stream(key, 'shoes')
  shaft = rng.choice([0.0, 0.12, 0.5, 0.9], p=[0.35, 0.4, 0.15, 0.1])
  heel = 0.1 * rng.random()
  return flesh.Shoes(textures.color(rng, 0.7), shaft, heel)


def pose_of(spec: DollSpec, key: streams.Key, view: str) -> poses.Pose:
  """Draws the pose of a doll's `view` ('target' or 'source')."""
  rng = streams.stream(key, 'pose ' + view)
  if spec.task == 'try_on':
    return poses.sample(rng, spec.size, full=False)
  pose = poses.sample(rng, spec.size, full=True)
  side = streams.stream(key, 'profile ' + view)
  if streams.chance(side, _PROFILES):
    # Two views in profile show the same side: opposite ones share no cloth.
    right = streams.chance(streams.stream(key, 'facing'), 0.5)
    pose = poses.profile(side, pose, 1 if right else -1)
  # Both pictures show the person from nearly the same distance, in a third
  # of the pairs from the knees or the thighs up.
  far = streams.stream(key, 'distance')
  unit = spec.height * far.uniform(0.076, 0.085) * rng.uniform(0.97, 1.03)
  if streams.chance(far, 0.35):
    zoom = far.uniform(1.25, 1.75)
    x, y = pose.neck.x, pose.neck.y
    neck = places.Point(x, max(y, 2.75 * unit * zoom))
    return dataclasses.replace(pose, unit=unit * zoom, neck=neck)
  return dataclasses.replace(pose, unit=unit)


def _draw(
  spec: DollSpec, doll: figures.Doll, pose: poses.Pose, view: str
) -> tuple[figures.Figure, canvases.Canvas]:
  """Returns (figure, canvas) of a doll in a pose."""
  frame = spec.size.times(2)
  ground = backdrop(streams.stream(doll.key, 'backdrop'), frame)
  canvas = canvases.Canvas(ground)
  drawn = side_figure.Figure if pose.facing else figures.Figure
  figure = drawn(doll, pose, view)
  figure.draw(canvas, full=spec.task != 'try_on')
  return figure, canvas


def _seen(
  rng: np.random.Generator,
  name: str,
  figure: figures.Figure,
  canvas: canvases.Canvas,
) -> dict[str, np.ndarray]:
  """Returns image, layout and keypoints of a picture under their names."""
  h, w = canvas.shape
  frame = frames.Frame(h // 2, w // 2)
  return {
    f'{name}_image': _halved(canvas.image),
    f'{name}_layout': _wander(rng, canvas.layout),
    f'{name}_keypoints': _keypoints(rng, figure.puppet, frame),
  }


def _truth_fields(
  truth: truths.Truth, agreed: np.ndarray
) -> dict[str, np.ndarray]:
  """Returns flow, visible and shade where the layout agrees."""
  visible = truth.visible & agreed
  flow = np.where(visible[..., None], truth.flow, 0)
  return {
    'flow': flow.astype(np.float16),
    'visible': visible,
    'shade': np.where(visible, truth.shade, 1).astype(np.float16),
  }


def _halved(image: np.ndarray) -> np.ndarray:
  """Averages 2x2 blocks into uint8."""
  h, w = image.shape[:2]
  size = (w // 2, h // 2)
  return cv2.convertScaleAbs(
    cv2.resize(image, size, interpolation=cv2.INTER_AREA)
  )


def _wander(rng: np.random.Generator, layout: np.ndarray) -> np.ndarray:
  """Halves a layout [2 h, 2 w], its edges moved by about a record's pixel."""
  h, w = layout.shape[0] // 2, layout.shape[1] // 2
  dx, dy = (
    np.clip(0.6 * textures.noise(rng, frames.Frame(h, w), 24.0), -1.2, 1.2)
    for _ in range(2)
  )
  # The centre of a record's pixel x is at 2 x + 0.5.
  x = 2 * (np.arange(w, dtype=np.float32)[None] + dx) + np.float32(0.5)
  y = 2 * (np.arange(h, dtype=np.float32)[:, None] + dy) + np.float32(0.5)
  edge = cv2.BORDER_REPLICATE
  return cv2.remap(layout, x, y, cv2.INTER_NEAREST, borderMode=edge)


def _keypoints(
  rng: np.random.Generator, puppet: puppets.Puppet, frame: frames.Frame
) -> np.ndarray:
  """Returns noisy keypoints [18, 3]; missing or outside the frame is 0."""
  joints = (puppet.keypoints() - 0.5) / 2
  joints = joints + rng.normal(0, 0.018 * puppet.pose.unit, joints.shape)
  h, w = frame.height, frame.width
  seen = rng.random(18) >= _MISSING_JOINTS
  seen &= (joints >= 0).all(1) & (joints <= (w - 1, h - 1)).all(1)
  confidence = rng.uniform(0.6, 0.98, 18)
  joints = np.concatenate([joints, confidence[:, None]], 1)
  return np.where(seen[:, None], joints, 0.0).astype(np.float32)


def backdrop(rng: np.random.Generator, shape: frames.Frame) -> np.ndarray:
  """Returns a light background [h, w, 3] float32 with a soft gradient."""
  h, w = shape.height, shape.width
  base = rng.uniform(205, 250) + rng.normal(0, 2.0, 3)
  if streams.chance(rng, 0.12):
    base = rng.uniform(150, 235) + rng.uniform(-18, 18, 3)
  y = np.linspace(-1, 1, h, dtype=np.float32)[:, None]
  x = np.linspace(-1, 1, w, dtype=np.float32)[None]
  gains = rng.normal(0, 4, 2).astype(np.float32)
  light = gains[0] * y + gains[1] * x - np.float32(rng.uniform(0, 8)) * x * x
  return cv2.merge([np.clip(light + np.float32(c), 0, 255) for c in base])
