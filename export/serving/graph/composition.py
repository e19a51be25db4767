# SPDX-License-Identifier: Apache-2.0
"""The photograph again, dressed: `inference.compose`, in a graph.

All that is enlarged is computed at the model's size first and enlarged at once,
in strips of the photo, so that memory does not grow with it.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from clothflow_tf.inference import compose as reference
from clothflow_tf.inputs import labels
from clothflow_tf.inputs import raw
from export.serving.graph import edges
from export.serving.graph import framing
from export.serving.graph import outline
from export.serving.graph import planes as planes_lib
from export.serving.graph import resampling
from export.serving.graph import silhouette

# Pixels at once; a strip's planes stay in the processor's cache.
_STRIP = 1 << 16
Tensors = dict[str, tf.Tensor]


class Garment(NamedTuple):
  """A product photo: uint8 [h, w, 3], and its mask [h, w], 0 or 255."""

  pixels: tf.Tensor
  mask: tf.Tensor


class Scene(NamedTuple):
  """All that a picture is composed of, after the model has run.

  Attributes:
    photo: the person.
    picture: what the model saw of the photo, uint8 [H, W, 3].
    garment: what is put on.
    place: the person's layout, the window and the garment's label.
    outputs: of the model, `parts.NEEDED`, without a batch dimension.
  """

  photo: framing.Photo
  picture: tf.Tensor
  garment: Garment
  place: edges.Place
  outputs: Tensors


def compose(scene: Scene) -> tf.Tensor:
  """Returns the photo, uint8 [h, w, 3], dressed."""
  changes = scene.outputs['composition'][..., 1] < 1.0
  ends = [
    _ends(changes, axis, scene.place.window, scene.photo.pixels)
    for axis in (0, 1)
  ]
  (top, low), (left, right) = (tf.unstack(x) for x in ends)
  some = tf.reduce_any(changes) & (low > top) & (right > left)
  photo = scene.photo.pixels

  def dressed() -> tf.Tensor:
    box = _box(scene, tf.range(top, low), tf.range(left, right))
    sides = photo[top:low, :left], box, photo[top:low, right:]
    return tf.concat([photo[:top], tf.concat(sides, 1), photo[low:]], 0)

  return tf.cond(some, dressed, lambda: photo)


def _ends(
  changes: tf.Tensor, axis: int, window: framing.Window, photo: tf.Tensor
) -> tf.Tensor:
  """Returns the first row (column) that may change, and that behind the last.

  Of the photo, int32 [2]; anything where nothing changes.
  """
  places = tf.where(tf.reduce_any(changes, 1 - axis))[:, 0]
  places = tf.cast(tf.concat([places, [0]], 0), tf.float64)[:-1]
  start = (window.top, window.left)[axis]
  # A pixel more: values are interpolated up to the next one's centre.
  first = start + (tf.reduce_min(places) - 1.0) * window.scale
  last = start + (tf.reduce_max(places) + 2.0) * window.scale
  limit = tf.cast(tf.shape(photo)[axis], tf.float64)
  ends = tf.stack([tf.floor(first), tf.math.ceil(last)])
  return tf.cast(tf.clip_by_value(ends, 0.0, limit), tf.int32)


def _box(scene: Scene, rows: tf.Tensor, columns: tf.Tensor) -> tf.Tensor:
  """Returns the result at some rows and columns, all that may change."""
  garment = _premultiplied(scene.garment, scene.place.window)
  place = edges.with_sleeves(_with_outline(scene), scene.outputs['removed'])
  scene = scene._replace(place=place)
  planes = planes_lib.of(place, scene.picture, scene.outputs)
  height = tf.maximum(1, _STRIP // tf.size(columns))
  count = (tf.size(rows) + height - 1) // height
  strips = tf.TensorArray(
    tf.uint8, count, infer_shape=False, element_shape=[None, None, 3]
  )

  def step(number: tf.Tensor, done: tf.TensorArray) -> list:
    part = rows[number * height : (number + 1) * height]
    strip = _strip(scene, garment, planes, part, columns)
    return [number + 1, done.write(number, strip)]

  start = [tf.constant(0), strips]
  done = tf.while_loop(
    lambda number, _: number < count, step, start, parallel_iterations=1
  )[1]
  return done.concat()


def _with_outline(scene: Scene) -> edges.Place:
  """Returns the place, the layout's outline where the photo shows it."""
  place, pixels = scene.place, scene.photo.pixels
  layout = outline.to_photo(pixels, place.layout, place.window)
  garment = place.removed(tf.range(labels.NUM_LABELS)) > 0
  layout = outline.garment_to_photo(pixels, layout, place.window, garment)
  return place._replace(layout=layout)


class _Samples(NamedTuple):
  """A product photo times its mask, and the mask, [h, w, 4], and its place.

  Positions x of the model's frame are (x - corner + 0.5) ratio - 0.5 there;
  corner and ratio are of rows and columns.
  """

  values: tf.Tensor
  corner: tf.Tensor
  ratio: tf.Tensor

  def at(self, x: tf.Tensor, y: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns colours [h, w, 3], and how much is known of them [h, w, 1]."""
    size = tf.shape(self.values)
    table = tf.reshape(self.values, [-1, 4])
    (row, down), (column, right) = (
      resampling.rounded((place - self.corner[i] + 0.5) * self.ratio[i] - 0.5)
      for i, place in enumerate((y, x))
    )
    total = 0.0
    for dy, dx in np.ndindex(2, 2):
      share = (down if dy else 1.0 - down) * (right if dx else 1.0 - right)
      r, c = row + dy, column + dx
      inside = (r >= 0) & (r < size[0]) & (c >= 0) & (c < size[1])
      index = tf.where(inside, r * size[1] + c, 0)
      share = tf.where(inside, share, 0.0)[..., tf.newaxis]
      total += share * tf.gather(table, index)
    known = total[..., 3:]
    return total[..., :3] / tf.maximum(known, reference.LEAST), known


def letterbox(size: tf.Tensor, frame: raw.Size) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns sides and corner of a picture that is fitted into a frame.

  Args:
    size: of the picture, int32 [2].
    frame: the model's.
  """
  sides = tf.cast(size, tf.float64)
  scale = tf.reduce_min(tf.constant(frame, tf.float64) / sides)
  inner = tf.maximum(tf.round(scale * sides), 1.0)
  inner = tf.cast(inner, tf.int32)
  return inner, (tf.constant(frame, tf.int32) - inner) // 2


def _premultiplied(garment: Garment, window: framing.Window) -> _Samples:
  size = tf.shape(garment.mask)
  inner, corner = letterbox(size, window.size)
  sides = tf.cast(size, tf.float64)
  framed = tf.cast(inner, tf.float64)
  # Where its pixels are far more than the photo's, samples between would be
  # missed.
  factor = sides[1] / framed[1] / tf.maximum(window.scale, 1.0)
  fewer = tf.maximum(tf.round(sides / tf.maximum(factor, 1.0)), 1.0)
  values = tf.concat([garment.pixels, garment.mask[..., tf.newaxis]], -1)
  values = tf.cond(
    tf.reduce_any(fewer < sides),
    lambda: resampling.area(values, tf.cast(fewer, tf.int32)),
    lambda: tf.cast(values, tf.float32),
  )
  mask = values[..., 3:] / 255.0
  values = tf.concat([values[..., :3] * mask, mask], -1)
  return _Samples(
    values, tf.cast(corner, tf.float32), tf.cast(fewer / framed, tf.float32)
  )


def _strip(
  scene: Scene,
  garment: _Samples,
  planes: tf.Tensor,
  rows: tf.Tensor,
  columns: tf.Tensor,
) -> tf.Tensor:
  """Returns the result at some rows and columns of the photo."""
  window = scene.place.window
  here = edges.around(scene.place, rows, columns)
  y, x = (
    tf.cast(window.to_model(places, axis), tf.float32)
    for places, axis in ((rows, 1), (columns, 0))
  )
  large = tf.split(
    resampling.enlarged(planes, y, x), [*planes_lib.CHANNELS.values()], -1
  )
  large = dict(zip(planes_lib.CHANNELS, large))
  photo = scene.photo.pixels[rows[0] : rows[-1] + 1]
  photo = photo[:, columns[0] : columns[-1] + 1]
  pixels = tf.cast(photo, tf.float32)
  body = large['skin'] + large['others'] + reference.TINY
  own = large['garment'] / (large['garment'] + body)
  own = edges.garment(
    own[..., 0], large['painted'][..., 0], here, window.scale
  )[..., tf.newaxis]
  colors, known = garment.at(
    x + large['flow'][..., 0], y[:, tf.newaxis] + large['flow'][..., 1]
  )
  beyond = own * large['bare skin'] * (1.0 - known)
  colors = tf.minimum(colors * (1.0 + large['light']), 255.0)
  colors = known * colors + (1.0 - known) * large['garment colors']
  skin = edges.sharp(large['skin'] / body, window.scale)
  own, skin = own - beyond, skin + beyond * (1.0 - skin)
  image = _rest(large, skin, here, pixels)
  image += own * (colors - image)
  behind = large['background colors']
  behind += edges.behind(here)[..., tf.newaxis] * (pixels - behind)
  share = silhouette.background(
    large['background'][..., 0], large['same'][..., 0], here, window.scale
  )
  image = tf.round(image + share[..., tf.newaxis] * (behind - image))
  image = tf.cast(tf.clip_by_value(image, 0.0, 255.0), tf.uint8)
  same = large['shares'][..., 1] >= 1.0 - reference.LEAST
  same |= edges.face(here)
  return tf.where(same[..., tf.newaxis], photo, image)


def _rest(
  large: Tensors, skin: tf.Tensor, here: edges.Around, photo: tf.Tensor
) -> tf.Tensor:
  """Returns the person without the garment, float32 [h, w, 3]."""
  image = large['others colors']
  image += skin * (large['skin colors'] - image)
  nearby = {name: large[name][..., 0] for name in ('stays', 'painted')}
  stays = edges.photo(large['shares'], nearby, skin[..., 0], here)
  return image + stays[..., tf.newaxis] * (photo - image)
