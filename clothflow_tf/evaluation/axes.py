# SPDX-License-Identifier: Apache-2.0
"""Five axes of a try-on, each with exact truth on drawn people.

| axis | asks | here and in `measures` |
|---|---|---|
| kept | does what may not change stay? | `kept`, `outside`, `may_change` |
| shape | does the garment end where it should? | `shapes`, `outlines`, `ends` |
| texture | does each part show its own cloth? | `flows`, `cloth`, `text` |
| order | is before and behind right? | `order` |
| realism | is the picture like the true one? | `images`, `whole` |

Everything is measured of each example, as `measures` tells: values [B] with
weights [B]. Regions come from the truth (`regions`).
"""

import tensorflow as tf

from clothflow_tf.evaluation import flow_metrics
from clothflow_tf.evaluation import image_metrics
from clothflow_tf.evaluation import lpips as lpips_lib
from clothflow_tf.evaluation import measures
from clothflow_tf.evaluation import regions
from clothflow_tf.inputs import batch as batch_lib
from clothflow_tf.inputs import channels
from clothflow_tf.inputs import labels
from clothflow_tf.ops import windows

Batch = measures.Batch
Values = measures.Values

NAMES = ('kept', 'shape', 'texture', 'order', 'realism')
# Pixels that an outline may be off.
OUTLINE = 2
# What may lie over a garment or under it: hands and arms over a body, a sleeve
# over an arm; hair over shoulders; the collar's front over the neck, and the
# neck over the back of the collar.
OTHERS = {
  'arms': (labels.LEFT_ARM, labels.RIGHT_ARM, labels.GLOVE),
  'hair': (labels.HAIR,),
  'collar': (labels.TORSO_SKIN, labels.FACE),
}


def outside(batch: Batch, result: Batch) -> Values:
  """Returns how much changes outside the region that may change.

  That is where the person before and the truth agree, in label and colour,
  further than `regions.RIM` from all that is taken off or put on: backdrop,
  other garments, shoes, face, hair and arms. 'outside_changed' is the share of
  its pixels that change by more than is seen, 'outside_change' the mean change
  in grey levels; 'kept_change/PART' is the mean change of each kept part.
  """
  person, target = batch['person_image'], batch['target_image']
  change = image_metrics.change(person, result['image'])
  seen = tf.cast(change > measures.CHANGED, tf.float32)
  region = _stays(batch)
  pixels = tf.reduce_sum(region, [1, 2, 3])
  values = {
    'outside_changed': (regions.mean(seen, region), pixels),
    'outside_change': (regions.mean(change, region), pixels),
  }
  same = image_metrics.change(person, target) <= measures.CHANGED
  for name, group in measures.KEPT.items():
    part = channels.total(batch['person_layout'], group)
    part *= channels.total(batch['target_layout'], group)
    part *= tf.cast(same, tf.float32)[..., tf.newaxis]
    size = tf.reduce_sum(part, [1, 2, 3])
    values[f'kept_change/{name}'] = regions.mean(change, part), size
  return values


def _stays(batch: Batch) -> tf.Tensor:
  """Returns what certainly stays, [B, H, W, 1]."""
  worn = batch_lib.worn(batch_lib.clothing(batch['target_layout']), batch)
  moved = tf.maximum(worn, batch['removed'])
  same = batch['person_layout'] * batch['target_layout']
  same = tf.reduce_sum(same, -1, keepdims=True)
  change = image_metrics.change(batch['person_image'], batch['target_image'])
  alike = tf.cast(change <= measures.CHANGED, tf.float32)[..., tf.newaxis]
  far = 1.0 - windows.dilated(moved, regions.RIM)
  return same * alike * far


def may_change(batch: Batch, result: Batch) -> Values:
  """Returns shares of the photo that may change, {} if all of it may.

  'may_change' is the share of a photo that is not the result for certain
  (`models.composition`). 'may_change/PART' says what for: 'old_garment' is all
  that is taken off, 'new_garment' all that is put on, 'covered_skin' what of it
  lies on skin that the photo shows, 'uncovered_skin' is skin where the photo
  shows none; they overlap. 'rim' is what is none of them.

  'composed/garment' and 'composed/painted' are the shares of which the result
  is composed, beside the photo; 'composed/seen' is the share of its pixels that
  differ from the photo by more than is seen.
  """
  if 'composition' not in result:
    return {}
  person, ours = batch['person_layout'], result['layout']
  shares = result['composition']
  whole = tf.cast(shares[..., 1:2] < 1.0, tf.float32)
  _, garment = _garments(batch, result)
  skin = channels.total(person, labels.COVERABLE)
  parts = {
    'old_garment': batch['removed'],
    'new_garment': garment,
    'covered_skin': garment * skin,
    'uncovered_skin': channels.total(ours, labels.COVERABLE) * (1.0 - skin),
  }
  known = tf.reduce_max(tf.stack([*parts.values()]), 0)
  parts['rim'] = 1.0 - known
  change = image_metrics.change(batch['person_image'], result['image'])
  seen = tf.cast(change > measures.CHANGED, tf.float32)[..., tf.newaxis]
  planes = {
    'may_change': whole,
    **{f'may_change/{name}': part * whole for name, part in parts.items()},
    'composed/garment': shares[..., :1],
    'composed/painted': shares[..., 2:],
    'composed/seen': seen,
  }
  values = {name: tf.reduce_mean(x, [1, 2, 3]) for name, x in planes.items()}
  return {name: (value, tf.ones_like(value)) for name, value in values.items()}


def outlines(batch: Batch, result: Batch) -> Values:
  """Returns the F measure of the garment's outline at two pixels."""
  truth, ours = _garments(batch, result)
  value = regions.boundary_f(ours, truth, OUTLINE)
  return {'garment_boundary_f': (value, _enough(truth))}


def errors(batch: Batch, result: Batch) -> Values:
  """Returns the share of visible pixels whose cloth is from elsewhere."""
  truth, visible = batch['flow'], batch['visible']
  share = flow_metrics.outlier_share(result['flow'], truth, visible)
  return {'flow_outliers': (share, tf.reduce_sum(visible, [1, 2, 3]))}


def cloth(batch: Batch, result: Batch, lpips: lpips_lib.Lpips | None) -> Values:
  """Returns SSIM, and LPIPS if given, on the garment's inside and its rim.

  Each is a mean over the region's pixels in the true layout; hands and hair
  before the garment do not belong to it.
  """
  image, target = result['image'], batch['target_image']
  garment, _ = _garments(batch, result)
  similar = image_metrics.ssim_map(image, target)
  values = {}
  parts = {
    'garment': regions.inside(garment),
    'garment_rim': regions.rim(garment),
  }
  for name, region in parts.items():
    weight = _enough(region)
    values[f'{name}_ssim'] = regions.mean(similar, region), weight
    if lpips is not None:
      distance = lpips.over(image, target, region[..., 0])
      values[f'{name}_lpips'] = distance, weight
  return values


def order(batch: Batch, result: Batch) -> Values:
  """Returns shares of pixels where before and behind are right.

  Judged where the garment meets what may lie over or under it. 'order/PART' is
  of the predicted layout: the true one of the two is there. 'order_seen/PART'
  is of the picture: the colour is the truth's within what is seen. Each is a
  share of the pixels of all examples.
  """
  truth, ours = batch['target_layout'], result['layout']
  garment, _ = _garments(batch, result)
  right = tf.reduce_sum(truth * ours, -1)
  change = image_metrics.change(result['image'], batch['target_image'])
  near = tf.cast(change <= measures.CHANGED, tf.float32)
  values, correct, seen, pixels = {}, 0.0, 0.0, 0.0
  for name, group in OTHERS.items():
    region = regions.contact(garment, channels.total(truth, group))
    size = tf.reduce_sum(region, [1, 2, 3])
    by_layout, by_color = (regions.mean(x, region) for x in (right, near))
    values[f'order/{name}'] = by_layout, size
    values[f'order_seen/{name}'] = by_color, size
    correct, seen = correct + by_layout * size, seen + by_color * size
    pixels += size
  values['order'] = tf.math.divide_no_nan(correct, pixels), pixels
  values['order_seen'] = tf.math.divide_no_nan(seen, pixels), pixels
  return values


def whole(batch: Batch, result: Batch, lpips: lpips_lib.Lpips | None) -> Values:
  """Returns PSNR, MS-SSIM where it fits, and LPIPS if given."""
  image, target = result['image'], batch['target_image']
  values = {'psnr': image_metrics.psnr(image, target)}
  if image_metrics.has_ms_ssim(target):
    values['ms_ssim'] = image_metrics.ms_ssim(image, target)
  if lpips is not None:
    values['lpips'] = lpips(image, target)
  ones = tf.ones_like(values['psnr'])
  return {name: (value, ones) for name, value in values.items()}


def _garments(batch: Batch, result: Batch) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns the worn garment's region in the true and the predicted layout."""
  truth, ours = (
    batch_lib.worn(batch_lib.clothing(layout), batch)
    for layout in (batch['target_layout'], result['layout'])
  )
  return truth, ours


def _enough(region: tf.Tensor) -> tf.Tensor:
  """Returns 1 for regions whose overlap or mean says something, [B]."""
  size = tf.reduce_sum(region, [1, 2, 3])
  return tf.cast(size >= measures.LEAST, tf.float32)
