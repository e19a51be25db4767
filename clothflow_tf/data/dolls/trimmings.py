# SPDX-License-Identifier: Apache-2.0
"""What is sewn to an upper garment: collars, plackets, ribs, hoods, lapels.

Each function draws on the flat cloth, in place; `trim` is the colour of the
thread. A jacket is drawn closed: between its lapels the shirt under it is paint
on the same cloth.
"""

import numpy as np

from clothflow_tf.data.dolls import outline
from clothflow_tf.data.dolls import painting as paintings
from clothflow_tf.data.dolls import places
from clothflow_tf.data.dolls import streams
from clothflow_tf.data.dolls import textures

_METAL = np.array((168, 168, 164), np.float32)


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
  if garment.cut == 'shirt':
    _placket(piece, rng, trim)
    if streams.chance(rng, 0.4):
      pocket(piece, rng, trim)
  elif garment.cut == 'ruffled':
    _ruffles(piece, rng, trim)
  elif garment.cut == 'polo':
    _polo(piece, rng, trim)
  elif garment.cut == 'sweater' and streams.chance(rng, 0.6):
    ribs(piece, trim)
  elif garment.cut == 'hoodie':
    _hoodie(piece, rng, trim)
    if not printed and streams.chance(rng, 0.4):
      low = garment.hem + garment.hem_curve
      _zip(piece, garment.neck[1] + 0.06, low)
    _strings(piece, rng)
  elif garment.cut == 'jacket':
    draw = {'lapel': _blazer, 'stand': _bomber, 'collar': _denim}
    draw[garment.neckline](piece, rng, trim)


def collar(
  piece: paintings.Painting, trim: np.ndarray, wide: float = 0.16
) -> None:
  """Draws the two leaves of a shirt's collar around the neckline."""
  garment = piece.garment
  edge = outline.neckline(garment)
  light = np.clip(trim * 1.2 + 14, 0, 250)
  x, top = -edge[0, 0], edge[0, 1]
  low = edge[len(edge) // 2][1]
  corners = [(x, top - 0.02), (x + wide, top + 0.12)]
  corners += [(0.36 * x + wide, low + wide), (0.0, low)]
  for side in (-1, 1):
    leaf = np.array(corners) * (side, 1)
    piece.fill(leaf, light)
    piece.closed(leaf, trim * 0.85, 0.02)


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


def ribs(piece: paintings.Painting, trim: np.ndarray) -> None:
  """Draws ribbed cuffs and a ribbed hem in the trim's colour."""
  garment = piece.garment
  half = garment.half_width(np.array([garment.hem]))[0]
  x = np.linspace(-1.02 * half, 1.02 * half, 15)
  low = garment.hem + garment.hem_curve * (1 - np.minimum((x / half) ** 2, 1))
  bands = [(np.stack([x, low - 0.26], 1), np.stack([x, low + 0.03], 1))]
  if garment.tube is not None:
    rows = [outline.cuff(garment, above) for above in (0.24, -0.03)]
    t = np.linspace(-0.05, 1.05, 5)[:, None]
    rows = [row[0] + t * (row[1] - row[0]) for row in rows]
    bands += [[row * (side, 1) for row in rows] for side in (-1, 1)]
  for upper, lower in bands:
    band = np.concatenate([upper, lower[::-1]])
    piece.fill(band, trim)
    piece.line(upper, trim * 0.7, 0.025)
    for rib in np.stack([upper, lower], 1)[1:-1]:
      piece.line(rib, trim * 0.88, 0.07)


def _buttons(
  piece: paintings.Painting,
  spots: list[tuple[float, float]],
  color: np.ndarray,
) -> None:
  for at in spots:
    piece.spot(at, color, 0.055)


def _button_color(rng: np.random.Generator, trim: np.ndarray) -> np.ndarray:
  """Draws the colour of buttons: the trim\'s, or one that stands out."""
  if streams.chance(rng, 0.4):
    return trim * 0.6
  return (245, 244, 238) if trim.mean() < 110 else (60, 54, 50)


def _placket(
  piece: paintings.Painting, rng: np.random.Generator, trim: np.ndarray
) -> None:
  garment = piece.garment
  top, low = garment.neck[1], garment.hem + garment.hem_curve
  for x in (-0.09, 0.09):
    piece.line(np.array([[x, top], [x, low]]), trim, 0.018)
  heights = np.arange(top + 0.12, low - 0.2, rng.uniform(0.38, 0.55))
  spots = [(0, y) for y in heights]
  _buttons(piece, spots, _button_color(rng, trim))


def _ruffles(
  piece: paintings.Painting, rng: np.random.Generator, trim: np.ndarray
) -> None:
  garment = piece.garment
  x = garment.neck[0] * rng.uniform(0.7, 1.3)
  y = np.linspace(-0.3, rng.uniform(0.9, 1.9), 30)
  for side in (-1, 1):
    wavy = x * (1 - 0.28 * (y + 0.3)) + 0.07 * np.sin(14 * y)
    line = np.stack([side * wavy, y], 1)
    piece.line(line, np.clip(trim * 1.3 + 8, 0, 250), 0.12)
    piece.line(line + (0.07 * side, 0), trim * 0.8, 0.025)


def _polo(
  piece: paintings.Painting, rng: np.random.Generator, trim: np.ndarray
) -> None:
  """A knitted collar and cuffs, often of another colour; a short placket."""
  garment = piece.garment
  if streams.chance(rng, 0.55):
    trim = textures.color(rng, 0.6)
  collar(piece, trim, 0.24)
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
  _buttons(piece, spots, _button_color(rng, trim))
  if streams.chance(rng, 0.35):
    piece.spot((0.5, 0.8), textures.color(rng), 0.09)


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
  rim = outline.hood_seam(garment)
  edge = outline.neckline(garment)
  piece.dim(np.concatenate([edge, rim[::-1]]), 0.93)
  piece.line(rim, trim * 0.8, 0.03)
  piece.line(edge + (0, 0.05), trim * 0.9, 0.02)
  ribs(piece, trim * 1.12)
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
    x, y = 0.2 * side, garment.neck[1] + 0.04
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
  edge = outline.neckline(garment)
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
  _buttons(piece, spots, _button_color(rng, trim))
  _flaps(piece, places.Point(0.45, max(deep + 0.1, 0.66 * garment.hem)), trim)


def _bomber(
  piece: paintings.Painting, rng: np.random.Generator, trim: np.ndarray
) -> None:
  """A zip, a knitted stand-up collar, ribs and slanted pockets."""
  garment = piece.garment
  edge = outline.neckline(garment)
  band = trim if streams.chance(rng, 0.6) else textures.color(rng, 0.6)
  piece.line(edge, band, 0.3)
  piece.line(edge + (0, 0.15), band * 0.75, 0.02)
  ribs(piece, band)
  _zip(piece, garment.neck[1], garment.hem + garment.hem_curve)
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
  _placket(piece, rng, thread)
  collar(piece, trim * 1.1, 0.24)
