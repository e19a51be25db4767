# SPDX-License-Identifier: Apache-2.0
"""The photograph again, at its own size, with only the garment changed.

The networks work on few pixels; what they return is enlarged and put together
of pixels that are there in full: the garment is warped from its own picture by
the enlarged flow, and what stays is the photo, bit for bit. Only new skin, and
background that the old garment hid, are painted at the model's size.

    image = photo's share * photo + garment's share * lit garment
            + painted share * painted

as in `models.composition`, which says which pixels may change. Nothing here
needs TensorFlow. A photo is worked on in strips, so that its size costs time
but no memory beyond copies of it.
"""

import cv2
import numpy as np

from clothflow_tf.data.photographs import framing as letterbox_lib
from clothflow_tf.data.photographs import reader
from clothflow_tf.inference import edges
from clothflow_tf.inference import framing
from clothflow_tf.inference import parts as parts_lib
from clothflow_tf.inputs import labels

Part = tuple[slice, slice]

# Pixels at once.
_STRIP = 1 << 19
LEAST = 1e-4
# Of the model's pixels: what it paints has stairs of its own.
SMOOTH = 0.7
_SQUARE = np.ones((3, 3), np.uint8)
SKIN = (
  *(labels.TORSO_SKIN, labels.LEFT_ARM, labels.RIGHT_ARM),
  *(labels.LEFT_LEG, labels.RIGHT_LEG),
)


def compose(parts: parts_lib.Parts) -> np.ndarray:
  """Returns the photo, uint8 [h, w, 3], dressed."""
  photo = parts.person.pixels
  result = photo.copy()
  box = _box(parts)
  if box is None:
    return result
  top, low, left, right = box
  garment = _Garment(parts.garment, parts.window)
  parts = edges.with_sleeves(parts)
  shares = edges.tidy(parts)
  rows = max(1, _STRIP // (right - left))
  for start in range(top, low, rows):
    part = np.s_[start : min(start + rows, low), left:right]
    result[part] = _strip(parts, garment, shares, part)
  return result


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

  def colors(self, picture: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Returns a picture's colours, each counted by how much is used of it.

    Those of pixels that are hardly used may be anything.
    """
    weight = np.square(share[..., np.newaxis], dtype=np.float32) + LEAST
    total = edges.smooth(picture * weight, SMOOTH)
    return self(total) / self(edges.smooth(weight, SMOOTH))


def _strip(
  parts: parts_lib.Parts, garment: _Garment, shares: np.ndarray, part: Part
) -> np.ndarray:
  """Returns a part of the result.

  Args:
    parts: of the whole.
    garment: likewise.
    shares: of garment, photo and painted, of the model's size.
    part: rows and columns of the photo.
  """
  outputs, enlarged = parts.outputs, _Enlarged(parts.window, part)
  photo = parts.person.pixels[part]
  own = enlarged(edges.smooth(shares[..., 0], edges.SMOOTH))[..., 0]
  own = edges.garment(own, parts, part)[..., np.newaxis]
  flow = enlarged(outputs['flow'])
  colors, known = garment.at(
    enlarged.x + flow[..., 0], enlarged.y + flow[..., 1]
  )
  colors = np.minimum(colors * (1.0 + enlarged(outputs['light'])), 255.0)
  continued = enlarged.colors(outputs['image'], shares[..., 0])
  colors = known * colors + (1.0 - known) * continued
  rest = _rest(parts, enlarged, shares, part)
  image = np.rint(rest + own * (colors - rest))
  same = enlarged(shares[..., 1]) >= 1.0 - LEAST
  same |= edges.face(parts, part)[..., np.newaxis]
  return np.where(same, photo, np.clip(image, 0, 255).astype(np.uint8))


def _rest(
  parts: parts_lib.Parts, enlarged: _Enlarged, shares: np.ndarray, part: Part
) -> np.ndarray:
  """Returns what is no garment, float32 [h, w, 3]: the photo, and painted.

  Skin, background and all else are enlarged apart, or their outlines would be a
  blur. Background is continued from the photo's: the model's has a shade of
  what it is beside.
  """
  layout, painted = parts.outputs['layout'], parts.outputs['painted']
  skin, bare = np.isin(layout, SKIN), layout == labels.BACKGROUND
  others = shares[..., 2] * ~(skin | bare)
  image = enlarged.colors(painted, others)
  image += _outline(bare, parts, enlarged) * (
    enlarged(_background(parts)) - image
  )
  # It reaches a pixel under the garment, or background would show between.
  under = layout == parts.garment_label
  skin |= under & (cv2.dilate(skin.astype(np.uint8), _SQUARE) > 0)
  outline = _outline(skin, parts, enlarged)
  image += outline * (enlarged.colors(painted, shares[..., 2] * skin) - image)
  near = enlarged(edges.stays(shares)) > 0.5
  stays = edges.photo(
    enlarged(shares), near[..., 0], outline[..., 0], parts, part
  )[..., np.newaxis]
  return image + stays * (parts.person.pixels[part] - image)


def _outline(
  region: np.ndarray, parts: parts_lib.Parts, enlarged: _Enlarged
) -> np.ndarray:
  """Returns how much of a region of the model's is where, [h, w, 1]."""
  plane = edges.smooth(region.astype(np.float32), edges.SMOOTH)
  return edges.sharp(enlarged(plane), parts.window.scale)


def _background(parts: parts_lib.Parts) -> np.ndarray:
  """Returns the photo's background, continued, of the model's size."""
  picture = parts.window.picture(parts.person.pixels).astype(np.float32)
  layout = parts.window.layout(parts.person.layout)
  known = (layout == labels.BACKGROUND) & (parts.outputs['removed'] == 0)
  return edges.continued(picture, known)
