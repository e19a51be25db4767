# SPDX-License-Identifier: Apache-2.0
"""Claims about packing PNG: what is packed is what every reader reads."""

import io

import cv2
import numpy as np
from PIL import Image
import pytest

from clothflow_tf.data import png


@pytest.mark.parametrize('shape', [(1, 1), (7, 5), (7, 5, 3), (64, 48, 3)])
def test_what_is_packed_is_read_back(shape):
  image = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
  packed = png.encode(image)
  np.testing.assert_array_equal(Image.open(io.BytesIO(packed)), image)
  content = np.frombuffer(packed, np.uint8)
  read = cv2.imdecode(content, cv2.IMREAD_UNCHANGED)
  np.testing.assert_array_equal(
    read[..., ::-1] if image.ndim == 3 else read, image
  )


def test_a_plain_image_is_small():
  assert len(png.encode(np.full((256, 192, 3), 200, np.uint8))) < 2000
