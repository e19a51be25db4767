# SPDX-License-Identifier: Apache-2.0
"""How a garment lies in the painting of its cloth: in a shop, or spread out."""

import dataclasses

import numpy as np

from clothflow_tf.data.dolls import curves
from clothflow_tf.data.dolls import frames
from clothflow_tf.data.dolls import garment as garments
from clothflow_tf.data.dolls import necklines
from clothflow_tf.data.dolls import streams


@dataclasses.dataclass(frozen=True)
class Lay:
  """Where flat space lies in the painting: a turn, a scale, slow waves.

  `narrow` is the width shown over the true one: shops fold a garment's sides
  back, or put it on a dummy that fills it.
  """

  shape: frames.Frame
  scale: float
  centre: np.ndarray
  middle: np.ndarray
  angle: float
  waves: np.ndarray
  phase: np.ndarray
  narrow: float = 1.0

  def pixels(self, points: np.ndarray) -> np.ndarray:
    """Maps flat points [N, 2] to painting pixels."""
    points = np.asarray(points, float)
    wavy = points + self.waves * np.sin(1.6 * points[:, ::-1] + self.phase)
    shown = (wavy - self.middle) * (self.narrow, 1)
    turned = curves.turn(shown, self.angle)
    return self.centre + self.scale * turned


def lay_out(
  rng: np.random.Generator, garment: garments.Garment, frame: frames.Frame
) -> Lay:
  """Places the garment in a frame (height, width) as shops do."""
  low, high = bounds(garment)
  fill = rng.uniform(0.96, 1.04)
  if streams.chance(rng, 0.4):
    fill = rng.uniform(0.68, 1.1)
  # Sides are folded back a little; yet proportions tell how long it is.
  narrow = rng.uniform(0.84, 1.0) - 0.04 * (garment.tube is not None)
  crooked = streams.chance(rng, 0.12)
  size = (high - low) * (narrow, 1)
  whole = np.array([frame.width, frame.height])
  scale = fill * min(
    0.86 * frame.width / size[0], 0.88 * frame.height / size[1]
  )
  return Lay(
    shape=frame,
    scale=scale,
    centre=whole / 2 + rng.normal(0, 0.012, 2) * whole,
    middle=0.5 * (low + high),
    angle=rng.normal(0, 0.08 if crooked else 0.018),
    waves=rng.normal(0, 0.022, 2),
    phase=rng.uniform(0, 6.28, 2),
    narrow=narrow,
  )


def spread_out(garment: garments.Garment, scale: float) -> Lay:
  """Places a garment that no shop shows, at `scale` pixels a body unit."""
  low, high = bounds(garment)
  w, h = np.ceil((high - low) * scale + 12).astype(int)
  middle, still = 0.5 * (low + high), np.zeros(2)
  centre = np.array([w, h]) / 2
  return Lay(
    frames.Frame(int(h), int(w)), scale, centre, middle, 0.0, still, still
  )


def bounds(garment: garments.Garment) -> tuple[np.ndarray, np.ndarray]:
  """Returns the lowest and the highest (x, y) of a flat garment."""
  points = np.concatenate(sum(garment.outlines.values(), []))
  hood = necklines.hood(garment)
  if hood is not None:
    points = np.concatenate([points, hood])
  return points.min(0), points.max(0)
