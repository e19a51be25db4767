# SPDX-License-Identifier: Apache-2.0
"""Where a worn garment ends: its hem, and its two sleeves.

The hem of a top cannot always be told from its product photo: it may be tucked
in or hang loose. A layout that stays undecided tears into patches, so stage 1
decides first, on three numbers (`models.ends`), and draws the layout to them.
This module measures the same numbers in a layout, for training and evaluation,
on drawings and photographs alike:

| end          | number                                                        |
|--------------|---------------------------------------------------------------|
| hem          | its height: 0 the picture's top, 1 its bottom                 |
| right-sleeve | share of the arm, shoulder to wrist, that the sleeve covers   |
| left-sleeve  | likewise                                                      |

Right and left are the person's. A number is known only where it can be seen.
"""

import tensorflow as tf

from clothflow_tf.inputs import keypoints as keypoints_lib
from clothflow_tf.inputs import labels

NAMES = ('hem', 'right-sleeve', 'left-sleeve')
HEM = 0

# Shoulder, elbow and wrist of each sleeve.
ARMS = tuple(
  tuple(
    keypoints_lib.NAMES.index(f'{side}-{joint}')
    for joint in ('shoulder', 'elbow', 'wrist')
  )
  for side in ('right', 'left')
)
_SHOULDERS = (ARMS[0][0], ARMS[1][0])
_HIPS = tuple(
  keypoints_lib.NAMES.index(name) for name in ('right-hip', 'left-hip')
)
# What a sleeve ends at.
SKIN = (*labels.UPPER_SKIN, labels.GLOVE)
# Half the width of the columns that a hem is measured in, of the shoulders'
# distance: between the arms, which may hang lower than the hem.
_BAND = 0.35
# Of a picture's width, if the shoulders are unknown or the person turned.
_NARROWEST = 0.05
# Trouser legs end where a third of their columns end still lower.
_MIDDLE, _LEG = 0.5, 0.67
_STEPS = 32  # Places along an arm.


def measure(
  garment: tf.Tensor, skin: tf.Tensor, pose: tf.Tensor, source: tf.Tensor
) -> dict[str, tf.Tensor]:
  """Measures the ends of a garment in a layout.

  Args:
    garment: the worn garment's region, float32 [B, H, W, 1], 0 or 1.
    skin: the region of `SKIN` around it, likewise.
    pose: keypoints of the person, float32 [B, 18, 3], pixels.
    source: float32 [B, 20], 1 for the garment's label.

  Returns:
    'ends' and 'ends_known', float32 [B, 3], in the order of `NAMES`; an end
    that is not known is 0.
  """
  region = garment[..., 0]
  hem = _hem(region, pose, source)
  upper = tf.reduce_max(tf.gather(source, labels.UPPER, axis=-1), -1)
  parts = [
    hem,
    *(_sleeve(region, skin[..., 0], pose, arm, upper) for arm in ARMS),
  ]
  known = tf.stack([part['known'] for part in parts], -1)
  ends = tf.stack([part['end'] for part in parts], -1)
  return {'ends': ends * known, 'ends_known': known}


def _hem(
  region: tf.Tensor, pose: tf.Tensor, source: tf.Tensor
) -> dict[str, tf.Tensor]:
  """Returns 'end' and 'known' [B] of the hem.

  Of the columns in the middle of the body the lowest garment pixel is taken,
  and of these the median; of trousers all columns count, and a lower one.
  """
  height, width = region.shape[1:3]
  rows = tf.range(1, height + 1, dtype=tf.float32)[:, tf.newaxis]
  lowest = tf.reduce_max(region * rows, 1)
  trousers = source[:, labels.PANTS, tf.newaxis]
  inside = tf.maximum(_band(region, pose), trousers)
  counts = tf.cast(lowest > 0.0, tf.float32) * inside
  # Columns that do not count go to the end of the order.
  order = tf.sort(tf.where(counts > 0.0, lowest, 2.0 * height), axis=-1)
  number = tf.reduce_sum(counts, -1)
  share = _MIDDLE + (_LEG - _MIDDLE) * trousers[:, 0]
  place = tf.cast(tf.floor(share * number), tf.int32)
  place = tf.clip_by_value(place, 0, width - 1)
  end = tf.gather(order, place, batch_dims=1) / float(height)
  known = tf.cast(number > 0.0, tf.float32)
  return {'end': tf.minimum(end, 1.0) * known, 'known': known}


def _band(region: tf.Tensor, pose: tf.Tensor) -> tf.Tensor:
  """Returns [B, W], 1 in the columns of the body's middle."""
  width = region.shape[2]
  columns = tf.range(width, dtype=tf.float32)
  total = tf.reduce_sum(region, [1, 2])
  center = tf.math.divide_no_nan(tf.reduce_sum(region * columns, [1, 2]), total)
  for joints in (_SHOULDERS, _HIPS):  # Hips, if known; else shoulders.
    pair = tf.gather(pose, joints, axis=1)
    seen = tf.reduce_all(pair[..., 2] > 0.0, -1)
    center = tf.where(seen, tf.reduce_mean(pair[..., 0], -1), center)
  shoulders = tf.gather(pose, _SHOULDERS, axis=1)
  distance = tf.abs(shoulders[:, 0, 0] - shoulders[:, 1, 0])
  seen = tf.reduce_all(shoulders[..., 2] > 0.0, -1)
  half = tf.where(seen, _BAND * distance, 0.0)
  half = tf.maximum(half, _NARROWEST * width)
  away = tf.abs(columns - center[:, tf.newaxis])
  return tf.cast(away <= half[:, tf.newaxis], tf.float32)


def _sleeve(
  region: tf.Tensor,
  skin: tf.Tensor,
  pose: tf.Tensor,
  arm: tuple[int, int, int],
  upper: tf.Tensor,
) -> dict[str, tf.Tensor]:
  """Returns 'end' and 'known' [B] of one sleeve.

  The sleeve ends where skin begins, for two places in a row, going down the
  arm. Where no skin follows, cloth must be seen along half the arm: it is a
  long sleeve, or the forearm is hidden.
  """
  joints = tf.gather(pose, arm, axis=1)
  places = along(joints, _STEPS)
  cloth, bare = (_sampled(plane, places) for plane in (region, skin))
  # Two in a row, so that a pixel of a wrong label ends no sleeve.
  begins = bare[:, :-1] * bare[:, 1:]
  ended = tf.reduce_max(begins, -1)
  first = tf.cast(tf.argmax(begins, -1), tf.float32) / _STEPS
  covered = tf.reduce_mean(cloth, -1) >= 0.5
  seen = tf.reduce_all(joints[..., 2] > 0.0, -1)
  known = seen & ((ended > 0.0) | covered) & (upper > 0.0)
  end = tf.where(ended > 0.0, first, 1.0)
  return {'end': end, 'known': tf.cast(known, tf.float32)}


def along(joints: tf.Tensor, steps: int) -> tf.Tensor:
  """Returns places [B, steps, 2], (x, y), evenly along an arm's two bones.

  Args:
    joints: shoulder, elbow, wrist, [B, 3, 3].
    steps: how many, even; the first is the shoulder.
  """
  shares = tf.range(steps // 2, dtype=tf.float32) / (steps // 2)
  shares = shares[tf.newaxis, :, tf.newaxis]
  points = joints[..., tf.newaxis, :2]
  bones = [
    points[:, k] + shares * (points[:, k + 1] - points[:, k]) for k in range(2)
  ]
  return tf.concat(bones, axis=1)


def _sampled(plane: tf.Tensor, places: tf.Tensor) -> tf.Tensor:
  """Returns [B, steps] of a plane [B, H, W] at the pixels nearest to places.

  Places outside the picture are 0.
  """
  height, width = plane.shape[1:3]
  pixels = tf.cast(tf.round(places), tf.int32)
  x = tf.clip_by_value(pixels[..., 0], 0, width - 1)
  y = tf.clip_by_value(pixels[..., 1], 0, height - 1)
  inside = (x == pixels[..., 0]) & (y == pixels[..., 1])
  values = tf.gather_nd(plane, tf.stack([y, x], -1), batch_dims=1)
  return values * tf.cast(inside, tf.float32)
