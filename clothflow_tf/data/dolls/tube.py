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


@dataclasses.dataclass(frozen=True)
class Tube:
  """Length from the joint, half-width of the cuff, angle laid out from down."""

  length: float
  cuff: float
  rest: float


@dataclasses.dataclass(frozen=True)
class Frame:
  """Coordinates of a flat tube with its root joint at `joint`.

  From `top` on it tapers: its centre goes from `middle` to `end`, its half
  width from `half` to the cuff's. The seam to the panel ends at `seam`.
  """

  tube: Tube
  joint: np.ndarray
  top: float
  middle: float
  half: float
  end: float = 0.0
  seam: float = 0.0

  @functools.cached_property
  def along(self) -> np.ndarray:
    return curves.direction(self.tube.rest, 1)

  @functools.cached_property
  def across(self) -> np.ndarray:
    along = self.along
    return np.array([along[1], -along[0]])

  def local(self, points: np.ndarray) -> np.ndarray:
    """Returns (along, across) of flat points [N, 2]."""
    return (points - self.joint) @ np.stack([self.along, self.across], 1)

  def flat(self, local: np.ndarray) -> np.ndarray:
    """Inverse of `local`."""
    return self.joint + local @ np.stack([self.along, self.across])

  def share(self, a: np.ndarray) -> np.ndarray:
    """0 where the tube begins, 1 at its cuff."""
    return np.clip((a - self.top) / max(self.tube.length - self.top, 0.2), 0, 1)

  def centre(self, a: np.ndarray) -> np.ndarray:
    share = self.share(a)
    return self.middle * (1 - share) + self.end * share

  def half_width(self, a: np.ndarray) -> np.ndarray:
    share = self.share(a)
    return self.half * (1 - share) + self.tube.cuff * share


def frame(tube: Tube, joint: np.ndarray, outer: tuple, inner: tuple) -> Frame:
  """Returns the frame of a tube that begins between two flat points."""
  bare = Frame(tube, np.asarray(joint, float), 0.0, 0.0, 1.0)
  high = bare.local(np.array([outer], float))[0]
  low = bare.local(np.array([inner], float))[0]
  # A short sleeve goes on along its shoulder, a long one follows the arm.
  short = 1 - curves.smoothstep(0.7, 2.0, tube.length)
  return dataclasses.replace(
    bare,
    end=float(short) * (high[1] - tube.cuff),
    seam=max(0.05, low[0]),
    top=max(0.05, min(low[0], 0.8 * tube.length)),
    middle=0.5 * (high[1] + low[1]),
    half=0.5 * (high[1] - low[1]),
  )
