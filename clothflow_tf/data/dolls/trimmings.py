# SPDX-License-Identifier: Apache-2.0
"""What is sewn to an upper garment: collars, pockets, ribs, plackets, bands.

Each function draws on the flat cloth, in place; `trim` is the colour of the
thread.
"""

import numpy as np

from clothflow_tf.data.dolls import buttons
from clothflow_tf.data.dolls import gathers
from clothflow_tf.data.dolls import necklines
from clothflow_tf.data.dolls import outerwear
from clothflow_tf.data.dolls import outline
from clothflow_tf.data.dolls import painting as paintings
from clothflow_tf.data.dolls import ribbing
from clothflow_tf.data.dolls import streams
from clothflow_tf.data.dolls import textures
from clothflow_tf.inputs import labels


def front(
  piece: paintings.Painting,
  rng: np.random.Generator,
  trim: np.ndarray,
  printed: bool,
) -> None:
  """Draws all that belongs to the garment's cut, around what is printed."""
  garment = piece.garment
  plain = garment.cut in ('tee', 'long', 'half', 'tank') and not printed
  if plain and streams.chance(rng, 0.16):
    pocket(piece, rng, trim)
  gathers.sleeves(piece, rng, trim)
  draw = {
    'shirt': _shirt,
    'ruffled': gathers.ruffles,
    'blouse': gathers.blouse,
    'wrap': gathers.wrap,
    'raglan': _raglan,
    'polo': _polo,
    'sweater': _sweater,
    'cardigan': _cardigan,
  }
  if garment.cut in draw:
    draw[garment.cut](piece, rng, trim)
  elif garment.cut in ('hoodie', 'jacket'):
    outerwear.front(piece, rng, trim, printed)
  if garment.label == labels.DRESS:
    gathers.waist(piece, rng, trim)


def _shirt(
  piece: paintings.Painting, rng: np.random.Generator, trim: np.ndarray
) -> None:
  buttons.placket(piece, rng, trim)
  if streams.chance(rng, 0.4):
    pocket(piece, rng, trim)


def _sweater(
  piece: paintings.Painting, rng: np.random.Generator, trim: np.ndarray
) -> None:
  if streams.chance(rng, 0.6):
    ribbing.ribs(piece, trim)


def _cardigan(
  piece: paintings.Painting, rng: np.random.Generator, trim: np.ndarray
) -> None:
  """A knitted band along the neckline and down the front, with buttons."""
  garment = piece.garment
  ribbing.ribs(piece, trim)
  low = garment.hem + garment.hem_curve
  if garment.gap is not None:
    band = outline.gap(garment)
    half = band[: len(band) // 2] + (0.08, 0)
    for side in (-1, 1):
      piece.line(half * (side, 1), trim, 0.17)
    return
  edge = necklines.edge(garment)
  piece.line(edge + (0, 0.05), trim, 0.14)
  strip = np.array([(0, garment.neck.depth), (0, low)])
  piece.line(strip, trim, 0.19)
  piece.line(strip + (0.1, 0), trim * 0.75, 0.02)
  buttons.row(piece, rng, trim, 0.5)


def _raglan(
  piece: paintings.Painting, rng: np.random.Generator, trim: np.ndarray
) -> None:
  """Seams from the neckline to the armpits, and a contrasting neckband."""
  del rng
  yoke = outline.yoke(piece.garment)
  seam = yoke[1:-2]
  for side in (-1, 1):
    piece.line(seam * (side, 1), trim * 0.85, 0.025)


def pocket(
  piece: paintings.Painting, rng: np.random.Generator, trim: np.ndarray
) -> None:
  """Draws a patch pocket on the chest."""
  x, y, s = rng.uniform(0.24, 0.3), rng.uniform(0.7, 0.95), 0.44
  patch = np.array(
    [(x, y), (x + s, y), (x + s, y + s), (x + s / 2, y + 1.2 * s), (x, y + s)]
  )
  piece.line(np.concatenate([patch, patch[:1]]), trim, 0.025)
  piece.line(patch[:2] + (0, 0.08), trim, 0.02)


def _polo(
  piece: paintings.Painting, rng: np.random.Generator, trim: np.ndarray
) -> None:
  """A knitted collar and cuffs, often of another colour; a short placket."""
  garment = piece.garment
  if streams.chance(rng, 0.55):
    trim = textures.color(rng, 0.6)
  ribbing.collar(piece, trim, 0.24)
  for side in (-1, 1):
    band = [outline.cuff(garment, above) for above in (0.14, -0.02)]
    band = np.concatenate([band[0], band[1][::-1]]) * (side, 1)
    piece.fill(band, trim)
  count, top = int(rng.integers(2, 4)), garment.neck[1]
  low = top + 0.16 + 0.27 * count
  strip = np.array([(-0.1, top), (0.1, top), (0.1, low), (-0.1, low)])
  if streams.chance(rng, 0.3):
    piece.fill(strip, trim)
  piece.closed(strip, trim * 0.75, 0.02)
  spots = [(0, top + 0.18 + 0.27 * k) for k in range(count)]
  buttons.sew(piece, spots, buttons.color(rng, trim))
  if streams.chance(rng, 0.35):
    piece.spot((0.5, 0.8), textures.color(rng), 0.09)
