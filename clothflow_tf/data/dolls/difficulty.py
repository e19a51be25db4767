# SPDX-License-Identifier: Apache-2.0
"""How hard a doll is: the tags by which errors are reported apart.

Tags depend on the pose and the clothes only, never on the result of a method.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from clothflow_tf.data.dolls import curves
from clothflow_tf.data.dolls import puppet as puppets

_FRONTAL, _TURNED, _BENT = np.radians((8, 15, 45))
# Of a forearm with its hand, the least in front of the torso that counts: most
# of it. A hand on the hip or one that only touches the waist has less.
_OVER = 0.5
_HAND = 0.7  # From the wrist to the fingertips, body units.


def tags(people: Sequence[puppets.Puppet], garments: Sequence) -> np.ndarray:
  """Tells how hard a record is: 0/1 for each of `record.TAGS` [5] uint8.

  Args:
    people: of its pictures; any of them makes it hard, all of them have to be
      frontal.
    garments: what they wear; `tucked` says whether the hem is.
  """
  turns = [abs(person.pose.turn) for person in people]
  arms = [arm for person in people for arm in person.pose.arms]
  bend = max(abs(arm.fore - arm.upper) for arm in arms)
  hidden = any(_hides_itself(person) for person in people)
  tucked = any(garment.tucked for garment in garments)
  flags = (
    max(turns) < _FRONTAL,
    bend > _BENT,
    hidden,
    max(turns) > _TURNED,
    tucked,
  )
  return np.array(flags, np.uint8)


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
