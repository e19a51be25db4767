# SPDX-License-Identifier: Apache-2.0
"""Errors that parsers make on photographs, one function each.

Every function takes a layout [h, w] uint8 of a record's size and returns a new
one. It draws all its numbers and noise from `rng` before it looks at the
layout: the same generator spoils two layouts of one person alike. The labels
that an error may take away, and those it may give, stand in its docstring.
"""

from collections.abc import Callable

import cv2
import numpy as np

from clothflow_tf.data.dolls import clues as clue_lib
from clothflow_tf.data.dolls import textures
from clothflow_tf.inputs import labels

Mistake = Callable[
  [np.random.Generator, np.ndarray, clue_lib.Clues], np.ndarray
]
TOPS = (labels.UPPER_CLOTHES, labels.DRESS, labels.COAT)
ARMS = (labels.LEFT_ARM, labels.RIGHT_ARM)
_BOTTOMS = (labels.PANTS, labels.SKIRT)
_BODY = TOPS + _BOTTOMS + ARMS + (labels.TORSO_SKIN, labels.HAIR)


def sleeves_as_arms(
  rng: np.random.Generator, layout: np.ndarray, clues: clue_lib.Clues
) -> np.ndarray:
  """Labels tight sleeves as arms, whole or from somewhere down the arm.

  Upper clothes, dress, coat -> left arm, right arm.
  """
  start = (
    rng.uniform(0.0, 0.5) if rng.random() < 0.65 else rng.uniform(0.5, 1.7)
  )
  one_sided, first = rng.random() < 0.25, int(rng.integers(2))
  wobble = 0.12 * textures.noise(rng, layout.shape, 12.0)
  spoilt = layout.copy()
  sides = clue_lib.SIDES[first : first + 1] if one_sided else clue_lib.SIDES
  for side in sides:
    sleeve = clues.sleeves[side].astype(np.uint8)
    # What is mended between triangles belongs to no sheet.
    whole = cv2.morphologyEx(sleeve, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    taken = (whole > 0) & np.isin(layout, TOPS)
    taken &= clues.along_arm(side, layout.shape) + wobble > start
    spoilt[taken] = clue_lib.ARMS[side]
  return spoilt


def neck_lost(
  rng: np.random.Generator, layout: np.ndarray, clues: clue_lib.Clues
) -> np.ndarray:
  """Misses the neck, whole or in part.

  Torso skin -> background, or the top's label.
  """
  to_top, whole = rng.random() < 0.5, rng.random() < 0.6
  height = rng.uniform(-0.75, 0.1)
  noise = textures.noise(rng, layout.shape, 10.0)
  lost = layout == labels.TORSO_SKIN
  if not whole:
    rows = np.arange(layout.shape[0])[:, None] - clues.joint('neck')[1]
    lost &= rows / clues.unit + 0.1 * noise > height
  return _given(layout, lost, _top(layout) if to_top else labels.BACKGROUND)


def top_renamed(
  rng: np.random.Generator, layout: np.ndarray, clues: clue_lib.Clues
) -> np.ndarray:
  """Takes a top for a coat or a dress, a dress or a coat for something else.

  Upper clothes -> coat, dress; coat -> upper clothes, dress; dress -> upper
  clothes above the waist and skirt below, coat; skirt -> dress under a top
  that is taken for one.
  """
  to_coat, in_part = rng.random() < 0.45, rng.random() < 0.3
  with_skirt, waist = rng.random() < 0.5, rng.uniform(0.6, 0.95)
  patches = textures.noise(rng, layout.shape, 40.0) > rng.normal(0, 0.5)
  wobble = 0.08 * textures.noise(rng, layout.shape, 20.0)
  top = _top(layout)
  chosen = patches if in_part else np.ones_like(patches)
  worn = (layout == top) & chosen
  if top == labels.DRESS and not to_coat:
    return _split(layout, worn, _below(clues, layout, waist) + wobble > 0)
  new = labels.COAT if to_coat else labels.DRESS
  if new == top:
    new = labels.UPPER_CLOTHES
  if new == labels.DRESS and with_skirt and not in_part:
    worn |= layout == labels.SKIRT
  return _given(layout, worn, new)


def _split(layout: np.ndarray, worn: np.ndarray, low: np.ndarray) -> np.ndarray:
  """Takes a dress for a top and a skirt."""
  upper = _given(layout, worn & ~low, labels.UPPER_CLOTHES)
  return _given(upper, worn & low, labels.SKIRT)


def _below(
  clues: clue_lib.Clues, layout: np.ndarray, share: float
) -> np.ndarray:
  """Returns how far rows [h, 1] lie below a share of the torso, in units."""
  hips = 0.5 * (clues.joint('right-hip')[1] + clues.joint('left-hip')[1])
  neck = clues.joint('neck')[1]
  rows = np.arange(layout.shape[0])[:, None]
  return (rows - neck - share * (hips - neck)) / clues.unit


def hair_mistaken(
  rng: np.random.Generator, layout: np.ndarray, clues: clue_lib.Clues
) -> np.ndarray:
  """Misses hair over the shoulders, or takes cloth beside it for hair.

  Hair -> the top's label; upper clothes, dress, coat, torso skin -> hair.
  """
  grown, height = rng.random() < 0.5, rng.uniform(-0.5, 0.4)
  reach = rng.uniform(0.12, 0.4)
  wobble = textures.noise(rng, layout.shape, 14.0)
  rows = np.arange(layout.shape[0])[:, None] - clues.joint('neck')[1]
  hair = layout == labels.HAIR
  if not grown:
    low = rows / clues.unit + 0.2 * wobble > height
    return _given(layout, hair & low, _top(layout))
  near = _distance(hair) < np.maximum(
    clues.unit * reach * (1 + 0.6 * wobble), 0
  )
  near &= rows > -0.6 * clues.unit
  return _given(
    layout, near & np.isin(layout, TOPS + (labels.TORSO_SKIN,)), labels.HAIR
  )


def hands_lost(
  rng: np.random.Generator, layout: np.ndarray, clues: clue_lib.Clues
) -> np.ndarray:
  """Misses one hand or both, or gives them to the cloth that they lie on.

  Left arm, right arm -> background; upper clothes, dress, coat, pants, skirt.
  """
  to_cloth, two = rng.random() < 0.4, rng.random() < 0.4
  first, start = int(rng.integers(2)), rng.uniform(1.8, 2.1)
  wobble = 0.1 * textures.noise(rng, layout.shape, 8.0)
  sides = clue_lib.SIDES if two else clue_lib.SIDES[first : first + 1]
  lost = np.zeros(layout.shape, bool)
  for side in sides:
    hand = clues.along_arm(side, layout.shape) + wobble > start
    hand &= clues.distance(clues.joint(f'{side}-wrist'), layout.shape) < 1.2
    lost |= hand & (layout == clue_lib.ARMS[side])
  if not to_cloth:
    return _given(layout, lost, labels.BACKGROUND)
  kept = np.isin(layout, TOPS + _BOTTOMS + (labels.BACKGROUND,))
  return _nearest(layout, lost, kept)


def shoes_as_socks(
  rng: np.random.Generator, layout: np.ndarray, clues: clue_lib.Clues
) -> np.ndarray:
  """Takes shoes for socks, or the left shoe for the right one.

  Left shoe, right shoe -> socks, left shoe, right shoe.
  """
  kind, height = rng.random(), rng.uniform(-0.1, 0.35)
  shoes = (labels.LEFT_SHOE, labels.RIGHT_SHOE)
  shod = np.isin(layout, shoes)
  if kind < 0.35:
    return _given(layout, shod, labels.SOCKS)
  if kind < 0.65:  # The shaft alone.
    ankles = [clues.joint(f'{side}-ankle')[1] for side in clue_lib.SIDES]
    rows = np.arange(layout.shape[0])[:, None] - np.mean(ankles)
    return _given(layout, shod & (rows < height * clues.unit), labels.SOCKS)
  return _given(layout, shod, shoes[int(kind < 0.82)])


def arms_swapped(
  rng: np.random.Generator, layout: np.ndarray, clues: clue_lib.Clues
) -> np.ndarray:
  """Swaps left and right arm where they cross or come near each other.

  Left arm, right arm -> right arm, left arm.
  """
  whole, radius = rng.random() < 0.4, rng.uniform(0.6, 1.8)
  wobble = 0.2 * textures.noise(rng, layout.shape, 16.0)
  bones = [
    np.linspace(clues.joint(f'{side}-elbow'), clues.joint(f'{side}-wrist'), 9)
    for side in clue_lib.SIDES
  ]
  gaps = np.linalg.norm(bones[0][:, None] - bones[1][None], axis=2)
  if gaps.min() > 1.1 * clues.unit:
    return layout
  right, left = np.unravel_index(gaps.argmin(), gaps.shape)
  point = 0.5 * (bones[0][right] + bones[1][left])
  inside = clues.distance(point, layout.shape) + wobble < radius
  inside |= whole
  swapped = _given(layout, inside & (layout == ARMS[0]), ARMS[1])
  return _given(swapped, inside & (layout == ARMS[1]), ARMS[0])


def slivers(
  rng: np.random.Generator, layout: np.ndarray, clues: clue_lib.Clues
) -> np.ndarray:
  """Puts thin slivers of another label between arms and garments.

  Upper clothes, dress, coat, pants, skirt, left arm, right arm -> background,
  coat, dress, torso skin.
  """
  del clues
  others = (labels.BACKGROUND, labels.COAT, labels.DRESS, labels.TORSO_SKIN)
  other, width = others[int(rng.integers(4))], int(rng.integers(1, 3))
  somewhere = textures.noise(rng, layout.shape, 22.0) > rng.uniform(-0.6, 0.7)
  arms = np.isin(layout, ARMS).astype(np.uint8)
  cloth = np.isin(layout, TOPS + _BOTTOMS).astype(np.uint8)
  kernel = np.ones((1 + width, 1 + width), np.uint8)
  between = cv2.dilate(arms, kernel) & cv2.dilate(cloth, kernel)
  return _given(layout, (between > 0) & ((arms | cloth) > 0) & somewhere, other)


def bits_lost_and_added(
  rng: np.random.Generator, layout: np.ndarray, clues: clue_lib.Clues
) -> np.ndarray:
  """Loses bits of a person and adds bits beside, near one to three joints.

  Clothes, arms, legs, torso skin, hair -> background; background -> the
  nearest of clothes, arms, torso skin and hair.
  """
  count, size = int(rng.integers(1, 4)), rng.uniform(9, 20)
  joints = rng.integers(2, 14, count)  # Not the head's.
  offsets, radii = rng.normal(0, 0.5, (count, 2)), rng.uniform(0.4, 1.1, count)
  noise = textures.noise(rng, layout.shape, size)
  reach = rng.uniform(0.1, 0.35)
  lost = np.zeros(layout.shape, bool)
  near = lost.copy()
  for joint, offset, radius in zip(joints, offsets, radii, strict=True):
    point = clues.joints[joint] + clues.unit * offset
    around = clues.distance(point, layout.shape) / np.float32(radius)
    lost |= noise > 0.4 + 1.4 * around**2
    near |= noise < -0.2 - 1.0 * around**2
  person = np.isin(layout, _BODY)
  legs = np.isin(layout, (labels.LEFT_LEG, labels.RIGHT_LEG))
  spoilt = _given(layout, lost & (person | legs), labels.BACKGROUND)
  near &= (layout == labels.BACKGROUND) & person.any()
  near &= _distance(person) < reach * clues.unit
  return _nearest(spoilt, near, person, origin=layout)


def _top(layout: np.ndarray) -> int:
  """Returns the label of the top that covers most of a layout."""
  counts = np.bincount(layout.ravel(), minlength=labels.NUM_LABELS)
  return max(TOPS, key=lambda label: counts[label])


def _given(layout: np.ndarray, mask: np.ndarray, label: int) -> np.ndarray:
  """Returns the layout with a label where the mask is."""
  return np.where(mask, np.uint8(label), layout)


def _distance(mask: np.ndarray) -> np.ndarray:
  """Returns the distance [h, w] of each pixel to a mask; far if it is empty."""
  if not mask.any():
    return np.full(mask.shape, 1e6, np.float32)
  return cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 3)


def _nearest(
  layout: np.ndarray,
  mask: np.ndarray,
  kept: np.ndarray,
  origin: np.ndarray | None = None,
) -> np.ndarray:
  """Fills a mask with the label of the nearest pixel of `kept`."""
  origin = layout if origin is None else origin
  if not (mask.any() and kept.any()):
    return layout
  _, names = cv2.distanceTransformWithLabels(
    (~kept).astype(np.uint8),
    cv2.DIST_L2,
    3,
    labelType=cv2.DIST_LABEL_PIXEL,
  )
  table = np.zeros(names.max() + 1, np.uint8)
  table[names[kept]] = origin[kept]
  return np.where(mask, table[names], layout)
