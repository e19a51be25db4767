# SPDX-License-Identifier: Apache-2.0
"""The outline of the dressed person against what is behind her.

A model draws it on a coarse grid: enlarged, it wavers by a pixel or two of the
model's, which are many of a photo's. Where the old outline, which the photo's
own layout has sharply, runs that near to it, it is the better one: what is
behind the person is then the photo itself, and needs not be painted.

Distances are in pixels of the model, positive in the background. They are read
off smooth regions: at an edge blurred by a Gaussian, the logit of the value is
nearly proportional to the distance.
"""

import numpy as np

from clothflow_tf.inference import edges
from clothflow_tf.inference import parts as parts_lib
from clothflow_tf.inputs import labels

# Standard deviations of the model's regions, of the photo's own, whose layout
# has steps, and of what is compared.
SMOOTH, FINE, COMPARED = 1.2, 0.5, 2.0
# Of uncovered limbs, which have no folds.
LIMB = 2.2
# Outlines that differ by at most so much are one; beyond the second, two.
ONE, TWO = 1.2, 2.2
# A sleeve's outline is hardly that of the arm which was in it.
UNCOVERED_ONE, UNCOVERED_TWO = 0.3, 1.0
# Agreement is averaged over so many pixels.
ACROSS = 3.0
# For a Gaussian edge, distance / deviation = 0.6 logit, within 0.1 up to 2.
LOGIT = 0.6
LEAST = 1e-3


def bare(parts: parts_lib.Parts, shares: np.ndarray) -> np.ndarray:
  """Returns how much of the model's result is background, [H, W].

  Args:
    parts: of the whole.
    shares: of garment, photo and painted, [H, W, 3].
  """
  background = parts.outputs['layout'] == labels.BACKGROUND
  return (background * (1.0 - shares[..., 0])).astype(np.float32)


def plane(bare_part: np.ndarray, uncovered: np.ndarray) -> np.ndarray:
  """Returns how much is background, smooth by `SMOOTH`, along limbs by more.

  Args:
    bare_part: `bare`, [H, W].
    uncovered: 1.0 where the result has skin that the old garment hid, [H, W].
  """
  share = _bare_skin(bare_part, uncovered)
  distance, straight = (
    _distance(edges.smooth(bare_part, x), x) for x in (SMOOTH, LIMB)
  )
  distance += share * (straight - distance)
  return 1.0 / (1.0 + np.exp(-distance / (LOGIT * SMOOTH)))


def _bare_skin(bare_part: np.ndarray, uncovered: np.ndarray) -> np.ndarray:
  """Returns how much of the person nearby is uncovered skin, [H, W]."""
  person = edges.smooth(1.0 - bare_part, ACROSS)
  return edges.smooth(uncovered, ACROSS) / np.maximum(person, LEAST)


def agreement(
  new: np.ndarray, old: np.ndarray, clear: np.ndarray, uncovered: np.ndarray
) -> np.ndarray:
  """Returns where the old outline is the new one, [H, W], 0 to 1.

  Args:
    new: `bare`, [H, W].
    old: 1.0 where the photo is background, [H, W].
    clear: how clearly the photo shows the old outline, [H, W].
    uncovered: 1.0 where the result has skin that the old garment hid, [H, W].
  """
  places = [_distance(edges.smooth(x, COMPARED), COMPARED) for x in (new, old)]
  bare_skin = _bare_skin(new, uncovered)
  one = ONE + bare_skin * (UNCOVERED_ONE - ONE)
  two = TWO + bare_skin * (UNCOVERED_TWO - TWO)
  apart = (np.abs(places[0] - places[1]) - one) / (two - one)
  same = clear * (1.0 - np.clip(apart, 0.0, 1.0))
  # Told at the outlines, and the same across them.
  nearest = np.minimum(*np.abs(places))
  weight = np.exp(-0.5 * np.square(nearest)).astype(np.float32) + LEAST
  total = edges.smooth(same.astype(np.float32) * weight, ACROSS)
  return total / edges.smooth(weight, ACROSS)


def background(
  plane: np.ndarray,
  same: np.ndarray,
  parts: parts_lib.Parts,
  part: tuple[slice, slice],
) -> np.ndarray:
  """Returns how much of a part of the result is background, [h, w].

  Args:
    plane: `bare`, smooth by `SMOOTH`, enlarged to the part, [h, w].
    same: `agreement`, enlarged to the part.
    parts: of the whole.
    part: rows and columns of the photo.
  """
  new, old = _distance(plane, SMOOTH), _distance(_photo(parts, part), FINE)
  distance = new + same * (old - new)
  # An edge of two of the photo's pixels.
  return np.clip(0.5 + 0.5 * distance * parts.window.scale, 0.0, 1.0)


def _photo(parts: parts_lib.Parts, part: tuple[slice, slice]) -> np.ndarray:
  """Returns how much of the photo is background, smooth by `FINE`, [h, w]."""
  layout, inner = edges.around(parts, part, FINE)
  region = (layout == labels.BACKGROUND).astype(np.float32)
  return edges.smooth(region, edges.deviation(parts, FINE))[inner]


def _distance(plane: np.ndarray, sigma: float) -> np.ndarray:
  """Returns the distance from the edge of a plane that is smooth by sigma."""
  plane = np.clip(plane, LEAST, 1.0 - LEAST)
  return LOGIT * sigma * np.log(plane / (1.0 - plane))
