# SPDX-License-Identifier: Apache-2.0
"""Keypoints: the 18 of COCO's OpenPose order.

A pose is float32 [18, 3]: x and y in pixels of the image, and a confidence. A
missing joint is all zeros. Networks see `heat_maps` of it.
"""

NAMES = (
  'nose',
  'neck',
  'right-shoulder',
  'right-elbow',
  'right-wrist',
  'left-shoulder',
  'left-elbow',
  'left-wrist',
  'right-hip',
  'right-knee',
  'right-ankle',
  'left-hip',
  'left-knee',
  'left-ankle',
  'right-eye',
  'left-eye',
  'right-ear',
  'left-ear',
)
NUM_KEYPOINTS = len(NAMES)
