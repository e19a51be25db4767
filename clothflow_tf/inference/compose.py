# SPDX-License-Identifier: Apache-2.0
"""The photograph again, at its own size, with only the garment changed.

The networks work on few pixels; what they return is enlarged and put together
of pixels that are there in full: the garment is warped from its own picture by
the enlarged flow, and what stays is the photo, bit for bit. Only new skin, and
background that the old garment hid, are painted at the model's size.

    image = photo's share * photo + garment's share * lit garment
            + painted share * painted

as in `models.composition`, which says which pixels may change; but the outlines
between garment, skin and background are drawn anew at the photo's size
(`planes`, `edges`, `silhouette`). Nothing here needs TensorFlow. A photo is
worked on in strips, so that its size costs time but no memory beyond copies of
it.
"""

import dataclasses

import cv2
import numpy as np

from clothflow_tf.data.photographs import framing as letterbox_lib
from clothflow_tf.data.photographs import reader
from clothflow_tf.inference import edges
from clothflow_tf.inference import framing
from clothflow_tf.inference import outline
from clothflow_tf.inference import parts as parts_lib
from clothflow_tf.inference import planes as planes_lib
from clothflow_tf.inference import silhouette
from clothflow_tf.inputs import labels

Part = tuple[slice, slice]

# Pixels at once.
_STRIP = 1 << 19
LEAST = 1e-4
TINY = 1e-9


def compose(parts: parts_lib.Parts) -> np.ndarray:
  """Returns the photo, uint8 [h, w, 3], dressed."""
  photo = parts.person.pixels
  result = photo.copy()
  box = _box(parts)
  if box is None:
    return result
  top, low, left, right = box
  garment = _Garment(parts.garment, parts.window)
  parts = edges.with_sleeves(_with_outline(parts))
  planes = planes_lib.of(parts)
  rows = max(1, _STRIP // (right - left))
  for start in range(top, low, rows):
    part = np.s_[start : min(start + rows, low), left:right]
    result[part] = _strip(parts, garment, planes, part)
  return result


def _with_outline(parts: parts_lib.Parts) -> parts_lib.Parts:
  """Returns the parts, the layout's outline where the photo shows it."""
  person = parts.person
  layout = outline.to_photo(person.pixels, person.layout, parts.window)
  garment = parts.removed(np.arange(labels.NUM_LABELS)) > 0
  layout = outline.garment_to_photo(
    person.pixels, layout, parts.window, garment
  )
  return parts._replace(person=dataclasses.replace(person, layout=layout))


def _box(parts: parts_lib.Parts) -> tuple[int, int, int, int] | None:
  """Returns (top, low, left, right) of what may change in the photo."""
  changes = parts.outputs['composition'][..., 1] < 1.0
  rows, columns = (np.nonzero(changes.any(axis))[0] for axis in (1, 0))
  if not len(rows):
    return None
  window, (height, width) = parts.window, parts.person.layout.shape
  ends = []
  for places, start, limit in (
    (rows, window.top, height),
    (columns, window.left, width),
  ):
    # A pixel more: values are interpolated up to the next one's centre.
    first = start + (places[0] - 1) * window.scale
    last = start + (places[-1] + 2) * window.scale
    ends += (
      np.clip([np.floor(first), np.ceil(last)], 0, limit).astype(int).tolist()
    )
  top, low, left, right = ends
  return (top, low, left, right) if low > top and right > left else None


class _Garment:
  """A product photo that is sampled at places of the model's frame."""

  def __init__(self, original: reader.Original, window: framing.Window):
    height, width = original.size
    letterbox = letterbox_lib.Letterbox(original.size, window.size)
    mask = original.layout
    if mask.shape != (height, width):
      mask = cv2.resize(mask, (width, height), interpolation=cv2.INTER_LINEAR)
    # Where its pixels are far more than the photo's, samples between would be
    # missed.
    factor = max(1.0, width / letterbox.inner[1] / max(window.scale, 1.0))
    inner = np.maximum(1, np.rint(np.array([height, width]) / factor))
    size = tuple(int(side) for side in inner[::-1])
    pixels, mask = (
      cv2.resize(x, size, interpolation=cv2.INTER_AREA)
      for x in (original.pixels, mask)
    )
    self._ratio = inner / letterbox.inner
    self._corner = letterbox.corner
    self._mask = mask.astype(np.float32) / 255.0
    self._premultiplied = pixels * self._mask[..., np.newaxis]

  def at(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns colours [h, w, 3], and how much is known of them [h, w, 1]."""
    places = [
      ((place - corner + 0.5) * ratio - 0.5).astype(np.float32)
      for place, corner, ratio in zip(
        (x, y), self._corner[::-1], self._ratio[::-1]
      )
    ]
    total, known = (
      cv2.remap(values, *places, cv2.INTER_LINEAR)
      for values in (self._premultiplied, self._mask)
    )
    known = known[..., np.newaxis]
    return total / np.maximum(known, LEAST), known


class _Enlarged:
  """Planes of the model's size, enlarged to a part of the photo."""

  def __init__(self, window: framing.Window, part: Part):
    y, x = (
      window.to_model(np.arange(each.start, each.stop), axis)
      for each, axis in zip(part, (1, 0))
    )
    self.x, self.y = np.meshgrid(x.astype(np.float32), y.astype(np.float32))

  def __call__(self, values: np.ndarray) -> np.ndarray:
    """Returns float32 [h, w, n] of [H, W] or [H, W, n]."""
    large = cv2.remap(
      np.asarray(values, np.float32),
      self.x,
      self.y,
      cv2.INTER_LINEAR,
      borderMode=cv2.BORDER_REPLICATE,
    )
    return large.reshape(*self.x.shape, -1)


def _strip(
  parts: parts_lib.Parts,
  garment: _Garment,
  planes: planes_lib.Planes,
  part: Part,
) -> np.ndarray:
  """Returns a part of the result.

  Args:
    parts: of the whole.
    garment: likewise.
    planes: likewise.
    part: rows and columns of the photo.
  """
  outputs, enlarged = parts.outputs, _Enlarged(parts.window, part)
  photo = parts.person.pixels[part]
  regions = {name: enlarged(x) for name, x in planes.regions.items()}
  body = regions['skin'] + regions['others'] + TINY
  own = regions['garment'] / (regions['garment'] + body)
  nearby = {name: enlarged(x)[..., 0] for name, x in planes.nearby.items()}
  own = edges.garment(own[..., 0], nearby['painted'], parts, part)
  own = own[..., np.newaxis]
  flow = enlarged(outputs['flow'])
  colors, known = garment.at(
    enlarged.x + flow[..., 0], enlarged.y + flow[..., 1]
  )
  # Beside bare skin the garment ends with its own mask; beyond it is skin.
  beyond = own * nearby['bare skin'][..., np.newaxis] * (1.0 - known)
  colors = np.minimum(colors * (1.0 + enlarged(outputs['light'])), 255.0)
  continued = enlarged(planes.colors['garment'])
  colors = known * colors + (1.0 - known) * continued
  skin = edges.sharp(regions['skin'] / body, parts.window.scale)
  own, skin = own - beyond, skin + beyond * (1.0 - skin)
  image = _rest(parts, enlarged, planes, skin, part)
  image += own * (colors - image)
  behind = enlarged(planes.colors['background'])
  behind += edges.behind(parts, part)[..., np.newaxis] * (photo - behind)
  bare = regions['background'][..., 0]
  share = silhouette.background(
    bare, enlarged(planes.same)[..., 0], parts, part
  )[..., np.newaxis]
  image = np.rint(image + share * (behind - image))
  same = enlarged(planes.shares[..., 1]) >= 1.0 - LEAST
  same |= edges.face(parts, part)[..., np.newaxis]
  if parts.person.theirs is not None:
    same |= parts.person.theirs[part][..., np.newaxis]
  return np.where(same, photo, np.clip(image, 0, 255).astype(np.uint8))


def _rest(
  parts: parts_lib.Parts,
  enlarged: _Enlarged,
  planes: planes_lib.Planes,
  skin: np.ndarray,
  part: Part,
) -> np.ndarray:
  """Returns the person without the garment, float32 [h, w, 3].

  It is the photo, and painted: skin and all else apart, or their colours would
  mix where they meet.

  Args:
    parts: of the whole.
    enlarged: enlarges to the part.
    planes: of the whole.
    skin: how much of it is skin, [h, w, 1].
    part: rows and columns of the photo.
  """
  image = enlarged(planes.colors['others'])
  image += skin * (enlarged(planes.colors['skin']) - image)
  nearby = {name: enlarged(x)[..., 0] for name, x in planes.nearby.items()}
  stays = edges.photo(
    enlarged(planes.shares), nearby, skin[..., 0], parts, part
  )[..., np.newaxis]
  return image + stays * (parts.person.pixels[part] - image)
