# SPDX-License-Identifier: Apache-2.0
"""What can be used, but is hardly meant: worth a remark, no more."""

import numpy as np
from PIL import Image

from clothflow_tf.inputs import labels

_LEAST = 0.01  # Of VITON-HD's pictures garments cover a tenth and more.
_UPPER = (labels.UPPER_CLOTHES, labels.DRESS, labels.COAT)


def of_mask(mask: np.ndarray) -> list[str]:
  """Returns the remarks on a garment's mask, uint8 [h, w]."""
  share = float(np.mean(mask > 0))
  if share >= _LEAST:
    return []
  return [f'the mask covers {share:.2%} of the picture, hardly a garment']


def of_layout(layout: Image.Image) -> list[str]:
  """Returns the remarks on a person's layout."""
  there = np.nonzero(layout.histogram()[: labels.NUM_LABELS])[0]
  if len(there) == 1:
    return [f'is {labels.NAMES[there[0]]} everywhere, hardly a person']
  if not any(label in there for label in _UPPER):
    return ['has no upper garment, dress or coat']
  return []
