# SPDX-License-Identifier: Apache-2.0
"""Tubes: the parts of a garment that follow a limb, sleeves and trouser legs.

A flat tube has coordinates of its own: `along` from the limb's root joint and
`across`, positive outwards. It begins where it leaves the panel (the armpit or
the crotch) and tapers to its cuff. All of it is for the right of the picture;
the left is its mirror image.
"""

import dataclasses
import functools

import numpy as np

from clothflow_tf.data.dolls import curves
from clothflow_tf.data.dolls import places


@dataclasses.dataclass(frozen=True)
class Tube:
  """Length from the joint, half-width of the cuff, angle laid out from down.

  `root` is the half-width where a sleeve leaves its armhole. It may `bulge`,
  most at the share `place` of its length.
  """

  length: float
  cuff: float
  rest: float
  root: float = 0.0
  bulge: float = 0.0
  place: float = 0.5


@dataclasses.dataclass(frozen=True)
class Frame:
  """Coordinates of a flat tube with its root joint at `joint`.

  `knots` [3, K] are distances along it, and there its centre and half-width;
  `seam` is where the seam to the panel ends.
  """

  tube: Tube
  joint: np.ndarray
  knots: np.ndarray
  seam: float = 0.0

  @functools.cached_property
  def along(self) -> np.ndarray:
    return curves.direction(self.tube.rest, 1)

  @functools.cached_property
  def across(self) -> np.ndarray:
    along = self.along
    return np.array([along[1], -along[0]])

  @property
  def top(self) -> float:
    return self.knots[0, 0]

  def local(self, points: np.ndarray) -> np.ndarray:
    """Returns (along, across) of flat points [N, 2]."""
    return (points - self.joint) @ np.stack([self.along, self.across], 1)

  def flat(self, local: np.ndarray) -> np.ndarray:
    """Inverse of `local`."""
    return self.joint + local @ np.stack([self.along, self.across])

  def centre(self, a: np.ndarray) -> np.ndarray:
    return np.interp(a, self.knots[0], self.knots[1])

  def half_width(self, a: np.ndarray) -> np.ndarray:
    return np.interp(a, self.knots[0], self.knots[2])

  def edge(self, a: np.ndarray, side: int) -> np.ndarray:
    """Returns flat points on the outer (1) or the inner (-1) edge."""
    across = self.centre(a) + side * self.half_width(a)
    return self.flat(np.stack([a, across], 1))


def frame(
  tube: Tube, joint: np.ndarray, outer: places.Point, inner: places.Point
) -> Frame:
  """Returns the frame of a leg that begins between two flat points."""
  bare = Frame(tube, np.asarray(joint, float), np.zeros((3, 2)))
  high = bare.local(np.array([outer], float))[0]
  low = bare.local(np.array([inner], float))[0]
  # A short leg goes on along its hip, a long one follows the leg.
  short = 1 - curves.smoothstep(0.7, 2.0, tube.length)
  top = max(0.05, min(low[0], 0.8 * tube.length))
  places = (top, max(tube.length, top + 0.2))
  centres = (0.5 * (high[1] + low[1]), float(short) * (high[1] - tube.cuff))
  halves = (0.5 * (high[1] - low[1]), tube.cuff)
  knots = np.array([places, centres, halves])
  return dataclasses.replace(bare, knots=knots, seam=max(0.05, low[0]))


def sleeve(
  tube: Tube, joint: np.ndarray, tip: places.Point, armpit: places.Point
) -> Frame:
  """Returns the frame of a sleeve sewn in between the tip and the armpit.

  Its inner edge leaves the armpit in the tube's direction. Its outer edge goes
  on from the shoulder's slope and rounds into that direction past the armpit,
  so that the sleeve is as wide as the arm it is for.
  """
  bare = Frame(tube, np.asarray(joint, float), np.zeros((3, 2)))
  ends = bare.local(np.array([tip, armpit], float))
  (start, high), (seam, low) = ends
  stop = max(tube.length, start + 0.3)
  a = np.linspace(start, stop, 24 if tube.bulge else 18)
  share = np.clip((a - seam) / max(stop - seam, 0.1), 0, 1)
  root = tube.root if stop > seam + 0.1 else tube.cuff
  half = root + (tube.cuff - root) * share
  inner = low + 0.6 * np.maximum(0, root - half)
  long = curves.smoothstep(0.9, 2.0, tube.length)
  round_end = min(seam + 0.35 + 0.5 * long, stop)
  t = np.clip((a - start) / (round_end - start), 0, 1)
  rise = t + (0.4 + 0.6 * long) * (np.sin(0.5 * np.pi * t) - t)
  outer = high + (inner + 2 * half - high) * rise
  if tube.bulge:
    power = np.log(0.5) / np.log(tube.place)
    share = ((a - start) / (stop - start)) ** power
    swell = tube.bulge * np.sin(np.pi * share)
    outer, inner = outer + 1.5 * swell, inner - 0.5 * swell * (a > seam)
  # Within its cap a sleeve has the width that it has at the armpit.
  half = np.interp(np.maximum(a, seam), a, 0.5 * (outer - inner))
  centre = outer - half
  knots = np.stack([a, centre, half])
  return dataclasses.replace(bare, knots=knots, seam=max(0.05, seam))
