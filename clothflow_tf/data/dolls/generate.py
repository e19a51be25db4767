# SPDX-License-Identifier: Apache-2.0
"""Records of paper dolls: `generate(spec, index)`.

In try-on a record is a triplet: a person in outfit A, a product, and the same
person in outfit B with the product. In pose transfer two pictures show the
same doll in the same clothes and two poses, 18 in a hundred of them in profile.
`shade` is what the warped source must be multiplied by to give the target.

Labels come from a parser in a real data set, so they get its errors: edges of
masks wander by a pixel, in both outfits alike, joints by about one, and six
joints in a hundred are missing. What a parser mistakes altogether
(`parser_errors`) spoils the person's layout only, the input; the target's is
true. `visible` is the truth where the label says the same garment.
"""

import dataclasses
from typing import NamedTuple

import cv2
import numpy as np

from clothflow_tf.data.dolls import backdrops
from clothflow_tf.data.dolls import body as bodies
from clothflow_tf.data.dolls import bystanders
from clothflow_tf.data.dolls import camera as cameras
from clothflow_tf.data.dolls import canvas as canvases
from clothflow_tf.data.dolls import clues
from clothflow_tf.data.dolls import difficulty
from clothflow_tf.data.dolls import figure as figures
from clothflow_tf.data.dolls import framing as framings
from clothflow_tf.data.dolls import outfit as outfits
from clothflow_tf.data.dolls import painting as paintings
from clothflow_tf.data.dolls import parser_errors
from clothflow_tf.data.dolls import person as people
from clothflow_tf.data.dolls import places
from clothflow_tf.data.dolls import pose as poses
from clothflow_tf.data.dolls import shading
from clothflow_tf.data.dolls import shoes
from clothflow_tf.data.dolls import side_figure
from clothflow_tf.data.dolls import side_person
from clothflow_tf.data.dolls import streams
from clothflow_tf.data.dolls import triplets
from clothflow_tf.data.dolls import truth as truths
from clothflow_tf.data.dolls import wardrobe
from clothflow_tf.inputs import labels

TASKS = ('try_on', 'pose_transfer')
_DRESSES = 0.18  # Of the dolls of pose transfer.
_MEN = 0.28  # Of the people in clothes that anyone wears.
_PROFILES = 0.18  # Of the pictures of pose transfer.
# How many of the triplets show the whole figure, by the product.
_FULL = {'top': 0.1, 'dress': 0.5, 'trousers': 0.7, 'skirt': 0.55}
_SMALLEST = 0.88  # Of the scales of whole figures, which are small already.


@dataclasses.dataclass(frozen=True)
class DollSpec:
  """Which dolls: the task, the record's size in pixels, seed and split."""

  task: str = 'try_on'
  height: int = 256
  width: int = 192
  seed: int = 0
  split: str = 'train'

  @property
  def size(self) -> places.Size:
    return places.Size(self.height, self.width)

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


class Lettering(NamedTuple):
  """A record's source_image, and the words painted on the product there.

  Words are in pixels of the painting, whose x lies at x / 2 - 1 / 4 there.
  """

  source_image: np.ndarray
  words: tuple[paintings.Word, ...]


def lettering(spec: DollSpec, index: int) -> Lettering:
  """Returns the words on the product of a record of try-on."""
  key = streams.Key(spec.seed, spec.split, index)
  triplet = _cast(spec, key).triplet
  picture = cameras.halved(triplet.photograph.picture)
  return Lettering(picture, triplet.product.product.words)


class _Cast(NamedTuple):
  """Who is in a record of try-on, in which pose, and what is put on."""

  doll: people.Doll
  pose: poses.Pose
  triplet: triplets.Triplet


def _cast(spec: DollSpec, key: streams.Key) -> _Cast:
  doll = doll_of(key, triplets.worn_by_men(key))
  pose = pose_of(spec, key, 'target')
  triplet = triplets.triplet(key, doll.body, pose.unit, spec.size)
  return _Cast(doll, pose, triplet)


def _try_on(spec: DollSpec, key: streams.Key) -> dict[str, np.ndarray]:
  doll, pose, triplet = _cast(spec, key)
  framing = framing_of(spec, key)
  shod = framings.shows_feet(pose, spec.size)
  picture = people.Picture('target', spec.size.times(2), shod)
  pockets = triplet.worn.pockets and triplet.before.pockets
  person = people.Person(doll, pose, picture, pockets)
  ground = _ground(key, spec.size.times(2))
  after = _drawn(figures.Figure(person, triplet.worn), ground)
  before = _drawn(figures.Figure(person, triplet.before), ground)
  before.agree(after, triplet.worn.exchanged(triplet.before))
  camera = cameras.Camera(key, spec.size)
  label = triplet.product.garment.label
  mask = camera.mask(triplet.photograph.mask)
  mask = parser_errors.spoil_mask(streams.stream(key, 'cut-out'), mask)
  record = {
    **camera.pictures('target', after, person.puppet),
    **camera.pictures('person', before),
    'source_image': cameras.halved(triplet.photograph.picture),
    'source_layout': mask * np.uint8(label),
    'source_keypoints': np.zeros((18, 3), np.float32),
    'tags': difficulty.of_triplet(person.puppet, triplet),
  }
  errors = parser_errors.sample(streams.stream(key, 'parser'))
  tight = triplets.tight(triplet.before)
  record['person_layout'] = errors.apply(
    record['person_layout'], clues.of_drawing(before, person.puppet, tight)
  )
  truth = truths.of_product(after, range(3), triplet.photograph.gain)
  agreed = record['target_layout'] == label
  record.update(_truth_fields(truth, agreed))
  record = framings.repeat_borders(record, framing, ('target', 'person'))
  # Nobody can know what an outfit does beyond the photo: it stays as it comes.
  photo = framing.region(spec.size)
  image = record['person_image'].copy()
  image[photo] = record['target_image'][photo]
  return {**record, 'target_image': image}


def _pose_transfer(spec: DollSpec, key: streams.Key) -> dict[str, np.ndarray]:
  dressed = streams.chance(streams.stream(key, 'kind'), _DRESSES)
  doll = doll_of(key, not dressed)
  shown = {view: pose_of(spec, key, view) for view in ('target', 'source')}
  room = wardrobe.Wardrobe(
    wardrobe.Wearer(key, doll.body, shown['target'].unit)
  )
  outfit = room.outfit(dressed)
  if any(pose.facing for pose in shown.values()):
    outfit = room.backed_outfit(outfit)
  studio = streams.stream(key, 'backdrop')
  ground = _planes(backdrops.light_studio(studio, spec.size.times(2)))
  camera = cameras.Camera(key, spec.size)
  record, drawn, puppets = {}, {}, []
  for view, pose in shown.items():
    picture = people.Picture(view, spec.size.times(2))
    figure = _figure(doll, pose, picture, outfit)
    drawn[view] = _drawn(figure, ground)
    record.update(camera.pictures(view, drawn[view], figure.puppet))
    puppets.append(figure.puppet)
  record['tags'] = difficulty.of_pair(puppets, outfit)
  truth = truths.of_pair(drawn['target'], drawn['source'])
  # The parser must agree about which garment it is.
  layout = drawn['target'].layout[::2, ::2]
  agreed = (record['target_layout'] == layout) & np.isin(
    layout, labels.CLOTHING
  )
  record.update(_truth_fields(truth, agreed))
  return record


def _figure(
  doll: people.Doll,
  pose: poses.Pose,
  picture: people.Picture,
  outfit: outfits.Outfit,
) -> figures.Figure:
  if pose.facing:
    person = side_person.Person(doll, pose, picture, outfit.pockets)
    return side_figure.Figure(person, outfit)
  person = people.Person(doll, pose, picture, outfit.pockets)
  return figures.Figure(person, outfit)


def doll_of(key: streams.Key, anyone: bool) -> people.Doll:
  """Draws who is in the pictures, `anyone` or a woman, and in which light."""
  men = _MEN if anyone else 0.0
  return people.Doll(
    key,
    bodies.sample(streams.stream(key, 'body'), men),
    shoes.sample(streams.stream(key, 'shoes')),
    shading.sample(streams.stream(key, 'light')),
  )


def is_full(key: streams.Key) -> bool:
  """Tells whether a triplet shows the whole figure."""
  share = _FULL[triplets.kind_of_product(key)]
  return streams.chance(streams.stream(key, 'full'), share)


def framing_of(spec: DollSpec, key: streams.Key) -> framings.Framing:
  """Draws how a photo of try-on frames the person."""
  framing = framings.sample(streams.stream(key, 'framing'))
  if is_full(key):
    scale = max(framing.scale, _SMALLEST)
    return dataclasses.replace(framing, scale=scale)
  if triplets.kind_of_product(key) in ('trousers', 'skirt'):
    # A band at the bottom would hide the product.
    bands = framing.bands._replace(bottom=0.0)
    framing = dataclasses.replace(
      framing, bands=bands, shift_y=min(framing.shift_y, 0.0)
    )
  return framing


def pose_of(spec: DollSpec, key: streams.Key, view: str) -> poses.Pose:
  """Draws the pose of a doll's `view` ('target' or 'source')."""
  rng = streams.stream(key, 'pose ' + view)
  if spec.task == 'try_on':
    pose = poses.sample(rng, spec.size, full=is_full(key))
    return framings.place(pose, spec.size, framing_of(spec, key))
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


def _ground(key: streams.Key, size: places.Size) -> np.ndarray:
  """Draws what is behind the person, planes [3, h, w] float32."""
  ground = backdrops.backdrop(streams.stream(key, 'backdrop'), size)
  ground = bystanders.add(streams.stream(key, 'bystander'), ground)
  return _planes(ground)


def _planes(ground: np.ndarray) -> np.ndarray:
  return np.stack(cv2.split(ground))


def _drawn(figure: figures.Figure, ground: np.ndarray) -> canvases.Canvas:
  """Returns the picture of a figure before a ground."""
  canvas = canvases.Canvas(ground)
  canvas.soft = figure.person.soft
  figure.draw(canvas)
  return canvas


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
