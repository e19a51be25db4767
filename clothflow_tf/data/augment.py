# SPDX-License-Identifier: Apache-2.0
"""Random variations of training records that leave every truth true.

One similarity (mirror, scale, rotation, shift) moves source and target alike:

    p' = c + L (p - c) + t,    L = scale * rotation * mirror

Images are sampled bilinearly, layouts at the nearest pixel, keypoints are
moved, and as both ends of a flow are moved by the same map, its vectors become
L f. A mirrored person's left hand is a right hand: labels and keypoints change
names.
Pixels whose flow is uncertain afterwards (at seams, beyond the frame) are no
longer visible. Colours change pixel by pixel and by the same amount in source
and target, so that warping and colouring commute. Noise and cut-outs are put on
the source image alone; what a cut-out hides has no visible flow.

keras-cv's layers paint. They are given what to do, not asked to draw it: all
that is random about an example follows from (seed, its position) alone, so that
a restarted training sees the same variations.
"""

from collections.abc import Callable
import dataclasses
import math

import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf.data import mirror
from clothflow_tf.inputs import randomness
from clothflow_tf.ops import warp

Record = dict[str, tf.Tensor]

# Uniform numbers an example: their places are given away in `_Draws`.
_NUMBERS = 12
# Pixels that a bilinear flow may differ from its nearest, or there is a seam.
_SEAM = 1.5
# Fill of a cut-out, and what noise is added to: grey levels.
_GREY, _WHITE = 127.5, 255.0


def make(
  settings: config_lib.AugmentConfig, seed: int
) -> Callable[[Record], Record]:
  """Returns a function that varies batches of raw records.

  It takes and returns the fields of `record.shapes`, batched, and 'position'
  int64 [B]; flow and visible may be missing. Other fields pass, of which
  'shade' moves along.
  """
  steps = []
  if any((settings.scale, settings.shift, settings.rotation)):
    steps.append(_move)
  elif settings.flip:
    steps.append(_mirror)
  painters = _painters(settings)

  def augment(record: Record) -> Record:
    draws = _Draws(_uniform(record['position'], seed), settings)
    for step in steps:
      record = step(record, draws)
    for paint in painters:
      record = paint(record, draws)
    return record

  return augment


@dataclasses.dataclass
class _Draws:
  """Uniform numbers [B, _NUMBERS] in [0, 1), and what they stand for."""

  numbers: tf.Tensor
  settings: config_lib.AugmentConfig

  def between(self, place: int, size: float) -> tf.Tensor:
    """Returns [B] in [-size, size)."""
    return (2.0 * self.numbers[:, place] - 1.0) * size

  def mirror(self) -> tf.Tensor:
    """Returns [B], true where to mirror."""
    return self.numbers[:, 0] < self.settings.flip

  def linear(self) -> tf.Tensor:
    """Returns L, [B, 2, 2], of (x, y) columns."""
    scale = 1.0 + self.between(1, self.settings.scale)
    angle = self.between(2, self.settings.rotation * math.pi / 180.0)
    sign = tf.where(self.mirror(), -1.0, 1.0)
    cosine, sine = scale * tf.cos(angle), scale * tf.sin(angle)
    rows = [[cosine * sign, -sine], [sine * sign, cosine]]
    return tf.transpose(tf.convert_to_tensor(rows), [2, 0, 1])

  def shift(self, size: tf.Tensor) -> tf.Tensor:
    """Returns t, [B, 2], pixels, for a size (width, height)."""
    shares = [self.between(place, self.settings.shift) for place in (3, 4)]
    return tf.stack(shares, axis=1) * size

  def cut(self, size: tf.Tensor) -> dict[str, tf.Tensor]:
    """Returns rectangles as keras-cv's RandomCutout describes them."""
    sides = self.numbers[:, 5:7] * self.settings.cutout * size
    centers = tf.cast(self.numbers[:, 7:9] * size, tf.int32)
    return {
      'centers_x': centers[:, 0],
      'centers_y': centers[:, 1],
      'rectangles_width': tf.cast(sides[:, 0], tf.int32),
      'rectangles_height': tf.cast(sides[:, 1], tf.int32),
    }


def _uniform(positions: tf.Tensor, seed: int) -> tf.Tensor:
  return randomness.each(
    positions,
    seed,
    'augment',
    lambda own: randomness.uniform([_NUMBERS], own),
  )


def _size(record: Record) -> tf.Tensor:
  """Returns (width, height), float32."""
  return tf.cast(tf.shape(record['target_image'])[2:0:-1], tf.float32)


def _move(record: Record, draws: _Draws) -> Record:
  """Applies the similarity to every field."""
  size = _size(record)
  center, linear, shift = (size - 1.0) / 2.0, draws.linear(), draws.shift(size)
  grid = warp.sampled_positions(tf.zeros(_flow_shape(record)))
  back = (grid - center - shift[:, tf.newaxis, tf.newaxis]) @ tf.linalg.inv(
    tf.transpose(linear, [0, 2, 1])
  )[:, tf.newaxis]
  places = back + center
  moved = dict(record)
  for name in record.keys() & mirror.IMAGES:
    image = tf.cast(record[name], tf.float32)
    moved[name] = _to_uint8(warp.exact_warp(image, places - grid))
  for name in record.keys() & mirror.LAYOUTS:
    layout = _nearest(record[name], places)
    renamed = tf.cast(
      tf.gather(mirror.LABELS, tf.cast(layout, tf.int32)), tf.uint8
    )
    flipped = draws.mirror()[:, tf.newaxis, tf.newaxis]
    moved[name] = tf.where(flipped, renamed, layout)
  for name in mirror.KEYPOINTS:
    points = record[name]
    renamed = tf.gather(points, mirror.POINTS, axis=1)
    flipped = draws.mirror()[:, tf.newaxis, tf.newaxis]
    points = tf.where(flipped, renamed, points)
    moved[name] = _moved_points(points, linear, center + shift, size)
  if 'flow' in record:
    moved.update(_moved_flow(record, places, linear))
  if 'shade' in record:
    moved['shade'] = _nearest(record['shade'], places)
  return moved


def _mirror(record: Record, draws: _Draws) -> Record:
  return mirror.flipped(record, draws.mirror())


def _flow_shape(record: Record) -> tf.Tensor:
  return tf.concat([tf.shape(record['target_layout']), [2]], axis=0)


def _nearest(plane: tf.Tensor, places: tf.Tensor) -> tf.Tensor:
  """Samples [B, H, W, ...] at the pixels nearest to (x, y) places."""
  last = tf.shape(plane)[1:3] - 1
  pixels = tf.cast(tf.round(places[..., ::-1]), tf.int32)
  return tf.gather_nd(plane, tf.clip_by_value(pixels, 0, last), batch_dims=1)


def _inside(places: tf.Tensor) -> tf.Tensor:
  """Returns [B, H, W], true where (x, y) places lie within the frame."""
  last = tf.cast(tf.shape(places)[2:0:-1] - 1, tf.float32)
  return tf.reduce_all((places >= 0.0) & (places <= last), axis=-1)


def _moved_points(
  points: tf.Tensor, linear: tf.Tensor, center: tf.Tensor, size: tf.Tensor
) -> tf.Tensor:
  """Moves keypoints [B, 18, 3]; those that leave the frame are missing."""
  before = points[..., :2] - (size - 1.0) / 2.0
  moved = before @ tf.transpose(linear, [0, 2, 1]) + center[:, tf.newaxis]
  inside = tf.reduce_all((moved >= 0.0) & (moved <= size - 1.0), axis=-1)
  known = inside & tf.reduce_any(points != 0.0, axis=-1)
  moved = tf.concat([moved, points[..., 2:]], axis=-1)
  return tf.where(known[..., tf.newaxis], moved, 0.0)


def _moved_flow(record: Record, places: tf.Tensor, linear: tf.Tensor) -> Record:
  """Returns flow and visible where their pixels went, vectors turned."""
  flow = tf.cast(record['flow'], tf.float32)
  visible = tf.cast(record['visible'], tf.float32)[..., tf.newaxis]
  grid = warp.sampled_positions(tf.zeros_like(flow))
  share = warp.exact_warp(visible, places - grid)
  smooth = warp.exact_warp(flow * visible, places - grid)
  nearest = _nearest(flow, places)
  steady = tf.norm(smooth - nearest, axis=-1) < _SEAM
  moved = smooth @ tf.transpose(linear, [0, 2, 1])[:, tf.newaxis]
  known = (share[..., 0] > 0.999) & steady
  known &= _inside(places) & _inside(grid + moved)
  moved = tf.where(known[..., tf.newaxis], moved, 0.0)
  return {'flow': tf.cast(moved, record['flow'].dtype), 'visible': known}


def _painters(
  settings: config_lib.AugmentConfig,
) -> list[Callable[[Record, _Draws], Record]]:
  """Returns what changes colours, in the order of application."""
  colors = any((settings.hue, settings.saturation, settings.brightness))
  noisy = [_noisy] if settings.noise else []
  if not (colors or settings.cutout):
    return noisy
  import keras_cv  # Imported late: a second that only augmentation needs.

  span, layers = (0.0, _WHITE), keras_cv.layers
  # They draw nothing, but without a seed they ask for TensorFlow's global
  # generator, which there is none of in deterministic mode.
  hue = layers.RandomHue(1.0, span, seed=1)
  saturation = layers.RandomSaturation(1.0, seed=1)
  brightness = layers.RandomBrightness(1.0, span, seed=1)
  cutout = layers.RandomCutout(1.0, 1.0, fill_value=_GREY, seed=1)

  def color(record: Record, draws: _Draws) -> Record:
    painted = dict(record)
    light = draws.between(9, settings.brightness * _WHITE)
    for name in record.keys() & mirror.IMAGES:
      image = tf.cast(record[name], tf.float32)
      # RandomHue counts whole circles, RandomSaturation 0.5 as no change.
      turn = draws.between(10, settings.hue / 2.0)
      image = hue.augment_images(image, turn)
      strength = 0.5 + draws.between(11, settings.saturation / 2.0)
      image = saturation.augment_images(image, strength)
      light_of = light[:, tf.newaxis, tf.newaxis, tf.newaxis]
      painted[name] = _to_uint8(brightness.augment_images(image, light_of))
    return painted

  def cut(record: Record, draws: _Draws) -> Record:
    image = tf.cast(record['source_image'], tf.float32)
    transformations = draws.cut(_size(record))
    painted = cutout.augment_images(image, transformations)
    hidden = cutout.augment_images(tf.zeros_like(image), transformations)
    shown = 1.0 - hidden[..., :1] / _GREY
    result = {**record, 'source_image': _to_uint8(painted)}
    if 'flow' in record:
      seen = warp.exact_warp(shown, tf.cast(record['flow'], tf.float32))[..., 0]
      result['visible'] = record['visible'] & (seen > 0.999)
    return result

  return [color] * bool(colors) + [cut] * bool(settings.cutout) + noisy


def _noisy(record: Record, draws: _Draws) -> Record:
  """Adds noise to the source image, drawn from an example's last number."""
  image = tf.cast(record['source_image'], tf.float32)
  seeds = tf.bitcast(draws.numbers[:, -1], tf.int32)
  noise = tf.map_fn(
    lambda seed: randomness.normal(tf.shape(image)[1:], tf.stack([seed, 1])),
    seeds,
    fn_output_signature=tf.float32,
  )
  noisy = image + draws.settings.noise * noise
  return {**record, 'source_image': _to_uint8(noisy)}


def _to_uint8(image: tf.Tensor) -> tf.Tensor:
  return tf.cast(tf.clip_by_value(tf.round(image), 0.0, _WHITE), tf.uint8)
