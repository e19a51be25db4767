# SPDX-License-Identifier: Apache-2.0
"""Where in a photograph the model looks: `inputs.window`, of what was read."""

import numpy as np

from clothflow_tf.data.photographs import reader
from clothflow_tf.inputs import raw
from clothflow_tf.inputs import window as window_lib

Window = window_lib.Window


def person(original: reader.Original, window: Window) -> dict[str, np.ndarray]:
  """Returns person_image, person_layout and person_keypoints of a window."""
  return window_lib.person(
    original.pixels, original.layout, original.keypoints, window
  )


def place(
  original: reader.Original, size: raw.Size, garment_label: int
) -> Window:
  """Returns the window of size `size` for a person who is to wear a garment."""
  return window_lib.place(
    original.layout, original.keypoints, size, garment_label
  )
