# SPDX-License-Identifier: Apache-2.0
"""Stage 1's decision where the garment ends, and how the layout sees it.

Not in the paper. A product photo often does not show where the hem will be
(tucked in or loose, how long). A layout that decides it pixel by pixel tears
into patches. So a small network commits to three numbers first (`inputs.ends`:
hem and sleeves), and the layout network sees them as maps. A caller may give
an end instead; in training the true ones are given, with noise, most times.

The hem is estimated in the body's own frame, neck at 0 and hips at 1, so that
it does not depend on where the person stands; sleeves as shares of the arm. The
estimate rests on measured outlines (`models.outlines`).
"""

from typing import Any

import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf.inputs import ends as ends_lib
from clothflow_tf.inputs import keypoints as keypoints_lib
from clothflow_tf.models import blocks
from clothflow_tf.models import outlines

layers = tf.keras.layers

_FLOAT = 'float32'
_UNITS = 64
_NECK = keypoints_lib.NAMES.index('neck')
_HIPS = tuple(
  keypoints_lib.NAMES.index(name) for name in ('right-hip', 'left-hip')
)
# Neck and hips where they are not known, as shares of the picture's height.
_NECK_AT, _HIPS_AT = 0.25, 0.62
# A hem map falls from 1 to -1 over a quarter of the height, a sleeve's over a
# third of the arm; a sleeve's map fades within 6 % of the height.
_HEM_SLOPE, _SLEEVE_SLOPE, _SLEEVE_WIDTH = 8.0, 6.0, 0.06


@tf.keras.utils.register_keras_serializable('clothflow')
class BodyFrame(layers.Layer):
  """Keypoints [B, 18, 3] to neck and torso [B, 2], shares of the height."""

  def __init__(self, height: int, **kwargs: Any):
    super().__init__(**kwargs)
    self.height = height

  def call(self, keypoints: tf.Tensor) -> tf.Tensor:
    seen = tf.cast(keypoints[..., 2] > 0.0, tf.float32)
    y = keypoints[..., 1] / self.height
    neck = seen[:, _NECK] * y[:, _NECK] + (1.0 - seen[:, _NECK]) * _NECK_AT
    first, second = _HIPS
    count = seen[:, first] + seen[:, second]
    total = seen[:, first] * y[:, first] + seen[:, second] * y[:, second]
    unknown = tf.maximum(1.0 - count, 0.0)
    hips = total / tf.maximum(count, 1.0) + unknown * _HIPS_AT
    return tf.stack([neck, tf.maximum(hips - neck, 0.05)], -1)

  def get_config(self) -> dict[str, Any]:
    return {**super().get_config(), 'height': self.height}


@tf.keras.utils.register_keras_serializable('clothflow')
class Placed(layers.Layer):
  """Raw estimates [B, 3] and a body's frame [B, 2] to ends [B, 3]."""

  def call(self, inputs: list[tf.Tensor]) -> tf.Tensor:
    raw, frame = inputs
    hem = frame[:, :1] + frame[:, 1:] * (1.0 + raw[:, :1])
    return tf.concat([hem, tf.sigmoid(raw[:, 1:])], -1)


@tf.keras.utils.register_keras_serializable('clothflow')
class Chosen(layers.Layer):
  """[estimated, given, known], each [B, 3]: the given end where it is known."""

  def call(self, inputs: list[tf.Tensor]) -> tf.Tensor:
    estimated, given, known = inputs
    # The layout's loss must not bend the estimate: it has a loss of its own.
    return known * given + (1.0 - known) * tf.stop_gradient(estimated)


@tf.keras.utils.register_keras_serializable('clothflow')
class EndMaps(layers.Layer):
  """[ends [B, 3], keypoints [B, 18, 3]] to maps [B, h, w, 3] in [-1, 1].

  The hem's map is positive above the hem and negative below. A sleeve's is
  positive along the arm where the sleeve covers it, negative where not, and 0
  away from the arm, or where the arm's joints are unknown.
  """

  def __init__(self, height: int, width: int, factor: int, **kwargs: Any):
    super().__init__(**kwargs)
    self.height, self.width, self.factor = height, width, factor

  def call(self, inputs: list[tf.Tensor]) -> tf.Tensor:
    ends, keypoints = inputs
    rows, columns = self.height // self.factor, self.width // self.factor
    y = (tf.range(rows, dtype=tf.float32) + 0.5) * self.factor - 0.5
    x = (tf.range(columns, dtype=tf.float32) + 0.5) * self.factor - 0.5
    y, x = y[tf.newaxis, :, tf.newaxis], x[tf.newaxis, tf.newaxis]
    hem = ends[:, 0, tf.newaxis, tf.newaxis] - y / self.height
    hem = tf.clip_by_value(_HEM_SLOPE * hem, -1.0, 1.0) * tf.ones_like(x)
    sleeves = [
      self._sleeve(ends[:, 1 + k], keypoints, arm, (x, y))
      for k, arm in enumerate(ends_lib.ARMS)
    ]
    return tf.stack([hem, *sleeves], -1)

  def _sleeve(
    self,
    end: tf.Tensor,
    keypoints: tf.Tensor,
    arm: tuple[int, int, int],
    grid: tuple[tf.Tensor, tf.Tensor],
  ) -> tf.Tensor:
    bones = [self._bone(keypoints, arm[k], arm[k + 1], grid) for k in range(2)]
    (share, near), (lower_share, lower_near) = bones
    lower = tf.cast(lower_near > near, tf.float32)
    place = (1.0 - lower) * share + lower * (1.0 + lower_share)
    covered = end[:, tf.newaxis, tf.newaxis] - place / 2.0
    value = tf.clip_by_value(_SLEEVE_SLOPE * covered, -1.0, 1.0)
    return value * tf.maximum(near, lower_near)

  def _bone(
    self,
    keypoints: tf.Tensor,
    start: int,
    end: int,
    grid: tuple[tf.Tensor, tf.Tensor],
  ) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns how far along a bone each pixel is, 0 to 1, and how near it."""
    x, y = grid
    a = keypoints[:, start, tf.newaxis, tf.newaxis]
    along = keypoints[:, end, tf.newaxis, tf.newaxis] - a
    square = tf.square(along[..., 0]) + tf.square(along[..., 1]) + 1e-3
    dx, dy = x - a[..., 0], y - a[..., 1]
    share = (dx * along[..., 0] + dy * along[..., 1]) / square
    share = tf.clip_by_value(share, 0.0, 1.0)
    away = tf.square(dx - share * along[..., 0])
    away += tf.square(dy - share * along[..., 1])
    seen = tf.cast(
      tf.minimum(keypoints[:, start, 2], keypoints[:, end, 2]) > 0.0, tf.float32
    )
    near = tf.exp(-away / tf.square(_SLEEVE_WIDTH * self.height))
    return share, near * seen[:, tf.newaxis, tf.newaxis]

  def get_config(self) -> dict[str, Any]:
    own = {'height': self.height, 'width': self.width, 'factor': self.factor}
    return {**super().get_config(), **own}


@tf.keras.utils.register_keras_serializable('clothflow')
class InFrame(layers.Layer):
  """[keypoints, frame] to keypoints [B, 18, 3] in the body's own frame.

  x and y are distances from the neck in torsos. A missing joint stays 0.
  """

  def __init__(self, height: int, width: int, **kwargs: Any):
    super().__init__(**kwargs)
    self.height, self.width = height, width

  def call(self, inputs: list[tf.Tensor]) -> tf.Tensor:
    keypoints, frame = inputs
    neck, torso = frame[:, tf.newaxis, 0], frame[:, tf.newaxis, 1]
    known = tf.cast(keypoints[:, _NECK, 2] > 0.0, tf.float32)
    middle = known * keypoints[:, _NECK, 0] + (1.0 - known) * self.width / 2.0
    x = (keypoints[..., 0] - middle[:, tf.newaxis]) / (self.height * torso)
    y = (keypoints[..., 1] / self.height - neck) / torso
    seen = tf.cast(keypoints[..., 2] > 0.0, tf.float32)
    return tf.stack([x * seen, y * seen, seen], -1)

  def get_config(self) -> dict[str, Any]:
    own = {'height': self.height, 'width': self.width}
    return {**super().get_config(), **own}


def estimated(
  inputs: dict[str, tf.Tensor], data: config_lib.DataConfig
) -> tf.Tensor:
  """Returns the ends [B, 3] that a small network estimates.

  It sees outlines and joints, no pixels: of those it would learn the training's
  garments by heart. The sleeves' end is the product's alone, and the same for
  both.

  Args:
    inputs: of the layout network, Keras tensors: source_layout,
      agnostic_layout and removed of its grid, and keypoints.
    data: says the size of the picture that the keypoints are pixels of.
  """
  keypoints = inputs['keypoints']
  size = data.height, data.width
  frame = BodyFrame(data.height, name='body_frame', dtype=_FLOAT)(keypoints)
  joints = InFrame(*size, name='ends_joints', dtype=_FLOAT)([keypoints, frame])
  product = outlines.ProductShape(name='ends_product', dtype=_FLOAT)(
    inputs['source_layout']
  )
  body = outlines.BodyProfile(*size, name='ends_body', dtype=_FLOAT)(
    [inputs['agnostic_layout'], inputs['removed'], keypoints, frame]
  )
  joints = layers.Flatten(name='ends_joints_flat')(joints)
  everything = layers.Concatenate(name='ends_seen')(
    [product, body, joints, frame]
  )
  hem = _decided(everything, 'hem')
  sleeve = _decided(product, 'sleeve')
  raw = layers.Concatenate(name='ends_raw', dtype=_FLOAT)([hem, sleeve, sleeve])
  return Placed(name='ends_estimated', dtype=_FLOAT)([raw, frame])


def _decided(x: tf.Tensor, name: str) -> tf.Tensor:
  """Returns a number [B, 1] that two hidden layers make of features [B, n]."""
  x = blocks.norm(f'ends_{name}_norm')(x)
  for place in range(2):
    x = layers.Dense(
      _UNITS, activation='relu', name=f'ends_{name}_hidden_{place}'
    )(x)
  return layers.Dense(
    1, kernel_initializer='zeros', name=f'ends_{name}_raw', dtype=_FLOAT
  )(x)
