# SPDX-License-Identifier: Apache-2.0
"""Pictures of what the stages see and do, for people to judge.

Numbers can improve while a picture gets worse; every evaluation therefore
leaves a panel with one example a row: garment, person, layouts, flows (as a
colour wheel: hue is direction, saturation length), warp, result, truth.
"""

import cv2
import numpy as np

from clothflow_tf.data import labels
from clothflow_tf.ops import warp

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
_TITLE = 22  # Rows of the line of titles.


def flow_colors(flow: np.ndarray, scale: float) -> np.ndarray:
  """Draws a flow by the colour wheel.

  Args:
    flow: float32 [H, W, 2], pixels.
    scale: the length, in pixels, that is drawn fully saturated.

  Returns:
    uint8 [H, W, 3], RGB; white is no motion.
  """
  flow = flow.astype(np.float32)
  length, angle = cv2.cartToPolar(
    np.ascontiguousarray(flow[..., warp.X]),
    np.ascontiguousarray(flow[..., warp.Y]),
    angleInDegrees=True,
  )
  saturation = np.clip(length / max(scale, 1e-6), 0.0, 1.0)
  hsv = np.stack([angle, saturation, np.ones_like(angle)], axis=-1)
  return np.round(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB) * 255).astype(np.uint8)


def layout_colors(layout: np.ndarray) -> np.ndarray:
  """Draws labels [H, W], or one-hot [H, W, 20], in their colours."""
  if layout.ndim == 3:
    layout = layout.argmax(-1)
  return labels.COLORS[layout]


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
      layout_colors(example['target_layout']),
      layout_colors(ours['layout']),
      flow_colors(flow * visible, scale),
      flow_colors(ours['flow'] * garment_region, scale),
      image(ours['warped_garment']),
      image(ours['image']),
      image(example['target_image']),
    ]
  )


def panel(rows: list[np.ndarray]) -> np.ndarray:
  """Stacks rows below a line of titles."""
  width = rows[0].shape[1]
  title = np.full((_TITLE, width, 3), 255, np.uint8)
  for column, text in enumerate(COLUMNS):
    place = (column * width // len(COLUMNS) + 4, _TITLE - 7)
    cv2.putText(
      title,
      text,
      place,
      cv2.FONT_HERSHEY_SIMPLEX,
      0.45,
      (0, 0, 0),
      1,
      cv2.LINE_AA,
    )
  return np.vstack([title, *rows])
