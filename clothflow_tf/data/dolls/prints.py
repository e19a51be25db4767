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


def decorate(cloth, rng, garment, lay) -> None:
  """Draws all details of the garment onto its cloth, in place."""
  trim = _trim(cloth, rng, garment, lay)
  if garment.limb == 'leg':
    tailoring.decorate(cloth, rng, (garment, lay), trim)
    return
  _stitches(cloth, garment, lay, trim)
  _rib(cloth, rng, (garment, lay), trim)
  if garment.cut == 'shirt':
    _placket(cloth, rng, (garment, lay), trim)
  elif streams.chance(rng, 0.42) and garment.neck[1] < 0.6:
    _chest(cloth, rng, lay)
  elif streams.chance(rng, 0.12):
    _pocket(cloth, rng, lay, trim)
  if garment.cut == 'ruffled':
    _ruffles(cloth, rng, (garment, lay), trim)


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
  elif garment.neckline == 'collar':
    _collar(cloth, lay, edge, trim)
  else:
    width = rng.uniform(0.1, 0.16)
    if streams.chance(rng, 0.35):
      tailoring.line(cloth, lay, edge, (trim, 2 * width))
    inner = edge + (0, 1) * np.array([[width]]) * (1 - np.abs(edge[:, :1]))
    tailoring.line(cloth, lay, inner, (trim * 0.92, 0.02))


def _collar(cloth, lay, edge, trim) -> None:
  light = np.clip(trim * 1.2 + 14, 0, 250)
  x, top = -edge[0, 0], edge[0, 1]
  centre = edge[len(edge) // 2]
  for side in (-1, 1):
    leaf = np.array(
      [
        (x, top - 0.02),
        (x + 0.16, top + 0.12),
        (0.36 * x + 0.16, centre[1] + 0.16),
        (0.0, centre[1]),
      ]
    ) * (side, 1)
    motifs.fill(cloth, lay.pixels(leaf), light)
    tailoring.line(
      cloth, lay, np.concatenate([leaf, leaf[:1]]), (trim * 0.85, 0.02)
    )


def _placket(cloth, rng, what: tuple, trim) -> None:
  garment, lay = what
  top, low = garment.neck[1], garment.hem + garment.hem_curve
  for x in (-0.09, 0.09):
    tailoring.line(cloth, lay, np.array([[x, top], [x, low]]), (trim, 0.018))
  color = (245, 244, 238) if trim.mean() < 110 else (60, 54, 50)
  if streams.chance(rng, 0.5):
    color = trim * 0.6
  for y in np.arange(top + 0.12, low - 0.2, rng.uniform(0.38, 0.55)):
    tailoring.spot(cloth, lay, (0, y), (0.05, color))
  if streams.chance(rng, 0.4):
    _pocket(cloth, rng, lay, trim)


def _pocket(cloth, rng, lay, trim) -> None:
  x, y, s = rng.uniform(0.24, 0.3), rng.uniform(0.7, 0.95), 0.44
  patch = np.array(
    [(x, y), (x + s, y), (x + s, y + s), (x + s / 2, y + 1.2 * s), (x, y + s)]
  )
  tailoring.line(cloth, lay, np.concatenate([patch, patch[:1]]), (trim, 0.025))
  tailoring.line(cloth, lay, patch[:2] + (0, 0.08), (trim, 0.02))


def _ruffles(cloth, rng, what: tuple, trim) -> None:
  garment, lay = what
  x = garment.neck[0] * rng.uniform(0.7, 1.3)
  y = np.linspace(-0.3, rng.uniform(0.9, 1.9), 30)
  for side in (-1, 1):
    wavy = x * (1 - 0.28 * (y + 0.3)) + 0.07 * np.sin(14 * y)
    line = np.stack([side * wavy, y], 1)
    tailoring.line(cloth, lay, line, (np.clip(trim * 1.3 + 8, 0, 250), 0.12))
    tailoring.line(cloth, lay, line + (0.07 * side, 0), (trim * 0.8, 0.025))


def _chest(cloth, rng, lay) -> None:
  """A logo, a line of text or both on the chest."""
  kind = streams.pick(rng, {'text': 3, 'emblem': 3, 'both': 3, 'small': 2})
  base = cloth[tuple(lay.pixels(np.array([[0, 1.2]]))[0].astype(int)[::-1])]
  ink = max(
    (textures.color(rng, 0.5) for _ in range(3)),
    key=lambda c: np.abs(c - base).sum(),
  )
  y = rng.uniform(0.62, 0.95)
  if kind == 'small':
    _emblem(cloth, rng, (lay, (rng.choice([-0.42, 0.42]), y)), (0.16, ink))
    return
  if kind != 'text':
    size = rng.uniform(0.3, 0.48)
    _emblem(cloth, rng, (lay, (0, y + 0.25)), (size, ink))
    y += 0.3 + size
  if kind != 'emblem':
    _text(cloth, rng, (lay, (0, y)), ink)


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
  lay, at = where
  letters = list('ABCDEFGHIJKLMNOPRSTUVWYZ')
  word = ''.join(rng.choice(letters, rng.integers(4, 9)))
  font = int(rng.choice([0, 2, 3, 4]))
  (w, h), _ = cv2.getTextSize(word, font, 1.0, 2)
  size = min(1.35 * lay.scale / w, 0.4 * lay.scale / h) * rng.uniform(0.7, 1)
  x, y = lay.pixels(np.array([at], float))[0]
  corner = (int(x - size * w / 2), int(y + size * h / 2))
  color = tuple(float(v) for v in ink)
  thick = max(2, int(round(2.6 * size)))
  cv2.putText(cloth, word, corner, font, size, color, thick, cv2.LINE_AA)


def line_collar(ground, inside, lining, context) -> None:
  """Paints the lining and its label patch onto the ground, in place."""
  rng, lay, garment = context
  x, y, w, h = cv2.boundingRect(inside)
  patch = ground[y : y + h, x : x + w]
  alpha = inside[y : y + h, x : x + w, None] * np.float32(1 / 255)
  shade = np.asarray(lining, np.float32)
  patch += (shade - patch) * alpha
  x, depth = garment.neck
  if garment.neckline in ('turtle', 'sweetheart') or depth < -0.05:
    return
  y = outline.shoulder_y(x) + 0.12
  patch = np.array([(-0.13, y), (0.13, y), (0.13, y + 0.13), (-0.13, y + 0.13)])
  color = (250, 250, 248) if streams.chance(rng, 0.7) else (30, 30, 34)
  motifs.fill(ground, lay.pixels(patch), color)
