# SPDX-License-Identifier: Apache-2.0
"""Pictures of what the stages see and do, for people to judge.

Numbers can improve while a picture gets worse; every evaluation therefore
leaves a panel with one example a row: garment, person, layouts, flows (as a
colour wheel: hue is direction, saturation length), warp, result, truth.
"""

import numpy as np

from clothflow_tf.data import drawing

COLUMNS = (
  'garment',
  'person',
  'layout true',
  'layout',
  'flow true',
  'flow',
  'warped',
  'result',
  'truth',
)


def image(values: np.ndarray) -> np.ndarray:
  """Returns uint8 [H, W, 3] for float values in [-1, 1]."""
  return np.round(np.clip((values + 1.0) * 127.5, 0, 255)).astype(np.uint8)


def row(batch: dict, result: dict, index: int) -> np.ndarray:
  """Draws one example of a batch, the columns side by side.

  Args:
    batch: `data.inputs`, as numpy arrays.
    result: `models.try_on.ClothFlow.infer`'s, as numpy arrays.
    index: which example.

  Returns:
    uint8 [H, W * len(COLUMNS), 3].
  """
  example = {key: value[index] for key, value in batch.items()}
  ours = {key: value[index] for key, value in result.items()}
  flow = example.get('flow', np.zeros_like(ours['flow']))
  visible = example.get('visible', np.zeros_like(flow[..., :1]))
  scale = float(np.abs(flow * visible).max()) or float(
    np.abs(ours['flow']).max()
  )
  garment_region = ours['warped_clothing'].sum(-1, keepdims=True) > 0.5
  return np.hstack(
    [
      image(example['source_image']),
      image(example['person_image']),
      drawing.layout_colors(example['target_layout']),
      drawing.layout_colors(ours['layout']),
      drawing.flow_colors(flow * visible, scale),
      drawing.flow_colors(ours['flow'] * garment_region, scale),
      image(ours['warped_garment']),
      image(ours['image']),
      image(example['target_image']),
    ]
  )


def panel(rows: list[np.ndarray]) -> np.ndarray:
  """Stacks rows below a line of titles."""
  return drawing.titled(rows, COLUMNS)
