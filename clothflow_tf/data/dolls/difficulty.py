# SPDX-License-Identifier: Apache-2.0
"""How hard a doll is: the tags by which errors are reported apart.

Tags depend on the pose and the clothes only, never on the result of a method.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from clothflow_tf.data.dolls import curves
from clothflow_tf.data.dolls import garment as garments
from clothflow_tf.data.dolls import necklines
from clothflow_tf.data.dolls import outfit as outfits
from clothflow_tf.data.dolls import puppet as puppets
from clothflow_tf.data.dolls import triplets
from clothflow_tf.inputs import record

_FRONTAL, _TURNED, _BENT = np.radians((8, 15, 45))
# Of a forearm with its hand, the least in front of the torso that counts: most
# of it. A hand on the hip or one that only touches the waist has less.
_OVER = 0.5
# Lengths of sleeves, body units: below is short, above is long, and by how much
# those of two outfits differ to count as longer or shorter.
_SHORT, _LONG, _OTHER_SLEEVES = 2.1, 3.1, 0.6
_HAND = 0.7  # From the wrist to the fingertips, body units.


def of_triplet(person: puppets.Puppet, triplet: triplets.Triplet) -> np.ndarray:
  """Returns 0/1 for each of `record.TAGS`, [N] uint8, of a triplet."""
  product = triplet.product.garment
  names = _of_poses([person]) | _of_cut(product) | {triplet.kind}
  if triplet.worn.top.garment.tucked:
    names.add('tucked')
  if triplet.before_kind == 'dress' and triplet.kind == 'top':
    names.add('dress_to_top')
  if triplet.before_kind == 'open':
    names.add('from_jacket')
  if triplet.kind in ('top', 'dress'):
    before = _reach(triplet.before.sleeved.garment)
    longer = _reach(product) - before
    if abs(longer) > _OTHER_SLEEVES:
      names.add('longer_sleeves' if longer > 0 else 'shorter_sleeves')
  return _flags(names)


def of_pair(
  persons: Sequence[puppets.Puppet], outfit: outfits.Outfit
) -> np.ndarray:
  """Returns 0/1 for each of `record.TAGS`, [N] uint8, of pose transfer.

  Any of the two pictures makes the pair hard; both have to be frontal.
  """
  names = _of_poses(persons) | _of_cut(outfit.top.garment)
  if outfit.top.garment.tucked:
    names.add('tucked')
  return _flags(names)


def _flags(names: set[str]) -> np.ndarray:
  return np.array([name in names for name in record.TAGS], np.uint8)


def _of_poses(persons: Sequence[puppets.Puppet]) -> set[str]:
  turns = [abs(person.pose.turn) for person in persons]
  arms = [arm for person in persons for arm in person.pose.arms]
  bend = max(abs(arm.fore - arm.upper) for arm in arms)
  hard = {
    'frontal': max(turns) < _FRONTAL,
    'bent_arms': bend > _BENT,
    'self_occlusion': any(_hides_itself(person) for person in persons),
    'turned': max(turns) > _TURNED,
  }
  return {name for name, holds in hard.items() if holds}


def _of_cut(garment: garments.Garment) -> set[str]:
  """Returns the tags of a top's or a dress's neckline and sleeves."""
  if garment.limb == 'leg':
    return set()
  names = {necklines.TAGS.get(garment.neckline, '')}
  reach = _reach(garment)
  if reach < _SHORT:
    names.add('short_sleeves' if reach else 'sleeveless')
  elif reach > _LONG:
    names.add('long_sleeves')
  return names


def _reach(garment: garments.Garment) -> float:
  """Length of a garment's sleeves, body units."""
  return garment.tube.length if garment.tube is not None else 0.0


def _hides_itself(person: puppets.Puppet) -> bool:
  if person.pose.facing:
    return True  # In profile the near arm hangs before the torso.
  return any(
    person.arm(side).depth >= 0 and over_torso(person, side) > _OVER
    for side in puppets.SIDES
  )


def over_torso(person: puppets.Puppet, side: int) -> float:
  """Returns the share of a forearm and hand within the torso's outline.

  Only for turns up to three quarters.
  """
  body = person.body
  y = np.linspace(0.0, body.torso, 16)
  half = np.stack([body.half_width(y), y], 1)
  outline = person.torso(np.concatenate([half, half[::-1] * (-1, 1)]))
  elbow, wrist = (person.joint(name, side) for name in ('elbow', 'wrist'))
  reach = _HAND * person.unit
  tip = wrist + reach * curves.direction(person.arm(side).fore, side)
  line = np.concatenate([_between(elbow, wrist), _between(wrist, tip)])
  inside = [
    cv2.pointPolygonTest(
      outline.astype(np.float32), tuple(map(float, p)), False
    )
    for p in line
  ]
  return float(np.mean(np.array(inside) > 0))


def _between(start: np.ndarray, end: np.ndarray) -> np.ndarray:
  return start + np.linspace(0, 1, 12)[:, None] * (end - start)
