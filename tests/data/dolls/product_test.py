# SPDX-License-Identifier: Apache-2.0
"""Claims about painted garments: what lies where on the flat cloth."""

import cv2
import numpy as np

from clothflow_tf.data.dolls import body as bodies
from clothflow_tf.data.dolls import frames
from clothflow_tf.data.dolls import lay as lays
from clothflow_tf.data.dolls import painting as paintings
from clothflow_tf.data.dolls import prints
from clothflow_tf.data.dolls import streams
from clothflow_tf.data.dolls import upper as uppers


def _garment(index):
  key = streams.Key(3, 'test', index)
  body = bodies.sample(streams.stream(key, 'body'))
  rng = streams.stream(key, 'garment')
  garment = uppers.sample(rng, body, uppers.Style('loose', 2.2))
  return garment, lays.lay_out(rng, garment, frames.Frame(512, 384))


def _mask(lay, shapes):
  mask = np.zeros(lay.shape, np.uint8)
  for shape in shapes:
    cv2.fillPoly(mask, [np.round(lay.pixels(shape)).astype(np.int32)], 1)
  return mask


def test_what_is_printed_on_the_chest_lies_on_the_panel():
  printed = 0
  for index in range(150):
    garment, lay = _garment(index)
    rng = streams.stream(streams.Key(3, 'test', index), 'print')
    if garment.neck[1] < 0.6:
      cloth = np.full(lay.shape + (3,), 128, np.uint8)
      prints.chest(paintings.Painting(cloth, garment, lay), rng)
      changed = (cloth != 128).any(-1)
      assert not (changed & (_mask(lay, garment.outlines[0]) == 0)).any()
      printed += changed.any()
  assert printed > 60


def test_a_flat_sleeve_lies_beside_the_panel():
  sleeved = 0
  for index in range(150):
    garment, lay = _garment(index)
    if garment.tube is not None:
      masks = [_mask(lay, garment.outlines[part]) for part in (-1, 0, 1)]
      # The strip under the seam is the panel's cloth, drawn by both.
      strip = np.array([garment.tip, garment.armpit])
      strip = np.concatenate([strip, strip[::-1] - (0.14, 0)])
      strip = _mask(lay, [strip * (side, 1) for side in (-1, 1)])
      strip = cv2.dilate(strip, np.ones((7, 7)))
      shared = masks[1] * np.maximum(masks[0], masks[2]) * (1 - strip)
      assert shared.sum() <= 0.002 * masks[1].sum(), index
      assert not (masks[0] * masks[2]).any()
      sleeved += 1
  assert sleeved > 80
