# SPDX-License-Identifier: Apache-2.0
"""Claims: bytes are read as the reader of photographs reads files."""

import io

import numpy as np
from PIL import Image
import pytest
import tensorflow as tf

from clothflow_tf.data.photographs import images
from export.serving.graph import maps
from export.serving.graph import pictures

_RNG = np.random.default_rng(0)
PHOTO = Image.fromarray(_RNG.integers(0, 256, (45, 60, 3), np.uint8))
CLEAR = Image.fromarray(_RNG.integers(0, 256, (45, 60, 4), np.uint8))
GREY = PHOTO.convert('L')
LABELS = _RNG.integers(0, 20, (45, 60)).astype(np.uint8)


def _bytes(image, kind='PNG', **options):
  file = io.BytesIO()
  image.save(file, kind, **options)
  return file.getvalue()


def _exif(orientation, endian):
  exif = Image.Exif()
  exif.endian = endian
  exif[0x010F], exif[0x0112] = 'maker', orientation
  return exif.tobytes()


def _indexed(values, colors):
  image = Image.new('P', values.shape[::-1])
  image.putdata(values.ravel().tolist())
  image.putpalette(_RNG.integers(0, 256, 3 * colors).tolist())
  return image


def _xmp(orientation):
  text = f'<rdf:Description tiff:Orientation="{orientation}"/>'
  return f'<x:xmpmeta xmlns:x="adobe:ns:meta/">{text}</x:xmpmeta>'.encode()


PNG, JPEG = _bytes(PHOTO), _bytes(PHOTO, 'JPEG', quality=90)
PHOTOS = {
  'PNG': PNG,
  'JPEG': JPEG,
  'progressive': _bytes(PHOTO, 'JPEG', progressive=True),
  'grey PNG': _bytes(GREY),
  'grey JPEG': _bytes(GREY, 'JPEG'),
  'transparent': _bytes(CLEAR),
  'transparent grey': _bytes(CLEAR.convert('LA')),
  'palette': _bytes(PHOTO.quantize(40)),
  'transparent palette': _bytes(PHOTO.quantize(40), transparency=3),
  'XMP': _bytes(PHOTO, 'JPEG', xmp=_xmp(6)),
  **{
    f'{kind} {orientation} {endian}': _bytes(
      PHOTO, kind, exif=_exif(orientation, endian)
    )
    for kind in ('JPEG', 'PNG')
    for orientation, endian in enumerate('<><><><><>')
  },
}
MAPS = {
  'indices': _bytes(_indexed(LABELS, 20)),
  'of 256 colours': _bytes(_indexed(LABELS, 256)),
  'of 4 bits': _bytes(_indexed(LABELS % 16, 16)),
  'of 2 bits': _bytes(_indexed(LABELS % 4, 4)),
  'of 1 bit': _bytes(_indexed(LABELS % 2, 2)),
  'transparent': _bytes(_indexed(LABELS % 2, 2), transparency=b'\x07\x00'),
  'grey': _bytes(Image.fromarray(LABELS)),
}
MASKS = {
  'of 1 bit': _bytes(GREY.point(lambda x: x > 99, '1')),
  'grey': _bytes(GREY),
  'JPEG': _bytes(GREY, 'JPEG'),
}


def _flipped(content):
  """A byte of the pixels, of which only the check sum tells."""
  place = len(content) // 2
  return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


BROKEN = {
  'nothing': b'',
  'text': b'no picture',
  'half a PNG': PNG[: len(PNG) // 2],
  'half a JPEG': JPEG[: len(JPEG) // 2],
  'a PNG of zeros': PNG[:3000] + bytes(len(PNG) - 3000),
  'a flipped bit': _flipped(PNG),
  'the name of a PNG': PNG[:8],
  'a cut header': MAPS['indices'][:28],
  'a bomb': PNG[:16] + b'\0\0\xff\xff\0\0\xff\xff' + PNG[24:],
}


@pytest.fixture
def path(tmp_path):
  def write(content):
    (tmp_path / 'picture').write_bytes(content)
    return str(tmp_path / 'picture')

  return write


@pytest.mark.parametrize('name', PHOTOS)
def test_a_photo_is_the_readers_to_the_bit(name, path):
  picture = pictures.photo(tf.constant(PHOTOS[name]))
  expected = images.photo(path(PHOTOS[name]))
  assert picture.problem == b''
  np.testing.assert_array_equal(picture.pixels, expected.pixels)
  alpha = 255 if expected.alpha is None else expected.alpha
  np.testing.assert_array_equal(picture.alpha, alpha + 0 * picture.alpha)
  assert picture.orientation == expected.orientation


@pytest.mark.parametrize('name', MAPS)
def test_labels_are_a_palettes_indices(name, path):
  picture = maps.parse_map(tf.constant(MAPS[name]))
  assert picture.problem == b''
  expected = images.parse_map(path(MAPS[name]), 'labels').pixels
  np.testing.assert_array_equal(picture.pixels, expected)


@pytest.mark.parametrize('name', MASKS)
def test_a_mask_is_the_readers(name, path):
  picture = maps.mask(tf.constant(MASKS[name]))
  assert picture.problem == b''
  expected = images.mask(path(MASKS[name])).pixels
  np.testing.assert_array_equal(picture.pixels, expected)


@pytest.mark.parametrize('read', [pictures.photo, maps.parse_map, maps.mask])
@pytest.mark.parametrize('name', BROKEN)
def test_what_is_broken_is_a_sentence_and_no_error(name, read):
  picture = read(tf.constant(BROKEN[name]))
  assert picture.problem != b''


@pytest.mark.parametrize(
  ('read', 'content', 'problem'),
  [
    (pictures.photo, _bytes(PHOTO.convert('CMYK'), 'JPEG'), 'four channels'),
    (pictures.photo, _bytes(PHOTO, 'GIF'), 'no picture'),
    (pictures.photo, BROKEN['a bomb'], '65535x65535 pixels'),
    (maps.parse_map, _bytes(GREY, 'JPEG'), 'lossy'),
    (maps.parse_map, PNG, 'other colours'),
    (maps.parse_map, _bytes(GREY, exif=_exif(6, '<')), 'orientation 6'),
    (maps.mask, PNG, 'colours'),
    (maps.mask, _bytes(GREY, 'JPEG', exif=_exif(3, '<')), 'orientation 3'),
  ],
)
def test_what_would_be_read_wrongly_is_refused(read, content, problem):
  assert problem in read(tf.constant(content)).problem.numpy().decode()


def test_a_result_is_written_losslessly_or_as_a_jpeg():
  pixels = np.asarray(PHOTO)
  png = pictures.encode(tf.constant(pixels), 'png').numpy()
  np.testing.assert_array_equal(Image.open(io.BytesIO(png)), pixels)
  jpeg = Image.open(io.BytesIO(pictures.encode(pixels, 'jpeg').numpy()))
  assert jpeg.format == 'JPEG' and jpeg.size == PHOTO.size
