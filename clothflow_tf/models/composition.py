# SPDX-License-Identifier: Apache-2.0
"""What of a photograph may change, and of what the result is composed there.

A try-on has to change little of a photo: the old garment, the new one, and skin
that one covers or uncovers. Everywhere else the result is the photo, to the
bit. Within that region it is the sum

    image = photo's share * photo + garment's share * lit garment
            + painted share * painted

whose terms are outputs of the exported model, so that an application can add
them up at the photo's own size (`inference.compose`).

Not in the paper, which paints the whole image.
"""

import tensorflow as tf

from clothflow_tf.inputs import batch as batch_lib
from clothflow_tf.inputs import channels
from clothflow_tf.inputs import labels
from clothflow_tf.models import render
from clothflow_tf.models import skin_tone
from clothflow_tf.ops import ratios
from clothflow_tf.ops import windows

Batch = dict[str, tf.Tensor]

# A parser's edge may be so many pixels off; then the region ends in one pixel.
_RIM = 2
_FEATHER = 1
# Images in [-1, 1] that differ less are the same.
_SAME = 1e-3
# Shares of less than this do not divide well.
_LEAST = 1e-3


def region(batch: Batch, layout: tf.Tensor) -> tf.Tensor:
  """Returns how far each pixel may change, float32 [B, H, W, 1], 0 to 1.

  It is what was taken off, the new garment, and skin whose label is new, grown
  by two pixels, and one more that fades. Face, hair, hat and glasses belong to
  it only within two pixels of what was taken off: a parser gives them the edge
  of an old collar.

  Args:
    batch: needs person_layout, agnostic_layout, removed and garments.
    layout: the predicted layout, one-hot [B, H, W, 20].
  """
  removed = batch['removed']
  garment = batch_lib.worn(batch_lib.clothing(layout), batch)
  skin = channels.total(layout, labels.COVERABLE)
  skin -= channels.total(layout * batch['agnostic_layout'], labels.COVERABLE)
  changes = tf.maximum(tf.maximum(removed, garment), skin)
  changes = windows.dilated(changes, _RIM)
  changes = windows.mean(changes, 2 * _FEATHER + 1)
  person = batch['person_layout']
  head = channels.total(person, labels.HEAD) * (
    1.0 - windows.dilated(removed, _RIM)
  )
  return changes * (1.0 - head)


def kept(rendered: Batch, batch: Batch, layout: tf.Tensor) -> Batch:
  """Returns what stage 3 rendered, the photo where nothing may change.

  Args:
    rendered: of `models.render.RenderNet`, composition 'layers'.
    batch: what it was rendered of; needs what `region` needs, too.
    layout: the predicted layout, one-hot [B, H, W, 20].

  Returns:
    'image' [B, H, W, 3] in [-1, 1], new skin in the colour of what the person
    shows (`models.skin_tone`); 'composition' [B, H, W, 3], the shares of
    garment, photo and painted, which sum to 1; 'painted' [B, H, W, 3], the
    colours of what is neither; 'light' [B, H, W, 1], as stage 3's, or 0;
    'removed' [B, H, W, 1], as in the batch.
  """
  changes = region(batch, layout)
  photo, agnostic = batch['person_image'], batch['agnostic_image']
  light = rendered.get('light', tf.zeros_like(changes))
  garment = render.lit(batch['warped_garment'], light)
  names = ['painted', *render.COPIED['layers']]
  weights = {
    name: rendered['weights'][..., i : i + 1] for i, name in enumerate(names)
  }
  # Where the agnostic image is the photo, its weight is the photo's.
  apart = channels.total(tf.abs(photo - agnostic), (0, 1, 2))
  same = ratios.positive(_SAME - apart)
  own = weights['warped_garment']
  stays = weights['agnostic_image'] * same
  rest = rendered['image'] - own * garment - stays * photo
  share = tf.maximum(1.0 - own - stays, 0.0)
  painted = rest / tf.maximum(share, _LEAST)
  painted = tf.clip_by_value(painted, -1.0, 1.0)
  painted = skin_tone.matched(painted, share * changes, batch, layout)
  own, share = own * changes, share * changes
  stays = 1.0 - own - share
  image = stays * photo + own * garment + share * painted
  return {
    # Not the sum where nothing changes: rounding must not, either.
    'image': photo + ratios.positive(changes) * (image - photo),
    'composition': tf.concat([own, stays, share], -1),
    'painted': painted,
    'light': light,
    'removed': batch['removed'],
  }
