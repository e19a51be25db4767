# SPDX-License-Identifier: Apache-2.0
"""Claims about a data set's statistics and its contact sheet."""

import numpy as np
import pytest

from clothflow_tf.data import drawing
from clothflow_tf.data import statistics
from clothflow_tf.inputs import labels
from clothflow_tf.inputs import record as record_lib

H, W = 40, 30


def _record():
  """A garment of 20x10 pixels that is worn at 10x10, moved by (3, 4)."""
  source = np.zeros((H, W), np.uint8)
  source[5:25, 5:15] = labels.UPPER_CLOTHES
  target = np.zeros((H, W), np.uint8)
  target[10:20, 10:20] = labels.UPPER_CLOTHES
  target[20:, 10:20] = labels.PANTS
  visible = target == labels.UPPER_CLOTHES
  visible[10:15] = False
  keypoints = np.zeros((18, 3), np.float32)
  keypoints[2:5] = [(5, 5, 1), (15, 25, 1), (25, 5, 1)]
  return {
    'target_image': np.full((H, W, 3), 200, np.uint8),
    'target_layout': target,
    'target_keypoints': keypoints,
    'source_image': np.full((H, W, 3), 90, np.uint8),
    'source_layout': source,
    'source_keypoints': np.zeros((18, 3), np.float32),
    'flow': np.full((H, W, 2), (3, 4), np.float16),
    'visible': visible,
    'tags': np.isin(record_lib.TAGS, ('frontal', 'tucked')).astype(np.uint8),
  }


def test_shares_sizes_and_lengths_are_those_of_the_records():
  result = statistics.describe([_record(), _record()])
  assert result['records'] == 2
  assert result['label_percent']['upper-clothes'] == pytest.approx(8.333)
  assert result['label_percent']['pants'] == pytest.approx(16.667)
  assert sum(result['label_percent'].values()) == pytest.approx(100, abs=0.01)
  ratios = result['garment_to_region']
  assert set(ratios['height'].values()) == {0.5}
  assert set(ratios['width'].values()) == {1.0}
  assert set(ratios['area'].values()) == {0.5}
  assert set(result['flow_length'].values()) == {5.0}
  assert result['visible_percent'] == 50.0
  assert result['tag_percent']['tucked'] == 100.0
  assert result['tag_percent']['turned'] == 0.0


def test_photographs_have_no_flow_to_describe():
  record = _record()
  for truth in ('flow', 'visible', 'tags'):
    del record[truth]
  result = statistics.describe([record])
  assert 'flow_length' not in result and 'tag_percent' not in result
  text = '\n'.join(statistics.lines(result, statistics.VITON_SHARES))
  assert 'VITON  21.2 %, ratio 0.39' in text
  assert drawing.sheet_row(record).shape == (H, 6 * W, 3)


def test_tops_are_counted_apart_where_tags_tell():
  top, other = _record(), _record()
  top['tags'][record_lib.TAGS.index('top')] = 1
  other['target_layout'] = np.zeros((H, W), np.uint8)
  result = statistics.describe([top, other])
  assert result['tops_percent']['upper-clothes'] == pytest.approx(8.333)
  assert result['label_percent']['upper-clothes'] == pytest.approx(4.167)
  text = '\n'.join(statistics.lines(result, statistics.VITON_SHARES))
  assert 'tops   8.33 %   VITON  21.2 %, ratio 0.39' in text


def test_a_triplet_shows_both_outfits():
  record = _record()
  record['person_image'] = np.full((H, W, 3), 30, np.uint8)
  record['person_layout'] = np.full((H, W), labels.DRESS, np.uint8)
  sheet = drawing.sheet_row(record)
  columns = np.split(sheet, len(drawing.SHEETS['try_on']), axis=1)
  before, after, earlier, later = columns[1:5]
  assert (before == 30).all() and (after == 200).all()
  assert (earlier == labels.COLORS[labels.DRESS]).all()
  assert (later[0, 0] == labels.COLORS[0]).all()


def test_no_record_is_an_error():
  with pytest.raises(ValueError, match='no records'):
    statistics.describe([])


def test_a_sheet_shows_what_the_record_holds():
  record = _record()
  product, worn, layout, points, flow, seen = np.split(
    drawing.sheet_row(record), 6, axis=1
  )
  assert (product == 90).all() and (worn == 200).all()
  assert (layout[12, 12] == labels.COLORS[labels.UPPER_CLOTHES]).all()
  # Red on the person's right arm, which bends at (15, 25).
  assert points[25, 15, 0] > points[25, 15, 2] + 100
  # One flow has one colour: full length is fully saturated.
  assert len(np.unique(flow.reshape(-1, 3), axis=0)) == 1
  assert flow.min() == 0
  assert (seen[..., 0] == np.where(record['visible'], 255, 0)).all()


def test_missing_keypoints_are_not_drawn():
  image = np.full((H, W, 3), 200, np.uint8)
  blank = drawing.skeleton(image, np.zeros((18, 3), np.float32))
  assert len(np.unique(blank)) == 1


def test_the_sheet_has_its_titles_above():
  rows = [drawing.sheet_row(_record())] * 3
  sheet = drawing.titled(rows, drawing.SHEETS['pose_transfer'])
  assert sheet.shape[1:] == rows[0].shape[1:]
  title = sheet[: len(sheet) - 3 * H]
  assert (title[0] == 255).all() and title.min() < 100
