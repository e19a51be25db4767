# SPDX-License-Identifier: Apache-2.0
"""A parse map's outline, moved to the edge that the photo shows.

Parsers work on few pixels: enlarged, their outline wavers by some pixels around
the true one. A pixel near it is the person's if its colour is nearer to that of
the person nearby than to that of the background nearby.

Only the outline between person and background moves, and by little; where the
two have one colour, or one has many, it stays, and that of the head does, whose
hair is both.
"""

import cv2
import numpy as np

from clothflow_tf.inference import edges
from clothflow_tf.inference import framing
from clothflow_tf.inputs import labels

# In pixels of the model: how far the outline may move, and the radius of means.
REACH, RADIUS = 2.0, 3.0
# It is done at so many pixels for one of the model, or fewer.
FINEST = 3.0
# Colours in [0, 255] that are no further apart than the first tell nothing;
# from the second on they tell all.
UNCLEAR, CLEAR = 30.0, 50.0
TURNS = 2
# A share that changed by less is as it was.
LEAST = 0.02
SMOOTH = 1.0
_SQUARE = np.ones((3, 3), np.uint8)


def to_photo(
  pixels: np.ndarray, layout: np.ndarray, window: framing.Window
) -> np.ndarray:
  """Returns a layout whose outline follows the photo.

  Args:
    pixels: the photo, uint8 [h, w, 3].
    layout: its labels, uint8 [h, w].
    window: where the person is; elsewhere the layout stays.
  """
  everything = np.ones(labels.NUM_LABELS, bool)
  person = everything.copy()
  person[labels.BACKGROUND] = False
  return _to_edges(pixels, layout, window, (person, everything))


def garment_to_photo(
  pixels: np.ndarray,
  layout: np.ndarray,
  window: framing.Window,
  garment: np.ndarray,
) -> np.ndarray:
  """Returns a layout whose garment ends where the photo shows that it does.

  Where it meets the rest of the person, that is; its outline against the
  background stays.

  Args:
    pixels: the photo, uint8 [h, w, 3].
    layout: its labels, uint8 [h, w].
    window: where the person is; elsewhere the layout stays.
    garment: which labels are the garment, bool [20].
  """
  rest = ~garment
  rest[labels.BACKGROUND] = False
  return _to_edges(pixels, layout, window, (rest, rest | garment))


def _to_edges(
  pixels: np.ndarray,
  layout: np.ndarray,
  window: framing.Window,
  kinds: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:
  """Returns a layout in which the edge of some labels follows the photo.

  Args:
    pixels: the photo, uint8 [h, w, 3].
    layout: its labels, uint8 [h, w].
    window: where the person is; elsewhere the layout stays.
    kinds: which labels they are, and which may change, bool [20] each.
  """
  rows, columns = _inside(window, layout.shape)
  part = layout[rows, columns]
  ours, known = (kind[part] for kind in kinds)
  if not ours.any() or not (known & ~ours).any():
    return layout
  factor = max(1.0, window.scale / FINEST)
  size = tuple(max(2, round(side / factor)) for side in part.shape[::-1])
  picture, mask, weight = (
    cv2.resize(x, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    for x in (
      pixels[rows, columns],
      np.where(ours, np.uint8(255), np.uint8(0)),
      np.where(known, np.uint8(255), np.uint8(0)),
    )
  )
  mask, weight = mask / 255.0, weight / 255.0
  share = _moved(picture, mask, weight, window.scale / factor)
  share, moved = (
    cv2.resize(x, part.shape[::-1], interpolation=cv2.INTER_LINEAR)
    for x in (share, np.abs(share - mask))
  )
  region = np.where((moved > LEAST) & known, share > 0.5, ours)
  turns = int(np.ceil(REACH * window.scale / factor)) + 1
  result = layout.copy()
  result[rows, columns] = _labelled(part, region, kinds, (size[::-1], turns))
  return result


def _inside(window: framing.Window, shape: tuple[int, int]) -> list[slice]:
  """Returns rows and columns of a photo that a window shows."""
  starts, sides = (window.top, window.left), window.size
  limits = [
    np.clip([start, start + side * window.scale], 0, limit).astype(int)
    for start, side, limit in zip(starts, sides, shape)
  ]
  return [slice(*ends) for ends in limits]


def _moved(
  picture: np.ndarray, mask: np.ndarray, known: np.ndarray, scale: float
) -> np.ndarray:
  """Returns how sure a pixel is the mask's, [h, w], 0.5 at the outline.

  Args:
    picture: float32 [h, w, 3].
    mask: float32 [h, w], 1 on the person.
    known: float32 [h, w], 1 on her and on what she is told from.
    scale: pixels of the picture for one of the model.
  """
  near = _mixed(mask, known - mask, max(1, round(REACH * scale)))
  spread = _spread(picture, mask, known - mask, scale)
  share = mask
  for _ in range(TURNS):
    ours, others = (
      _means(picture, x, scale) for x in (known * share, known * (1.0 - share))
    )
    way = ours - others
    length = np.maximum(np.square(way).sum(-1), 1.0)
    along = ((picture - others) * way).sum(-1) / length
    sure = _clear(np.sqrt(length) - spread) * near
    share = mask + sure * (np.clip(along, 0.0, 1.0) - mask)
  return mask + sure * (edges.smooth(share, SMOOTH) - mask)


def clear(picture: np.ndarray, layout: np.ndarray) -> np.ndarray:
  """Returns how clearly a picture shows where the person ends, [H, W], 0 to 1.

  Args:
    picture: what the model sees, uint8 [H, W, 3].
    layout: its labels, uint8 [H, W].
  """
  mask = (layout != labels.BACKGROUND).astype(np.float32)
  picture, regions = picture.astype(np.float32), (mask, 1.0 - mask)
  ours, others = (_means(picture, region, 1.0) for region in regions)
  distance = np.linalg.norm(ours - others, axis=-1)
  distance -= _spread(picture, *regions, 1.0)
  return _mixed(*regions, round(RADIUS)) * _clear(distance)


def _spread(
  picture: np.ndarray, ours: np.ndarray, others: np.ndarray, scale: float
) -> np.ndarray:
  """Returns how far colours are from their means, [h, w].

  Of the person's and of the background's, away from the outline: a pattern's
  colours may be the background's.
  """
  reach = max(1, round(REACH * scale))
  wide = reach + round(RADIUS * scale)
  total = 0.0
  for region in (ours, others):
    inner = (_box(region, reach) > 1.0 - LEAST).astype(np.float32)
    mean, square = (
      _mean(x, inner, wide) for x in (picture, np.square(picture))
    )
    variance = (square - np.square(mean)).sum(-1)
    total = total + np.sqrt(np.maximum(variance, 0.0))
  return total


def _mixed(ours: np.ndarray, others: np.ndarray, reach: int) -> np.ndarray:
  """Returns where there are some of either region, bool."""
  return (_box(ours, reach) > LEAST) & (_box(others, reach) > LEAST)


def _box(values: np.ndarray, reach: int) -> np.ndarray:
  """Returns means over squares, whose sides are 2 reach + 1."""
  side = 2 * reach + 1
  return cv2.blur(values, (side, side), borderType=cv2.BORDER_REPLICATE)


def _clear(distance: np.ndarray) -> np.ndarray:
  return np.clip((distance - UNCLEAR) / (CLEAR - UNCLEAR), 0.0, 1.0)


def _means(picture: np.ndarray, region: np.ndarray, scale: float) -> np.ndarray:
  """Returns the mean colour nearby of a region, [h, w, 3]."""
  return _mean(picture, region, round(RADIUS * scale))


def _mean(picture: np.ndarray, weight: np.ndarray, reach: int) -> np.ndarray:
  """Returns the weighted mean colour over squares, [h, w, 3]."""
  weight = weight[..., np.newaxis]
  total = _box(picture * weight, reach)
  return total / np.maximum(_box(weight, reach), 1e-3)[..., np.newaxis]


def _labelled(
  layout: np.ndarray,
  region: np.ndarray,
  kinds: tuple[np.ndarray, np.ndarray],
  search: tuple[tuple[int, int], int],
) -> np.ndarray:
  """Returns labels [h, w] of a region; new pixels take the nearest.

  Args:
    layout: labels [h, w].
    region: where some of the labels are now, bool [h, w].
    kinds: which labels those are, and which may change, bool [20] each.
    search: rows and columns that are enough to look for the nearest, and how
      many of these pixels are new.
  """
  ours, known = kinds
  size, turns = search
  kept = np.where(ours[layout], layout, np.uint8(0))
  grown = _nearest(kept, size)
  for _ in range(turns):
    grown = np.where(grown > 0, grown, cv2.dilate(grown, _SQUARE))
  grown = np.where(kept > 0, kept, _nearest(grown, layout.shape))
  others = np.bincount(layout[known[layout] & ~ours[layout]]).argmax()
  result = np.where(region, grown, np.uint8(others))
  result = np.where(known[layout], result, layout)
  if known[labels.BACKGROUND]:
    result = np.where(np.isin(grown, labels.HEAD), layout, result)
  return result


def _nearest(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
  """Returns values [h, w] in another size, each the nearest one."""
  for axis in (0, 1):
    places = (np.arange(size[axis]) + 0.5) * values.shape[axis] / size[axis]
    values = np.take(values, places.astype(int), axis)
  return values
