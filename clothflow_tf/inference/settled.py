# SPDX-License-Identifier: Apache-2.0
"""What a model left undecided between the old outline and the new one.

Along a neckline a model may not choose: its layout then has streaks of garment
in the skin and of skin in the garment, and its shares paint a band that the
layout calls garment. Enlarged, those are patches and scallops.
"""

from typing import NamedTuple

import cv2
import numpy as np

from clothflow_tf.inference import edges
from clothflow_tf.inference import parts as parts_lib
from clothflow_tf.inputs import labels

# Of the model's pixels: streaks that are thinner than about twice this belong
# to what is around them.
STREAK = 1.5
# Of the model's pixels: so near to the background a garment that is not drawn
# is background, and so near to a drawn one it belongs to it.
SLIVER = 3
HALF = 0.5


class Settled(NamedTuple):
  """What each of the model's pixels is.

  Attributes:
    layout: labels of the result, uint8 [H, W].
    shares: of garment, photo and painted, float32 [H, W, 3].
  """

  layout: np.ndarray
  shares: np.ndarray


def of(parts: parts_lib.Parts, shares: np.ndarray) -> Settled:
  """Returns the result's labels and shares, each pixel being one thing.

  Args:
    parts: of the whole.
    shares: of garment, photo and painted, [H, W, 3].
  """
  layout = parts.outputs['layout']
  taken_off = parts.outputs['removed'] > 0
  garment, drawn = parts.removed(layout) > 0, shares[..., 0] > HALF
  near, beside = _near(layout == labels.BACKGROUND), _near(drawn)
  unknown = (garment | _new_head(layout, parts)) & ~drawn
  nothing = unknown & taken_off & near
  layout = np.where(nothing, np.uint8(labels.BACKGROUND), layout)
  hole = taken_off & ~drawn & ~near & beside & _within(layout, parts)
  layout = np.where(hole, np.uint8(parts.garment_label), layout)
  shares = np.where(hole[..., np.newaxis], np.float32([1, 0, 0]), shares)
  unknown &= ~hole & ~nothing
  photo = parts.window.layout(parts.person.layout)
  lower = parts.garment_label in (labels.PANTS, labels.SKIRT)
  skin = labels.LEFT_LEG if lower else labels.TORSO_SKIN
  rest = np.where(taken_off, np.uint8(skin), photo)
  layout = np.where(unknown, rest, layout)
  stays = (labels.BACKGROUND, labels.GLOVE, *labels.SKIN, *labels.HEAD)
  covered = ~np.isin(photo, stays) & np.isin(layout, labels.SKIN)
  # What may not change at all has a share of exactly 1.
  covered &= (shares[..., 1] > HALF) & (shares[..., 1] < 1.0)
  shares = np.where(covered[..., np.newaxis], np.float32([0, 0, 1]), shares)
  return Settled(layout, shares)


def _near(region: np.ndarray) -> np.ndarray:
  square = np.ones((2 * SLIVER + 1,) * 2, np.uint8)
  return cv2.dilate(region.astype(np.uint8), square) > 0


def _within(layout: np.ndarray, parts: parts_lib.Parts) -> np.ndarray:
  """Returns where most of what is around is garment, bool [H, W]."""
  garment = parts.removed(layout) > 0
  rest = ~garment & ~_new_head(layout, parts)
  around = (edges.smooth(x.astype(np.float32), STREAK) for x in (garment, rest))
  return np.greater(*around)


def _new_head(layout: np.ndarray, parts: parts_lib.Parts) -> np.ndarray:
  """Returns where the result has a head that the photo has not, bool."""
  photo = parts.window.layout(parts.person.layout)
  return np.isin(layout, labels.HEAD) & ~np.isin(photo, labels.HEAD)
