# SPDX-License-Identifier: Apache-2.0
"""Whose each pixel is: `inference.edges`, in a graph; see there for reasons."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from clothflow_tf.inference import edges as reference
from clothflow_tf.inputs import labels
from clothflow_tf.ops import windows
from export.serving.graph import framing
from export.serving.graph import resampling


class Place(NamedTuple):
  """A person to be dressed: the photo's layout, and the model's window.

  Attributes:
    layout: uint8 [h, w], labels of a record.
    window: what the model saw.
    label: of the garment, int32 [].
  """

  layout: tf.Tensor
  window: framing.Window
  label: tf.Tensor

  def removed(self, layout: tf.Tensor) -> tf.Tensor:
    """Returns 1.0 where a layout has a label that the garment replaces."""
    table = tf.constant(labels.REMOVED_BY['garment'])
    return tf.gather(table[self.label], tf.cast(layout, tf.int32))


def is_any(layout: tf.Tensor, chosen: tuple[int, ...]) -> tf.Tensor:
  """Returns where a layout has one of some labels, bool."""
  table = np.isin(np.arange(labels.NUM_LABELS), chosen)
  return tf.gather(tf.constant(table), tf.cast(layout, tf.int32))


def dilated(region: tf.Tensor, margin: int) -> tf.Tensor:
  """Returns bool [H, W] grown by some pixels to all eight sides."""
  plane = tf.cast(region, tf.float32)[tf.newaxis, ..., tf.newaxis]
  return windows.dilated(plane, margin)[0, ..., 0] > 0.5


def continued(picture: tf.Tensor, known: tf.Tensor) -> tf.Tensor:
  """Continues the known pixels of float32 [H, W, 3] into the others."""
  weight = tf.cast(known, tf.float32)[..., tf.newaxis]
  count = tf.reduce_sum(weight)
  mean = tf.reduce_sum(picture * weight, [0, 1]) / tf.maximum(count, 1.0)
  result, left, sigma = tf.where(weight > 0, picture, mean), ~known, 1.0
  values = tf.concat([picture * weight, weight], -1)
  while sigma < max(known.shape):
    near = resampling.smooth(values, sigma)
    means = near[..., :3] / tf.maximum(near[..., 3:], 1e-9)
    reached = left & (near[..., 3] > reference.REACHED)
    result = tf.where(reached[..., tf.newaxis], means, result)
    left &= ~reached
    sigma *= 2.0
  return tf.where(count > 0.0, result, picture)


def sharp(share: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
  """Returns a share whose edge is narrow; it stays where it is a half.

  s^p / (s^p + (1 - s)^p), with the logarithms that a processor has vectors for.
  """
  power = tf.clip_by_value(2.0 * scale, 1.0, reference.SHARPEST)
  share = tf.clip_by_value(share, 0.0, 1.0)
  odds = tf.math.log(share) - tf.math.log1p(-share)
  return tf.sigmoid(tf.cast(power, tf.float32) * odds)


class Around(NamedTuple):
  """What is said by a part of the photo's own layout; all [h, w].

  Attributes:
    layout: uint8.
    gone: 1.0 on the old garment.
    near_gone: the same without a parse map's steps.
    near_body: likewise 1.0 on the rest of the person.
    near_free: likewise 1.0 on the background.
    fringe: how far the old garment's colours may reach.
  """

  layout: tf.Tensor
  gone: tf.Tensor
  near_gone: tf.Tensor
  near_body: tf.Tensor
  near_free: tf.Tensor
  fringe: tf.Tensor


def around(place: Place, rows: tf.Tensor, columns: tf.Tensor) -> Around:
  """Returns what the layout says at some rows and columns of the photo."""
  steps, fringe = (
    tf.maximum(share * place.window.scale, 0.3)
    for share in (reference.STEPS, reference.FRINGE)
  )
  margin = resampling.reach(fringe)
  layout = place.layout
  for axis, places in enumerate((rows, columns)):
    wide = tf.range(places[0] - margin, places[-1] + margin + 1)
    limit = tf.shape(layout)[axis] - 1
    layout = tf.gather(layout, tf.clip_by_value(wide, 0, limit), axis=axis)
  gone = place.removed(layout)
  free = tf.cast(layout == labels.BACKGROUND, tf.float32)
  body = 1.0 - free - gone
  less = margin - resampling.reach(steps)
  return Around(
    _within(layout, margin),
    _within(gone, margin),
    resampling.blurred(_within(gone, less), steps),
    resampling.blurred(_within(body, less), steps),
    resampling.blurred(_within(free, less), steps),
    resampling.blurred(gone, fringe),
  )


def _within(plane: tf.Tensor, margin: tf.Tensor) -> tf.Tensor:
  rows, columns = tf.shape(plane)[0], tf.shape(plane)[1]
  return plane[margin : rows - margin, margin : columns - margin]


def garment(
  share: tf.Tensor, painted_near: tf.Tensor, here: Around, scale: tf.Tensor
) -> tf.Tensor:
  """Returns the garment's share [h, w].

  Args:
    share: the model's, enlarged, [h, w].
    painted_near: `painted`, enlarged, [h, w].
    here: what the photo's layout says.
    scale: pixels of the photo for one of the model.
  """
  gone, body = here.near_gone, here.near_body
  shift = tf.where(gone > 0.5, tf.minimum(4.0 * body, 1.0), 0.0)
  shift -= tf.where(body > 0.5, tf.minimum(4.0 * gone, 1.0), 0.0)
  share += reference.SNAP * shift * 4.0 * share * (1.0 - share)
  result = sharp(share, scale)
  filled = tf.minimum(share / reference.BESIDE, 1.0) * (1.0 - painted_near)
  return result + here.gone * filled * (1.0 - result)


def photo(
  shares: tf.Tensor,
  nearby: dict[str, tf.Tensor],
  skin: tf.Tensor,
  here: Around,
) -> tf.Tensor:
  """Returns which share [h, w] of what is no garment is the photo.

  Args:
    shares: of garment, photo and painted, enlarged, [h, w, 3].
    nearby: 'stays' and 'painted' as the functions return, enlarged, [h, w].
    skin: how much there is skin in the result, [h, w].
    here: what the photo's layout says.
  """
  pure, mixed = reference.PURE, reference.MIXED
  mixed = tf.clip_by_value((here.fringe - pure) / (mixed - pure), 0.0, 1.0)
  rest = shares[..., 1] + shares[..., 2]
  share = shares[..., 1] / tf.maximum(rest, 1e-6)
  near = (nearby['stays'] > 0.5) | is_any(here.layout, labels.HEAD)
  near = tf.cast(near, tf.float32)
  free = here.layout == labels.BACKGROUND
  share = tf.where(free, share * (1.0 - skin), near)
  skin = is_any(here.layout, labels.SKIN)
  clean = 1.0 - mixed * nearby['painted']
  share = tf.where(skin, share * clean, share)
  return tf.where(here.gone > 0.0, 0.0, share)


def behind(here: Around) -> tf.Tensor:
  """Returns how much of what is behind the person is the photo, [h, w]."""
  start, stop = reference.FROM, reference.TO
  mixed = tf.clip_by_value((here.fringe - start) / (stop - start), 0.0, 1.0)
  return tf.where(here.gone > 0.0, 0.0, 1.0 - mixed)


def face(here: Around) -> tf.Tensor:
  """Returns where a face is that stays, bool [h, w]."""
  return (here.layout == labels.FACE) & (here.fringe < reference.FROM)


def stays(shares: tf.Tensor) -> tf.Tensor:
  """Returns more than a half where most that is no garment stays the photo."""
  rest = shares[..., 1:2] + shares[..., 2:]
  kept = tf.cast(shares[..., 1:2] > shares[..., 2:], tf.float32) * rest
  kept, rest = (resampling.smooth(x, reference.SMOOTH) for x in (kept, rest))
  return kept / tf.maximum(rest, 1e-3)


def painted(shares: tf.Tensor) -> tf.Tensor:
  """Returns whether something is painted nearby, [H, W, 1], 0 to 1."""
  region = dilated(~dilated(shares[..., 2] <= 0.5, 1), 1)
  region = tf.cast(region, tf.float32)[..., tf.newaxis]
  region = resampling.smooth(region, reference.SMOOTH)
  return tf.minimum(region / reference.BESIDE, 1.0)


def with_sleeves(place: Place, removed: tf.Tensor) -> Place:
  """Returns a place, arms that the model takes off as the old garment's."""
  window, layout = place.window, place.layout
  seen = window.layout(layout)
  lost = (removed > 0) & is_any(seen, labels.ARMS)
  upper = tf.reduce_any(tf.equal(place.label, labels.UPPER))

  def changed() -> tf.Tensor:
    region = dilated(lost, 1)
    for axis in (0, 1):
      places = window.to_model(tf.range(tf.shape(layout)[axis]), 1 - axis)
      places = tf.cast(tf.round(places), tf.int32)
      places = tf.clip_by_value(places, 0, window.size[axis] - 1)
      region = tf.gather(region, places, axis=axis)
    sleeves = region & is_any(layout, labels.ARMS)
    return tf.where(sleeves, tf.cast(labels.UPPER_CLOTHES, tf.uint8), layout)

  layout = tf.cond(upper & tf.reduce_any(lost), changed, lambda: layout)
  return place._replace(layout=layout)
