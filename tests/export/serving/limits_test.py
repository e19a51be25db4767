# SPDX-License-Identifier: Apache-2.0
"""Claims about how many pixels a request may have."""

import numpy as np
import pytest

from clothflow_tf.inference import encoded
from export.serving.server import limits
from export.serving.wire import errors

PICTURE = encoded.png(np.zeros((30, 20, 3), np.uint8))
TEXT = 'the pictures of the request have {:,} pixels; expected at most 2,399'


def _arrays(count):
  return {
    'person_image': np.array(count * [PICTURE], object),
    'garment_image': np.array(count * [PICTURE], object),
    'garment_mask': np.array(count * [b''], object),
    'garment_label': np.zeros(count, np.int32),
  }


def test_the_pixels_of_all_pictures_of_a_request_count():
  allowed = limits.Limits(max_total_pixels=2 * 1200 - 1)
  allowed.check(_arrays(1))
  with pytest.raises(errors.ServingError, match='max_total_pixels') as caught:
    allowed.check(_arrays(2))
  assert str(caught.value).startswith(TEXT.format(2400))
  limits.Limits(max_total_pixels=2400).check(_arrays(2))


def test_by_default_a_phones_photo_is_taken_and_not_two_dozen():
  allowed = limits.Limits()
  assert allowed.max_pixels >= 4000 * 3000
  assert 2 * allowed.max_pixels <= allowed.max_total_pixels
  assert allowed.max_total_pixels < 24 * 4000 * 3000
