# SPDX-License-Identifier: Apache-2.0
"""What a photograph is composed of: `inference.planes`, in a graph."""

import tensorflow as tf

from clothflow_tf.inference import edges as edges_reference
from clothflow_tf.inference import planes as reference
from clothflow_tf.inference import silhouette as silhouette_reference
from clothflow_tf.inputs import labels
from export.serving.graph import edges
from export.serving.graph import outline
from export.serving.graph import resampling
from export.serving.graph import settled
from export.serving.graph import silhouette
from export.serving.graph import skin
from export.serving.graph import specks

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
  'painted': 1,
  'bare skin': 1,
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
  drawn, shares = settled.of(place, outputs, specks.tidy(place, outputs))
  outputs = {**outputs, 'layout': drawn}
  picture, seen = tf.cast(picture, tf.float32), _seen(place, outputs)
  own = shares[..., 0]
  kinds = _kinds(drawn)
  free = drawn == labels.BACKGROUND
  bare = tf.cast(free, tf.float32) * (1.0 - own)
  new = kinds['skin'] & (shares[..., 2] > reference.HALF)
  colors = _colors(outputs, shares, bare, (picture, seen['others']))
  lower = tf.reduce_any(tf.equal(place.label, labels.LOWER))
  upper_skin = edges.is_any(
    place.window.layout(place.layout), labels.UPPER_SKIN
  )
  lends = seen['skin'] & (lower | upper_skin)
  colors['skin'] = skin.joined(colors['skin'], picture, lends, new)
  untouched = outputs['removed'] == 0
  layout = place.window.layout(place.layout)
  free = layout == labels.BACKGROUND
  person = edges.dilated(~free | ~untouched, reference.EDGE.shape[0] // 2)
  colors['background'] = edges.continued(picture, ~person)
  uncovered = tf.cast(new & ~untouched, tf.float32)
  same = silhouette.agreement(
    bare,
    tf.cast(free, tf.float32),
    outline.clear(picture, layout),
    uncovered,
  )
  planes = {
    **_regions(kinds, own),
    'background': silhouette.plane(bare, uncovered),
    **{f'{name} colors': x for name, x in colors.items()},
    'flow': outputs['flow'],
    'light': outputs['light'],
    'shares': shares,
    'stays': edges.stays(shares),
    'painted': edges.painted(shares),
    'bare skin': _bare_skin(drawn, shares),
    'same': same[..., tf.newaxis],
  }
  return tf.concat([planes[name] for name in CHANNELS], -1)


def _bare_skin(layout: tf.Tensor, shares: tf.Tensor) -> tf.Tensor:
  """Returns whether neck, chest or new arms are nearby, [H, W, 1], 0 to 1."""
  half = reference.HALF
  region = (layout == labels.TORSO_SKIN) & (shares[..., 0] < half)
  region |= edges.is_any(layout, labels.ARMS) & (shares[..., 2] > half)
  region = tf.cast(region, tf.float32)[..., tf.newaxis]
  region = resampling.smooth(region, reference.OWN_EDGE)
  return tf.minimum(region / edges_reference.BESIDE, 1.0)


def _kinds(layout: tf.Tensor) -> Tensors:
  """Returns where a layout has skin, and where all else of a person, bool."""
  region = edges.is_any(layout, labels.SKIN)
  return {'skin': region, 'others': ~region & (layout != labels.BACKGROUND)}


def _seen(place: edges.Place, outputs: Tensors) -> Tensors:
  """Returns where the photo shows what stays of the result's kinds, bool."""
  layout = place.window.layout(place.layout)
  stays = (outputs['removed'] == 0) & (place.removed(layout) == 0.0)
  before = _kinds(layout)
  side = reference.SQUARE.shape[0]
  return {
    name: ~edges.dilated(~(region & before[name] & stays), side // 2)
    for name, region in _kinds(outputs['layout']).items()
  }


def _regions(kinds: Tensors, own: tf.Tensor) -> Tensors:
  regions = {'garment': own}
  for name, region in kinds.items():
    regions[name] = tf.cast(region, tf.float32) * (1.0 - own)
  return {
    name: _smooth(region) + reference.FAINT * _smooth(region, reference.FAR)
    for name, region in regions.items()
  }


def _smooth(region: tf.Tensor, times: int = 1) -> tf.Tensor:
  sigma = times * silhouette_reference.SMOOTH
  return resampling.smooth(region[..., tf.newaxis], sigma)


def _colors(
  outputs: Tensors,
  shares: tf.Tensor,
  bare: tf.Tensor,
  seen: tuple[tf.Tensor, tf.Tensor],
) -> Tensors:
  """Returns the colours of garment, painted skin and painted others.

  Args:
    outputs: of the model, its layout settled.
    shares: of garment, photo and painted, [H, W, 3].
    bare: how much is background, [H, W].
    seen: what the model saw [H, W, 3], and where that shows others that stay.
  """
  reach = reference.EDGE.shape[0] // 2
  inner = ~edges.dilated(bare > reference.HALF, reach)
  sure = shares[..., 0] > reference.SURE
  beside = edges.dilated(shares[..., 0] > reference.FAINTLY, reach)
  new = inner & ~beside & (shares[..., 2] > reference.HALF)
  kinds = _kinds(outputs['layout'])
  picture, others = seen
  painted = tf.cast(outputs['painted'], tf.float32)
  known = {
    'garment': (tf.cast(outputs['image'], tf.float32), inner & sure),
    'skin': (painted, new & kinds['skin']),
    'others': (
      tf.where(others[..., tf.newaxis], picture, painted),
      (new & kinds['others']) | others,
    ),
  }
  return {
    name: resampling.smooth(edges.continued(*pair), reference.SMOOTH)
    for name, pair in known.items()
  }
