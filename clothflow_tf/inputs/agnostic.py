# SPDX-License-Identifier: Apache-2.0
"""The cloth-agnostic person: what networks see of a person without a garment.

What has to go depends on what the training shows (`config.data.agnostic`):

- 'garment_and_skin': pairs show a person in the very garment to be put on. Its
  outline must not be seen, so arms, neck or legs go with it, and the hole is
  wider than they are, by another margin in each example: a fixed one could be
  taken back (by erosion), and the outline would be there again.
- 'garment': exact triplets show the person in another outfit, which tells
  nothing of the answer. Only what the old garment covers goes; arms, hands,
  neck, hair and the other garments stay as pixels and as labels.

`labels` says which labels a garment replaces. The hole can be filled with what
surrounds it (`config.data.agnostic_fill`).
"""

import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf.inputs import channels
from clothflow_tf.inputs import filling
from clothflow_tf.inputs import labels
from clothflow_tf.inputs import randomness
from clothflow_tf.inputs import sleeves as sleeves_lib
from clothflow_tf.ops import windows

Batch = dict[str, tf.Tensor]

# How far kept parts run on into the hole, as a share of the height.
_RIM = 0.012
# Shares of `agnostic_margin` that the hole of a pair may be wider by.
_MARGINS = (0.7, 1.0, 1.4)
# Side of the squares that continued colours are known on.
_COARSE = 4
# Skin where no skin is seen: the mean of the paper dolls', in [-1, 1].
DEFAULT_SKIN = (0.56, 0.24, 0.07)
SKIN = (labels.FACE, *labels.SKIN)


def make(batch: Batch, data: config_lib.DataConfig) -> Batch:
  """Removes from the person what the source's garment replaces.

  The layout loses exactly the removed labels. The image also loses a margin
  around them: a parser's edge is not exact, and in pairs background just
  beyond the garment would tell its outline.

  Args:
    batch: needs garments, person_layout and person_image; `position`, if it
      is there, decides about the margin of pairs.
    data: says what goes, how wide the margin is and what fills the hole.

  Returns:
    'agnostic_image', 'agnostic_layout', 'removal', 'removed', 'skin' and
    'clothes' of `batch`'s table; with 'garment' also 'person_layout', where
    sleeves that a parser took for arms have the garment's label (`sleeves`),
    and likewise 'person_labels', if it is there.
  """
  removal = removed_labels(batch['garments'], data)
  corrected = {}
  if data.agnostic == 'garment':
    corrected = _with_sleeves(batch, removal)
    batch = batch | corrected
  removed, background = _planes(batch, removal)
  hole = _hole(removed, batch.get('position'), data)
  # Kept parts are kept to their edge; only background gives way to the margin.
  foreground = 1.0 - removed - background
  stays = tf.maximum(1.0 - hole, foreground)
  image = batch['person_image'] * stays
  if data.agnostic_fill:
    known = background * (1.0 - hole)
    filled = filling.continued(batch['person_image'], known)
    image += (1.0 - stays) * filled
    rim = round(_RIM * data.height)
    image = filling.widened(
      image, batch['person_image'], foreground, removed, rim
    )
  kept = _kept(batch['person_layout'], removal)
  return {
    'agnostic_image': image,
    'agnostic_layout': layout(batch['person_layout'], removal),
    'removal': removal,
    'removed': 1.0 - stays,
    **_nearby(batch['person_image'], kept, removed),
    **corrected,
  }


def _with_sleeves(batch: Batch, removal: tf.Tensor) -> Batch:
  """Returns the person's layout, and labels if any, with sleeves as such."""
  layout_of = batch['person_layout']
  sleeves = sleeves_lib.mistaken(batch['person_image'], layout_of, removal)
  garment = tf.one_hot(labels.UPPER_CLOTHES, labels.NUM_LABELS)
  result = {'person_layout': layout_of + sleeves * (garment - layout_of)}
  if 'person_labels' in batch:
    result['person_labels'] = tf.where(
      sleeves[..., 0] > 0.5, labels.UPPER_CLOTHES, batch['person_labels']
    )
  return result


def whole(batch: Batch) -> Batch:
  """Returns the same of a person of whom nothing is removed."""
  kept = batch['person_layout']
  nothing = tf.zeros_like(batch['person_image'][..., :1])
  return {
    'agnostic_image': batch['person_image'],
    'agnostic_layout': kept,
    'removal': tf.zeros_like(batch['garments']),
    'removed': nothing,
    **_nearby(batch['person_image'], kept, nothing),
  }


def removed_labels(
  garments: tf.Tensor, data: config_lib.DataConfig
) -> tf.Tensor:
  """Returns [B, 20], 1 for labels that go with garments [B, 20]."""
  removal = tf.matmul(garments, labels.REMOVED_BY[data.agnostic])
  return tf.minimum(removal, 1.0)


def layout(person_layout: tf.Tensor, removal: tf.Tensor) -> tf.Tensor:
  """Returns a layout [B, h, w, 20] whose removed labels are background.

  Args:
    person_layout: [B, h, w, 20], one-hot, or averaged over squares.
    removal: [B, 20], 1 for labels that go.
  """
  kept = _kept(person_layout, removal)
  removed = 1.0 - tf.reduce_sum(kept, axis=-1, keepdims=True)
  return kept + removed * background()


def background() -> tf.Tensor:
  """Returns the background's one-hot label [20]."""
  return tf.one_hot(labels.BACKGROUND, labels.NUM_LABELS)


def _kept(person_layout: tf.Tensor, removal: tf.Tensor) -> tf.Tensor:
  return person_layout * (1.0 - removal)[:, tf.newaxis, tf.newaxis]


def _planes(batch: Batch, removal: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns where labels are removed, and background, each [B, H, W, 1]."""
  if 'person_labels' in batch:  # Twenty times fewer numbers.
    numbers = batch['person_labels']
    removed = tf.gather(removal, numbers, batch_dims=1)
    rest = tf.cast(tf.equal(numbers, labels.BACKGROUND), tf.float32)
    return removed[..., tf.newaxis], rest[..., tf.newaxis]
  kept = _kept(batch['person_layout'], removal)
  removed = 1.0 - tf.reduce_sum(kept, axis=-1, keepdims=True)
  return removed, channels.total(kept, [labels.BACKGROUND])


def _hole(
  removed: tf.Tensor, position: tf.Tensor | None, data: config_lib.DataConfig
) -> tf.Tensor:
  """Returns the removed region, grown by a margin."""
  if data.agnostic == 'garment' or position is None:
    return windows.dilated(removed, round(data.agnostic_margin * data.height))
  margins = [round(x * data.agnostic_margin * data.height) for x in _MARGINS]
  grown = tf.stack(
    [windows.dilated(removed, margin) for margin in margins], axis=1
  )
  return tf.gather(grown, _choice(position, len(margins)), batch_dims=1)


def _choice(position: tf.Tensor, count: int) -> tf.Tensor:
  """Returns a number below `count` for each place in the training's order."""
  numbers = randomness.each(
    position, 0, 'margin', lambda own: randomness.uniform([], own)
  )
  return tf.cast(numbers * count, tf.int32)


def _nearby(image: tf.Tensor, kept: tf.Tensor, removed: tf.Tensor) -> Batch:
  """Returns the colours of the nearest kept skin and the nearest kept cloth.

  Pixels beside the hole do not count: they may belong to what was removed.
  """
  inner = 1.0 - windows.dilated(removed, 1)
  skin, clothes = (
    channels.total(kept, group) for group in (SKIN, labels.CLOTHING)
  )
  regions = {
    'skin': filling.Region(skin * inner, DEFAULT_SKIN),
    'clothes': filling.Region(clothes * inner),
  }
  colors = filling.spread(image, [*regions.values()], _COARSE)
  size = image.shape[1:3]
  return {
    name: tf.image.resize(each, size) for name, each in zip(regions, colors)
  }
