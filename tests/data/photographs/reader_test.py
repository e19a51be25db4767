# SPDX-License-Identifier: Apache-2.0
"""Claims about reading a person and a garment: what becomes of their files."""

import json

import numpy as np
from PIL import Image
import pytest

from clothflow_tf import files
from clothflow_tf.data.dolls import generate
from clothflow_tf.data.photographs import examples
from clothflow_tf.data.photographs import reader
from clothflow_tf.inputs import keypoints as keypoints_lib
from clothflow_tf.inputs import labels
from clothflow_tf.inputs import raw
from tests import places

SIZE = raw.Size(64, 48)
REAL = places.VITON_HD / 'test'
JUDGED = ('right-shoulder', 'left-shoulder', 'right-wrist', 'left-wrist')
needs_real = pytest.mark.skipif(
  not REAL.is_dir(), reason=f'the VITON-HD samples are not at {REAL}'
)


def _save(path, array, **options):
  Image.fromarray(np.asarray(array).astype(np.uint8)).save(path, **options)
  return str(path)


def _pose(path, joints):
  people = [{'pose_keypoints_2d': np.ravel(joints).tolist()}]
  path.write_text(json.dumps({'people': people}))
  return str(path)


def _noise(*shape):
  return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def _person(image, layout, pose, size=SIZE, **more):
  person = examples.Person(image, layout, pose, **more)
  return reader.read(person, raw.Size(*size), 1).require()


def _garment(image, mask='', size=SIZE):
  garment = examples.Garment(image, mask)
  return reader.read(garment, raw.Size(*size), 1).require()


JOINTS = np.arange(1, 19)[:, None] * (2, 3, 0) + (0, 0, 0.5)


def _layout():
  """Returns noise of all labels, with face under nose and eyes."""
  layout = _noise(*SIZE) % labels.NUM_LABELS
  columns, rows, _ = JOINTS[[0, 14, 15]].astype(int).T
  layout[rows, columns] = labels.FACE
  return layout


@pytest.fixture
def person(tmp_path):
  """Files of a person of SIZE: every joint at its own place."""
  image = _save(tmp_path / 'person.png', _noise(*SIZE, 3))
  layout = _save(tmp_path / 'layout.png', _layout())
  return [image, layout, _pose(tmp_path / 'pose.json', JOINTS)]


def test_files_of_the_models_size_arrive_unchanged(person):
  arrays = _person(*person)
  np.testing.assert_array_equal(arrays['person_image'], _noise(*SIZE, 3))
  np.testing.assert_array_equal(arrays['person_layout'], _layout())
  np.testing.assert_allclose(arrays['person_keypoints'], JOINTS, atol=1e-5)
  types = {key: str(value.dtype) for key, value in arrays.items()}
  assert types['person_keypoints'] == 'float32'
  assert types['person_image'] == types['person_layout'] == 'uint8'


def test_a_pose_to_take_on_need_not_lie_on_the_person(person, tmp_path):
  Image.fromarray(_layout() * 0 + np.uint8(labels.SKIRT)).save(person[1])
  with pytest.raises(files.InputError, match='layout.png: .*nose, .* on skirt'):
    _person(*person)
  arrays = _person(*person, wears_pose=False)
  np.testing.assert_allclose(arrays['person_keypoints'], JOINTS, atol=1e-5)
  person[2] = _pose(tmp_path / 'far.json', JOINTS + (900, 0, 0))
  with pytest.raises(files.InputError, match='18 of 18 joints lie outside'):
    _person(*person, wears_pose=False)


def test_a_person_is_letterboxed_by_the_edge_with_an_empty_layout(tmp_path):
  image = _save(tmp_path / 'i.png', _noise(32, 48, 3))
  layout = _save(tmp_path / 'l.png', np.full((32, 48), labels.FACE))
  pose = _pose(tmp_path / 'p.json', np.full((18, 3), 9))
  arrays = _person(image, layout, pose)
  edges = np.pad(_noise(32, 48, 3), [(16, 16), (0, 0), (0, 0)], 'edge')
  np.testing.assert_array_equal(arrays['person_image'], edges)
  assert (arrays['person_layout'][16:48] == labels.FACE).all()
  assert not arrays['person_layout'][:16].any()
  assert not arrays['person_layout'][48:].any()


def test_a_garment_is_letterboxed_by_its_backdrop_with_an_empty_mask(tmp_path):
  image = np.full((64, 24, 3), (230, 231, 232), np.uint8)
  image[10:, 4:20] = 30
  image[-1, -1] = 0  # One dark corner does not decide.
  mask = np.full((64, 24), 255, np.uint8)
  mask[0, 0] = 0
  garment = _garment(
    _save(tmp_path / 'g.png', image), _save(tmp_path / 'm.png', mask)
  )
  np.testing.assert_array_equal(garment['garment_image'][:, 12:36], image)
  for side in (slice(12), slice(36, None)):
    assert (garment['garment_image'][:, side] == (230, 231, 232)).all()
    assert not garment['garment_mask'][:, side].any()
  np.testing.assert_array_equal(garment['garment_mask'][:, 12:36], mask)


def test_pictures_are_antialiased_and_layouts_keep_their_labels(tmp_path):
  stripes = np.indices((256, 192)).sum(0) % 2
  image = _save(tmp_path / 'i.png', stripes * 255)
  layout = _save(tmp_path / 'l.png', stripes * labels.FACE)
  pose = _pose(tmp_path / 'p.json', np.tile((9, 10, 1), (18, 1)))
  arrays = _person(image, layout, pose)
  grey = arrays['person_image'].astype(int)
  assert abs(grey - 127.5).max() < 3  # Skipping pixels gives 0 or 255.
  assert set(np.unique(arrays['person_layout'])) <= {0, labels.FACE}


def test_exif_turns_a_photo_before_all_else(tmp_path, person):
  exif = Image.Exif()
  exif[0x0112] = 6  # To be turned by 90 degrees clockwise.
  stored = np.rot90(_noise(*SIZE, 3))
  person[0] = _save(tmp_path / 'phone.png', stored, exif=exif)
  arrays = _person(*person)
  np.testing.assert_array_equal(arrays['person_image'], _noise(*SIZE, 3))
  person[1] = _save(tmp_path / 'sideways.png', np.rot90(_layout()))
  message = 'sideways.png: is 64x48 .*as EXIF turns it.*48x64'
  with pytest.raises(files.InputError, match=message):
    _person(*person)


def test_joints_in_another_frame_are_scaled_and_centred(person, tmp_path):
  # Of a frame four times as high, and 8 columns wider on either side.
  units = raw.Size(4 * SIZE.height, 4 * (SIZE.width + 16))
  moved = (JOINTS + (8.5, 0.5, 0)) * (4, 4, 1) - (0.5, 0.5, 0)
  pose = _pose(tmp_path / 'large.json', moved)
  arrays = _person(*person[:2], pose, units=units)
  np.testing.assert_allclose(arrays['person_keypoints'], JOINTS, atol=1e-5)


def test_a_mask_file_or_else_alpha_is_cut_at_128(tmp_path):
  mask = _noise(*SIZE)
  mask[0, 0] = 0
  cut = np.where(mask >= 128, 255, 0)
  image = _save(tmp_path / 'g.png', _noise(*SIZE, 3))
  path = _save(tmp_path / 'm.png', mask)
  np.testing.assert_array_equal(_garment(image, path)['garment_mask'], cut)
  image = _save(tmp_path / 'a.png', np.dstack([_noise(*SIZE, 3), mask]))
  np.testing.assert_array_equal(_garment(image)['garment_mask'], cut)
  other = np.zeros(SIZE)
  other[9:20, 9:20] = 255
  path = _save(tmp_path / 'm.png', other)
  np.testing.assert_array_equal(_garment(image, path)['garment_mask'], other)


@pytest.mark.parametrize('opaque', [False, True])
def test_without_mask_or_alpha_the_plain_backdrop_decides(tmp_path, opaque):
  image = np.full((*SIZE, 3 + opaque), 255)
  image[20:50, 10:40, :3] = 90
  path = _save(tmp_path / 'g.png', image)
  expected = np.zeros(SIZE)
  expected[20:50, 10:40] = 255
  np.testing.assert_array_equal(_garment(path)['garment_mask'], expected)
  path = _save(tmp_path / 'floor.png', _noise(*SIZE, 3))
  message = 'floor.png: has no plain backdrop, .*--garment_mask'
  with pytest.raises(files.InputError, match=message):
    _garment(path)


@pytest.mark.parametrize('floor', ['stripes', 'planks', 'light and shade'])
def test_a_garment_on_a_floor_is_cut_out_with_a_remark(tmp_path, floor):
  spec = generate.DollSpec('try_on', 256, 192, seed=5, split='test')
  doll = generate.generate(spec, 4)
  truth = doll['source_layout'] > 0
  rows, columns = np.indices(truth.shape)
  shade = {
    'stripes': rows // 8 % 2,
    'planks': columns // 24 % 2 + rows % 60 / 200,
    'light and shade': rows / 256 + columns / 192,
  }[floor]
  wood = np.array((120.0, 80.0, 40.0)) + 45 * shade[..., np.newaxis]
  wood += np.random.default_rng(0).normal(0, 4, wood.shape)
  # Whatever its pattern, it has not the floor's colour.
  cloth = doll['source_image'] * (0.3, 0.5, 0.9)
  image = np.where(truth[..., np.newaxis], cloth, wood)
  path = _save(tmp_path / 'floor.png', image)
  reading = reader.read(examples.Garment(path, ''), raw.Size(256, 192))
  mask = reading.require()['garment_mask'] > 0
  assert np.sum(mask & truth) / np.sum(mask | truth) > 0.93
  assert 'cut out by its colours' in reading.remarks[0].reason


def test_a_mask_that_vanishes_at_the_models_size_is_refused(tmp_path):
  image = _save(tmp_path / 'g.png', np.zeros((640, 480, 3)))
  mask = np.zeros((640, 480))
  mask[315, 245] = 255
  path = _save(tmp_path / 'm.png', mask)
  with pytest.raises(files.InputError, match='m.png: the mask is empty at'):
    _garment(image, path)


@needs_real
@pytest.mark.parametrize('size', [(256, 192), (256, 256)])
def test_joints_of_real_people_lie_on_the_people(size):
  people = sorted((REAL / 'image').glob('*.jpg'))
  assert people
  for image in people:
    layout = REAL / 'image-parse' / f'{image.stem}.png'
    pose = REAL / 'openpose-json' / f'{image.stem}_keypoints.json'
    inputs = _person(str(image), str(layout), str(pose), size)
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
    garment = _garment(str(image), str(mask), (256, 192))
    inside = garment['garment_mask'] == 255
    assert set(np.unique(garment['garment_mask'])) == {0, 255}
    assert 0.1 < inside.mean() < 0.9
    # Product pictures lie on light grey: outside the mask little else is.
    outside = garment['garment_image'][~inside]
    assert np.median(outside) > 200
