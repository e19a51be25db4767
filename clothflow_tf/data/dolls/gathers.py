# SPDX-License-Identifier: Apache-2.0
"""Gathered cloth: ruffles, wrapped fronts, puffed sleeves, waists of dresses.

Gathers are short dark strokes that fan out from a seam; drawn on flat cloth, in
place. `trim` is the colour of the thread.
"""

import numpy as np

from clothflow_tf.data.dolls import curves
from clothflow_tf.data.dolls import cuts
from clothflow_tf.data.dolls import necklines
from clothflow_tf.data.dolls import outline
from clothflow_tf.data.dolls import painting as paintings
from clothflow_tf.data.dolls import streams


def ruffles(
  piece: paintings.Painting, rng: np.random.Generator, trim: np.ndarray
) -> None:
  """Draws a ruffle down both sides of the front, or along the neckline."""
  garment = piece.garment
  if streams.chance(rng, 0.45):
    _flounce(piece, rng, necklines.edge(garment), trim)
    return
  x = garment.neck.half_width * rng.uniform(0.7, 1.3)
  y = np.linspace(-0.36, rng.uniform(0.9, 1.9), 30)
  for side in (-1, 1):
    wavy = x * (1 - 0.28 * (y + 0.3)) + 0.07 * np.sin(14 * y)
    line = np.stack([side * wavy, y], 1)
    piece.line(line, np.clip(trim * 1.3 + 8, 0, 250), 0.12)
    piece.line(line + (0.07 * side, 0), trim * 0.8, 0.025)


def _flounce(
  piece: paintings.Painting,
  rng: np.random.Generator,
  edge: np.ndarray,
  trim: np.ndarray,
) -> None:
  """Draws a wavy strip of cloth that hangs from a line."""
  wide = rng.uniform(0.25, 0.5)
  along = np.linspace(0, len(edge) - 1, 60)
  place = np.arange(len(edge))
  line = np.stack([np.interp(along, place, v) for v in edge.T], 1)
  waves = 1 + 0.16 * np.sin(along * rng.uniform(1.2, 2.4))
  away = line - (0, -1.2)
  away /= np.linalg.norm(away, axis=1, keepdims=True)
  low = line + away * (-1, 1) * (0.35, 1) * (wide * waves)[:, None]
  piece.dim(np.concatenate([line, low[::-1]]) + (0, 0.05), 0.86)
  strip = np.concatenate([line, low[::-1]])
  piece.dim(strip, 1.08)
  piece.closed(strip, trim * 0.8, 0.02)
  for start, stop in zip(line[2:-2:4], low[2:-2:4]):
    piece.crease(np.stack([start, stop]), 0.86, 0.03)


def blouse(
  piece: paintings.Painting, rng: np.random.Generator, trim: np.ndarray
) -> None:
  """Draws a front seam with buttons, a bow, pleats, or nothing."""
  garment = piece.garment
  top, low = garment.neck.depth, garment.hem + garment.hem_curve
  kind = streams.pick(rng, {'plain': 3, 'seam': 2, 'pleats': 2, 'bow': 1})
  if kind == 'seam':
    piece.line(np.array([(0, top), (0, low)]), trim, 0.02)
    for y in np.arange(top + 0.15, low - 0.2, 0.42):
      piece.spot((0, y), trim * 0.6 + 60, 0.045)
  elif kind == 'pleats':
    for x in np.linspace(-0.5, 0.5, rng.integers(4, 9)):
      line = [(x, max(top, -0.2) + 0.12 + 0.1 * abs(x)), (x, 1.3)]
      piece.crease(np.array(line), 0.84, 0.025)
  elif kind == 'bow':
    _bow(piece, (0.0, top + 0.08), trim, 0.3)


def _bow(
  piece: paintings.Painting,
  at: tuple[float, float],
  trim: np.ndarray,
  size: float,
) -> None:
  """Draws a tied bow with two ends."""
  loop = np.array([(0, 0), (0.9, -0.45), (1.1, 0.1), (0.8, 0.4)]) * size
  end = np.array([(0, 0), (0.3, 0.6), (0.2, 1.9), (0.6, 1.9), (0.55, 0.6)])
  color = np.clip(trim * 1.25 + 8, 0, 250)
  for side in (-1, 1):
    for shape in (end * size, curves.spline(loop, closed=True)):
      shape = shape * (side, 1) + np.array(at)
      piece.fill(shape, color)
      piece.closed(shape, trim * 0.75, 0.02)
  piece.spot(at, trim * 0.9, 0.3 * size)


def wrap(
  piece: paintings.Painting, rng: np.random.Generator, trim: np.ndarray
) -> None:
  """Draws a front that is laid over the other and tied at the waist."""
  garment = piece.garment
  x = garment.neck.half_width
  low = min(1.95, garment.hem - 0.3)
  half = garment.half_width(np.array([low]))[0]
  top = (x, necklines.shoulder_y(x))
  edge = [top, (0.04, garment.neck.depth), (-0.75 * half, low)]
  line = curves.spline(edge, steps=8)
  below = np.concatenate([line[8:], [(0.1, low), (0.25, garment.neck.depth)]])
  piece.dim(below - (0.1, -0.02), 0.97)
  piece.line(line + (-0.05, 0.06), trim * 0.8, 0.05)
  piece.line(line, np.clip(trim * 1.15, 0, 250), 0.04)
  for share in rng.uniform(0.2, 0.9, 5):
    start = np.array((-0.75 * half, low))
    stop = start + (1.5 * half * share, -0.2 - 0.9 * rng.random())
    piece.crease(np.stack([start, stop]), 0.88, 0.04)
  if streams.chance(rng, 0.6):
    belt = np.array([(-half, low), (0, low + 0.06), (half, low)])
    piece.line(curves.spline(belt), trim * 0.85, rng.uniform(0.08, 0.2))
    _bow(piece, (-0.62 * half, low + 0.03), trim, 0.26)


def sleeves(
  piece: paintings.Painting, rng: np.random.Generator, trim: np.ndarray
) -> None:
  """Draws what gathers a puffed sleeve at its seam and above its cuff."""
  garment = piece.garment
  if garment.tube is None or garment.sleeve not in (*cuts.PUFFED, 'bishop'):
    return
  frame, length = garment.frame, garment.tube.length
  band = 0.12 if length < 2 else rng.uniform(0.15, 0.35)
  fans = [(length - band, -1)]
  if garment.sleeve != 'bishop':
    fans.append((max(frame.top, 0.05), 1))
  for start, way in fans:
    reach = rng.uniform(0.2, 0.45) * way
    for share in np.linspace(-0.85, 0.85, 7):
      a = np.array([start, start + reach * rng.uniform(0.6, 1)])
      c = frame.centre(a) + share * frame.half_width(a)
      line = frame.flat(np.stack([a, c], 1))
      for side in (-1, 1):
        piece.crease(line * (side, 1), 0.84, 0.03)
  cuff = outline.cuff(garment, band)
  for side in (-1, 1):
    piece.line(cuff * (side, 1), trim * 0.8, 0.025)


def waist(
  piece: paintings.Painting, rng: np.random.Generator, trim: np.ndarray
) -> None:
  """Draws the waist of a dress: a belt, gathers below a seam, or nothing."""
  garment = piece.garment
  kind = streams.pick(rng, {'none': 3, 'seam': 2, 'belt': 2, 'tiers': 1})
  y = garment.worn[1][0]
  if kind == 'none' or garment.cut == 'wrap':
    return
  heights = [y]
  if kind == 'tiers':
    heights = list(np.linspace(y, garment.hem, rng.integers(3, 5)))[:-1]
  for height in heights:
    half = garment.half_width(np.array([height]))[0]
    across = np.array([(-half, height), (0, height + 0.04), (half, height)])
    across = curves.spline(across)
    if kind == 'belt':
      color = trim if streams.chance(rng, 0.5) else np.array((50, 42, 38.0))
      piece.line(across, color, rng.uniform(0.1, 0.24))
      continue
    piece.crease(across, 0.8, 0.03)
    for x in np.linspace(-0.9, 0.9, 13):
      top = (x * half, height)
      stop = (x * half * 1.08, height + rng.uniform(0.2, 0.6))
      piece.crease(np.array([top, stop]), 0.88, 0.035)
