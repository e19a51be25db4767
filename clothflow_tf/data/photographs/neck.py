# SPDX-License-Identifier: Apache-2.0
"""Cuts the neck from the head of a parse map whose head holds both.

ATR's label set has no neck; in Dress Code's maps it belongs to the head (11),
which a try-on keeps, and with it the old neckline. Public loaders of Dress Code
cut the head where it comes near the line through the shoulders, and so does
this: what is below that line, raised by 20 / 512 of the height, is torso skin.
A line steeper than 45 degrees (a person from the side) is taken as so steep, or
it would cut the face.
"""

import numpy as np

from clothflow_tf.inputs import labels

PARSINGS = ('atr',)  # Label sets whose head holds the neck.
_SHOULDERS = (2, 5)
_RAISED = 20 / 512  # Of the height.


def cut(layout: np.ndarray, keypoints: np.ndarray) -> np.ndarray | None:
  """Returns a layout whose neck is torso skin; None if a shoulder is missing.

  Args:
    layout: uint8 [h, w], labels.
    keypoints: [18, 3], COCO-18, in its pixels.
  """
  right, left = keypoints[[*_SHOULDERS]]
  if not (right[2] > 0 and left[2] > 0):
    return None
  across, down = (left - right)[:2]
  slope = np.clip(down / across, -1, 1) if across else 0.0
  x, y = (right + left)[:2] / 2
  height, width = layout.shape
  line = y + slope * (np.arange(width) - x) - _RAISED * height
  below = np.arange(height)[:, np.newaxis] >= line
  is_neck = (layout == labels.FACE) & below
  return np.where(is_neck, np.uint8(labels.TORSO_SKIN), layout)
