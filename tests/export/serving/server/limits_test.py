# SPDX-License-Identifier: Apache-2.0
"""Claims about how many pixels and scans the pictures of a request may have."""

import io
import time

import numpy as np
from PIL import Image
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
  for width, height in ((4000, 3000), (4080, 3072), (4160, 3120)):
    assert allowed.max_pixels >= width * height
  assert 2 * allowed.max_pixels <= allowed.max_total_pixels
  assert allowed.max_total_pixels < 24 * 4000 * 3000


def _progressive():
  """Returns a JPEG, parted into what comes before its last scan, and that."""
  stream = io.BytesIO()
  pixels = np.random.default_rng(0).integers(0, 256, (30, 20, 3), np.uint8)
  Image.fromarray(pixels).save(stream, 'JPEG', progressive=True)
  content = stream.getvalue().removesuffix(_END)
  at = content.rindex(_SCAN)
  return content[:at], content[at:]


_SCAN, _END = b'\xff\xda', b'\xff\xd9'
_BEFORE, _LAST = _progressive()
_MANY = 100 * _LAST


def _segment(content):
  return b'\xff\xe1' + (len(content) + 2).to_bytes(2) + content


def _check(content):
  pictures = np.array([PICTURE, content], object)
  limits.Limits().check({'person_image': pictures})


# Two bytes that are no marker: as a length they would hide all that follows.
_FAR = b'\x7f\x7f'
_REFUSED = {
  'repeated': _BEFORE + _LAST + _MANY + _END,
  'cut off': _BEFORE + _LAST + _MANY,
  'fill bytes': _BEFORE + 101 * (b'\xff\xff' + _LAST) + _END,
  'a restart': _BEFORE + _LAST + b'\xff\xd0' + _FAR + _MANY + _END,
  'a zero': _BEFORE + _LAST + b'\xff\x00' + _FAR + _MANY + _END,
  'skipped for a restart': _BEFORE + _LAST + b'\xff\x02' + _FAR + _MANY + _END,
  'a length of 0': _BEFORE + b'\xff\xe1\x00\x00' + _LAST + _MANY + _END,
  'an end in a segment': _BEFORE + _segment(_END) + _LAST + _MANY + _END,
}
# What stands in a thumbnail, or behind the picture, is not decoded.
_TAKEN = {
  'ten': _BEFORE + _LAST + _END,
  'a hundred': _BEFORE + (100 - _BEFORE.count(_SCAN)) * _LAST + _END,
  'in a segment': _BEFORE[:2] + _segment(101 * _SCAN) + _BEFORE[2:] + _END,
  'behind': _BEFORE + _LAST + _END + _MANY + _MANY,
  'a PNG': PICTURE + _MANY + _MANY,
}


@pytest.mark.parametrize('case', _REFUSED)
def test_a_jpeg_of_scans_without_end_is_refused_undecoded(case):
  expected = r'input person_image\[1\] is a JPEG of more than 100 scans; '
  with pytest.raises(errors.ServingError, match=expected) as caught:
    _check(_REFUSED[case])
  assert caught.value.code == 'INVALID_ARGUMENT'


@pytest.mark.parametrize('case', _TAKEN)
def test_a_jpeg_of_some_scans_is_taken(case):
  _check(_TAKEN[case])


def test_a_jpeg_of_nothing_but_segments_is_refused_at_once():
  stream = io.BytesIO()
  Image.new('RGB', (8, 8)).save(stream, 'JPEG')
  picture, empty = stream.getvalue(), b'\xff\xe1\x00\x02'
  some = picture[:2] + 1000 * empty + picture[2:]
  limits.Limits().check({'person_image': np.array([some], object)})
  many = picture[:2] + 3_000_000 * empty + picture[2:]
  since = time.process_time()
  with pytest.raises(errors.ServingError, match='more than 20,000 markers'):
    limits.Limits().check({'person_image': np.array([many], object)})
  # To walk them all took Pillow 5.6 seconds here.
  assert time.process_time() - since < 1.0
