# SPDX-License-Identifier: Apache-2.0
"""Hair in profile: a cap over the skull, and what falls over the back."""

import numpy as np

from clothflow_tf.data.dolls import curves
from clothflow_tf.data.dolls import hair as hairs
from clothflow_tf.data.dolls import places
from clothflow_tf.data.dolls import surface as surface_lib
from clothflow_tf.inputs import labels

_LONG = ('long', 'one_side', 'behind')


class Hair(hairs.Hair):
  """The same cut on a `side.Puppet`; points are (forwards, down)."""

  def back(self, canvas: surface_lib.Surface) -> None:
    """Paints what stands off the back of the head."""
    top = self.crown - self.volume
    if self.shape == 'bun':
      self._disc(canvas, places.Point(-0.62, top + 0.2), 0.36)
    elif self.shape == 'ponytail':
      tail = [(-0.5, top + 0.25), (-0.95, -2.1), (-1.3, -1.5), (-1.25, -0.5)]
      tail += [(-1.0, 0.15), (-0.95, -0.7), (-0.9, -1.3), (-0.7, -1.7)]
      self._paint(canvas, np.array(tail))

  def front(self, canvas: surface_lib.Surface) -> None:
    """Paints the cap and the fall over shoulder and back."""
    if self.shape in ('curly', 'afro'):
      self._curls(canvas, 1.5 if self.shape == 'afro' else 1.25)
      return
    flat = {'bun': 0.06, 'ponytail': 0.06, 'shaved': 0.03}
    v = flat.get(self.shape, self.volume)
    top, line = self.crown - v, self.crown + 0.36
    covered = self.shape in ('bob', 'long')
    cap = [(0.57, line + 0.16), (0.52, top + 0.25), (0.2, top)]
    cap += [(-0.25, top - 0.01), (-0.66 - v, top + 0.3), (-0.84 - v, -1.8)]
    cap += self._nape(v)
    cap += (
      [(0.12, -1.05), (0.2, -1.5)] if covered else [(-0.16, -1.5), (0.1, -1.42)]
    )
    cap += [(0.22, -1.7), (0.4, line + 0.26)]
    # One shape: a fall over the cap would show its own rim.
    falls = [self._fallen()] if self.shape in _LONG else []
    self._paint(canvas, np.array(cap), *falls)
    if falls:
      self._locks(canvas)
    self._strands(canvas, line)

  def _nape(self, v: float) -> list[tuple[float, float]]:
    """Points of the cap from the back of the skull to the ear."""
    if self.shape == 'bob':
      low = self.length
      return [(-0.84 - v, -1.1), (-0.72, low), (-0.1, low - 0.04)]
    if self.shape in _LONG:
      return [(-0.78 - v, -1.2), (-0.6, -0.85), (-0.2, -1.05)]
    return [(-0.72 - v, -1.4), (-0.5, -1.06), (-0.3, -1.16)]

  def _paint(self, canvas: surface_lib.Surface, *shapes: np.ndarray) -> None:
    smooth = [
      self.puppet.profile(curves.spline(points, closed=True))
      for points in shapes
    ]
    canvas.fill(smooth, self.body.hair, labels.HAIR, self.puppet.rounded(0.35))

  def _disc(
    self, canvas: surface_lib.Surface, at: places.Point, radius: float
  ) -> None:
    t = np.linspace(0, 6.2832, 20, endpoint=False)
    ring = np.stack([np.cos(t), np.sin(t)], 1) * radius + np.array(at)
    placed = self.puppet.profile(ring)
    canvas.fill(
      [placed], self.body.hair, labels.HAIR, self.puppet.rounded(0.35)
    )

  def _curls(self, canvas: surface_lib.Surface, size: float) -> None:
    """Paints discs over the skull, from the nape over the top to the brow."""
    w, middle = self.body.face * size, np.array((-0.17, -1.74))
    self._disc(canvas, places.Point(*middle), 0.65 * w)
    for ring, radius in ((0.9, 0.4), (0.5, 0.42), (0.1, 0.36)):
      angles = np.linspace(-2.45, 0.72, int(4 + 14 * ring))
      # Every other first, so that the rims do not run round like a plait.
      for k in [*range(0, len(angles), 2), *range(1, len(angles), 2)]:
        out = np.array((np.sin(angles[k]), -np.cos(angles[k])))
        at = middle + ring * w * out * (1.05, 0.95)
        self._disc(canvas, places.Point(*at), radius * w * self.curls[k])

  def _fallen(self) -> np.ndarray:
    """Returns the outline of long hair over the back and the shoulder."""
    low, v = self.length, self.volume
    if self.shape == 'behind':
      low = min(low, 0.6)
    back = [(-0.8 - v, -1.6), (-0.86 - v, -1.1), (-0.9 - v, -0.3)]
    back += [(-0.96 - 0.5 * v, 0.5 * low), (-0.8, low)]
    back = curves.spline(back)
    back[:, 0] += self.wave * np.sin(7 * back[:, 1])
    # A loose front lock hides the ear and lies on the shoulder.
    edge = 0.18 if self.shape == 'long' else -0.14
    inner = np.array(
      [(-0.34, low + 0.03), (edge - 0.22, 0.4 * low), (edge - 0.06, -0.6)]
    )
    inner = np.concatenate([inner, [(edge, -1.05), (edge + 0.02, -1.5)]])
    inner[:, 0] += self.wave * np.sin(7 * inner[:, 1] + 1)
    return np.concatenate([back[::3], back[-1:], inner])

  def _locks(self, canvas: surface_lib.Surface) -> None:
    low = min(self.length, 0.6) if self.shape == 'behind' else self.length
    for k in np.linspace(0.15, 0.85, 4):
      x = -0.9 * k + 0.1 * (1 - k)
      strand = [(x, -1.4), (x - 0.04, -0.5), (x - 0.1, 0.8 * low - 0.05)]
      self._strand(canvas, np.array(strand))

  def _strand(self, canvas: surface_lib.Surface, points: np.ndarray) -> None:
    tone = np.clip(self.body.hair * 1.2 + 12, 0, 255)
    line = self.puppet.profile(curves.spline(points))
    canvas.line(line, tone, 0.022 * self.puppet.unit)

  def _strands(self, canvas: surface_lib.Surface, line: float) -> None:
    for x, y in ((-0.75, -1.7), (-0.6, -1.35), (-0.2, -1.6), (0.2, line + 0.3)):
      root = (0.25, self.crown - 0.5 * self.volume + 0.08)
      bend = [root, (0.5 * x, self.crown + 0.18 - 0.1 * x), (x, y)]
      self._strand(canvas, bend)
