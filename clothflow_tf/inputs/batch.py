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
| removed          | [B, H, W, 1]   | 1 where agnostic_image lost its pixels |
| removal          | [B, 20]        | 1 for the labels that it lost          |
| skin, clothes    | [B, H, W, 3]   | colours of the nearest kept skin and   |
|                  |                | the nearest kept garment, everywhere   |
| garments         | [B, 20]        | 1 for the labels in source_layout      |
| target_image     | [B, H, W, 3]   | I_t, the truth                         |
| target_layout    | [B, H, W, 20]  | full segmentation of the target        |
| target_clothing  | [B, H, W, C]   | s_t, clothing only                     |
| target_garment   | [B, H, W, 3]   | c_t, target clothing pixels            |
| flow, visible    | [B, H, W, 2/1] | the true flow, where the data has it   |
| position         | [B] int64      | place in the training's order, if any  |
| keypoints        | [B, 18, 3]     | p_t, pixels                            |
| source_labels,   | [B, H, W]      | of a record: the layouts as labels,    |
| person_labels,   |                | int32, which is cheaper than one-hot   |
| target_labels    |                |                                        |
| ends, ends_known | [B, 3]         | where the caller wants the garment to  |
|                  |                | end, see `ends`; 0 where unknown       |
| target_ends, ... | [B, 3]         | where it ends in truth; ..._known      |

The truths (target_*, flow, visible) are there if the record has them; at
inference it has none. In pose transfer the source photo is itself the person,
and all of it stays: person, agnostic and source are the same. In try-on the
agnostic person lacks what the garment replaces (`labels.REMOVED_BY`); the hole
that is left is 0, or the background continued into it. Records of pairs have no
photo of the person in other clothes: the target photo is the person's.
"""

from collections.abc import Sequence

import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf.inputs import agnostic
from clothflow_tf.inputs import channels
from clothflow_tf.inputs import ends
from clothflow_tf.inputs import heat_maps
from clothflow_tf.inputs import labels
from clothflow_tf.inputs import raw as raw_lib

NUM_CLOTHING = len(labels.CLOTHING)
# Grey levels that a pixel of two pictures of one person may differ by.
_SAME = 2


def from_raw(
  raw: dict[str, tf.Tensor], data: config_lib.DataConfig
) -> dict[str, tf.Tensor]:
  """Turns raw inputs (`raw`) into the networks' inputs; there is no truth."""
  if data.task != 'try_on':
    record = raw_lib.to_record(raw, None)
    garments = tf.reduce_max(one_hot(record['source_layout']), [1, 2])
    return _batch(record, data, {'garments': garments})
  # int32 first: mobile runtimes neither compare nor multiply uint8.
  mask = tf.cast(raw['garment_mask'], tf.int32)
  inside = tf.cast(mask >= raw_lib.THRESHOLD, tf.int32)
  label = raw['garment_label']
  record = raw_lib.to_record(raw, inside * label[:, tf.newaxis, tf.newaxis])
  # Background, which is around a garment, is a label, too.
  there, around = (
    tf.cast(side, tf.float32)[:, tf.newaxis]
    for side in (
      tf.reduce_max(inside, [1, 2]),
      1 - tf.reduce_min(inside, [1, 2]),
    )
  )
  garments = there * tf.one_hot(label, labels.NUM_LABELS)
  garments += around * agnostic.background()
  return _batch(record, data, {'garments': garments})


def from_record(
  record: dict[str, tf.Tensor], data: config_lib.DataConfig
) -> dict[str, tf.Tensor]:
  """Turns a batch of records into the networks' inputs and truths.

  Args:
    record: fields of `record.shapes`, each with a leading batch dimension.
      Needs source_* and target_keypoints, in try-on also person_* or target_*.
    data: the data section of a configuration.

  Returns:
    The batch of the module's table.
  """
  person = raw_lib.person_role(record, data.task)
  roles = {'source': 'source', 'person': person, 'target': 'target'}
  numbers = {
    f'{name}_labels': tf.cast(record[f'{role}_layout'], tf.int32)
    for name, role in roles.items()
    if f'{role}_layout' in record
  }
  numbers['garments'] = _present(numbers['source_labels'])
  if 'person_image' in record and 'target_image' in record:
    numbers['target_labels'] = _as_kept(record, numbers, data)
  return _batch(record, data, numbers)


def _batch(
  record: dict[str, tf.Tensor],
  data: config_lib.DataConfig,
  numbers: dict[str, tf.Tensor],
) -> dict[str, tf.Tensor]:
  """Returns a batch; `numbers` are its garments and, of a record, labels."""
  source_layout = one_hot(record['source_layout'])
  source_image = normalize(record['source_image'])
  batch = {
    'source_image': source_image,
    'source_layout': source_layout,
    'source_clothing': clothing(source_layout),
    'garment': source_image * _any_clothing(source_layout),
    'pose': heat_maps.heat_maps(
      record['target_keypoints'],
      data.height,
      data.width,
      data.heat_map_sigma * data.height,
    ),
    **_person(record, data),
    **_truths(record, numbers),
    **_ends(record, data),
    **numbers,
  }
  if data.ends and 'target_labels' in batch:
    batch.update(_true_ends(batch))
  if 'position' in record:
    batch['position'] = record['position']
  if data.task == 'try_on':
    return batch | agnostic.make(batch, data)
  return batch | agnostic.whole(batch)


def _person(
  record: dict[str, tf.Tensor], data: config_lib.DataConfig
) -> dict[str, tf.Tensor]:
  """Returns person_image and person_layout."""
  role = raw_lib.person_role(record, data.task)
  return {
    'person_image': normalize(record[f'{role}_image']),
    'person_layout': one_hot(record[f'{role}_layout']),
  }


def worn(clothing_of: tf.Tensor, batch: dict[str, tf.Tensor]) -> tf.Tensor:
  """Returns the region [B, H, W, 1] of the source's categories.

  Args:
    clothing_of: of the target, true or predicted, [B, H, W, C].
    batch: needs garments.
  """
  present = tf.gather(batch['garments'], labels.CLOTHING, axis=-1)
  present = present[:, tf.newaxis, tf.newaxis]
  return tf.reduce_sum(clothing_of * present, -1, keepdims=True)


def _ends(
  record: dict[str, tf.Tensor], data: config_lib.DataConfig
) -> dict[str, tf.Tensor]:
  """Returns keypoints, and the ends that the caller asks for, if any."""
  points = tf.cast(record['target_keypoints'], tf.float32)
  unknown = tf.zeros_like(points[:, 0, 0])
  hem = record.get('hem', unknown - 1.0)
  known = tf.cast(hem >= 0.0, tf.float32)
  return {
    'keypoints': points,
    'ends': tf.stack([known * hem / data.height, unknown, unknown], -1),
    'ends_known': tf.stack([known, unknown, unknown], -1),
  }


def _true_ends(batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
  """Returns target_ends and target_ends_known."""
  numbers, garments = batch['target_labels'], batch['garments']
  clothes = tf.gather(garments * _table(labels.CLOTHING), numbers, batch_dims=1)
  skin = tf.gather(_table(ends.SKIN), numbers)
  truth = ends.measure(
    clothes[..., tf.newaxis],
    skin[..., tf.newaxis],
    batch['keypoints'],
    garments,
  )
  return {f'target_{name}': value for name, value in truth.items()}


def _table(group: Sequence[int]) -> tf.Tensor:
  """Returns [20], 1 for labels of a group."""
  return tf.reduce_sum(tf.one_hot(group, labels.NUM_LABELS), 0)


def _present(numbers: tf.Tensor) -> tf.Tensor:
  """Returns [B, 20], 1 for labels that [B, H, W] holds."""
  each = tf.one_hot(numbers, labels.NUM_LABELS, dtype=tf.uint8)
  return tf.cast(tf.reduce_max(each, [1, 2]), tf.float32)


def _as_kept(
  record: dict[str, tf.Tensor],
  numbers: dict[str, tf.Tensor],
  data: config_lib.DataConfig,
) -> tf.Tensor:
  """Returns the true labels [B, H, W], kept pixels with the person's own.

  A parser may take a sleeve for an arm. Where that sleeve is kept, pixel by
  pixel, so is its label: to correct it is nobody's task, and a network that
  learns to would take real arms for sleeves.
  """
  removal = agnostic.removed_labels(numbers['garments'], data)
  person, target = numbers['person_labels'], numbers['target_labels']
  colors = (
    tf.cast(record[f'{x}_image'], tf.int32) for x in ('person', 'target')
  )
  apart = tf.reduce_max(tf.abs(tf.subtract(*colors)), -1)
  kept = tf.gather(1.0 - removal, person, batch_dims=1)
  kept *= 1.0 - tf.gather(numbers['garments'], target, batch_dims=1)
  return tf.where((apart <= _SAME) & (kept > 0.5), person, target)


def _truths(
  record: dict[str, tf.Tensor], numbers: dict[str, tf.Tensor]
) -> dict[str, tf.Tensor]:
  """Returns the truths that a record has."""
  truths = {}
  if 'target_image' in record:
    image = normalize(record['target_image'])
    layout = one_hot(numbers['target_labels'])
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
  # Looked up: on mobile runtimes seven times faster than comparing.
  table = tf.eye(labels.NUM_LABELS)
  places = tf.reshape(tf.cast(layout, tf.int32), [-1])
  _, height, width = layout.shape
  return tf.reshape(
    tf.gather(table, places), [-1, height, width, labels.NUM_LABELS]
  )


def clothing(layout: tf.Tensor) -> tf.Tensor:
  """Keeps the clothing channels [B, H, W, C] of a layout [B, H, W, 20]."""
  return channels.picked(layout, labels.CLOTHING)


def _any_clothing(layout: tf.Tensor) -> tf.Tensor:
  return channels.total(layout, labels.CLOTHING)
