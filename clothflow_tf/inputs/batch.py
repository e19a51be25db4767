# SPDX-License-Identifier: Apache-2.0
"""The one place where a record becomes what the networks see.

Training, evaluation and the exported graphs all call `from_record`, inside the
graph, on a batch of records; so an application hands over uint8 images and
keypoints (`from_raw`) and needs no preprocessing code, and no run can prepare
its inputs in another way than its training did.

A batch is a flat dict (images in [-1, 1], one-hot layouts, C clothing
categories, H x W as in the configuration):

| key              | shape          | meaning                                |
|------------------|----------------|----------------------------------------|
| source_image     | [B, H, W, 3]   | I_s                                    |
| source_layout    | [B, H, W, 20]  | full segmentation of the source        |
| source_clothing  | [B, H, W, C]   | s_s, clothing only                     |
| garment          | [B, H, W, 3]   | c_s, source clothing pixels, 0 outside |
| pose             | [B, H, W, 18]  | p_t, heat maps                         |
| person_image     | [B, H, W, 3]   | the photo of the person                |
| person_layout    | [B, H, W, 20]  | its full segmentation                  |
| agnostic_image   | [B, H, W, 3]   | what stays of person_image             |
| agnostic_layout  | [B, H, W, 20]  | its layout, background elsewhere       |
| skin_tone        | [B, H, W, 3]   | the face's mean colour, everywhere     |
| target_image     | [B, H, W, 3]   | I_t, the truth                         |
| target_layout    | [B, H, W, 20]  | full segmentation of the target        |
| target_clothing  | [B, H, W, C]   | s_t, clothing only                     |
| target_garment   | [B, H, W, 3]   | c_t, target clothing pixels            |
| flow, visible    | [B, H, W, 2/1] | the true flow, where the data has it   |
| position         | [B] int64      | place in the training's order, if any  |

The truths (target_*, flow, visible) are there if the record has them; at
inference it has none. In pose transfer the source photo is itself the person,
and all of it stays: person, agnostic and source are the same. In try-on the
agnostic person lacks what the garment replaces (`labels.REMOVED_BY`); the hole
that is left is 0, or the background continued into it. Records of pairs have no
photo of the person in other clothes: the target photo is the person's.
"""

import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf.inputs import keypoints
from clothflow_tf.inputs import labels
from clothflow_tf.inputs import raw as raw_lib

NUM_CLOTHING = len(labels.CLOTHING)
# How far kept parts run on into the agnostic hole, as a share of the height.
_RIM = 0.012


def from_raw(
  raw: dict[str, tf.Tensor], data: config_lib.DataConfig
) -> dict[str, tf.Tensor]:
  """Turns raw inputs (`raw`) into the networks' inputs; there is no truth."""
  layout = None
  if data.task == 'try_on':
    # int32 first: mobile runtimes neither compare nor multiply uint8.
    mask = tf.cast(raw['garment_mask'], tf.int32)
    layout = tf.cast(mask >= raw_lib.THRESHOLD, tf.int32) * data.garment_label
  return from_record(raw_lib.arranged(raw, layout), data)


def from_record(
  record: dict[str, tf.Tensor], data: config_lib.DataConfig
) -> dict[str, tf.Tensor]:
  """Turns a batch of records into the networks' inputs and truths.

  Args:
    record: fields of `record.shapes`, each with a leading batch dimension.
      Source and target_keypoints must be there, in try-on a person or a
      target, too.
    data: the data section of a configuration.

  Returns:
    The batch of the module's table.
  """
  source_layout = one_hot(record['source_layout'])
  source_image = normalize(record['source_image'])
  batch = {
    'source_image': source_image,
    'source_layout': source_layout,
    'source_clothing': clothing(source_layout),
    'garment': source_image * _any_clothing(source_layout),
    'pose': keypoints.heat_maps(
      record['target_keypoints'],
      data.height,
      data.width,
      data.heat_map_sigma * data.height,
    ),
    **_person(record, data),
    **_truths(record),
  }
  if data.task == 'try_on':
    batch.update(_agnostic(batch, data))
  else:
    batch['agnostic_image'] = batch['person_image']
    batch['agnostic_layout'] = batch['person_layout']
  batch['skin_tone'] = _skin_tone(batch)
  if 'position' in record:
    batch['position'] = record['position']
  return batch


def _person(
  record: dict[str, tf.Tensor], data: config_lib.DataConfig
) -> dict[str, tf.Tensor]:
  """Returns person_image and person_layout."""
  role = 'source'
  if data.task == 'try_on':
    role = 'person' if 'person_image' in record else 'target'
  return {
    'person_image': normalize(record[f'{role}_image']),
    'person_layout': one_hot(record[f'{role}_layout']),
  }


def _truths(record: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
  """Returns the truths that a record has."""
  truths = {}
  if 'target_image' in record:
    image = normalize(record['target_image'])
    layout = one_hot(record['target_layout'])
    truths = {
      'target_image': image,
      'target_layout': layout,
      'target_clothing': clothing(layout),
      'target_garment': image * _any_clothing(layout),
    }
  if 'flow' in record:
    truths['flow'] = tf.cast(record['flow'], tf.float32)
    visible = tf.cast(record['visible'], tf.float32)
    truths['visible'] = visible[..., tf.newaxis]
  return truths


def normalize(image: tf.Tensor) -> tf.Tensor:
  """Maps uint8 images [.., 3] to float32 in [-1, 1]."""
  return tf.cast(image, tf.float32) / 127.5 - 1.0


def denormalize(image: tf.Tensor) -> tf.Tensor:
  """Maps float images in [-1, 1] to uint8, rounding and clipping."""
  values = tf.round((image + 1.0) * 127.5)
  return tf.cast(tf.clip_by_value(values, 0.0, 255.0), tf.uint8)


def one_hot(layout: tf.Tensor) -> tf.Tensor:
  """Maps label layouts [B, H, W] to float32 [B, H, W, 20]."""
  channels = tf.range(labels.NUM_LABELS, dtype=tf.int32)
  same = tf.equal(tf.cast(layout, tf.int32)[..., tf.newaxis], channels)
  return tf.cast(same, tf.float32)


def clothing(layout: tf.Tensor) -> tf.Tensor:
  """Keeps the clothing channels [B, H, W, C] of a layout [B, H, W, 20]."""
  return tf.gather(layout, labels.CLOTHING, axis=-1)


def _any_clothing(layout: tf.Tensor) -> tf.Tensor:
  return tf.reduce_sum(clothing(layout), axis=-1, keepdims=True)


def _agnostic(
  batch: dict[str, tf.Tensor], data: config_lib.DataConfig
) -> dict[str, tf.Tensor]:
  """Removes from the person what the source's garment replaces.

  The layout loses exactly the removed labels. The image also loses a margin
  around them: background just beyond the old garment would tell its outline,
  and a renderer would learn to fill that outline instead of the new one.

  Args:
    batch: needs source_layout, person_layout and person_image.
    data: says how wide the margin is and what fills the hole.

  Returns:
    'agnostic_image' and 'agnostic_layout'.
  """
  garments = tf.reduce_max(batch['source_layout'], axis=[1, 2])
  removal = tf.minimum(tf.matmul(garments, labels.REMOVED_BY), 1.0)
  kept = batch['person_layout'] * (1.0 - removal)[:, tf.newaxis, tf.newaxis]
  removed = 1.0 - tf.reduce_sum(kept, axis=-1, keepdims=True)
  margin = round(data.agnostic_margin * data.height)
  side = 2 * margin + 1
  hole = tf.nn.max_pool2d(removed, (side, 1), 1, 'SAME')
  hole = tf.nn.max_pool2d(hole, (1, side), 1, 'SAME')
  background = tf.one_hot(labels.BACKGROUND, labels.NUM_LABELS)
  # Kept parts are kept to their edge; only background gives way to the margin.
  foreground = tf.reduce_sum(kept[..., 1:], axis=-1, keepdims=True)
  stays = tf.maximum(1.0 - hole, foreground)
  image = batch['person_image'] * stays
  if data.agnostic_fill:
    known = kept[..., :1] * (1.0 - hole)
    image += (1.0 - stays) * continued(batch['person_image'], known)
    image = _widened(image, foreground, removed, round(_RIM * data.height))
  layout = kept + removed * background
  return {'agnostic_layout': layout, 'agnostic_image': image}


def _widened(
  image: tf.Tensor, kept: tf.Tensor, removed: tf.Tensor, rim: int
) -> tf.Tensor:
  """Lets what is kept run on into the hole beside it, by `rim` pixels.

  A parser's edge is wrong by a pixel or so, which leaves a seam of the old
  sleeve on the trousers and, where the new garment does not quite reach, a
  seam of background beside it. The kept pixels next to the hole are dropped,
  and the mean of the others nearby is continued from there by `rim` pixels.
  """
  inner = kept * (1.0 - tf.nn.max_pool2d(removed, 3, 1, 'SAME'))
  side = 2 * rim + 1
  weight = tf.nn.avg_pool2d(inner, side, 1, 'SAME')
  mean = tf.nn.avg_pool2d(image * inner, side, 1, 'SAME')
  mean = tf.math.divide_no_nan(mean, weight)
  near = tf.cast(weight > 0.0, tf.float32) * tf.maximum(removed, kept - inner)
  return image + near * (mean - image)


def continued(image: tf.Tensor, known: tf.Tensor) -> tf.Tensor:
  """Continues the known pixels of an image into the unknown ones, smoothly.

  Known colours are averaged over ever larger squares; an unknown pixel takes
  the smallest square that holds a known one (pull-push interpolation).

  Args:
    image: float32 [B, H, W, 3].
    known: float32 [B, H, W, 1], 1 where the image counts, else 0.

  Returns:
    float32 [B, H, W, 3]; 0 where nothing is known at all.
  """
  height, width = image.shape[1:3]
  color, weight = image * known, known
  if height % 2 or width % 2 or min(height, width) < 4:
    return tf.math.divide_no_nan(
      tf.reduce_sum(color, [1, 2], keepdims=True),
      tf.reduce_sum(weight, [1, 2], keepdims=True),
    ) * tf.ones_like(color)
  pooled = tf.nn.avg_pool2d(weight, 2, 2, 'VALID')
  mean = tf.math.divide_no_nan(tf.nn.avg_pool2d(color, 2, 2, 'VALID'), pooled)
  coarse = continued(mean, tf.cast(pooled > 0.0, tf.float32))
  return color + (1.0 - weight) * tf.image.resize(coarse, [height, width])


def _skin_tone(batch: dict[str, tf.Tensor]) -> tf.Tensor:
  """Returns the mean colour of the face, as an image; 0 without a face."""
  face = batch['agnostic_layout'][..., labels.FACE :][..., :1]
  total = tf.reduce_sum(batch['agnostic_image'] * face, [1, 2], keepdims=True)
  count = tf.reduce_sum(face, [1, 2], keepdims=True)
  tone = tf.math.divide_no_nan(total, count)
  return tone * tf.ones_like(batch['agnostic_image'])
