# SPDX-License-Identifier: Apache-2.0
"""What a photograph is composed of: `inference.planes`, in a graph."""

import tensorflow as tf

from clothflow_tf.inference import planes as reference
from clothflow_tf.inference import silhouette as silhouette_reference
from clothflow_tf.inputs import labels
from clothflow_tf.ops import windows
from export.serving.graph import edges
from export.serving.graph import outline
from export.serving.graph import resampling
from export.serving.graph import silhouette

# Regions of the result.
_REGIONS = ('garment', 'skin', 'others', 'background')
# Planes that are enlarged, and how many channels each has.
CHANNELS = {
  **dict.fromkeys(_REGIONS, 1),
  **{f'{name} colors': 3 for name in _REGIONS},
  'flow': 2,
  'light': 1,
  'shares': 3,
  'stays': 1,
  'same': 1,
}

Tensors = dict[str, tf.Tensor]


def of(place: edges.Place, picture: tf.Tensor, outputs: Tensors) -> tf.Tensor:
  """Returns all that is enlarged, float32 [H, W, sum of `CHANNELS`].

  Args:
    place: the photo's layout, and the window.
    picture: what the model saw, uint8 [H, W, 3].
    outputs: of the model, without a batch dimension.
  """
  shares = edges.tidy(place, outputs['composition'])
  drawn = edges.without_slivers(place, outputs, shares)
  outputs = {**outputs, 'layout': drawn}
  layout = place.window.layout(place.layout)
  free = layout == labels.BACKGROUND
  own = shares[..., 0]
  kinds = {
    name: tf.cast(x, tf.float32)
    for name, x in _kinds(outputs['layout']).items()
  }
  bare = kinds.pop('background') * (1.0 - own)
  regions = {'garment': own}
  regions.update({name: x * (1.0 - own) for name, x in kinds.items()})
  colors = _colors(outputs, shares, bare)
  colors['background'] = edges.continued(
    tf.cast(picture, tf.float32), free & (outputs['removed'] == 0)
  )
  clear = outline.clear(picture, layout)
  uncovered = kinds['skin'] * tf.cast(
    (shares[..., 2] > reference.HALF) & (outputs['removed'] > 0), tf.float32
  )
  same = silhouette.agreement(bare, tf.cast(free, tf.float32), clear, uncovered)
  planes = {
    **{name: _reaching(x) for name, x in regions.items()},
    'background': _smooth(bare),
    **{f'{name} colors': x for name, x in colors.items()},
    'flow': outputs['flow'],
    'light': outputs['light'],
    'shares': shares,
    'stays': edges.stays(shares),
    'same': same[..., tf.newaxis],
  }
  return tf.concat([planes[name] for name in CHANNELS], -1)


def _kinds(layout: tf.Tensor) -> Tensors:
  """Returns where a layout has skin, background, and all else, bool."""
  skin = edges.is_any(layout, labels.SKIN)
  free = layout == labels.BACKGROUND
  return {'skin': skin, 'others': ~(skin | free), 'background': free}


def _smooth(region: tf.Tensor, times: int = 1) -> tf.Tensor:
  sigma = times * silhouette_reference.SMOOTH
  return resampling.smooth(region[..., tf.newaxis], sigma)


def _reaching(region: tf.Tensor) -> tf.Tensor:
  """Returns a region, smooth, that reaches on faintly."""
  return _smooth(region) + reference.FAINT * _smooth(region, reference.FAR)


def _colors(outputs: Tensors, shares: tf.Tensor, bare: tf.Tensor) -> Tensors:
  """Returns the colours of garment, skin and all else, continued."""
  kinds = _kinds(outputs['layout'])
  side = reference.EDGE.shape[0]
  outside = tf.cast(bare > reference.HALF, tf.float32)
  outside = windows.dilated(outside[tf.newaxis, ..., tf.newaxis], side // 2)
  inner = outside[0, ..., 0] < 0.5
  own, painted = (inner & (shares[..., i] > reference.HALF) for i in (0, 2))
  known = {'garment': (outputs['image'], own)}
  for name in ('skin', 'others'):
    known[name] = (outputs['painted'], painted & kinds[name])
  return {
    name: resampling.smooth(
      edges.continued(tf.cast(picture, tf.float32), region), reference.SMOOTH
    )
    for name, (picture, region) in known.items()
  }
