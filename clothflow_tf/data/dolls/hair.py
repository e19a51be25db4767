# SPDX-License-Identifier: Apache-2.0
"""Hair: a back layer behind the shoulders and a front one over the forehead.

Ten shapes. For the long ones the front layer also falls over the shoulders and
the garment, as it does in half of the photographs; a model that never saw it
would pull the cloth over the hair.
"""

import numpy as np

from clothflow_tf.data.dolls import curves
from clothflow_tf.data.dolls import places
from clothflow_tf.data.dolls import puppet as puppets
from clothflow_tf.data.dolls import surface as surface_lib
from clothflow_tf.inputs import labels

_FALLS = {'long': (1, 1), 'one_side': (0, 1), 'bob': (1, 1)}


class Hair:
  """The hair of a puppet; its cut is drawn once from `rng`."""

  def __init__(self, puppet: puppets.Puppet, rng: np.random.Generator):
    self.puppet = puppet
    self.body = puppet.body
    self.shape = self.body.hair_shape
    self.crown = puppets.CHIN - self.body.head
    self.falls = _FALLS.get(self.shape, (0, 0))
    if self.shape == 'long' and rng.random() < 0.3:
      self.falls = (1, 0)
    if rng.random() < 0.5:
      self.falls = self.falls[::-1]
    bob = rng.uniform(-0.45, -0.1)
    self.length = bob if self.shape == 'bob' else rng.uniform(0.5, 1.7)
    self.volume = rng.uniform(0.09, 0.2)
    self.parting = rng.uniform(-0.25, 0.25)
    self.curls = rng.uniform(0.8, 1.15, 17)
    self.wave = rng.uniform(0, 0.09)
    self.taper = rng.uniform(0.3, 0.85)

  def back(self, canvas: surface_lib.Surface) -> None:
    """Paints the hair behind the neck and the shoulders."""
    w, top = self.body.face + self.volume, self.crown - self.volume
    if self.shape in ('long', 'one_side', 'behind'):
      low = min(self.length, 0.5) if self.shape == 'long' else 0.3
      half = [(0, top), (w * 0.9, top + 0.3), (w * 1.1, -1.3)]
      half += [(w * 1.15, -0.5), (w * 0.95, low), (0, low + 0.1)]
      self._mirrored(canvas, half)
    elif self.shape == 'bob':
      half = [(0, top), (w * 0.95, top + 0.35), (w * 1.15, -1.2)]
      half += [(w * 1.1, self.length - 0.05), (0, self.length)]
      self._mirrored(canvas, half)
    elif self.shape in ('curly', 'afro'):
      self._curls(canvas, 1.5 if self.shape == 'afro' else 1.25)
    elif self.shape == 'bun':
      self._disc(canvas, places.Point(self.parting, top - 0.12), 0.36)
    elif self.shape == 'ponytail':
      tail = [(0.1, top + 0.2), (0.55, -1.7), (0.75, -0.9), (0.5, 0.1)]
      self._paint(canvas, np.array(tail + [(0.3, -0.8)]))

  def front(self, canvas: surface_lib.Surface) -> None:
    """Paints the hair over the forehead and, if long, over the shoulders."""
    w = self.body.face
    flat = {'bun': 0.06, 'ponytail': 0.06, 'shaved': 0.03}
    v = flat.get(self.shape, self.volume)
    top, line, wide = self.crown - v, self.crown + 0.36, w + v
    low = -1.25 if self.shape in ('long', 'bob', 'one_side', 'behind') else -1.5
    cap = [(0, top), (wide * 0.7, top + 0.14), (wide, top + 0.6), (wide, low)]
    cap += [(w * 0.93, low), (w * 0.86, line + 0.2), (self.parting, line)]
    cap += [(-w * 0.86, line + 0.2), (-w * 0.93, low), (-wide, low)]
    cap += [(-wide, top + 0.6), (-wide * 0.7, top + 0.14)]
    self._paint(canvas, np.array(cap))
    for side, falls in zip(puppets.SIDES, self.falls):
      if falls:
        self._fall(canvas, side)
    self._strands(canvas, line)

  def _paint(self, canvas: surface_lib.Surface, points: np.ndarray) -> None:
    smooth = self.puppet.head(curves.spline(points, closed=True))
    canvas.fill(
      [smooth], self.body.hair, labels.HAIR, self.puppet.rounded(0.35)
    )

  def _mirrored(
    self, canvas: surface_lib.Surface, half: list[tuple[float, float]]
  ) -> None:
    half = np.array(half)
    self._paint(canvas, np.concatenate([half, half[-2:0:-1] * (-1, 1)]))

  def _disc(
    self, canvas: surface_lib.Surface, at: places.Point, radius: float
  ) -> None:
    t = np.linspace(0, 6.2832, 20, endpoint=False)
    ring = np.stack([np.cos(t), np.sin(t)], 1) * radius + np.array(at)
    canvas.fill(
      [self.puppet.head(ring)],
      self.body.hair,
      labels.HAIR,
      self.puppet.rounded(0.35),
    )

  def _curls(self, canvas: surface_lib.Surface, size: float) -> None:
    w = self.body.face * size
    for angle, share in zip(np.linspace(-2.5, 2.5, 17), self.curls):
      at = places.Point(np.sin(angle) * w * 0.86, -1.62 - np.cos(angle) * w)
      self._disc(canvas, at, w * 0.42 * share)
    self._disc(canvas, places.Point(0, -1.75), w * 0.95)

  def _fall(self, canvas: surface_lib.Surface, side: int) -> None:
    w, low = self.body.face + self.volume, self.length
    out = 0.12 if low > 0 else 0.0
    end = w * 1.08 + out
    outer = curves.spline(
      [
        (w * 0.9, -1.6),
        (w * 1.12, -1.2),
        (w * 1.2 + out, -0.4),
        (w * 1.16 + 1.4 * out, 0.55 * low),
        (end, low),
      ]
    )
    outer[:, 0] += self.wave * np.sin(7 * outer[:, 1])
    wide = self.taper * w
    inner = np.array(
      [
        (end - 0.8 * wide, low + 0.02),
        (end - 1.1 * wide, 0.72 * low - 0.1),
        (w * 0.74, -0.3),
        (w * 0.84, -1.0),
      ]
    )
    inner[:, 0] += self.wave * np.sin(7 * inner[:, 1] + 1)
    lock = np.concatenate([outer[::3], outer[-1:], inner])
    self._paint(canvas, lock * (side, 1))
    for k in np.linspace(0.05, 0.95, 7):
      x = w * (0.86 + 0.26 * k)
      stop = end - 0.85 * wide * (1 - k)
      wave = self.wave * np.sin(7 * 0.4 * low + k)
      strand = [(x, -1.3), (x + 0.06, -0.5), (stop + wave, 0.45 * low)]
      strand.append((stop, 0.9 * low - 0.03))
      self._strand(canvas, np.array(strand) * (side, 1), dark=k % 0.4 < 0.2)

  def _strand(
    self, canvas: surface_lib.Surface, points: np.ndarray, dark: bool = False
  ) -> None:
    tone = np.clip(self.body.hair * 1.16 + 10, 0, 255)
    if dark:
      tone = self.body.hair * 0.78
    line = self.puppet.head(curves.spline(points))
    canvas.line(line, tone, 0.022 * self.puppet.unit)

  def _strands(self, canvas: surface_lib.Surface, line: float) -> None:
    for number, k in enumerate((-0.9, -0.7, -0.45, -0.2, 0.2, 0.4, 0.65, 0.85)):
      x = k * self.body.face
      root = (self.parting, self.crown - 0.5 * self.volume + 0.04)
      bend = [root, (0.7 * x, self.crown + 0.1), (x * 1.05, line + 0.1)]
      self._strand(canvas, bend, dark=number % 2 == 1)
