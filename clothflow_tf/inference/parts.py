# SPDX-License-Identifier: Apache-2.0
"""All that a photograph is composed of, after the model has run."""

from typing import NamedTuple

import numpy as np

from clothflow_tf.data.photographs import reader
from clothflow_tf.inference import framing
from clothflow_tf.inputs import labels

# Outputs of a model that a photo is composed of.
NEEDED = (
  *('composition', 'flow', 'image', 'layout', 'light', 'painted', 'removed'),
)


class Parts(NamedTuple):
  """All that a picture is composed of.

  Attributes:
    person: the photo, its layout and where its joints are.
    window: what the model saw of it.
    garment: the product photo, its `layout` the mask.
    garment_label: what it is.
    outputs: of the model, `NEEDED`, without a batch dimension.
  """

  person: reader.Original
  window: framing.Window
  garment: reader.Original
  garment_label: int
  outputs: dict[str, np.ndarray]

  def removed(self, layout: np.ndarray) -> np.ndarray:
    """Returns 1.0 where a layout [h, w] has a label that the garment replaces.

    Arms and neck are none, also of a model that paints them anew: what it
    leaves of them is in its outputs.
    """
    return labels.REMOVED_BY['garment'][self.garment_label][layout]
