# SPDX-License-Identifier: Apache-2.0
"""Records as pictures: layouts in colours, skeletons, flows, contact sheets.

A flow is drawn by the colour wheel: hue is its direction, saturation its
length, white is no motion.
"""

import cv2
import numpy as np

from clothflow_tf.inputs import keypoints as keypoints_lib
from clothflow_tf.inputs import labels
from clothflow_tf.ops import warp

_TRUE = ('flow', 'visible')
SHEETS = {
  'try_on': ('product', 'before', 'after', 'layout', 'layout', *_TRUE),
  'pose_transfer': ('source', 'target', 'layout', 'keypoints', *_TRUE),
}
PHOTOGRAPHS = ('source', 'its layout', 'target', 'its layout', 'its keypoints')
_MIDDLE, _RIGHT, _LEFT = (40, 40, 40), (210, 40, 40), (40, 70, 210)
TITLE = 22  # Rows of the line of titles.


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


def skeleton(image: np.ndarray, keypoints: np.ndarray) -> np.ndarray:
  """Draws keypoints [18, 3] and the bones between them over an image.

  Missing keypoints (confidence 0) and their bones are left out. The person's
  right side is drawn in red, the left in blue.
  """
  faded = np.round(0.5 * image + 0.5 * 255).astype(np.uint8)
  size = max(1, image.shape[0] // 128)
  for one, two in keypoints_lib.BONES:
    if keypoints[one, 2] > 0 and keypoints[two, 2] > 0:
      ends = [tuple(map(int, np.round(keypoints[i, :2]))) for i in (one, two)]
      cv2.line(faded, *ends, _color(two), size, cv2.LINE_AA)
  for joint, (x, y, confidence) in enumerate(keypoints):
    if confidence > 0:
      at = (int(round(x)), int(round(y)))
      cv2.circle(faded, at, size + 1, _color(joint), -1, cv2.LINE_AA)
  return faded


def _color(joint: int) -> tuple[int, ...]:
  if joint in (0, 1):
    return _MIDDLE
  return _RIGHT if joint in (2, 3, 4, 8, 9, 10, 14, 16) else _LEFT


def sheet_row(record: dict[str, np.ndarray]) -> np.ndarray:
  """Draws a record as one row of the columns of `SHEETS`.

  A triplet shows both outfits and both layouts, a pair its joints. A record
  without a true flow gets two grey columns in its place.

  Returns:
    uint8 [H, W * N, 3].
  """
  worn, layout = record['target_image'], record['target_layout']
  if 'person_image' in record:
    layouts = [record['person_layout'], layout]
    pictures = [record['person_image'], worn, *map(layout_colors, layouts)]
  else:
    joints = skeleton(worn, record['target_keypoints'])
    pictures = [worn, layout_colors(layout), joints]
  truth = [np.full_like(worn, 128)] * 2
  if 'flow' in record:
    flow, seen = record['flow'].astype(np.float32), record['visible']
    scale = float(np.linalg.norm(flow, axis=-1).max())
    grey = np.where(seen, 255, 0).astype(np.uint8)[..., np.newaxis]
    truth = [flow_colors(flow, scale), np.repeat(grey, 3, -1)]
  return np.hstack([record['source_image'], *pictures, *truth])


def photograph_row(record: dict[str, np.ndarray]) -> np.ndarray:
  """Draws a record as one row of `PHOTOGRAPHS`' columns.

  Layouts, so a garment's mask too, lie half transparent over their pictures,
  with their outlines; joints over the target.

  Returns:
    uint8 [H, W * 5, 3].
  """
  columns = []
  for side in ('source', 'target'):
    image, layout = record[f'{side}_image'], record[f'{side}_layout']
    columns += [image, layout_over(image, layout)]
  joints = skeleton(record['target_image'], record['target_keypoints'])
  return np.hstack([*columns, joints])


def layout_over(image: np.ndarray, layout: np.ndarray) -> np.ndarray:
  """Draws labels [H, W] half transparent over an image, with outlines."""
  mixed = np.round(0.45 * image + 0.55 * labels.COLORS[layout])
  mixed = np.where(layout[..., np.newaxis] > 0, mixed, image).astype(np.uint8)
  square = np.ones((2, 2), np.uint8)
  mixed[cv2.morphologyEx(layout, cv2.MORPH_GRADIENT, square) > 0] = 20
  return mixed


def titled(rows: list[np.ndarray], columns: tuple[str, ...]) -> np.ndarray:
  """Stacks rows of equal columns below a line of their titles."""
  width = rows[0].shape[1]
  title = np.full((TITLE, width, 3), 255, np.uint8)
  for column, text in enumerate(columns):
    place = (column * width // len(columns) + 4, TITLE - 7)
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
