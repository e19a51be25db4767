# SPDX-License-Identifier: Apache-2.0
"""Heads: neck, face and hair, drawn from a few splines.

Hair is two layers: a back one behind the shoulders and the neck, and a front
one over the forehead, which for long shapes also falls over the shoulders and
the garment, as it does in half of the photographs.
"""

from clothflow_tf.data import labels
from clothflow_tf.data.dolls import curves
from clothflow_tf.data.dolls import puppet as puppets
import numpy as np


class Head:
  """Draws a puppet's head; the sides' randomness comes from `rng`."""

  def __init__(self, puppet: puppets.Puppet, rng: np.random.Generator):
    self.puppet = puppet
    self.body = puppet.body
    self.rng = rng
    self.crown = puppets.CHIN - self.body.head
    self.lips = self.body.skin * (0.86, 0.6, 0.6)
    if not self.body.bearded and rng.random() < 0.4:
      self.lips = np.array((178, 58, 66)) * rng.uniform(0.75, 1.1)
    shape = self.body.hair_shape
    self.falls = {'long': (1, 1), 'one_side': (0, 1), 'bob': (1, 1)}.get(
      shape, (0, 0)
    )
    if shape == 'long' and rng.random() < 0.3:
      self.falls = (1, 0)
    if rng.random() < 0.5:
      self.falls = self.falls[::-1]
    self.length = {'bob': rng.uniform(-0.45, -0.1)}.get(
      shape, rng.uniform(0.5, 1.7)
    )
    self.volume = rng.uniform(0.06, 0.18)
    self.parting = rng.uniform(-0.25, 0.25)

  def back_hair(self, canvas) -> None:
    """Paints the hair behind the neck and the shoulders."""
    w, top = self.body.face + self.volume, self.crown - self.volume
    shape = self.body.hair_shape
    if shape in ('long', 'one_side', 'behind'):
      low = 0.3 if shape != 'long' else min(self.length, 0.5)
      outline = [
        (0, top), (w * 0.9, top + 0.3), (w * 1.1, -1.3), (w * 1.15, -0.5),
        (w * 0.95, low), (0, low + 0.1),
      ]
    elif shape == 'bob':
      outline = [(0, top), (w * 0.95, top + 0.35), (w * 1.15, -1.2),
                 (w * 1.1, self.length - 0.05), (0, self.length)]
    elif shape in ('curly', 'afro'):
      self._curls(canvas, 1.5 if shape == 'afro' else 1.25)
      return
    elif shape == 'bun':
      self._disc(canvas, (self.parting, top - 0.12), 0.36)
      return
    elif shape == 'ponytail':
      outline = [(0.1, top + 0.2), (0.55, -1.7), (0.75, -0.9), (0.5, 0.1), (0.3, -0.8)]
      self._paint(canvas, [np.array(outline)])
      return
    else:
      return
    half = np.array(outline)
    self._paint(canvas, [np.concatenate([half, half[-2:0:-1] * (-1, 1)])])

  def _paint(self, canvas, shapes: list) -> None:
    smooth = [self.puppet.head(curves.spline(s, closed=True)) for s in shapes]
    canvas.fill(smooth, self.body.hair, labels.HAIR, 0.35)

  def _disc(self, canvas, at: tuple, radius: float) -> None:
    t = np.linspace(0, 6.2832, 20, endpoint=False)
    ring = np.stack([np.cos(t), np.sin(t)], 1) * radius + np.array(at)
    canvas.fill([self.puppet.head(ring)], self.body.hair, labels.HAIR, 0.35)

  def _curls(self, canvas, size: float) -> None:
    w = self.body.face * size
    for angle in np.linspace(-2.5, 2.5, 17):
      r = w * 0.42 * self.rng.uniform(0.8, 1.15)
      at = (np.sin(angle) * w * 0.86, -1.62 - np.cos(angle) * w * 1.0)
      self._disc(canvas, at, r)
    self._disc(canvas, (0, -1.75), w * 0.95)

  def neck(self, canvas) -> None:
    """Paints the neck; the torso's skin is the figure's."""
    w = self.body.neck
    line = np.array([(0, 0.0), (0, -0.4), (0, -0.95)])
    outline = self.puppet.head(curves.tube(line, np.array([w * 1.1, w, w])))
    canvas.fill([outline], self.body.skin * 0.95, labels.TORSO_SKIN, 0.14)
    chin = self.puppet.head(np.array([(-w, -0.9), (w, -0.9), (0.7 * w, -0.5), (-0.7 * w, -0.5)]))
    canvas.dim([chin], 0.2, 0.2 * self.puppet.unit)

  def face(self, canvas) -> None:
    """Paints ears, face and features."""
    w = self.body.face
    skin = self.body.skin
    for side in puppets.SIDES:
      x = self.puppet.face_x(np.array([side * w * 1.05]))[0]
      t = np.linspace(0, 6.2832, 14, endpoint=False)
      ear = np.stack([x + 0.08 * np.cos(t), -1.4 + 0.17 * np.sin(t)], 1)
      canvas.fill([self.puppet.head(ear)], skin * 0.93, labels.FACE, 0.1)
    chin, crown = puppets.CHIN, self.crown + 0.08
    half = np.array(
      [
        (0, crown), (w * 0.62, crown + 0.1), (w * 0.97, crown + 0.48),
        (w, -1.42), (w * 0.9, -1.08), (w * 0.6, chin - 0.1), (0.14, chin),
      ]
    )
    outline = curves.spline(
      np.concatenate([half, half[:0:-1] * (-1, 1)]), closed=True
    )
    canvas.fill([self.puppet.head(outline)], skin, labels.FACE, 0.16)
    if self.body.bearded:
      self._beard(canvas)
    self._features(canvas)

  def _beard(self, canvas) -> None:
    w, chin = self.body.face, puppets.CHIN
    half = np.array([(0, -1.1), (w * 0.5, -1.08), (w * 0.96, -1.35), (w * 0.9, -1.05), (w * 0.6, chin - 0.08), (0, chin + 0.03)])
    outline = np.concatenate([half, half[-2:0:-1] * (-1, 1)])
    tone = 0.55 * self.body.hair + 0.45 * self.body.skin
    canvas.fill([self.puppet.head(curves.spline(outline, closed=True))], tone, labels.FACE, 0.1)

  def _draw(self, canvas, points, rgb) -> None:
    points = np.array(points, float)
    points[:, 0] = self.puppet.face_x(points[:, 0])
    canvas.fill([self.puppet.head(points)], rgb, labels.FACE)

  def _line(self, canvas, points, rgb, width: float) -> None:
    points = curves.spline(points)
    points[:, 0] = self.puppet.face_x(points[:, 0])
    canvas.line(self.puppet.head(points), rgb, width * self.puppet.unit)

  def _features(self, canvas) -> None:
    skin, dark = self.body.skin, np.array((46, 34, 30))
    brow = 0.6 * np.minimum(self.body.hair, 120) + 0.1 * skin
    iris = np.array([(70, 48, 32), (96, 70, 44), (70, 100, 120), (88, 104, 70)])
    iris = iris[self.rng.integers(4)]
    t = np.linspace(0, 6.2832, 14, endpoint=False)
    ring = np.stack([np.cos(t), np.sin(t)], 1)
    for side in puppets.SIDES:
      at = np.array((0.21 * side, puppets.EYES))
      self._draw(canvas, at + ring * (0.1, 0.05), (240, 236, 232))
      self._draw(canvas, at + ring * (0.045, 0.048), iris)
      lid = at + np.array([(-0.11, 0.01), (0, -0.055), (0.11, 0.01)])
      self._line(canvas, lid, dark, 0.035)
      arch = at + np.array([(-0.13 * side, -0.12), (0.02 * side, -0.17), (0.15 * side, -0.12)])
      self._line(canvas, arch, brow, 0.05)
      cheek = np.array((0.27 * side, -1.2)) + ring * (0.1, 0.07)
      self._draw(canvas, cheek, 0.93 * skin + 0.07 * np.array((230, 90, 90)))
    nose = [(0.05, -1.5), (0.07, -1.3), (0.0, -1.24), (-0.06, -1.27)]
    self._line(canvas, nose, skin * 0.82, 0.03)
    y = -1.0
    self._draw(canvas, curves.spline(
      [(-0.17, y), (-0.06, y - 0.05), (0, y - 0.035), (0.06, y - 0.05), (0.17, y), (0, y + 0.07)], closed=True), self.lips)
    self._line(canvas, [(-0.16, y), (0, y + 0.008), (0.16, y)], self.lips * 0.7, 0.02)

  def front_hair(self, canvas) -> None:
    """Paints the hair over the forehead and, if long, over the shoulders."""
    shape, w = self.body.hair_shape, self.body.face
    v = self.volume if shape not in ('bun', 'ponytail') else 0.05
    v = 0.03 if shape == 'shaved' else v
    top, line = self.crown - v, self.crown + 0.34
    part = self.parting
    wide = w + v
    side_y = -1.5 if shape not in ('long', 'bob', 'one_side', 'behind') else -1.2
    cap = [
      (0, top), (wide * 0.7, top + 0.14), (wide, top + 0.6), (wide, side_y),
      (w * 0.93, side_y), (w * 0.86, line + 0.2), (part, line - 0.02),
      (-w * 0.86, line + 0.2), (-w * 0.93, side_y), (-wide, side_y),
      (-wide, top + 0.6), (-wide * 0.7, top + 0.14),
    ]
    self._paint(canvas, [np.array(cap)])
    for side, falls in zip(puppets.SIDES, self.falls):
      if falls:
        self._fall(canvas, side)
    self._strands(canvas, line)

  def _fall(self, canvas, side: int) -> None:
    w, low = self.body.face + self.volume, self.length
    out = 0.12 if low > 0 else 0.0
    lock = np.array(
      [
        (w * 0.9, -1.6), (w * 1.12, -1.2), (w * 1.2 + out, -0.4),
        (w * 1.1 + 1.4 * out, 0.55 * low), (w * 0.95 + out, low),
        (w * 0.6 + out, 0.7 * low - 0.1), (w * 0.78, -0.3), (w * 0.84, -1.0),
      ]
    ) * (side, 1)
    self._paint(canvas, [lock])
    tone = np.clip(self.body.hair * 1.18 + 12, 0, 255)
    for k in np.linspace(0.85, 1.08, 4):
      x = side * w * k
      strand = [(x, -1.3), (x + 0.1 * side, -0.5), (x + 0.5 * out * side, 0.8 * low - 0.05)]
      points = self.puppet.head(curves.spline(strand))
      canvas.line(points, tone, 0.025 * self.puppet.unit)

  def _strands(self, canvas, line: float) -> None:
    tone = np.clip(self.body.hair * 1.2 + 12, 0, 255)
    for k in (-0.8, -0.5, 0.45, 0.75):
      x = k * self.body.face
      start = (self.parting, self.crown - 0.5 * self.volume + 0.04)
      bend = [(start), (0.7 * x, self.crown + 0.1), (x * 1.05, line + 0.1)]
      points = self.puppet.head(curves.spline(bend))
      canvas.line(points, tone, 0.025 * self.puppet.unit)
