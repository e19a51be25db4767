# SPDX-License-Identifier: Apache-2.0
"""What is measured of each example of a batch, as (values [B], weights [B]).

A weight is 0 where an example has nothing to be measured by: no visible flow,
no neck in the picture, a hem beyond it. Names of flow errors end in what the
flow is compared on; `report` tells all of them.
"""

from collections.abc import Sequence

import tensorflow as tf

from clothflow_tf.evaluation import flow_metrics
from clothflow_tf.evaluation import image_metrics
from clothflow_tf.evaluation import layout_metrics
from clothflow_tf.evaluation import oracles
from clothflow_tf.inputs import batch as batch_lib
from clothflow_tf.inputs import channels
from clothflow_tf.inputs import ends as ends_lib
from clothflow_tf.inputs import labels
from clothflow_tf.models import ends as ends_model
from clothflow_tf.models import try_on
from clothflow_tf.ops import flow as flow_ops

Batch = dict[str, tf.Tensor]
Values = dict[str, tuple[tf.Tensor, tf.Tensor]]

# Parts of a person that a try-on must not change where they stay in sight.
KEPT = {
  'arms': (labels.LEFT_ARM, labels.RIGHT_ARM, labels.GLOVE),
  'face': (labels.FACE,),
  'hair': (labels.HAIR,),
}
# Grey levels of 255: a change that is seen.
CHANGED = 24.0
# Pixels of a part; below, its overlap says nothing.
LEAST = 30.0


def compared_flows(
  model: try_on.ClothFlow, batch: Batch, result: Batch
) -> Batch:
  """Returns flows [B, H, W, 2] by the name of their error; needs the true flow.

  Beside the model's on predicted and true layouts: no flow at all, the mask-box
  fit, and the best affine and spline flows.
  """
  truth, visible = batch['flow'], batch['visible']
  seen = {**batch, **try_on.true_layout(batch, model.config.layout)}
  inputs = try_on.inputs_of('flow', seen, model.flow_net, model.config)
  source = tf.reduce_sum(batch['source_clothing'], -1, keepdims=True)
  target = batch_lib.worn(batch['target_clothing'], batch)
  return {
    'flow_error': result['flow'],
    'flow_error_true_layout': model.flow_net(inputs, training=False)['flow'],
    'flow_error_identity': tf.zeros_like(truth),
    'flow_error_box_fit': flow_ops.box_fit(source, target),
    'flow_error_oracle_affine': oracles.affine(truth, visible),
    'flow_error_oracle_tps': oracles.tps(truth, visible),
  }


def flows(batch: Batch, compared: Batch) -> Values:
  """Returns errors of `compared_flows`, in pixels, and folded shares."""
  truth, visible = batch['flow'], batch['visible']
  values = {
    name: flow_metrics.endpoint_error(flow, truth, visible)
    for name, flow in compared.items()
  }
  for name, flow in (
    ('folded', compared['flow_error']),
    ('folded_true_layout', compared['flow_error_true_layout']),
  ):
    values[name] = flow_metrics.folded_share(flow, visible)
  weight = tf.cast(tf.reduce_max(visible, [1, 2, 3]) > 0.0, tf.float32)
  return {name: (value, weight) for name, value in values.items()}


def shapes(batch: Batch, result: Batch) -> Values:
  """Returns overlaps of the predicted layout with the true one."""
  truth, predicted = batch['target_layout'], result['layout']
  garments = [
    batch_lib.worn(batch_lib.clothing(layout), batch)
    for layout in (truth, predicted)
  ]
  return {
    'garment_iou': _overlap(*garments),
    'torso_skin_iou': _labels_overlap(truth, predicted, [labels.TORSO_SKIN]),
    'arms_iou': _labels_overlap(truth, predicted, labels.ARMS),
  }


def each_label(batch: Batch, result: Batch) -> Values:
  """Returns overlaps of each label, as 'layout_iou/LABEL'."""
  values, unions = layout_metrics.label_iou(
    batch['target_layout'], result['layout']
  )
  return {
    f'layout_iou/{name}': (values[:, place], unions[:, place])
    for place, name in enumerate(labels.NAMES)
  }


def ends(batch: Batch, result: Batch) -> Values:
  """Returns errors of the worn garment's hem and sleeve ends, in pixels.

  Both are measured in the layouts (`inputs.ends`), the true and the predicted.
  """
  true, predicted = (
    ends_lib.measure(
      batch_lib.worn(batch_lib.clothing(layout), batch),
      channels.total(layout, ends_lib.SKIN),
      batch['keypoints'],
      batch['garments'],
    )
    for layout in (batch['target_layout'], result['layout'])
  )
  height = float(batch['target_image'].shape[1])
  error = tf.abs(true['ends'] - predicted['ends'])
  known = true['ends_known'] * predicted['ends_known']
  arms = tf.stack(
    [_arm_length(batch['keypoints'], arm) for arm in ends_lib.ARMS], -1
  )
  hem = ends_lib.HEM
  # A hem below the picture has no height.
  inside = tf.cast(true['ends'][:, hem] < 1.0, tf.float32)
  sleeves = error[:, hem + 1 :] * arms * known[:, hem + 1 :]
  count = tf.reduce_sum(known[:, hem + 1 :], -1)
  return {
    'hem_error': (height * error[:, hem], known[:, hem] * inside),
    'sleeve_error': (
      tf.math.divide_no_nan(tf.reduce_sum(sleeves, -1), count),
      tf.minimum(count, 1.0),
    ),
  }


def hems(batch: Batch, result: Batch) -> tf.Tensor:
  """Returns hems and what they are measured against, [B, 6].

  In this order: predicted, old and new hem, as shares of the height; the neck
  and the torso's length, likewise (`models.ends.BodyFrame`); whether all three
  hems are known. The old hem is that of the garment that the person wears
  before.
  """
  old_garment = tf.reduce_sum(
    tf.gather(batch['person_layout'], labels.UPPER, axis=-1), -1, keepdims=True
  )
  skin = channels.total(batch['target_layout'], ends_lib.SKIN)
  regions = {
    'predicted': batch_lib.worn(batch_lib.clothing(result['layout']), batch),
    'old': old_garment,
    'new': batch_lib.worn(batch['target_clothing'], batch),
  }
  measured = [
    ends_lib.measure(region, skin, batch['keypoints'], batch['garments'])
    for region in regions.values()
  ]
  hem = ends_lib.HEM
  known = tf.reduce_prod(
    tf.stack([x['ends_known'][:, hem] for x in measured], -1), -1
  )
  frame = ends_model.BodyFrame(batch['target_image'].shape[1])
  neck, torso = tf.unstack(frame(batch['keypoints']), axis=-1)
  heights = [x['ends'][:, hem] for x in measured]
  return tf.stack([*heights, neck, torso, known], -1)


def images(batch: Batch, result: Batch) -> Values:
  """Returns SSIM and mean absolute difference of images, and of a paste.

  The paste is the garment, as it lies in its photo, on the agnostic person.
  """
  target = batch['target_image']
  garment = tf.reduce_sum(batch['source_clothing'], -1, keepdims=True)
  beside = batch['agnostic_image'] * (1.0 - garment)
  pasted = batch['garment'] * garment + beside
  difference = tf.abs(result['image'] - target)
  values = {
    'ssim': image_metrics.ssim(result['image'], target),
    'ssim_pasted_garment': image_metrics.ssim(pasted, target),
    'l1': tf.reduce_mean(difference, [1, 2, 3]) / 2.0,
  }
  ones = tf.ones_like(values['l1'])
  return {name: (value, ones) for name, value in values.items()}


def kept(batch: Batch, result: Batch) -> Values:
  """Returns shares of kept pixels that are changed by more than 24 levels.

  Kept are arms with hands, face and hair where the person in the old outfit
  and the truth agree: the same label, and the same colour within that bound.
  Each value is a share of the pixels of all examples: its weight is the number
  of pixels.
  """
  person, target = batch['person_image'], batch['target_image']
  same = tf.cast(image_metrics.change(person, target) <= CHANGED, tf.float32)
  changed = tf.cast(
    image_metrics.change(person, result['image']) > CHANGED, tf.float32
  )
  values, all_changed, all_pixels = {}, 0.0, 0.0
  for name, group in KEPT.items():
    parts = [
      tf.reduce_sum(tf.gather(layout, group, axis=-1), -1)
      for layout in (batch['person_layout'], batch['target_layout'])
    ]
    region = parts[0] * parts[1] * same
    pixels = tf.reduce_sum(region, [1, 2])
    count = tf.reduce_sum(region * changed, [1, 2])
    values[f'kept_changed/{name}'] = _share(count, pixels)
    all_changed, all_pixels = all_changed + count, all_pixels + pixels
  return {'kept_changed': _share(all_changed, all_pixels), **values}


def _share(count: tf.Tensor, pixels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
  return tf.math.divide_no_nan(count, pixels), pixels


def _labels_overlap(
  truth: tf.Tensor, predicted: tf.Tensor, group: Sequence[int]
) -> tuple[tf.Tensor, tf.Tensor]:
  parts = [
    tf.reduce_sum(tf.gather(layout, group, axis=-1), -1, keepdims=True)
    for layout in (truth, predicted)
  ]
  return _overlap(*parts)


def _overlap(
  truth: tf.Tensor, predicted: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns intersection over union of regions [B, H, W, 1]."""
  common = tf.reduce_sum(truth * predicted, [1, 2, 3])
  size = tf.reduce_sum(truth, [1, 2, 3])
  union = size + tf.reduce_sum(predicted, [1, 2, 3]) - common
  iou = tf.math.divide_no_nan(common, union)
  return iou, tf.cast(size >= LEAST, tf.float32)


def _arm_length(keypoints: tf.Tensor, arm: Sequence[int]) -> tf.Tensor:
  """Returns an arm's length [B], shoulder to wrist, in pixels."""
  points = tf.gather(keypoints, arm, axis=1)[..., :2]
  return tf.reduce_sum(tf.norm(points[:, 1:] - points[:, :-1], axis=-1), -1)
