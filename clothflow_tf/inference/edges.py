# SPDX-License-Identifier: Apache-2.0
"""Whose each pixel is: the model's shares, enlarged to edges that are sharp.

A model says for each of its pixels how much of it is the garment, the photo and
painted. Enlarged, an edge between them would be a blur, or stairs. It is
smoothed, sharpened to the photo's pixels, and drawn to the edges of the photo's
own layout where the two run together.
"""

import dataclasses

import cv2
import numpy as np

from clothflow_tf.inference import parts as parts_lib
from clothflow_tf.inputs import labels

# Standard deviation, in the model's pixels, that removes the stairs of a share.
SMOOTH = 1.0
# Shares are raised to this power at most to sharpen them.
SHARPEST = 8.0
# By so much of a share an edge of the garment may move to one of the photo's.
SNAP = 0.35
# Of the model's pixels: a parse map's own steps, and how far beyond the old
# garment its colours reach.
STEPS, FRINGE = 0.5, 1.0
# Of the old garment's smooth region: from the lower value on, background is
# painted, and entirely so at the upper: 2.3 and 1.6 `FRINGE` away.
FROM, TO = 0.01, 0.06
# Of the old garment's smooth region: skin of the lower value is all the photo,
# skin of the upper all painted: 2.3 and 0.5 `FRINGE` away.
PURE, MIXED = 0.01, 0.3
# A pixel beside what is painted has so much of it in the smooth region.
BESIDE = 0.25
# A Gaussian reaches a pixel where it sums up to so much.
REACHED = 0.02
# A hole in the garment is no larger, as a share of the model's picture.
HOLE = 0.01
# Nor is a piece of garment by itself that is smaller than this.
SPECK = 0.001
_TOUCHING = np.ones((3, 3), np.uint8)
# Around a hole the model's shares fade: so much of its edge is the hole's.
FADED = np.ones((7, 7), np.uint8)


def smooth(plane: np.ndarray, sigma: float) -> np.ndarray:
  """Returns a plane [h, w] or [h, w, n] blurred by a Gaussian, in pixels."""
  return cv2.GaussianBlur(plane, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)


def continued(picture: np.ndarray, known: np.ndarray) -> np.ndarray:
  """Continues the known pixels of a picture into the others, smoothly.

  Args:
    picture: float32 [H, W, 3].
    known: bool [H, W].

  Returns:
    float32 [H, W, 3]; if nothing is known, the picture.
  """
  if not known.any():
    return picture
  weight = known.astype(np.float32)[..., np.newaxis]
  # Where little is known, and far away, its mean.
  result = np.where(weight > 0, picture, picture[known].mean(0))
  left, sigma = ~known, 1.0
  while left.any() and sigma < max(known.shape):
    near = smooth(weight, sigma)[..., np.newaxis]
    means = smooth(picture * weight, sigma) / np.maximum(near, 1e-9)
    reached = left & (near[..., 0] > REACHED)
    result[reached] = means[reached]
    left &= ~reached
    sigma *= 2.0
  return result


def sharp(share: np.ndarray, scale: float) -> np.ndarray:
  """Returns a share whose edge is narrow; it stays where the share is a half.

  Args:
    share: from 0 to 1, enlarged.
    scale: pixels of the photo for one of the model.
  """
  power = min(max(1.0, 2.0 * scale), SHARPEST)
  ours, others = (np.clip(x, 0.0, 1.0) ** power for x in (share, 1.0 - share))
  return ours / np.maximum(ours + others, 1e-6)


def garment(
  share: np.ndarray,
  painted: np.ndarray,
  parts: parts_lib.Parts,
  part: tuple[slice, slice],
) -> np.ndarray:
  """Returns the garment's share [h, w] in a part of the photo.

  Where the old garment meets what is kept of the person, the new one's edge
  goes to that edge if it is near; where nothing is painted, it is that edge.

  Args:
    share: the model's, enlarged, [h, w].
    painted: whether something is painted nearby (`painted`), enlarged, [h, w].
    parts: of the whole.
    part: rows and columns of the photo.
  """
  layout, inner = around(parts, part, STEPS)
  gone = parts.removed(layout)
  body = (layout != labels.BACKGROUND) - gone
  sigma = deviation(parts, STEPS)
  gone, body = (smooth(x, sigma)[inner] for x in (gone, body))
  shift = (gone > 0.5) * np.minimum(4.0 * body, 1.0)
  shift -= (body > 0.5) * np.minimum(4.0 * gone, 1.0)
  # Only an undecided share moves.
  share = share + SNAP * shift * 4.0 * share * (1.0 - share)
  result = sharp(share, parts.window.scale)
  filled = np.minimum(share / BESIDE, 1.0) * (1.0 - painted)
  filled *= parts.removed(layout[inner])
  return result + filled * (1.0 - result)


def photo(
  shares: np.ndarray,
  nearby: dict[str, np.ndarray],
  skin: np.ndarray,
  parts: parts_lib.Parts,
  part: tuple[slice, slice],
) -> np.ndarray:
  """Returns how much of a pixel is the photo, [h, w], outside the garment.

  Args:
    shares: of garment, photo and painted, enlarged, [h, w, 3].
    nearby: 'stays' and 'painted' as the functions return, enlarged, [h, w].
    skin: how much there is skin in the result, [h, w].
    parts: of the whole.
    part: rows and columns of the photo.
  """
  layout, inner = around(parts, part, FRINGE)
  gone = parts.removed(layout)
  mixed = smooth(gone, deviation(parts, FRINGE))[inner]
  layout, gone = layout[inner], gone[inner]
  # What is painted beside real skin goes on from it (`skin.joined`).
  mixed = np.clip((mixed - PURE) / (MIXED - PURE), 0.0, 1.0)
  clean = 1.0 - mixed * nearby['painted']
  rest = shares[..., 1] + shares[..., 2]
  share = shares[..., 1] / np.maximum(rest, 1e-6)
  near = (nearby['stays'] > 0.5) | np.isin(layout, labels.HEAD)
  share = np.where(layout == labels.BACKGROUND, share * (1.0 - skin), near)
  share = np.where(np.isin(layout, labels.SKIN), share * clean, share)
  return np.where(gone > 0.0, 0.0, share)


def behind(parts: parts_lib.Parts, part: tuple[slice, slice]) -> np.ndarray:
  """Returns how much of what is behind the person is the photo, [h, w].

  Within the old garment, and in its fringe of mixed colours, nothing is.
  """
  layout, inner = around(parts, part, FRINGE)
  gone = parts.removed(layout)
  fringe = smooth(gone, deviation(parts, FRINGE))[inner]
  clean = 1.0 - np.clip((fringe - FROM) / (TO - FROM), 0.0, 1.0)
  return np.where(gone[inner] > 0.0, 0.0, clean)


def face(parts: parts_lib.Parts, part: tuple[slice, slice]) -> np.ndarray:
  """Returns where in a part of the photo a face is that stays, bool [h, w].

  All of it but the fringe of the old garment, of whose collar a parser often
  takes the edge for a chin.
  """
  layout, inner = around(parts, part, FRINGE)
  fringe = smooth(parts.removed(layout), deviation(parts, FRINGE))[inner]
  return (layout[inner] == labels.FACE) & (fringe < FROM)


def stays(shares: np.ndarray) -> np.ndarray:
  """Returns more than a half where most that is no garment stays the photo.

  Args:
    shares: of garment, photo and painted, [H, W, 3].
  """
  rest = shares[..., 1] + shares[..., 2]
  kept = smooth((shares[..., 1] > shares[..., 2]) * rest, SMOOTH)
  return kept / np.maximum(smooth(rest, SMOOTH), 1e-3)


def painted(shares: np.ndarray) -> np.ndarray:
  """Returns whether something is painted nearby, [H, W], 0 to 1.

  Strips of one or two pixels do not count: between garment and kept skin they
  are neither's edge, enlarged.

  Args:
    shares: of garment, photo and painted, [H, W, 3].
  """
  region = (shares[..., 2] > 0.5).astype(np.uint8)
  region = cv2.morphologyEx(region, cv2.MORPH_OPEN, _TOUCHING)
  return np.minimum(smooth(region.astype(np.float32), SMOOTH) / BESIDE, 1.0)


def tidy(parts: parts_lib.Parts) -> np.ndarray:
  """Returns the model's shares [H, W, 3] without specks.

  A piece of garment by itself is none if it is on what the person keeps, or
  small; a hole in the garment, or in its layout, that nothing kept shows
  through is none, either.
  """
  shares = parts.outputs['composition'].astype(np.float32)
  layout = parts.window.layout(parts.person.layout)
  gone = parts.removed(layout) > 0
  kept = (layout != labels.BACKGROUND) & ~gone
  own = shares[..., 0] > 0.5
  pieces = _pieces(own)
  largest = max(pieces, key=np.sum, default=None)
  for piece in pieces:
    beside = cv2.dilate(piece.astype(np.uint8), _TOUCHING) > 0
    if piece is largest:
      continue
    if kept[piece].mean() > 0.5:
      shares[beside] = (0, 1, 0)
    elif piece.mean() < SPECK:
      shares[beside & gone] = (0, 0, 1)
  drawn = parts.removed(parts.outputs['layout']) > 0
  for hole in [*_pieces(~own), *_pieces(~drawn)]:
    if gone[hole].all() and hole.mean() < HOLE:
      faded = cv2.dilate(hole.astype(np.uint8), FADED) > 0
      shares[faded & gone] = (1, 0, 0)
  return shares


def with_sleeves(parts: parts_lib.Parts) -> parts_lib.Parts:
  """Returns the parts, arms that the model takes off as the old garment's.

  They are sleeves that a parser took for arms (`inputs.sleeves`): their edge
  and fringe have to go as those of the old garment do.
  """
  window, layout = parts.window, parts.person.layout
  gone = parts.outputs['removed'] > 0
  lost = gone & np.isin(window.layout(layout), labels.ARMS)
  if parts.garment_label not in labels.UPPER or not lost.any():
    return parts
  lost = cv2.dilate(lost.astype(np.uint8), _TOUCHING) > 0
  for axis in (0, 1):
    places = window.to_model(np.arange(layout.shape[axis]), 1 - axis)
    limit = window.size[axis] - 1
    lost = np.take(lost, np.clip(np.rint(places), 0, limit).astype(int), axis)
  sleeves = lost & np.isin(layout, labels.ARMS)
  layout = np.where(sleeves, np.uint8(labels.UPPER_CLOTHES), layout)
  person = dataclasses.replace(parts.person, layout=layout)
  return parts._replace(person=person)


def _pieces(region: np.ndarray) -> list[np.ndarray]:
  """Returns the connected pieces of bool [h, w], each as such."""
  count, numbers = cv2.connectedComponents(
    region.astype(np.uint8), connectivity=4
  )
  return [numbers == number for number in range(1, count)]


def deviation(parts: parts_lib.Parts, model_pixels: float) -> float:
  """Returns a standard deviation in pixels of the photo."""
  return max(model_pixels * parts.window.scale, 0.3)


def around(
  parts: parts_lib.Parts, part: tuple[slice, slice], model_pixels: float
) -> tuple[np.ndarray, tuple[slice, slice]]:
  """Returns the layout of a part and what is around it, and the part in that.

  So that it can be smoothed by `deviation` without an edge of its own.
  """
  margin = int(np.ceil(4 * deviation(parts, model_pixels)))
  wide, inner = [], []
  for each, limit in zip(part, parts.person.layout.shape):
    start = max(each.start - margin, 0)
    wide.append(slice(start, min(each.stop + margin, limit)))
    inner.append(slice(each.start - start, each.stop - start))
  return parts.person.layout[tuple(wide)], tuple(inner)
