# SPDX-License-Identifier: Apache-2.0
"""What is sewn onto or printed on the cloth: seams, collars, buttons, logos.

Details give the flow something to be wrong about: letters that must stay
straight, buttons on one line, a rib around the neck. All of it is painted on
the flat cloth, before anything is worn.
"""

from typing import NamedTuple

import cv2
import numpy as np

from clothflow_tf.data.dolls import garment as garments
from clothflow_tf.data.dolls import motifs
from clothflow_tf.data.dolls import necklines
from clothflow_tf.data.dolls import outline
from clothflow_tf.data.dolls import painting as paintings
from clothflow_tf.data.dolls import ribbing
from clothflow_tf.data.dolls import streams
from clothflow_tf.data.dolls import tailoring
from clothflow_tf.data.dolls import textures
from clothflow_tf.data.dolls import trimmings

_CORNERS = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], float)
_BUTTONED = ('shirt', 'polo', 'jacket', 'cardigan', 'wrap', 'ruffled', 'lace')


class Print(NamedTuple):
  """An 'emblem' or a 'text', its centre and half extents [2], body units."""

  kind: str
  at: np.ndarray
  half: np.ndarray


def decorate(piece: paintings.Painting, rng: np.random.Generator) -> None:
  """Draws all details of the garment onto its cloth, in place."""
  garment, trim = piece.garment, _trim(piece, rng)
  if garment.limb == 'leg':
    tailoring.decorate(piece, rng, trim)
    return
  _stitches(piece, trim)
  _rib(piece, rng, trim)
  printed = garment.cut not in _BUTTONED and streams.chance(rng, 0.42)
  if printed and garment.neck[1] < 0.6:
    chest(piece, rng)
  trimmings.front(piece, rng, trim, printed)


def decorate_back(piece: paintings.Painting, rng: np.random.Generator) -> None:
  """Draws what the garment's back shares with its front, in place."""
  garment, trim = piece.garment, _trim(piece, rng)
  if garment.limb == 'arm':
    _stitches(piece, trim)
  else:
    tailoring.decorate_back(piece, trim)


def _trim(piece: paintings.Painting, rng: np.random.Generator) -> np.ndarray:
  """Returns a darker shade of the cloth, or now and then another colour."""
  garment, lay, cloth = piece.garment, piece.lay, piece.cloth
  spot = (0.4, garment.waist + 0.6) if garment.limb == 'leg' else (0.0, 1.3)
  at = np.clip(lay.pixels(np.array([spot]))[0].astype(int), 4, None)
  near = cloth[at[1] - 4 : at[1] + 5, at[0] - 4 : at[0] + 5]
  if near.size == 0 or streams.chance(rng, 0.15):
    return textures.color(rng)
  return near.reshape(-1, 3).mean(0) * 0.8


def _stitches(piece: paintings.Painting, trim: np.ndarray) -> None:
  """Draws hem, cuffs and armhole seams."""
  garment = piece.garment
  low = garment.hem - 0.09
  half = garment.half_width(np.array([low]))[0]
  x = np.linspace(-half, half, 15)
  hem = low + garment.hem_curve * (1 - (x / half) ** 2)
  piece.line(np.stack([x, hem], 1), trim, 0.02)
  if garment.tube is None:
    return
  seam = np.array([garment.tip, garment.armpit])
  cuff = outline.cuff(garment, 0.1)
  for side in (-1, 1):
    if garment.seam and not garment.raglan:
      piece.line(seam * (side, 1), trim, 0.02)
    piece.line(cuff * (side, 1), trim, 0.02)


def _rib(
  piece: paintings.Painting, rng: np.random.Generator, trim: np.ndarray
) -> None:
  garment = piece.garment
  edge = necklines.edge(garment)
  if garment.neckline == 'sweetheart':
    if streams.chance(rng, 0.5):
      piece.line(edge + (0, 0.08), trim * 0.4 + 140, 0.22)
    piece.line(edge, trim, 0.03)
  elif garment.neckline in necklines.ROUND_THE_NECK:
    dip = 0.08 * np.cos(np.linspace(-1, 1, 9) * 1.5)
    x = np.linspace(-0.46, 0.46, 9)
    piece.line(np.stack([x, dip - 0.4], 1), trim, 0.03)
    if garment.neckline == 'turtle':  # Folded over.
      fold = dip + 0.55 * garment.neck.depth - 0.22
      piece.line(np.stack([0.9 * x, fold], 1), trim * 0.85, 0.045)
  elif garment.neckline == 'collar' and garment.cut == 'shirt':
    ribbing.collar(piece, trim)
  elif garment.cut not in ('polo', 'hoodie', 'jacket', 'cardigan'):
    width = rng.uniform(0.1, 0.16)
    if streams.chance(rng, 0.35):
      piece.line(edge, trim, 2 * width)
    inner = edge + (0, 1) * np.array([[width]]) * (1 - np.abs(edge[:, :1]))
    piece.line(inner, trim * 0.92, 0.02)


def chest(piece: paintings.Painting, rng: np.random.Generator) -> None:
  """Prints a logo, a line of text or both on the chest, where they fit."""
  garment = piece.garment
  parts = [
    part
    for part in plan(rng, garment)
    if outline.holds(garment, part.at + part.half * _CORNERS)
  ]
  x, y = piece.lay.pixels(np.array([[0, 1.2]]))[0].astype(int)
  base = piece.cloth[y, x]
  ink = _ink(rng, base)
  for part in parts:
    draw = _emblem if part.kind == 'emblem' else _text
    draw(piece, rng, part, ink)


def plan(rng: np.random.Generator, garment: garments.Garment) -> list[Print]:
  """Draws what is printed on a chest, and where."""
  kind = streams.pick(rng, {'text': 3, 'emblem': 3, 'both': 3, 'small': 2})
  low = garment.neck[1] + (0.7 if garment.cut == 'hoodie' else 0.15)
  y = max(rng.uniform(0.45, 0.75), low)  # Below the neckline, or its strings.
  if kind == 'small':
    return [
      _print('emblem', (rng.choice([-0.42, 0.42]), y + 0.2), (0.16, 0.16))
    ]
  pieces = []
  if kind != 'text':
    size = rng.uniform(0.3, 0.48)
    pieces.append(_print('emblem', (0, y + size), (size, size)))
    y += 2 * size + 0.08
  if kind != 'emblem':
    wide, tall = rng.uniform(0.5, 0.72), 0.2
    pieces.append(_print('text', (0, y + tall), (wide, tall)))
  return pieces


def _ink(rng: np.random.Generator, base: np.ndarray) -> np.ndarray:
  """Returns a colour that can be read on `base`."""
  inks = [textures.color(rng, 0.5) for _ in range(3)]
  ink = max(inks, key=lambda c: np.abs(c - base).sum())
  if np.abs(ink - base).sum() < 200:
    ink = textures.NEUTRALS[2 if np.mean(base) > 127 else 0]
  return ink


def _print(
  kind: str, at: tuple[float, float], half: tuple[float, float]
) -> Print:
  return Print(kind, np.array(at), np.array(half))


def _emblem(
  piece: paintings.Painting,
  rng: np.random.Generator,
  part: Print,
  ink: np.ndarray,
) -> None:
  size, color = part.half[0], ink
  for shrink in (1.0, rng.uniform(0.55, 0.8), rng.uniform(0.2, 0.4)):
    n = int(rng.choice([3, 4, 5, 6, 10, 40]))
    t = np.linspace(0, 6.2832, n, endpoint=False) - np.pi / 2
    r = np.where(np.arange(n) % 2, 0.5, 1.0) if n == 10 else np.ones(n)
    shape = np.stack([np.cos(t) * r, np.sin(t) * r], 1) * size * shrink
    piece.fill(shape + part.at, color)
    color = textures.color(rng, 0.2)


def _text(
  piece: paintings.Painting,
  rng: np.random.Generator,
  part: Print,
  ink: np.ndarray,
) -> None:
  """Writes a word into its box; on a busy cloth, on a plate of one colour."""
  lay, cloth, size = piece.lay, piece.cloth, part.half
  corners = lay.pixels(part.at + size * _CORNERS)
  (left, top), (right, low) = corners.min(0).astype(int), corners.max(0)
  under = cloth[top : int(low), left : int(right)].reshape(-1, 3)
  if under.std(0).max() > 30:
    plate = textures.NEUTRALS[2 if np.mean(ink) > 127 else 0]
    motifs.fill(cloth, corners + 0.05 * lay.scale * _CORNERS, plate)
  letters = list('ABCDEFGHIJKLMNOPRSTUVWYZ')
  word = ''.join(rng.choice(letters, rng.integers(4, 9)))
  font = int(rng.choice([0, 2, 3, 4]))
  (w, h), _ = cv2.getTextSize(word, font, 1.0, 2)
  wide, tall = 2 * lay.scale * np.array(size)
  grown = min(wide / w, tall / h)
  thick = max(2, int(round(2.6 * grown)))
  x, y = lay.pixels(np.array([part.at], float))[0]
  corner = (int(x - grown * w / 2), int(y + grown * h / 2))
  piece.write(paintings.Word(word, corner, font, grown, thick), ink)


def line_collar(
  piece: paintings.Painting,
  rng: np.random.Generator,
  inside: np.ndarray,
  lining: np.ndarray,
) -> None:
  """Paints the lining and its label patch onto a shop's ground, in place."""
  garment, ground = piece.garment, piece.cloth
  x, y, w, h = cv2.boundingRect(inside)
  patch = ground[y : y + h, x : x + w]
  alpha = inside[y : y + h, x : x + w, None] * np.float32(1 / 255)
  shade = np.asarray(lining, np.float32)
  patch[:] = patch + (shade - patch) * alpha
  x = garment.neck.half_width
  if garment.neckline in (*necklines.ROUND_THE_NECK, 'sweetheart'):
    return
  y = necklines.shoulder_y(x) + 0.1
  patch = np.array([(-0.13, y), (0.13, y), (0.13, y + 0.13), (-0.13, y + 0.13)])
  color = (250, 250, 248) if streams.chance(rng, 0.7) else (30, 30, 34)
  piece.fill(patch, color)
