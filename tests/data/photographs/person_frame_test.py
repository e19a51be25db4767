# SPDX-License-Identifier: Apache-2.0
"""Claims about --frame=person: records show what inference will show."""

import json
import os
import pathlib

import numpy as np
import pytest

from clothflow_tf import config as config_lib
from clothflow_tf.data import pipeline
from clothflow_tf.data.photographs import builder as builder_lib
from clothflow_tf.data.photographs import conversion
from clothflow_tf.data.photographs.datasets import registry
from clothflow_tf.inference import pairs
from clothflow_tf.inference import person as person_lib
from clothflow_tf.inputs import labels
from tests import places
from tests import tiny_run
from tests.data.photographs.datasets import made_up_folders

SIZE = (64, 48)
NECK, SHOULDERS, HIPS = 1, [2, 5], [8, 11]
PERSON = ('image', 'layout', 'keypoints')


def _options(frame, size=SIZE):
  return registry.read_options('viton_hd', size, min_keypoints=1, frame=frame)


def _examples(source, split='train', size=SIZE):
  return registry.listings(_options('photo', size), str(source))[split].examples


def _draw(folder, neck, torso):
  """Writes a pair whose photo of 300x400 shows a person of flat colours.

  The left shoulder is a spot of hat in photo and parse map.
  """
  x, y = neck
  layout = np.zeros((300, 400), np.uint8)
  half, spot = round(0.4 * torso), max(2, torso // 12)
  for top, low, label in (
    (-0.6, 0.0, labels.FACE),
    (0.0, 1.0, labels.UPPER_CLOTHES),
    (1.0, 1.6, labels.PANTS),
  ):
    rows = slice(round(y + top * torso), round(y + low * torso))
    layout[rows, x - half : x + half] = label
  joints = np.zeros((18, 3))
  joints[[NECK, *SHOULDERS, *HIPS], 2] = 0.9
  joints[[NECK, *SHOULDERS, *HIPS], :2] = neck
  joints[SHOULDERS, 0] += (-0.31 * torso, 0.31 * torso)
  joints[HIPS] += ((-0.2 * torso, torso, 0), (0.2 * torso, torso, 0))
  left, top = joints[SHOULDERS[1], :2].astype(int)
  layout[top - spot : top + spot + 1, left - spot : left + spot + 1] = (
    labels.HAT
  )
  colors = np.zeros((labels.NUM_LABELS, 3), np.uint8)
  colors[labels.HAT] = 255
  root, artist = folder / 'train', made_up_folders.Artist()
  made_up_folders.save_jpeg(root / 'image/a.jpg', colors[layout])
  made_up_folders.save_parse(root / 'image-parse-v3/a.png', layout)
  pose = made_up_folders.openpose(joints)
  made_up_folders.save_json(root / 'openpose_json/a_keypoints.json', pose)
  made_up_folders.save_jpeg(root / 'cloth/a.jpg', artist.picture())
  made_up_folders.save_jpeg(root / 'cloth-mask/a.jpg', artist.mask())
  (folder / 'train_pairs.txt').write_text('a.jpg a.jpg\n')


@pytest.mark.parametrize('split', ['train', 'test_unpaired'])
def test_a_record_shows_what_inference_shows_a_model(split, tmp_path):
  made_up_folders.viton_hd(tmp_path, {'train': 3, 'test': 3})
  options = _options('person')
  read = pairs.cached(_options('photo'), whole=True)
  for example in _examples(tmp_path, split):
    record = conversion.record_of(options, example)
    seen = person_lib.prepare(example, read, options.size).inputs
    for kind in PERSON:
      np.testing.assert_array_equal(
        record[f'target_{kind}'], seen[f'person_{kind}'], kind
      )
    # Garments are framed as ever.
    other = conversion.record_of(_options('photo'), example)
    for field in ('source_image', 'source_layout'):
      np.testing.assert_array_equal(record[field], other[field], field)


@pytest.mark.parametrize(
  ('neck', 'torso'), [((70, 80), 40), ((330, 90), 60), ((200, 120), 100)]
)
def test_a_person_anywhere_stands_as_trainings_do(neck, torso, tmp_path):
  _draw(tmp_path, neck, torso)
  (example,) = _examples(tmp_path)
  joints = conversion.record_of(_options('person'), example)['target_keypoints']
  at = joints[NECK, :2] / SIZE[::-1]
  share = (joints[HIPS, 1].mean() - joints[NECK, 1]) / SIZE[0]
  assert at == pytest.approx((0.5, 0.32), abs=0.03)
  assert share == pytest.approx(0.385, abs=0.02)
  whole = conversion.record_of(_options('photo'), example)['target_keypoints']
  # Letterboxed, she has an eighth of the height of the photo to stand on.
  assert whole[HIPS, 1].mean() - whole[NECK, 1] < 0.7 * share * SIZE[0]


def test_photo_layout_and_joints_move_alike(tmp_path):
  _draw(tmp_path, (300, 100), 60)
  size = (256, 192)
  (example,) = _examples(tmp_path, size=size)
  record = conversion.record_of(_options('person', size), example)
  joint = record['target_keypoints'][SHOULDERS[1], :2]
  for plane in (
    record['target_image'][..., 0] > 127,
    record['target_layout'] == labels.HAT,
  ):
    rows, columns = np.nonzero(plane)
    center = columns.mean(), rows.mean()
    # The spot is of whole pixels: half of the photo's is 0.8 of the record's.
    np.testing.assert_allclose(center, joint, atol=1.0)


def test_two_framings_are_two_data_sets(tmp_path):
  made_up_folders.viton_hd(tmp_path / 'in', {'train': 2})
  folders = {}
  for frame in ('person', 'photo'):
    made = builder_lib.builder(_options(frame), str(tmp_path / 'out'))
    builder_lib.build(made, str(tmp_path / 'in'))
    assert builder_lib.report(made)['frame'] == frame
    folders[frame] = pathlib.Path(made.data_dir).parent
    data = config_lib.DataConfig('viton_hd', str(tmp_path / 'out'))
    data.height, data.width = SIZE
    if frame == 'person':
      assert pipeline.folder(data) == os.fspath(made.data_dir)
  names = {frame: folder.name for frame, folder in folders.items()}
  assert names == {
    'photo': 'try_on_64x48',
    'person': 'try_on_64x48_person',
  }
  # Training does not choose between them.
  with pytest.raises(ValueError, match='several data sets fit.*_person'):
    pipeline.folder(data)


def test_a_report_from_before_frames_is_of_the_whole_photo(tmp_path):
  made_up_folders.viton_hd(tmp_path / 'in', {'train': 2})
  made = builder_lib.builder(_options('photo'), str(tmp_path / 'out'))
  builder_lib.build(made, str(tmp_path / 'in'))
  path = pathlib.Path(made.data_dir) / builder_lib.REPORT
  report = json.loads(path.read_text())
  del report['frame']
  path.write_text(json.dumps(report))
  builder_lib.build(made, str(tmp_path / 'in'))


def test_where_there_is_no_window_it_is_refused(tmp_path):
  message = 'deepfashion is for pose_transfer.*expected --frame=photo'
  with pytest.raises(ValueError, match=message):
    registry.read_options('deepfashion', frame='person')
  done = tiny_run.call(
    'clothflow_tf.prepare', '--frame=person', f'--data_dir={tmp_path}'
  )
  assert done.status == 1
  assert '--frame: not for --dataset=paper_doll' in done.errors


@pytest.mark.skipif(
  not places.VITON_HD.is_dir(), reason=f'no samples in {places.VITON_HD.name}'
)
def test_real_pictures_that_show_a_person_so_change_little():
  size = (256, 192)
  seen = {}
  for example in _examples(places.VITON_HD, 'test_unpaired', size):
    seen.setdefault(example.target, example)
  assert len(seen) == 4
  for example in seen.values():
    framed, whole = (
      conversion.record_of(_options(frame, size), example)
      for frame in registry.FRAMES[::-1]
    )
    shift = framed['target_keypoints'] - whole['target_keypoints']
    assert np.abs(shift).max() < 8
    change = np.abs(
      framed['target_image'].astype(float) - whole['target_image']
    )
    assert change.mean() < 8
