# SPDX-License-Identifier: Apache-2.0
"""What the page of a report shows, axis by axis, in plain words."""

from typing import NamedTuple


class Row(NamedTuple):
  """A measure: its name in the report, in words, and the digits shown.

  A measure in percent is a share in the report.
  """

  name: str
  words: str
  digits: int = 3
  percent: bool = False


class Axis(NamedTuple):
  """An axis: what it asks, its rows, and by what strips are chosen."""

  question: str
  rows: tuple[Row, ...]
  chosen_by: str
  higher: bool


AXES = {
  'kept': Axis(
    'Does everything stay that has nothing to do with the garment?',
    (
      Row('outside_changed', 'beyond what may change: changed', 2, True),
      Row('outside_change', 'beyond what may change: mean, grey levels', 2),
      Row('kept_changed', 'arms, face and hair: changed', 2, True),
      Row('kept_changed/arms', 'arms and hands: changed', 2, True),
      Row('kept_changed/face', 'face: changed', 2, True),
      Row('kept_changed/hair', 'hair: changed', 2, True),
      Row('kept_change/face', 'face: mean, grey levels', 2),
      Row('kept_change/hair', 'hair: mean, grey levels', 2),
      Row('may_change', 'of the photo may change', 1, True),
      Row('may_change/old_garment', 'for the old garment, taken off', 1, True),
      Row('may_change/new_garment', 'for the new garment', 1, True),
      Row('may_change/covered_skin', 'of it, over skin', 1, True),
      Row('may_change/uncovered_skin', 'for skin that was hidden', 1, True),
      Row('may_change/rim', 'for the rim around all of these', 1, True),
      Row('composed/garment', "of the result, the garment's pixels", 1, True),
      Row('composed/painted', 'of the result, painted', 1, True),
      Row('composed/seen', 'of the photo, seen to change', 1, True),
    ),
    'kept_changed',
    False,
  ),
  'shape': Axis(
    'Does the garment end where it should?',
    (
      Row('garment_iou', 'garment, IoU'),
      Row('garment_boundary_f', 'its outline, F at 2 pixels'),
      Row('torso_skin_iou', "torso's skin (the neckline), IoU"),
      Row('arms_iou', 'arms, IoU'),
      Row('hem_error', 'hem, mean error, pixels', 1),
      Row('hem_error_median', 'hem, median error, pixels', 1),
      Row('sleeve_error', 'sleeve ends, mean error, pixels', 1),
      Row('sleeve_error_median', 'sleeve ends, median error, pixels', 1),
      Row('hem_follows_old', 'share of the old hem in the new one', 2),
      Row('hem_follows_new', 'share of the right hem in it', 2),
    ),
    'garment_iou',
    True,
  ),
  'texture': Axis(
    'Does each place show the cloth that belongs there?',
    (
      Row('flow_error', 'flow, mean error, pixels', 2),
      Row('flow_error_p50', 'half of the pixels are within, pixels', 2),
      Row('flow_error_p90', '90 % are within, pixels', 2),
      Row('flow_error_p95', '95 % are within, pixels', 2),
      Row('flow_outliers', 'off by over 8 pixels', 1, True),
      Row('flow_error_true_layout', 'on true layouts, pixels', 2),
      Row('flow_error_box_fit', 'fitted boxes, pixels', 2),
      Row('flow_error_oracle_affine', 'best affine map, pixels', 2),
      Row('flow_error_oracle_tps', 'best 5x5 spline, pixels', 2),
      Row('folded', 'folded', 2, True),
      Row('letters', 'letters of words still read', 1, True),
      Row('letters_chance', "read in another person's picture", 1, True),
      Row('garment_ssim', "garment's inside, SSIM"),
      Row('garment_rim_ssim', "garment's rim, SSIM"),
      Row('garment_lpips', "garment's inside, LPIPS"),
      Row('garment_rim_lpips', "garment's rim, LPIPS"),
    ),
    'flow_error',
    False,
  ),
  'order': Axis(
    'Are hands, hair and collar before or behind the garment as they should?',
    (
      Row('order', 'all, label right', 1, True),
      Row('order/arms', 'arms and hands, label right', 1, True),
      Row('order/hair', 'hair, label right', 1, True),
      Row('order/collar', 'collar and neck, label right', 1, True),
      Row('order_seen', 'all, colour right', 1, True),
      Row('order_seen/arms', 'arms and hands, colour right', 1, True),
      Row('order_seen/hair', 'hair, colour right', 1, True),
      Row('order_seen/collar', 'collar and neck, colour right', 1, True),
    ),
    'order',
    True,
  ),
  'realism': Axis(
    'Is the picture like the true one?',
    (
      Row('ssim', 'SSIM'),
      Row('ssim_pasted_garment', 'SSIM of the garment pasted as it lies'),
      Row('ms_ssim', 'MS-SSIM'),
      Row('psnr', 'PSNR, decibels', 2),
      Row('lpips', 'LPIPS'),
      Row('fid', 'Frechet distance', 2),
      Row('kid', 'kernel distance', 4),
      Row('inception_score', 'inception score', 2),
    ),
    'ssim',
    True,
  ),
}
TAGGED = (
  Row('garment_iou', 'garment, IoU'),
  Row('garment_boundary_f', 'outline, F'),
  Row('torso_skin_iou', "torso's skin, IoU"),
  Row('garment_ssim', 'inside, SSIM'),
  Row('order', 'order right', 1, True),
  Row('flow_error', 'flow error, px', 2),
  Row('flow_error_oracle_tps', 'best spline, px', 2),
)
