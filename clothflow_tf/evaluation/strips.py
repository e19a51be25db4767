# SPDX-License-Identifier: Apache-2.0
"""One example as a strip of pictures, and which examples to show.

Means hide how a model fails. So a report shows, axis by axis, the best, the
median and the worst example, chosen by the number and by nobody's taste.
"""

import cv2
import numpy as np

from clothflow_tf.evaluation import image_metrics
from clothflow_tf.evaluation import pictures

COLUMNS = ('person', 'product', 'result', 'truth', 'error')
# Changes of so many grey levels are drawn darkest.
_FULL = 128.0
_QUALITY = 90
_GAP = 4  # White pixels between pictures.


def draw(batch: dict, result: dict) -> list[bytes]:
  """Returns a JPEG file of `COLUMNS` for each example of a batch."""
  error = image_metrics.change(result['image'], batch['target_image'])
  shown = {
    'person': batch['person_image'],
    'product': batch['source_image'],
    'result': result['image'],
    'truth': batch['target_image'],
  }
  columns = [pictures.image(np.asarray(x)) for x in shown.values()]
  columns.append(error_colors(np.asarray(error)))
  return [encoded(example) for example in zip(*columns, strict=True)]


def encoded(images: tuple[np.ndarray, ...]) -> bytes:
  """Returns pictures of one height side by side, as a JPEG file."""
  gap = np.full((images[0].shape[0], _GAP, 3), 255, np.uint8)
  parts = [part for image in images for part in (image, gap)][:-1]
  strip = cv2.cvtColor(np.hstack(parts), cv2.COLOR_RGB2BGR)
  _, file = cv2.imencode('.jpg', strip, (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))
  return file.tobytes()


def error_colors(levels: np.ndarray) -> np.ndarray:
  """Draws changes [.., H, W] in grey levels: white is none, red, then black.

  Returns:
    uint8 [.., H, W, 3].
  """
  share = np.clip(levels / _FULL, 0.0, 1.0)
  # First green and blue fade, then red does.
  red = np.clip(2.0 - 2.0 * share, 0.0, 1.0)
  other = np.clip(1.0 - 2.0 * share, 0.0, 1.0)
  colors = np.stack([red, other, other], -1)
  return np.round(255 * colors).astype(np.uint8)


def chosen(
  values: np.ndarray, weights: np.ndarray, higher: bool
) -> dict[str, int]:
  """Returns which example is 'best', 'median' and 'worst'; {} for none.

  Args:
    values: [N], a measure of each example.
    weights: [N], 0 where it has nothing to say.
    higher: whether more is better.
  """
  known = np.flatnonzero(weights > 0)
  if not known.size:
    return {}
  order = known[np.argsort(values[known], kind='stable')]
  if higher:
    order = order[::-1]
  places = {'best': 0, 'median': len(order) // 2, 'worst': len(order) - 1}
  return {name: int(order[place]) for name, place in places.items()}
