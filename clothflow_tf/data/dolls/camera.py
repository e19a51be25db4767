# SPDX-License-Identifier: Apache-2.0
"""From canvases to pictures, layouts and joints of a record's size.

A camera is one person's: its grain, and the way in which a parser's edges
wander, are the same for all outfits, so that what these have in common stays
the same to the pixel and to the label.
"""

import cv2
import numpy as np

from clothflow_tf.data.dolls import canvas as canvases
from clothflow_tf.data.dolls import places
from clothflow_tf.data.dolls import puppet as puppet_lib
from clothflow_tf.data.dolls import streams
from clothflow_tf.data.dolls import textures

_GRAINY = 0.5  # Share of the pictures with a grain.


class Camera:
  """Takes pictures of a record's size."""

  def __init__(self, key: streams.Key, size: places.Size):
    self._size = size
    self._labels = streams.stream(key, 'labels')
    self._map = self._wandering()
    rng = streams.stream(key, 'grain')
    grain = rng.uniform(0.4, 2.2) if streams.chance(rng, _GRAINY) else 0.0
    self._grain = None
    if grain:
      noise = rng.standard_normal((*size, 3), np.float32)
      self._grain = np.float32(grain) * noise

  def pictures(
    self,
    name: str,
    canvas: canvases.Canvas,
    puppet: puppet_lib.Puppet | None = None,
  ) -> dict[str, np.ndarray]:
    """Returns image, layout and a puppet's keypoints under their names."""
    image = canvas.image
    h, w = self._size
    image = cv2.resize(image, (w, h), interpolation=cv2.INTER_AREA)
    if self._grain is not None:
      image = image + self._grain
    fields = {
      f'{name}_image': np.clip(np.rint(image), 0, 255).astype(np.uint8),
      f'{name}_layout': self._labelled(canvas.layout),
    }
    if puppet is not None:
      fields[f'{name}_keypoints'] = self._keypoints(puppet)
    return fields

  def mask(self, mask: np.ndarray) -> np.ndarray:
    """Returns a product's mask [h, w] uint8 0 or 1, its edge a bit off."""
    solid = (mask > 127).astype(np.uint8)
    edge = cv2.BORDER_REPLICATE
    own = self._wandering()
    return cv2.remap(solid, *own, cv2.INTER_NEAREST, borderMode=edge)

  def _labelled(self, layout: np.ndarray) -> np.ndarray:
    edge = cv2.BORDER_REPLICATE
    return cv2.remap(layout, *self._map, cv2.INTER_NEAREST, borderMode=edge)

  def _wandering(self) -> tuple[np.ndarray, np.ndarray]:
    """Draws where labels are looked up: within about a record's pixel."""
    h, w = self._size
    dx, dy = (
      np.clip(0.6 * textures.noise(self._labels, self._size, 24.0), -1.2, 1.2)
      for _ in range(2)
    )
    # The centre of a record's pixel x is at 2 x + 0.5.
    x = 2 * (np.arange(w, dtype=np.float32)[None] + dx) + np.float32(0.5)
    y = 2 * (np.arange(h, dtype=np.float32)[:, None] + dy) + np.float32(0.5)
    return x, y

  def _keypoints(self, puppet: puppet_lib.Puppet) -> np.ndarray:
    """Returns noisy keypoints [18, 3]; missing or outside the frame is 0."""
    rng, (h, w) = self._labels, self._size
    joints = (puppet.keypoints() - 0.5) / 2
    joints = joints + rng.normal(0, 0.018 * puppet.pose.unit, joints.shape)
    seen = rng.random(18) < puppet.detection()
    seen &= (joints >= 0).all(1) & (joints <= (w - 1, h - 1)).all(1)
    confidence = rng.uniform(0.6, 0.98, 18)
    joints = np.concatenate([joints, confidence[:, None]], 1)
    return np.where(seen[:, None], joints, 0.0).astype(np.float32)


def halved(image: np.ndarray) -> np.ndarray:
  """Averages 2x2 blocks into uint8."""
  h, w = image.shape[:2]
  size = (w // 2, h // 2)
  return cv2.convertScaleAbs(
    cv2.resize(image, size, interpolation=cv2.INTER_AREA)
  )
