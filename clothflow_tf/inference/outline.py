# SPDX-License-Identifier: Apache-2.0
"""A parse map's outline, moved to the edge that the photo shows.

Parsers work on few pixels: enlarged, their outline wavers by some pixels around
the true one. A pixel near it is the person's if its colour is nearer to that of
the person nearby than to that of the background nearby.

Only the outline between person and background moves, and by little; where the
two have one colour it stays, and that of the head does, whose hair is both.
"""

import cv2
import numpy as np

from clothflow_tf.inference import framing
from clothflow_tf.inputs import labels

# In pixels of the model: how far the outline may move, and the radius of means.
_REACH, _RADIUS = 2.0, 3.0
# It is done at so many pixels for one of the model, or fewer.
_FINEST = 3.0
# Colours in [0, 255] that are no further apart than the first tell nothing;
# from the second on they tell all.
_UNCLEAR, _CLEAR = 30.0, 50.0
_TURNS = 2
# A share that changed by less is as it was.
_LEAST = 0.02
_SMOOTH = 1.0
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
  rows, columns = _inside(window, layout.shape)
  part = layout[rows, columns]
  if part.size == 0 or not part.any():
    return layout
  factor = max(1.0, window.scale / _FINEST)
  size = tuple(max(2, round(side / factor)) for side in part.shape[::-1])
  picture = cv2.resize(
    pixels[rows, columns], size, interpolation=cv2.INTER_AREA
  ).astype(np.float32)
  mask = (part != labels.BACKGROUND).astype(np.float32)
  mask = cv2.resize(mask, size, interpolation=cv2.INTER_AREA)
  share = _moved(picture, mask, window.scale / factor)
  share, moved = (
    cv2.resize(x, part.shape[::-1], interpolation=cv2.INTER_LINEAR)
    for x in (share, np.abs(share - mask))
  )
  person = np.where(moved > _LEAST, share > 0.5, part != labels.BACKGROUND)
  result = layout.copy()
  result[rows, columns] = _labelled(part, person, window.scale)
  return result


def _inside(window: framing.Window, shape: tuple[int, int]) -> list[slice]:
  """Returns rows and columns of a photo that a window shows."""
  starts, sides = (window.top, window.left), window.size
  limits = [
    np.clip([start, start + side * window.scale], 0, limit).astype(int)
    for start, side, limit in zip(starts, sides, shape)
  ]
  return [slice(*ends) for ends in limits]


def _moved(picture: np.ndarray, mask: np.ndarray, scale: float) -> np.ndarray:
  """Returns how sure a pixel is the person's, [h, w], 0.5 at the outline.

  Args:
    picture: float32 [h, w, 3].
    mask: float32 [h, w], 1 on the person.
    scale: pixels of the picture for one of the model.
  """
  reach = 2 * max(1, round(_REACH * scale)) + 1
  around = np.ones((reach, reach), np.uint8)
  near = cv2.dilate(mask, around) - cv2.erode(mask, around) > 0.5
  share = mask
  for _ in range(_TURNS):
    ours, others = _means(picture, share, scale)
    way = ours - others
    length = np.maximum(np.square(way).sum(-1), 1.0)
    along = ((picture - others) * way).sum(-1) / length
    sure = _clear(np.sqrt(length)) * near
    share = mask + sure * (np.clip(along, 0.0, 1.0) - mask)
  smooth = cv2.GaussianBlur(share, (0, 0), _SMOOTH)
  return mask + sure * (smooth - mask)


def clear(picture: np.ndarray, layout: np.ndarray) -> np.ndarray:
  """Returns how clearly a picture shows where the person ends, [H, W], 0 to 1.

  Args:
    picture: what the model sees, uint8 [H, W, 3].
    layout: its labels, uint8 [H, W].
  """
  mask = (layout != labels.BACKGROUND).astype(np.float32)
  ours, others = _means(picture.astype(np.float32), mask, 1.0)
  side = 2 * round(_RADIUS) + 1
  share = cv2.blur(mask, (side, side))
  there = (share > _LEAST) & (share < 1.0 - _LEAST)
  return there * _clear(np.linalg.norm(ours - others, axis=-1))


def _clear(distance: np.ndarray) -> np.ndarray:
  return np.clip((distance - _UNCLEAR) / (_CLEAR - _UNCLEAR), 0.0, 1.0)


def _means(
  picture: np.ndarray, mask: np.ndarray, scale: float
) -> tuple[np.ndarray, np.ndarray]:
  """Returns the mean colours nearby of a mask and of the rest, [h, w, 3]."""
  side = 2 * round(_RADIUS * scale) + 1
  return tuple(_mean(picture, x, side) for x in (mask, 1.0 - mask))


def _mean(picture: np.ndarray, weight: np.ndarray, side: int) -> np.ndarray:
  """Returns the weighted mean colour over squares, [h, w, 3]."""
  weight = weight[..., np.newaxis]
  total = cv2.blur(picture * weight, (side, side))
  return total / np.maximum(cv2.blur(weight, (side, side)), 1e-3)[..., None]


def _labelled(
  layout: np.ndarray, person: np.ndarray, scale: float
) -> np.ndarray:
  """Returns labels [h, w] where the person is; new pixels take the nearest."""
  grown = layout
  for _ in range(int(np.ceil(_REACH * scale)) + 1):
    grown = np.where(grown > 0, grown, cv2.dilate(grown, _SQUARE))
  result = np.where(person, grown, labels.BACKGROUND).astype(np.uint8)
  head = np.isin(grown, labels.HEAD)
  return np.where(head, layout, result)
