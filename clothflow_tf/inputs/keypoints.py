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
# Bones, from the upper joint to the lower, and how long they usually are where
# they do not turn away, in torsos (neck to hips). Of paper dolls and of
# VITON-HD's persons.
BONES = {
  (1, 0): 0.47,
  **dict.fromkeys(((0, 14), (0, 15)), 0.11),
  **dict.fromkeys(((14, 16), (15, 17)), 0.17),
  **dict.fromkeys(((1, 2), (1, 5)), 0.32),
  **dict.fromkeys(((2, 3), (3, 4), (5, 6), (6, 7)), 0.6),
  **dict.fromkeys(((1, 8), (1, 11)), 1.0),
  **dict.fromkeys(((8, 9), (11, 12)), 0.85),
  **dict.fromkeys(((9, 10), (12, 13)), 0.77),
}
