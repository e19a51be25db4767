# SPDX-License-Identifier: Apache-2.0
"""New skin that goes on where the person's own skin ends.

A model paints new skin in one tone of the whole person. Beside a real hand or
throat, which have their own tone and light, that is a step. Near real skin the
painted one takes its colours; further away it is the model's.
"""

import numpy as np

from clothflow_tf.inference import edges

# Of the model's pixels: real skin is averaged over so many, and changes the
# painted within about twice as many.
MEAN, REACH = 2.0, 10.0
# A smooth region of this much real skin counts as all.
ENOUGH = 0.25
# Added to colours in [0, 255], so that dark ones have a ratio.
DARK = 8.0
# The painted light and dark there, against what is around.
DETAIL = (0.94, 1.04)
# Painted limbs are tubes: so much of their shade, within so many of the
# model's pixels, goes.
FLATTER, LIMB = 0.5, 6.0
LEAST = 1e-3


def joined(
  painted: np.ndarray, picture: np.ndarray, real: np.ndarray, new: np.ndarray
) -> np.ndarray:
  """Returns painted skin that meets the real skin without a step.

  Args:
    painted: colours of new skin, continued everywhere, float32 [H, W, 3].
    picture: the photo, float32 [H, W, 3].
    real: where the photo shows skin that stays, away from its edges, bool
      [H, W].
    new: where new skin is painted, bool [H, W].
  """
  painted = _flatter(painted, new)
  if not real.any():
    return painted
  weight = real.astype(np.float32)[..., np.newaxis]
  near = edges.smooth(weight, MEAN)[..., np.newaxis]
  mean = edges.smooth(picture * weight, MEAN) / np.maximum(near, LEAST)
  shown = edges.smooth(edges.continued(mean, real), MEAN)
  even = edges.smooth(painted, MEAN)
  detail = np.clip((painted + DARK) / (even + DARK), *DETAIL)
  near, around, ours = (
    edges.smooth(x.astype(np.float32), sigma)[..., np.newaxis]
    for x, sigma in ((real, REACH), (real | new, REACH), (new, MEAN))
  )
  ours = np.minimum(2.0 * ours, 1.0)
  joint = shown * (1.0 + ours * (detail - 1.0))
  share = ours * (1.0 - np.minimum(near / (ENOUGH * around + LEAST), 1.0))
  return joint + share * (painted - joint)


def _flatter(painted: np.ndarray, new: np.ndarray) -> np.ndarray:
  """Returns new skin whose limbs are less like tubes."""
  weight = new.astype(np.float32)[..., np.newaxis]
  near = edges.smooth(weight, LIMB)[..., np.newaxis]
  mean = edges.smooth(painted * weight, LIMB) / np.maximum(near, LEAST)
  known = np.minimum(near / ENOUGH, 1.0)
  return painted + FLATTER * known * (mean - painted)
