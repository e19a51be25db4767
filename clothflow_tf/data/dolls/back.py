# SPDX-License-Identifier: Apache-2.0
"""The back of a garment: what the shop never shows and a side view does.

A back is the same cloth cut with a high neckline, without print, buttons or
collar. It is painted as it would lie seen from behind, so that letters read
the right way: its right is the person's right, the front's left.
"""

import dataclasses

import cv2
import numpy as np

from clothflow_tf.data.dolls import garment as garments
from clothflow_tf.data.dolls import lay as lays
from clothflow_tf.data.dolls import motifs
from clothflow_tf.data.dolls import necklines
from clothflow_tf.data.dolls import prints
from clothflow_tf.data.dolls import product as products

_DIP = 0.14  # How far the back neckline hangs below the shoulder's seam.
_ALIKE = ('turtle', 'mock', 'sweetheart')  # Necklines that go round the neck.
_ALLOWANCE = 21  # Pixels across that keep the side seams from gaping.


def cut(garment: garments.Garment) -> garments.Garment:
  """Returns the cut of the garment's back, seen from behind."""
  if garment.limb == 'leg' or garment.neckline in _ALIKE:
    return garment
  x = garment.neck[0]
  high = necklines.shoulder_y(x) + _DIP
  return dataclasses.replace(
    garment, neckline='crew', neck=necklines.Opening(x, high)
  )


def paint(
  rng: np.random.Generator,
  garment: garments.Garment,
  lay: lays.Lay,
  plain: np.ndarray | None = None,
) -> products.Product:
  """Paints the back on the front's lay; `rng` restarts the front's stream."""
  bare = products.paint(rng, cut(garment), lay, prints.decorate_back, plain)
  seam = np.ones((1, _ALLOWANCE), np.uint8)
  parts = {part: cv2.dilate(mask, seam) for part, mask in bare.parts.items()}
  for side in set(parts) - {0}:
    # A seam's allowance ends at the cuff.
    frame, end = garment.frame, garment.tube.length
    past = frame.flat(
      np.array([(end, -2), (end, 2), (end + 1, 2), (end + 1, -2)])
    )
    motifs.fill(parts[side], lay.pixels(past * (side, 1)), 0)
  return dataclasses.replace(bare, parts=parts)
