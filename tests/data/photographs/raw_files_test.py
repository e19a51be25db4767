# SPDX-License-Identifier: Apache-2.0
"""Claims about reading a user's files: what becomes of them."""

import json
import os

import cv2
import numpy as np
from PIL import Image
import pytest

from clothflow_tf.data.photographs import raw_files
from clothflow_tf.inputs import keypoints as keypoints_lib
from clothflow_tf.inputs import labels
from tests import places

SIZE = (64, 48)
REAL = places.VITON_HD / 'test'
JUDGED = ('right-shoulder', 'left-shoulder', 'right-wrist', 'left-wrist')
needs_real = pytest.mark.skipif(
  not REAL.is_dir(), reason=f'the VITON-HD samples are not at {REAL}'
)


def _save(path, array, **options):
  array = np.asarray(array)
  kept = array.dtype in (bool, np.uint16)
  image = Image.fromarray(array if kept else array.astype(np.uint8))
  image.save(path, **options)
  return str(path)


def _pose(path, joints, key='pose_keypoints_2d'):
  people = [{key: np.ravel(joints).tolist()}]
  path.write_text(json.dumps({'people': people}))
  return str(path)


def _noise(*shape):
  return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


@pytest.fixture
def person(tmp_path):
  """Files of a person of SIZE: every joint at its own place."""
  image = _save(tmp_path / 'person.png', _noise(*SIZE, 3))
  layout = _save(tmp_path / 'layout.png', _noise(*SIZE) % labels.NUM_LABELS)
  joints = np.arange(1, 19)[:, None] * (2, 3, 0) + (0, 0, 0.5)
  return [image, layout, _pose(tmp_path / 'pose.json', joints)]


def test_files_of_the_models_size_arrive_unchanged(person):
  inputs = raw_files.read_person(*person, SIZE)
  np.testing.assert_array_equal(inputs['person_image'], _noise(*SIZE, 3))
  np.testing.assert_array_equal(inputs['person_layout'], _noise(*SIZE) % 20)
  joints = np.arange(1, 19)[:, None] * (2, 3, 0) + (0, 0, 0.5)
  expected = np.where(joints[:, :1] < SIZE[1], joints, 0)
  np.testing.assert_allclose(inputs['person_keypoints'], expected, atol=1e-5)
  types = {key: str(value.dtype) for key, value in inputs.items()}
  assert types['person_keypoints'] == 'float32'
  assert types['person_image'] == types['person_layout'] == 'uint8'


def test_pose_transfer_takes_the_same_under_its_own_name(person):
  inputs = raw_files.read_person(*person, SIZE)
  inputs['target_keypoints'] = inputs.pop('person_keypoints')
  target = raw_files.read_target(*person, SIZE)
  assert inputs.keys() == target.keys()
  for key, value in inputs.items():
    np.testing.assert_array_equal(value, target[key])


def test_a_person_is_letterboxed_by_the_edge_with_an_empty_layout(tmp_path):
  image = _save(tmp_path / 'i.png', _noise(32, 48, 3))
  layout = _save(tmp_path / 'l.png', np.full((32, 48), 5, np.uint8))
  pose = _pose(tmp_path / 'p.json', np.ones((18, 3)))
  inputs = raw_files.read_person(image, layout, pose, SIZE)
  inner = _noise(32, 48, 3)
  edges = np.pad(inner, [(16, 16), (0, 0), (0, 0)], 'edge')
  np.testing.assert_array_equal(inputs['person_image'], edges)
  assert (inputs['person_layout'][16:48] == 5).all()
  assert not inputs['person_layout'][:16].any()
  assert not inputs['person_layout'][48:].any()


def test_a_garment_is_letterboxed_by_its_backdrop_with_an_empty_mask(tmp_path):
  image = np.full((64, 24, 3), (230, 231, 232), np.uint8)
  image[10:, 4:20] = 30
  image[-1, -1] = 0  # One dark corner does not decide.
  mask = np.full((64, 24), 255, np.uint8)
  garment = raw_files.read_garment(
    _save(tmp_path / 'g.png', image), _save(tmp_path / 'm.png', mask), SIZE
  )
  np.testing.assert_array_equal(garment['garment_image'][:, 12:36], image)
  for side in (slice(12), slice(36, None)):
    assert (garment['garment_image'][:, side] == (230, 231, 232)).all()
    assert not garment['garment_mask'][:, side].any()
  assert (garment['garment_mask'][:, 12:36] == 255).all()


def test_pictures_are_antialiased_and_layouts_keep_their_labels(tmp_path):
  stripes = np.indices((256, 192)).sum(0) % 2
  image = _save(tmp_path / 'i.png', (stripes * 255).astype(np.uint8))
  layout = _save(tmp_path / 'l.png', (stripes * 17).astype(np.uint8))
  pose = _pose(tmp_path / 'p.json', np.ones((18, 3)))
  inputs = raw_files.read_person(image, layout, pose, SIZE)
  grey = inputs['person_image'].astype(int)
  assert abs(grey - 127.5).max() < 3  # Skipping pixels gives 0 or 255.
  assert set(np.unique(inputs['person_layout'])) <= {0, 17}


def test_exif_turns_a_photo_before_all_else(tmp_path, person):
  exif = Image.Exif()
  exif[0x0112] = 6  # To be turned by 90 degrees clockwise.
  stored = np.rot90(_noise(*SIZE, 3))
  path = _save(tmp_path / 'phone.png', stored, exif=exif)
  np.testing.assert_array_equal(raw_files.read_image(path), _noise(*SIZE, 3))
  raw_files.read_person(path, *person[1:], SIZE)
  sideways = _save(tmp_path / 'sideways.png', np.rot90(_noise(*SIZE) % 20))
  with pytest.raises(
    raw_files.InputError, match='sideways.png.*as EXIF turns it'
  ):
    raw_files.read_person(path, sideways, person[2], SIZE)


def test_every_mode_of_a_picture_becomes_rgb(tmp_path):
  grey, color = _noise(8, 6), _noise(8, 6, 3)
  grey_rgb = np.repeat(grey[:, :, None], 3, axis=2)
  read = raw_files.read_image
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
  np.testing.assert_allclose(raw_files.read_image(path), over, atol=1)
  path = _save(tmp_path / 'la.png', np.dstack([color[:, :, 0], alpha]))
  expected = np.repeat(over[:, :, :1], 3, axis=2)
  np.testing.assert_allclose(raw_files.read_image(path), expected, atol=1)
  palette = Image.new('P', (2, 1), 0)
  palette.putpalette([9, 9, 9, 7, 7, 7])
  palette.putpixel((1, 0), 1)
  palette.save(tmp_path / 'p.png', transparency=0)
  image = raw_files.read_image(str(tmp_path / 'p.png'))
  assert image.tolist() == [[[255] * 3, [7] * 3]]


def test_16_bit_colour_keeps_its_high_bytes(tmp_path):
  values = np.arange(0, 65536, 911, np.uint16)[:72].reshape(8, 3, 3)
  path = str(tmp_path / 'rgb16.png')
  cv2.imwrite(path, values[:, :, ::-1])
  np.testing.assert_array_equal(raw_files.read_image(path), values >> 8)


def test_a_mask_is_cut_at_128_and_stretched_over_its_picture(tmp_path):
  image = _save(tmp_path / 'g.png', _noise(*SIZE, 3))
  mask = _noise(*SIZE)
  path = _save(tmp_path / 'm.png', mask)
  garment = raw_files.read_garment(image, path, SIZE)
  cut = np.where(mask >= 128, 255, 0)
  np.testing.assert_array_equal(garment['garment_mask'], cut)
  path = _save(tmp_path / 'm.png', [[255, 0]])
  garment = raw_files.read_garment(image, path, SIZE)
  assert (garment['garment_mask'][:, :24] == 255).all()
  assert not garment['garment_mask'][:, 24:].any()


def test_alpha_is_the_mask_unless_one_is_given(tmp_path):
  alpha = _noise(*SIZE)
  image = _save(tmp_path / 'g.png', np.dstack([_noise(*SIZE, 3), alpha]))
  garment = raw_files.read_garment(image, None, SIZE)
  cut = np.where(alpha >= 128, 255, 0)
  np.testing.assert_array_equal(garment['garment_mask'], cut)
  path = _save(tmp_path / 'm.png', np.full(SIZE, 255))
  garment = raw_files.read_garment(image, path, SIZE)
  assert (garment['garment_mask'] == 255).all()


def test_a_mask_that_vanishes_at_the_models_size_is_refused(tmp_path):
  image = _save(tmp_path / 'g.png', np.zeros((640, 480, 3)))
  mask = np.zeros((640, 480))
  mask[315, 245] = 255
  path = _save(tmp_path / 'm.png', mask)
  with pytest.raises(raw_files.InputError, match='m.png: the mask is empty at'):
    raw_files.read_garment(image, path, SIZE)


def test_a_palette_layout_is_its_indices_not_its_colours(tmp_path):
  indices = _noise(8, 6) % labels.NUM_LABELS
  image = Image.frombytes('P', (6, 8), indices.tobytes())
  image.putpalette(labels.COLORS.ravel().tolist())
  image.save(tmp_path / 'p.png')
  path = str(tmp_path / 'p.png')
  np.testing.assert_array_equal(raw_files.read_layout(path), indices)


@needs_real
@pytest.mark.parametrize('size', [(256, 192), (256, 256)])
def test_joints_of_real_people_lie_on_the_people(size):
  people = sorted((REAL / 'image').glob('*.jpg'))
  assert people
  for image in people:
    layout = REAL / 'image-parse' / f'{image.stem}.png'
    pose = REAL / 'openpose-json' / f'{image.stem}_keypoints.json'
    inputs = raw_files.read_person(str(image), str(layout), str(pose), size)
    assert inputs['person_image'].shape == (*size, 3)
    for name in JUDGED:
      x, y, confidence = inputs['person_keypoints'][
        keypoints_lib.NAMES.index(name)
      ]
      if confidence > 0:
        row, column = round(float(y)), round(float(x))
        label = inputs['person_layout'][row, column]
        assert label != labels.BACKGROUND, (image.name, name)


@needs_real
def test_real_garments_stand_out_of_their_masks_backdrop():
  garments = sorted((REAL / 'cloth').glob('*.jpg'))
  assert garments
  for image in garments:
    mask = REAL / 'cloth-mask' / image.name
    garment = raw_files.read_garment(str(image), str(mask), (256, 192))
    inside = garment['garment_mask'] == 255
    assert set(np.unique(garment['garment_mask'])) == {0, 255}
    assert 0.1 < inside.mean() < 0.9
    # Product pictures lie on light grey: outside the mask little else is.
    outside = garment['garment_image'][~inside]
    assert np.median(outside) > 200


def test_a_picture_is_written_whole(tmp_path):
  image = _noise(12, 9, 3)
  for name in ('a.png', 'a.PNG', 'a.jpg', 'a.jpeg'):
    raw_files.write_image(str(tmp_path / name), image)
    back = raw_files.read_image(str(tmp_path / name))
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
  assert raw_files.read_image(path, least).shape == (*expected, 3)
  mask = _save(tmp_path / 'm.jpg', np.full(shape, 255))
  assert raw_files.read_mask(mask, least).shape == expected


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
  assert raw_files.read_image(path, (64, 48)).shape == (*expected, 3)
