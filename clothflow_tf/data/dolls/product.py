# SPDX-License-Identifier: Apache-2.0
"""The product: a garment painted flat, at twice the size of its picture.

The cloth is painted once, without a background, and each part of it (torso
panel, sleeves) has a mask. The shop's photograph is that paint over a light
ground with a soft shadow, plus the inside of the back collar with its label,
which is in the product's mask and in no part: nobody sees it when it is worn.
"""

import dataclasses

import cv2
from clothflow_tf.data.dolls import curves
from clothflow_tf.data.dolls import drape as drapes
from clothflow_tf.data.dolls import garment as garments
from clothflow_tf.data.dolls import motifs
from clothflow_tf.data.dolls import prints
from clothflow_tf.data.dolls import streams
from clothflow_tf.data.dolls import textures
import numpy as np

TORSO = 0  # Parts are TORSO and the sleeves' sides, -1 and 1.
_OVERLAP = 0.1  # How far a sleeve reaches under the seam, against gaps.


@dataclasses.dataclass(frozen=True)
class Lay:
  """Where flat space lies in the painting: a turn, a scale, slow waves."""

  shape: tuple
  scale: float
  centre: np.ndarray
  middle: np.ndarray
  angle: float
  waves: np.ndarray
  phase: np.ndarray

  def pixels(self, points: np.ndarray) -> np.ndarray:
    """Maps flat points [N, 2] to painting pixels."""
    points = np.asarray(points, float)
    wavy = points + self.waves * np.sin(1.6 * points[:, ::-1] + self.phase)
    turned = curves.turn(wavy - self.middle, self.angle)
    return self.centre + self.scale * turned


@dataclasses.dataclass(frozen=True)
class Product:
  """A painted garment; all images have the painting's size.

  cloth [h, w, 3] uint8 has no background, parts maps a part to its mask
  [h, w] uint8, and picture and mask are what the shop shows.
  """

  lay: Lay
  cloth: np.ndarray
  parts: dict
  picture: np.ndarray
  mask: np.ndarray


def sleeve_outline(garment: garments.Garment, side: int) -> np.ndarray:
  """Returns the outline of a sleeve, flat, reaching under the armhole seam."""
  frame = drapes.sleeve_frame(garment)
  sleeve = garment.sleeve
  tip, low = np.array(garment.tip), np.array(garment.armpit)
  bulge = 0.06 if sleeve.length < 1 else 0.03
  a = np.linspace(0.25, sleeve.length, 9)
  share = np.clip((a - 0.25) / (sleeve.length - 0.25 + 1e-6), 0, 1)
  top = frame.local(tip[None])[0, 1] + bulge
  outer = np.stack([a, top + (sleeve.cuff - top) * share], 1)
  a = np.linspace(sleeve.length, min(frame.top + 0.12, sleeve.length), 8)
  bottom = frame.local(low[None])[0, 1]
  inner = (sleeve.length - a) / max(sleeve.length - frame.top, 0.12)
  inner = np.stack([a, -sleeve.cuff + (bottom + sleeve.cuff) * inner], 1)
  under = np.array([_OVERLAP, 0.0])
  flat = np.concatenate(
    [
      [tip - under, tip],
      frame.flat(outer[outer[:, 0] > frame.local(tip[None])[0, 0]]),
      frame.flat(inner),
      [low, low - under],
    ]
  )
  return flat * (side, 1)


def outlines(garment: garments.Garment) -> dict:
  """Returns {part: [outline, ...]} in flat space."""
  parts = {TORSO: [garments.panel(garment)] + garments.straps(garment)}
  if garment.sleeve is not None:
    for side in (-1, 1):
      parts[side] = [sleeve_outline(garment, side)]
  return parts


def lay_out(
  rng: np.random.Generator, garment: garments.Garment, frame: tuple
) -> Lay:
  """Places the garment in a frame (height, width) as shops do."""
  points = np.concatenate(sum(outlines(garment).values(), []))
  low, high = points.min(0), points.max(0)
  h, w = frame
  fill = rng.uniform(0.96, 1.04)
  if streams.chance(rng, 0.45):
    fill = rng.uniform(0.66, 1.08)
  size = high - low
  scale = fill * min(0.82 * w / size[0], 0.88 * h / size[1])
  return Lay(
    shape=frame,
    scale=scale,
    centre=np.array([w, h]) / 2 + rng.normal(0, 0.012, 2) * (w, h),
    middle=0.5 * (low + high),
    angle=rng.normal(0, 0.018),
    waves=rng.normal(0, 0.022, 2),
    phase=rng.uniform(0, 6.28, 2),
  )


def paint(
  rng: np.random.Generator, garment: garments.Garment, lay: Lay
) -> Product:
  """Paints the garment on its lay."""
  parts = {}
  for part, shapes in outlines(garment).items():
    parts[part] = np.zeros(lay.shape, np.uint8)
    for shape in shapes:
      motifs.fill(parts[part], lay.pixels(shape), 255)
  cloth = _cloth(rng, garment, lay, parts)
  prints.decorate(cloth, rng, garment, lay)
  _crease(cloth, rng)
  return _photograph(rng, garment, Product(lay, cloth, parts, cloth, None))


def _cloth(rng, garment, lay, parts):
  cloth = motifs.paint(rng, lay.shape)
  contrast = streams.chance(rng, 0.1)
  other = motifs.paint(rng, lay.shape) if contrast else cloth
  for side in (-1, 1):
    if side not in parts:
      continue
    h, w = lay.shape
    angle = np.degrees(garment.sleeve.rest - 0.1) * side
    matrix = cv2.getRotationMatrix2D((w / 2, h / 2), angle, 1.0)
    sleeve = cv2.warpAffine(
      other, matrix, (w, h), borderMode=cv2.BORDER_REFLECT_101
    )
    # Cut hard: the seam is a real edge, and it is sewn over below.
    np.copyto(cloth, sleeve, where=(parts[side] > 127)[..., None])
  return cloth


def _crease(cloth: np.ndarray, rng: np.random.Generator) -> None:
  """Slight studio shading, part of the cloth's colour."""
  h, w = cloth.shape[:2]
  low = textures.noise(rng, (h // 8 + 1, w // 8 + 1), 6.0)
  field = cv2.resize(low, (w, h), interpolation=cv2.INTER_LINEAR)
  gain = cv2.merge([1 + np.float32(rng.uniform(0.0, 0.022)) * field] * 3)
  np.copyto(cloth, cv2.multiply(cloth, gain, dtype=cv2.CV_8U))


def _photograph(rng, garment, bare):
  lay, cloth = bare.lay, bare.cloth
  mask = np.maximum.reduce(list(bare.parts.values()))
  inside = np.zeros(lay.shape, np.uint8)
  back = prints.back_collar(garment)
  if back is not None:
    motifs.fill(inside, lay.pixels(back), 255)
  tone = rng.choice([255, 245, 243, 238])
  whole = np.maximum(mask, inside)
  blurred = cv2.blur(np.roll(whole, 4, axis=0), (15, 15)).astype(np.float32)
  blurred = tone * (1 - blurred * np.float32(rng.uniform(0.02, 0.14) / 255))
  ground = cv2.merge([blurred] * 3).astype(np.float32)
  if back is not None:
    lining = np.array(cv2.mean(cloth, mask)[:3]) * rng.uniform(0.6, 0.92)
    prints.line_collar(ground, inside, lining, (rng, lay, garment))
  edge = cv2.blur(mask, (9, 9)).astype(np.float32) * np.float32(2 / 255) - 1
  rim = np.float32(0.88) + np.float32(0.12) * np.clip(edge, 0, 1)
  np.copyto(cloth, cv2.multiply(cloth, cv2.merge([rim] * 3), dtype=cv2.CV_8U))
  alpha = (mask.astype(np.float32) * np.float32(1 / 255))[..., None]
  ground += (cloth - ground) * alpha
  picture = cv2.convertScaleAbs(ground)
  return dataclasses.replace(bare, picture=picture, mask=whole)
