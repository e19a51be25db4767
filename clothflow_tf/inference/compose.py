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

from typing import NamedTuple

import cv2
import numpy as np

from clothflow_tf.data.photographs import framing as letterbox_lib
from clothflow_tf.data.photographs import reader
from clothflow_tf.inference import framing
from clothflow_tf.inputs import labels
from clothflow_tf.inputs import raw

# Outputs of a model that a photo is composed of.
NEEDED = ('composition', 'flow', 'image', 'layout', 'light', 'painted')
# Pixels at once.
_STRIP = 1 << 19
# Shares are raised to this power at most: of the model's edge, which is a pixel
# or two wide, enlarging makes a blur.
_SHARPEST = 8.0
_LEAST = 1e-4
# By so much of a share an edge of the garment may move to one of the photo's
# own layout.
_SNAP = 0.35
# Of the model's pixels: its edges are nearly as sharp as they are, and would be
# stairs when they are enlarged.
_SMOOTH, _SMOOTH_COLORS = 1.0, 0.7
# A hole in the garment is no larger, as a share of the model's picture.
_HOLE = 0.01
_FACE = (labels.FACE,)
_SKIN = (
  *(labels.TORSO_SKIN, labels.LEFT_ARM, labels.RIGHT_ARM),
  *(labels.LEFT_LEG, labels.RIGHT_LEG),
)


class Parts(NamedTuple):
  """All that a picture is composed of.

  Attributes:
    person: the photo, its layout and where the window is in it.
    window: what the model saw of it.
    garment: the product photo, its `layout` the mask.
    garment_label: what it is.
    outputs: of the model, `NEEDED`, without a batch dimension.
  """

  person: reader.Original
  window: framing.Window
  garment: reader.Original
  garment_label: int
  outputs: dict[str, np.ndarray]


def compose(parts: Parts) -> np.ndarray:
  """Returns the photo, uint8 [h, w, 3], dressed."""
  photo = parts.person.pixels
  result = photo.copy()
  box = _box(parts)
  if box is None:
    return result
  top, low, left, right = box
  garment = _Garment(parts.garment, parts.window)
  shares = _tidy(parts)
  rows = max(1, _STRIP // (right - left))
  for start in range(top, low, rows):
    part = np.s_[start : min(start + rows, low), left:right]
    result[part] = _strip(parts, garment, shares, part)
  return result


def _box(parts: Parts) -> tuple[int, int, int, int] | None:
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
    height, width = original.pixels.shape[:2]
    letterbox = letterbox_lib.Letterbox(raw.Size(height, width), window.size)
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
    return total / np.maximum(known, _LEAST), known


def _strip(
  parts: Parts,
  garment: _Garment,
  shares: np.ndarray,
  part: tuple[slice, slice],
) -> np.ndarray:
  """Returns a part of the result.

  Args:
    parts: of the whole.
    garment: likewise.
    shares: of garment, photo and painted, of the model's size.
    part: rows and columns of the photo.
  """
  window, outputs = parts.window, parts.outputs
  y, x = (
    window.to_model(np.arange(each.start, each.stop), axis)
    for each, axis in zip(part, (1, 0))
  )
  x, y = np.meshgrid(x.astype(np.float32), y.astype(np.float32))

  def enlarged(values: np.ndarray, how: int = cv2.INTER_LINEAR) -> np.ndarray:
    large = cv2.remap(
      values.astype(np.float32), x, y, how, borderMode=cv2.BORDER_REPLICATE
    )
    return large.reshape(*x.shape, -1)

  def colors_of(picture: np.ndarray, share: np.ndarray) -> np.ndarray:
    # A pixel counts by how much of it is used: the others may be anything.
    weight = share[..., np.newaxis] ** 2 + _LEAST
    total = _smooth(picture * weight, _SMOOTH_COLORS)
    return enlarged(total) / enlarged(_smooth(weight, _SMOOTH_COLORS))

  large = enlarged(shares)
  large[..., 0] = enlarged(_smooth(shares[..., 0], _SMOOTH))[..., 0]
  photo = parts.person.pixels[part]
  own, stays = _split(parts, large, enlarged(_near(shares[..., 1])), part)
  flow = enlarged(outputs['flow'])
  colors, known = garment.at(x + flow[..., 0], y + flow[..., 1])
  colors = np.minimum(colors * (1.0 + enlarged(outputs['light'])), 255.0)
  low = colors_of(outputs['image'], shares[..., 0])
  colors = known * colors + (1.0 - known) * low
  # Skin and what is around it apart, or its outline would be a blur.
  skin = np.isin(outputs['layout'], _SKIN).astype(np.float32)
  limbs, others = (
    colors_of(outputs['painted'], shares[..., 2] * each)
    for each in (skin, 1.0 - skin)
  )
  edge = enlarged(_smooth(skin, _SMOOTH))
  painted = others + _sharp(edge, window.scale) * (limbs - others)
  image = own * colors + (1.0 - own) * (stays * photo + (1.0 - stays) * painted)
  image = np.clip(np.rint(image), 0, 255).astype(np.uint8)
  same = large[..., 1] >= 1.0 - _LEAST
  same |= np.isin(parts.person.layout[part], _FACE)
  return np.where(same[..., np.newaxis], photo, image)


def _near(share: np.ndarray) -> np.ndarray:
  """Returns above 0.5 where the photo stays, by more than single pixels."""
  return _smooth((share > 0.5).astype(np.float32), _SMOOTH) + 0.1


def _smooth(plane: np.ndarray, pixels: float) -> np.ndarray:
  return cv2.GaussianBlur(
    plane, (0, 0), pixels, borderType=cv2.BORDER_REPLICATE
  )


def _sharp(share: np.ndarray, scale: float) -> np.ndarray:
  """Returns a share whose edges are as narrow as the photo's pixels."""
  power = min(max(1.0, 2.0 * scale), _SHARPEST)
  ours, others = (np.clip(x, 0.0, 1.0) ** power for x in (share, 1.0 - share))
  return ours / np.maximum(ours + others, 1e-6)


def _split(
  parts: Parts, shares: np.ndarray, near: np.ndarray, part: tuple
) -> tuple[np.ndarray, np.ndarray]:
  """Returns two shares [h, w, 1]: the garment's, and of the rest the photo's.

  The photo's own layout has finer edges than the model's shares. A kept part of
  the person stays to that edge, the old garment goes to it.
  """
  removed, body = _regions(parts, part)
  gone, stay = removed > 0.5, body > 0.5
  # Only where the two meet.
  shift = gone * np.minimum(4.0 * body, 1.0)
  shift -= stay * np.minimum(4.0 * removed, 1.0)
  edge = shares[..., 0]
  edge = edge + _SNAP * shift * 4.0 * edge * (1.0 - edge)
  own = _sharp(edge, parts.window.scale)
  rest = shares[..., 1] + shares[..., 2]
  stays = shares[..., 1] / np.maximum(rest, 1e-6)
  stays = np.where(stay, near[..., 0] > 0.5, stays)
  stays = np.where(gone, 0.0, stays)
  return own[..., np.newaxis], stays[..., np.newaxis]


def _regions(parts: Parts, part: tuple) -> tuple[np.ndarray, np.ndarray]:
  """Returns the old garment and what is kept of the person, [h, w], smooth.

  A parser's map often has steps of several pixels.
  """
  sigma = max(0.5 * parts.window.scale, 0.3)
  margin = int(np.ceil(4 * sigma))
  height, width = parts.person.layout.shape
  wide, inner = [], []
  for each, limit in zip(part, (height, width)):
    start = max(each.start - margin, 0)
    wide.append(slice(start, min(each.stop + margin, limit)))
    inner.append(slice(each.start - start, each.stop - start))
  layout = parts.person.layout[tuple(wide)]
  removed = labels.REMOVED_BY['garment'][parts.garment_label][layout]
  body = (layout != labels.BACKGROUND).astype(np.float32) - removed
  return tuple(_smooth(x, sigma)[tuple(inner)] for x in (removed, body))


def _tidy(parts: Parts) -> np.ndarray:
  """Returns the model's shares without specks.

  A piece of garment by itself, on what the person keeps, is none; a hole in the
  garment that nothing kept shows through is none, either.
  """
  shares = parts.outputs['composition'].astype(np.float32)
  own = shares[..., 0] > 0.5
  layout = parts.window.layout(parts.person.layout)
  gone = labels.REMOVED_BY['garment'][parts.garment_label][layout] > 0
  kept = (layout != labels.BACKGROUND) & ~gone
  main = 0
  count, pieces, stats, _ = cv2.connectedComponentsWithStats(
    own.astype(np.uint8), connectivity=4
  )
  if count > 1:
    main = 1 + stats[1:, cv2.CC_STAT_AREA].argmax()
  for piece in range(1, count):
    inside = pieces == piece
    if piece != main and kept[inside].mean() > 0.5:
      shares[cv2.dilate(inside.astype(np.uint8), np.ones((3, 3))) > 0] = (
        0,
        1,
        0,
      )
  count, holes = cv2.connectedComponents(
    (~own).astype(np.uint8), connectivity=4
  )
  for hole in range(1, count):
    inside = holes == hole
    if gone[inside].all() and inside.mean() < _HOLE:
      shares[cv2.dilate(inside.astype(np.uint8), np.ones((3, 3))) > 0] = (
        1,
        0,
        0,
      )
  return shares
