# SPDX-License-Identifier: Apache-2.0
"""What is sewn onto or printed on the cloth: seams, collars, buttons, logos.

Details give the flow something to be wrong about: letters that must stay
straight, buttons on one line, a rib around the neck. All of it is painted on
the flat cloth, before anything is worn.
"""

import cv2
import numpy as np

from clothflow_tf.data.dolls import motifs
from clothflow_tf.data.dolls import outline
from clothflow_tf.data.dolls import streams
from clothflow_tf.data.dolls import tailoring
from clothflow_tf.data.dolls import textures
from clothflow_tf.data.dolls import trimmings

_CORNERS = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], float)
_BUTTONED = ('shirt', 'polo', 'jacket')


def decorate(cloth, rng, garment, lay) -> None:
  """Draws all details of the garment onto its cloth, in place."""
  trim = _trim(cloth, rng, garment, lay)
  if garment.limb == 'leg':
    tailoring.decorate(cloth, rng, (garment, lay), trim)
    return
  _stitches(cloth, garment, lay, trim)
  _rib(cloth, rng, (garment, lay), trim)
  printed = garment.cut not in _BUTTONED and streams.chance(rng, 0.42)
  if printed and garment.neck[1] < 0.6:
    chest(cloth, rng, (garment, lay))
  trimmings.front(cloth, rng, (garment, lay), trim, printed)


def decorate_back(cloth, rng, garment, lay) -> None:
  """Draws what the garment's back shares with its front, in place."""
  trim = _trim(cloth, rng, garment, lay)
  if garment.limb == 'arm':
    _stitches(cloth, garment, lay, trim)
  else:
    tailoring.decorate_back(cloth, (garment, lay), trim)


def _trim(cloth, rng, garment, lay) -> np.ndarray:
  """A darker shade of the cloth, or now and then another colour."""
  spot = (0.4, garment.waist + 0.6) if garment.limb == 'leg' else (0.0, 1.3)
  at = np.clip(lay.pixels(np.array([spot]))[0].astype(int), 4, None)
  near = cloth[at[1] - 4 : at[1] + 5, at[0] - 4 : at[0] + 5]
  if near.size == 0 or streams.chance(rng, 0.15):
    return textures.color(rng)
  return near.reshape(-1, 3).mean(0) * 0.8


def _stitches(cloth, garment, lay, trim) -> None:
  """Hem, cuffs and armhole seams."""
  low = garment.hem - 0.09
  half = garment.half_width(np.array([low]))[0]
  x = np.linspace(-half, half, 15)
  hem = low + garment.hem_curve * (1 - (x / half) ** 2)
  tailoring.line(cloth, lay, np.stack([x, hem], 1), (trim, 0.02))
  if garment.tube is None:
    return
  seam = np.array([garment.tip, garment.armpit])
  cuff = outline.cuff(garment, 0.1)
  for side in (-1, 1):
    tailoring.line(cloth, lay, seam * (side, 1), (trim, 0.02))
    tailoring.line(cloth, lay, cuff * (side, 1), (trim, 0.02))


def _rib(cloth, rng, what: tuple, trim) -> None:
  garment, lay = what
  edge = outline.neckline(garment)
  if garment.neckline == 'sweetheart':
    if streams.chance(rng, 0.5):
      tailoring.line(cloth, lay, edge + (0, 0.08), (trim * 0.4 + 140, 0.22))
    tailoring.line(cloth, lay, edge, (trim, 0.03))
  elif garment.neckline == 'turtle':
    y = -0.42 + 0.05 * np.cos(np.linspace(-1, 1, 9) * 1.5)
    tailoring.line(
      cloth, lay, np.stack([np.linspace(-0.5, 0.5, 9), y], 1), (trim, 0.03)
    )
  elif garment.neckline == 'collar' and garment.cut == 'shirt':
    trimmings.collar(cloth, what, trim)
  elif garment.cut not in ('polo', 'hoodie', 'jacket'):
    width = rng.uniform(0.1, 0.16)
    if streams.chance(rng, 0.35):
      tailoring.line(cloth, lay, edge, (trim, 2 * width))
    inner = edge + (0, 1) * np.array([[width]]) * (1 - np.abs(edge[:, :1]))
    tailoring.line(cloth, lay, inner, (trim * 0.92, 0.02))


def chest(cloth, rng, what: tuple) -> None:
  """Prints a logo, a line of text or both on the chest, where they fit."""
  garment, lay = what
  pieces = [
    (kind, at, size)
    for kind, at, size in plan(rng, garment)
    if outline.holds(garment, np.array(at) + size * _CORNERS)
  ]
  base = cloth[tuple(lay.pixels(np.array([[0, 1.2]]))[0].astype(int)[::-1])]
  ink = _ink(rng, base)
  for kind, at, size in pieces:
    if kind == 'emblem':
      _emblem(cloth, rng, (lay, at), (size[0], ink))
    else:
      _text(cloth, rng, (lay, at, size), ink)


def plan(rng: np.random.Generator, garment) -> list:
  """Plans a print: [(kind, centre, half extents), ...], body units."""
  kind = streams.pick(rng, {'text': 3, 'emblem': 3, 'both': 3, 'small': 2})
  low = garment.neck[1] + (0.7 if garment.cut == 'hoodie' else 0.15)
  y = max(rng.uniform(0.45, 0.75), low)  # Below the neckline, or its strings.
  if kind == 'small':
    return [('emblem', (rng.choice([-0.42, 0.42]), y + 0.2), (0.16, 0.16))]
  pieces = []
  if kind != 'text':
    size = rng.uniform(0.3, 0.48)
    pieces.append(('emblem', (0, y + size), (size, size)))
    y += 2 * size + 0.08
  if kind != 'emblem':
    wide, tall = rng.uniform(0.5, 0.72), 0.2
    pieces.append(('text', (0, y + tall), (wide, tall)))
  return pieces


def _ink(rng, base) -> np.ndarray:
  """A colour that can be read on `base`."""
  inks = [textures.color(rng, 0.5) for _ in range(3)]
  ink = max(inks, key=lambda c: np.abs(c - base).sum())
  if np.abs(ink - base).sum() < 200:
    ink = textures.NEUTRALS[2 if np.mean(base) > 127 else 0]
  return ink


def _emblem(cloth, rng, where: tuple, look: tuple) -> None:
  lay, at = where
  size, ink = look
  color = ink
  for shrink in (1.0, rng.uniform(0.55, 0.8), rng.uniform(0.2, 0.4)):
    n = int(rng.choice([3, 4, 5, 6, 10, 40]))
    t = np.linspace(0, 6.2832, n, endpoint=False) - np.pi / 2
    r = np.where(np.arange(n) % 2, 0.5, 1.0) if n == 10 else np.ones(n)
    shape = np.stack([np.cos(t) * r, np.sin(t) * r], 1) * size * shrink
    motifs.fill(cloth, lay.pixels(shape + np.array(at)), color)
    color = textures.color(rng, 0.2)


def _text(cloth, rng, where: tuple, ink) -> None:
  """Writes a word into its box; on a busy cloth, on a plate of one colour."""
  lay, at, size = where
  corners = lay.pixels(np.array(at) + size * _CORNERS)
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
  x, y = lay.pixels(np.array([at], float))[0]
  corner = (int(x - grown * w / 2), int(y + grown * h / 2))
  color = tuple(float(v) for v in ink)
  cv2.putText(cloth, word, corner, font, grown, color, thick, cv2.LINE_AA)


def line_collar(ground, inside, lining, context) -> None:
  """Paints the lining and its label patch onto the ground, in place."""
  rng, lay, garment = context
  x, y, w, h = cv2.boundingRect(inside)
  patch = ground[y : y + h, x : x + w]
  alpha = inside[y : y + h, x : x + w, None] * np.float32(1 / 255)
  shade = np.asarray(lining, np.float32)
  patch[:] = patch + (shade - patch) * alpha
  x, depth = garment.neck
  if garment.neckline in ('turtle', 'sweetheart') or depth < -0.05:
    return
  y = outline.shoulder_y(x) + 0.12
  patch = np.array([(-0.13, y), (0.13, y), (0.13, y + 0.13), (-0.13, y + 0.13)])
  color = (250, 250, 248) if streams.chance(rng, 0.7) else (30, 30, 34)
  motifs.fill(ground, lay.pixels(patch), color)
