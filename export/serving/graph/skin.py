# SPDX-License-Identifier: Apache-2.0
"""New skin that goes on from the person's own: `inference.skin`, in a graph."""

import tensorflow as tf

from clothflow_tf.inference import skin as reference
from export.serving.graph import edges
from export.serving.graph import resampling


def joined(
  painted: tf.Tensor, picture: tf.Tensor, real: tf.Tensor, new: tf.Tensor
) -> tf.Tensor:
  """Returns painted skin that meets the real skin without a step.

  Args:
    painted: colours of new skin, continued everywhere, float32 [H, W, 3].
    picture: what the model saw, float32 [H, W, 3].
    real: where the photo shows skin that stays, away from its edges, bool
      [H, W].
    new: where new skin is painted, bool [H, W].
  """
  painted = _flatter(painted, new)
  return tf.cond(
    tf.reduce_any(real),
    lambda: _joined(painted, picture, real, new),
    lambda: painted,
  )


def _flatter(painted: tf.Tensor, new: tf.Tensor) -> tf.Tensor:
  """Returns new skin whose limbs are less like tubes."""
  weight = tf.cast(new, tf.float32)[..., tf.newaxis]
  near, mean = (
    resampling.smooth(x, reference.LIMB) for x in (weight, painted * weight)
  )
  mean /= tf.maximum(near, reference.LEAST)
  known = tf.minimum(near / reference.ENOUGH, 1.0)
  return painted + reference.FLATTER * known * (mean - painted)


def _joined(
  painted: tf.Tensor, picture: tf.Tensor, real: tf.Tensor, new: tf.Tensor
) -> tf.Tensor:
  weight = tf.cast(real, tf.float32)[..., tf.newaxis]
  near, mean, even = (
    resampling.smooth(x, reference.MEAN)
    for x in (weight, picture * weight, painted)
  )
  mean /= tf.maximum(near, reference.LEAST)
  shown = resampling.smooth(edges.continued(mean, real), reference.MEAN)
  detail = (painted + reference.DARK) / (even + reference.DARK)
  detail = tf.clip_by_value(detail, *reference.DETAIL)
  near, around, ours = (
    resampling.smooth(tf.cast(x, tf.float32)[..., tf.newaxis], sigma)
    for x, sigma in (
      (real, reference.REACH),
      (real | new, reference.REACH),
      (new, reference.MEAN),
    )
  )
  ours = tf.minimum(2.0 * ours, 1.0)
  joint = shown * (1.0 + ours * (detail - 1.0))
  near /= reference.ENOUGH * around + reference.LEAST
  share = ours * (1.0 - tf.minimum(near, 1.0))
  return joint + share * (painted - joint)
