# SPDX-License-Identifier: Apache-2.0
"""Hoodies and jackets: zips, strings, lapels, flaps, drawn on flat cloth.

A closed blazer shows a shirt between its lapels, painted on the same cloth. An
open jacket shows what is worn below it.
"""

import numpy as np

from clothflow_tf.data.dolls import buttons
from clothflow_tf.data.dolls import necklines
from clothflow_tf.data.dolls import outline
from clothflow_tf.data.dolls import painting as paintings
from clothflow_tf.data.dolls import places
from clothflow_tf.data.dolls import ribbing
from clothflow_tf.data.dolls import streams
from clothflow_tf.data.dolls import textures

_METAL = np.array((168, 168, 164), np.float32)


def front(
  piece: paintings.Painting,
  rng: np.random.Generator,
  trim: np.ndarray,
  printed: bool,
) -> None:
  """Draws the front of a hoodie or a jacket."""
  garment = piece.garment
  if garment.cut == 'hoodie':
    _hoodie(piece, rng, trim)
    if not printed and streams.chance(rng, 0.4):
      low = garment.hem + garment.hem_curve
      _zip(piece, garment.neck.depth + 0.06, low)
    _strings(piece, rng)
    return
  draw = {
    'lapel': _blazer,
    'stand': _bomber,
    'collar': _denim,
    'open': _open_blazer,
  }
  draw[garment.neckline](piece, rng, trim)


def _open_blazer(
  piece: paintings.Painting, rng: np.random.Generator, trim: np.ndarray
) -> None:
  """Lapels along the open front, and pocket flaps."""
  garment = piece.garment
  edge = outline.gap(garment)
  edge = edge[: len(edge) // 2]
  deep = rng.uniform(0.9, 1.6)
  roll = edge[(edge[:, 1] > -0.6) & (edge[:, 1] < deep)]
  wide = rng.uniform(0.2, 0.34) * np.sin(np.linspace(0.35, np.pi, len(roll)))
  lapel = np.concatenate([roll, (roll + np.stack([wide, 0 * wide], 1))[::-1]])
  for side in (-1, 1):
    shape = lapel * (side, 1)
    piece.dim(shape + (0, 0.05), 0.85)
    piece.dim(shape, 1.12)
    piece.closed(shape, trim * 0.7, 0.02)
  _flaps(piece, places.Point(0.5, 0.66 * garment.hem), trim)


def _zip(piece: paintings.Painting, top: float, low: float) -> None:
  """A metal zip down the front, with its pull."""
  line = np.array([(0, top), (0, low)])
  piece.line(line, _METAL * 0.45, 0.12)
  for tooth in np.arange(top + 0.1, low, 0.2):
    piece.spot((0, tooth), _METAL, 0.05)
  pull = np.array([(0, top + 0.08), (0.02, top + 0.26)])
  piece.line(pull, _METAL * 1.2, 0.06)


def _hoodie(
  piece: paintings.Painting, rng: np.random.Generator, trim: np.ndarray
) -> None:
  garment = piece.garment
  rim = necklines.hood_seam(garment)
  edge = necklines.edge(garment)
  piece.dim(np.concatenate([edge, rim[::-1]]), 0.93)
  piece.line(rim, trim * 0.8, 0.03)
  piece.line(edge + (0, 0.05), trim * 0.9, 0.02)
  ribbing.ribs(piece, trim * 1.12)
  bottom = garment.hem - 0.27
  if bottom > 2.1:
    width, tall = rng.uniform(0.72, 0.86), rng.uniform(0.75, 0.95)
    top = bottom - tall
    slit = [(0.55 * width, top), (width, top + 0.6 * tall), (width, bottom)]
    slit = np.array(slit)
    whole = np.concatenate([slit, slit[::-1] * (-1, 1)])
    piece.dim(whole, 0.96)
    piece.closed(whole, trim * 0.8, 0.02)


def _strings(piece: paintings.Painting, rng: np.random.Generator) -> None:
  """Two drawstrings that hang from the hood's eyelets."""
  garment = piece.garment
  color = textures.NEUTRALS[rng.choice([0, 0, 1, 2, 5])]
  for side in (-1, 1):
    x, y = 0.2 * side, garment.neck.depth + 0.04
    fall = rng.uniform(0.42, 0.66)
    sway = rng.normal(0, 0.05, 2)
    line = [(x, y), (x + sway[0], y + 0.5 * fall), (x + sway[1], y + fall)]
    piece.spot((x, y), _METAL, 0.05)
    piece.line(np.array(line), color, 0.05)
    piece.spot(line[-1], color * 0.85, 0.05)


def _flaps(
  piece: paintings.Painting, at: places.Point, trim: np.ndarray
) -> None:
  """Two pocket flaps at (x of the inner corner, y)."""
  x, y, wide = at.x, at.y, 0.5
  flap = [(x, y), (x + wide, y), (x + wide, y + 0.15), (x, y + 0.15)]
  for side in (-1, 1):
    shape = np.array(flap) * (side, 1)
    piece.dim(shape + (0, 0.04), 0.88)
    piece.closed(shape, trim * 0.8, 0.02)


def _blazer(
  piece: paintings.Painting, rng: np.random.Generator, trim: np.ndarray
) -> None:
  """A shirt-coloured wedge between lapels, buttons, pocket flaps."""
  garment = piece.garment
  edge = necklines.edge(garment)
  x, top = -edge[0, 0], edge[0, 1]
  deep = min(rng.uniform(1.1, 1.9), 0.6 * garment.hem)
  shirt = textures.color(rng, 0.75)
  wedge = np.concatenate([edge, [(0.0, deep)]])
  piece.fill(wedge, shirt)
  piece.line(edge + (0, 0.09), shirt * 0.85, 0.025)
  notch = 0.22 * deep
  inner = x * (deep - notch) / (deep - top)
  leaf = [(x, top), (x + 0.17, top + 0.16), (x + 0.17, notch - 0.06)]
  leaf = np.array(leaf + [(inner + 0.06, notch), (inner, notch)])
  peak = [(inner, notch), (x + 0.1, notch - 0.02), (x + 0.3, notch + 0.06)]
  peak = np.array(peak + [(0.5 * x + 0.12, 0.55 * deep), (0.0, deep)])
  for side in (-1, 1):
    for shape in (leaf, peak):
      piece.dim(shape * (side, 1) + (0, 0.05), 0.8)
      piece.dim(shape * (side, 1), 1.16)
      piece.closed(shape * (side, 1), trim * 0.7, 0.02)
  low = garment.hem + garment.hem_curve
  closing = np.array([(0.0, deep), (0.05, deep + 0.2), (0.05, low)])
  piece.line(closing, trim * 0.6, 0.03)
  columns = (-0.3, 0.3) if streams.chance(rng, 0.25) else (-0.04,)
  heights = deep + 0.12 + 0.48 * np.arange(rng.integers(1, 4))
  spots = [(c, y) for y in heights for c in columns if y < low - 0.3]
  buttons.sew(piece, spots, buttons.color(rng, trim))
  _flaps(piece, places.Point(0.45, max(deep + 0.1, 0.66 * garment.hem)), trim)


def _bomber(
  piece: paintings.Painting, rng: np.random.Generator, trim: np.ndarray
) -> None:
  """A zip, a knitted stand-up collar, ribs and slanted pockets."""
  garment = piece.garment
  edge = necklines.edge(garment)
  band = trim if streams.chance(rng, 0.6) else textures.color(rng, 0.6)
  piece.line(edge, band, 0.3)
  piece.line(edge + (0, 0.15), band * 0.75, 0.02)
  ribbing.ribs(piece, band)
  _zip(piece, garment.neck.depth, garment.hem + garment.hem_curve)
  y = 0.6 * garment.hem
  for side in (-1, 1):
    slit = np.array([(0.5, y), (0.78, y + 0.5)]) * (side, 1)
    piece.line(slit, trim * 0.6, 0.06)
    piece.line(slit + (0.05 * side, 0), trim * 0.9, 0.02)


def _denim(
  piece: paintings.Painting, rng: np.random.Generator, trim: np.ndarray
) -> None:
  """A jeans jacket: collar, yoke, chest pockets, metal buttons, waistband."""
  garment = piece.garment
  thread = (196, 148, 84) if streams.chance(rng, 0.4) else trim * 0.8
  thread = np.array(thread, np.float32)
  low = garment.hem - 0.26
  half = garment.half_width(np.array([low]))[0]
  for y, x in ((0.5, 1.16), (low, half)):
    piece.line(np.array([(-x, y), (x, y)]), thread, 0.025)
  for side in (-1, 1):
    for x in (0.42, 0.72):
      seam = np.array([(x, 0.5), (0.7 * x, low)]) * (side, 1)
      piece.line(seam, thread, 0.02)
  _flaps(piece, places.Point(0.32, 0.52), thread)
  buttons.placket(piece, rng, thread)
  ribbing.collar(piece, trim * 1.1, 0.24)
