# SPDX-License-Identifier: Apache-2.0
"""Claims about ACGPN's folders: what belongs together is matched, or told."""

import pytest

from clothflow_tf.data.photographs import check as check_lib
from clothflow_tf.data.photographs.datasets import registry
from tests.data.photographs.datasets import made_up_folders
from tests.data.photographs.datasets import made_up_layouts

HALF = made_up_folders.HALF


def test_a_missing_file_does_not_shift_what_is_matched_by_order(tmp_path):
  truths = made_up_layouts.acgpn(tmp_path)
  (tmp_path / 'train_edge' / '000001_1.jpg').unlink()
  options = registry.read_options('acgpn', HALF, min_keypoints=0)
  report = check_lib.check(options, str(tmp_path), 1).as_dict()
  assert report['splits']['train']['whole'] == len(truths['train']) - 1
  assert [x['example'] for x in report['set_aside']] == [
    '000001_0.jpg 000001_1.jpg'
  ]
  made_up_layouts.acgpn(tmp_path / 'other', 'sorted')
  (tmp_path / 'other/train_edge/e1.jpg').unlink()
  report = check_lib.check(options, str(tmp_path / 'other'), 1).as_dict()
  assert report['splits']['train']['tuples'] == 0
  assert 'their numbers differ' in report['set_aside'][0]['reason']


def _sorted_only(tmp_path):
  """Writes ACGPN's layout with names that only sort alike, and checks it."""
  truths = made_up_layouts.acgpn(tmp_path, 'sorted')
  options = registry.read_options('acgpn', HALF, min_keypoints=0)
  return truths, lambda: (check_lib.check(options, str(tmp_path), 1).as_dict())


def test_what_is_matched_by_order_alone_is_told(tmp_path):
  truths, check = _sorted_only(tmp_path)
  report = check()
  assert report['splits']['train']['whole'] == len(truths['train'])
  reasons = [
    x['reason']
    for x in report['remarks']
    if x['file'] == str(tmp_path / 'train_img')
  ]
  assert len(reasons) == 3
  for folder, reason in zip(('color', 'edge', 'label'), reasons, strict=True):
    assert reason.startswith(f'train_{folder} are matched')
    assert reason.endswith('by order alone; look at --preview')


@pytest.mark.parametrize('name', ['thumbs.db', 'x.jpg.bak', '._e1.jpg'])
def test_what_is_no_picture_does_not_fill_a_gap(name, tmp_path):
  _, check = _sorted_only(tmp_path)
  (tmp_path / 'train_edge' / 'e0.jpg').unlink()
  (tmp_path / 'train_edge' / name).write_bytes(b'junk')
  report = check()
  assert report['splits']['train']['tuples'] == 0
  assert 'their numbers differ' in report['set_aside'][0]['reason']


def test_folders_that_share_stems_are_matched_by_them(tmp_path):
  truths, check = _sorted_only(tmp_path)
  for split in ('train', 'test'):
    for i in range(3):  # As garments and edges of PF-AFN's demo.
      edge = tmp_path / f'{split}_edge' / f'e{i}.jpg'
      edge.rename(edge.with_name(f'g{7 * i:03d}.jpg'))
  # Both have lost a file, but not of one garment.
  (tmp_path / 'train_edge/g000.jpg').unlink()
  (tmp_path / 'train_color/g007.jpg').unlink()
  report = check()
  assert report['splits']['train']['whole'] == 1
  assert report['splits']['test']['whole'] == len(truths['test'])
  assert {x['file']: x['example'] for x in report['set_aside']} == {
    str(tmp_path / 'train_edge/g000.jpg'): 'p0.jpg g000.jpg',
    str(tmp_path / 'train_color/g007.jpg'): 'p1.jpg g007.jpg',
  }
