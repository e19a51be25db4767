# SPDX-License-Identifier: Apache-2.0
"""What TensorBoard would show of a folder, read back for tests."""

import pathlib

import numpy as np
import tensorflow as tf


def images(folder: pathlib.Path, name: str) -> list[tuple[int, np.ndarray]]:
  """Returns (step, uint8 [H, W, 3]) of each image summary, as written."""
  pictures = []
  for path in sorted(pathlib.Path(folder).glob('*tfevents*')):
    for event in tf.compat.v1.train.summary_iterator(str(path)):
      for value in event.summary.value:
        kind = value.metadata.plugin_data.plugin_name
        if value.tag == name and kind == 'images':
          # Width and height as text, then one PNG an image.
          _, _, png = value.tensor.string_val
          pictures.append((event.step, tf.io.decode_png(png).numpy()))
  return pictures
