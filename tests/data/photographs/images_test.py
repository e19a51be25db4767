# SPDX-License-Identifier: Apache-2.0
"""Claims about opening pictures, and about writing them."""

import os

import cv2
import numpy as np
from PIL import Image
import pytest

from clothflow_tf import files
from clothflow_tf.data.photographs import images
from clothflow_tf.inputs import labels
from clothflow_tf.inputs import raw


def _save(path, array, **options):
  array = np.asarray(array)
  kept = array.dtype in (bool, np.uint16)
  image = Image.fromarray(array if kept else array.astype(np.uint8))
  image.save(path, **options)
  return str(path)


def _noise(*shape):
  return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def _pixels(path):
  return images.photo(str(path)).pixels


def test_every_mode_of_a_picture_becomes_rgb(tmp_path):
  grey, color = _noise(8, 6), _noise(8, 6, 3)
  grey_rgb = np.repeat(grey[:, :, None], 3, axis=2)
  read = _pixels
  path = _save(tmp_path / 'l.png', grey)
  np.testing.assert_array_equal(read(path), grey_rgb)
  path = _save(tmp_path / '1.png', grey > 99)
  np.testing.assert_array_equal(read(path), np.where(grey_rgb > 99, 255, 0))
  path = _save(tmp_path / 'l16.png', grey.astype(np.uint16) * 257)
  np.testing.assert_array_equal(read(path), grey_rgb)
  palette = Image.fromarray(color).quantize(48)
  palette.save(tmp_path / 'p.png')
  np.testing.assert_array_equal(read(str(tmp_path / 'p.png')), color)
  cmyk = Image.fromarray(color).convert('CMYK')
  cmyk.save(tmp_path / 'cmyk.tif')
  # Without black ink, CMYK is the complement and back.
  np.testing.assert_allclose(read(str(tmp_path / 'cmyk.tif')), color, atol=1)
  teal = Image.new('RGB', (16, 16), (0, 128, 120)).convert('CMYK')
  teal.save(tmp_path / 'cmyk.jpg', quality=95)
  assert abs(read(str(tmp_path / 'cmyk.jpg')) - [0, 128.0, 120]).max() < 8


def test_transparent_pixels_show_white(tmp_path):
  color, alpha = _noise(8, 6, 3), _noise(8, 6)
  part = alpha[:, :, None] / 255
  path = _save(tmp_path / 'rgba.png', np.dstack([color, alpha]))
  over = color * part + 255 * (1 - part)
  np.testing.assert_allclose(_pixels(path), over, atol=1)
  path = _save(tmp_path / 'la.png', np.dstack([color[:, :, 0], alpha]))
  expected = np.repeat(over[:, :, :1], 3, axis=2)
  np.testing.assert_allclose(_pixels(path), expected, atol=1)
  palette = Image.new('P', (2, 1), 0)
  palette.putpalette([9, 9, 9, 7, 7, 7])
  palette.putpixel((1, 0), 1)
  palette.save(tmp_path / 'p.png', transparency=0)
  image = _pixels(tmp_path / 'p.png')
  assert image.tolist() == [[[255] * 3, [7] * 3]]


def test_16_bit_colour_keeps_its_high_bytes(tmp_path):
  values = np.arange(0, 65536, 911, np.uint16)[:72].reshape(8, 3, 3)
  path = str(tmp_path / 'rgb16.png')
  cv2.imwrite(path, values[:, :, ::-1])
  np.testing.assert_array_equal(_pixels(path), values >> 8)


def test_a_palette_layout_is_its_indices_not_its_colours(tmp_path):
  indices = _noise(8, 6) % labels.NUM_LABELS
  image = Image.frombytes('P', (6, 8), indices.tobytes())
  image.putpalette(labels.COLORS.ravel().tolist())
  image.save(tmp_path / 'p.png')
  path = str(tmp_path / 'p.png')
  np.testing.assert_array_equal(images.parse_map(path, '').pixels, indices)


def test_a_picture_is_written_whole(tmp_path):
  image = _noise(12, 9, 3)
  for name in ('a.png', 'a.PNG', 'a.jpg', 'a.jpeg'):
    files.write_image(str(tmp_path / name), image)
    back = _pixels(tmp_path / name)
    assert back.shape == image.shape
    if name.lower().endswith('png'):
      np.testing.assert_array_equal(back, image)
  assert sorted(os.listdir(tmp_path)) == ['a.PNG', 'a.jpeg', 'a.jpg', 'a.png']


@pytest.mark.parametrize(
  ('shape', 'least', 'expected'),
  [
    ((512, 384), (64, 48), (64, 48)),
    ((512, 384), (65, 48), (128, 96)),
    ((512, 384), (64, 49), (128, 96)),
    ((512, 384), (256, 192), (256, 192)),
    ((512, 384), (257, 192), (512, 384)),
    ((512, 384), (600, 600), (512, 384)),
    ((511, 383), (64, 48), (128, 96)),
    ((512, 384), None, (512, 384)),
  ],
)
def test_a_jpeg_is_reduced_to_no_less_than_was_asked_for(
  shape, least, expected, tmp_path
):
  path = _save(tmp_path / 'i.jpg', _noise(*shape, 3))
  least = least and raw.Size(*least)
  picture = images.photo(path, least)
  assert picture.pixels.shape == (*expected, 3)
  assert picture.size == shape  # The true one.
  mask = _save(tmp_path / 'm.jpg', np.full(shape, 255))
  assert images.mask(mask, least).pixels.shape == expected


@pytest.mark.parametrize(
  ('shape', 'turn', 'expected'),
  [
    ((384, 512), 6, (64, 48)),
    # Rounded up, it would have a row too many at the wrong end.
    ((383, 512), 6, (512, 383)),
    ((511, 384), 3, (511, 384)),
  ],
)
def test_a_turned_jpeg_is_reduced_if_nothing_is_rounded(
  shape, turn, expected, tmp_path
):
  exif = Image.Exif()
  exif[0x0112] = turn
  path = _save(tmp_path / 'i.jpg', _noise(*shape, 3), exif=exif.tobytes())
  picture = images.photo(path, raw.Size(64, 48))
  assert picture.pixels.shape == (*expected, 3)


@pytest.mark.parametrize('tag', range(10))
def test_a_photo_is_turned_as_pillow_turns_it_and_a_map_is_refused(
  tag, tmp_path
):
  exif = Image.Exif()
  exif[0x0112] = tag
  path = _save(tmp_path / 'i.png', _noise(6, 4, 3), exif=exif)
  upright = {3: 2, 6: 3, 8: 1}  # Quarter turns of numpy's.
  photo = images.photo(path)
  if tag in upright:
    expected = np.rot90(_noise(6, 4, 3), upright[tag])
    np.testing.assert_array_equal(photo.pixels, expected)
  assert photo.size == photo.pixels.shape[:2]
  assert photo.size == ((4, 6) if 5 <= tag <= 8 else (6, 4))
  assert (photo.orientation, bool(photo.warnings)) == (tag, tag != 1)
  # Whether maps were turned, a quarter turn of what is no square shows.
  assert photo.size_shows_turn == (tag not in (2, 3, 4))
  path = _save(tmp_path / 'm.png', np.full((6, 4), 255), exif=exif)
  for read in (images.mask, lambda path: images.parse_map(path, 'labels')):
    if tag == 1:
      assert read(path).size == (6, 4)
    else:
      message = f'm.png: has the EXIF orientation {tag}, .*; expected none'
      with pytest.raises(files.InputError, match=message):
        read(path)
