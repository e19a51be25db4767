# SPDX-License-Identifier: Apache-2.0
"""Claims about converting folders: what comes out is what was put in."""

import contextlib
import json
import os
import pathlib
import random
import signal
import subprocess
import sys

import numpy as np
import pytest

from clothflow_tf.data import pipeline
from clothflow_tf.data.photographs import builder as builder_lib
from clothflow_tf.data.photographs import check
from clothflow_tf.data.photographs import report as report_lib
from clothflow_tf.data.photographs.datasets import registry
from tests import places
from tests import tiny_run
from tests.data.photographs.datasets import made_up_folders
from tests.data.photographs.datasets import made_up_layouts

REAL = places.VITON_HD
HALF = made_up_folders.HALF

# Data set, writer of its folder, size of the records, least joints.
LAYOUTS = {
  'viton': ('viton', made_up_folders.viton, HALF, 4),
  'viton_hd': (
    'viton_hd',
    lambda folder: made_up_folders.viton_hd(folder, {'train': 3, 'test': 2}),
    HALF,
    4,
  ),
  'viton_hd of the demo': (
    'viton_hd',
    lambda folder: made_up_folders.viton_hd(folder, {'test': 2}, old=True),
    HALF,
    4,
  ),
  'dress_code': ('dress_code', made_up_layouts.dress_code, HALF, 4),
  'acgpn': ('acgpn', made_up_layouts.acgpn, HALF, 0),
  'acgpn by order': (
    'acgpn',
    lambda folder: made_up_layouts.acgpn(folder, 'sorted'),
    HALF,
    0,
  ),
  'deepfashion': (
    'deepfashion',
    made_up_layouts.deepfashion,
    (256, 256),
    4,
  ),
  'deepfashion, spelt right, not resized': (
    'deepfashion',
    lambda folder: made_up_layouts.deepfashion(folder, 'fashion'),
    (256, 256),
    4,
  ),
}


def _converted(options, source, data_dir, workers=1):
  builder = builder_lib.builder(options, str(data_dir), workers)
  builder_lib.build(builder, str(source))
  return builder


def _records(builder):
  return {
    split: list(pipeline.read(builder, split).as_numpy_iterator())
    for split in builder.info.splits
  }


@pytest.mark.parametrize('name', LAYOUTS)
def test_what_was_put_in_comes_out(name, tmp_path):
  dataset, write, size, least = LAYOUTS[name]
  truths = write(tmp_path / 'in')
  options = registry.read_options(dataset, size, min_keypoints=least)
  builder = _converted(options, tmp_path / 'in', tmp_path / 'out')
  records = _records(builder)
  assert records.keys() == truths.keys()
  for split, expected in truths.items():
    assert len(records[split]) == len(expected)
    for record in records[split]:
      # Records are shuffled: the pictures tell which one it is.
      name = min(expected, key=lambda name: _distance(record, expected[name]))
      _assert_same(record, expected.pop(name))


def _framed(image, size):
  """Returns a truth's picture at the record's size: halved, or the middle."""
  if image.shape[0] == 2 * size[0]:
    blocks = image.reshape(size[0], 2, size[1], 2, *image.shape[2:])
    return blocks.mean(axis=(1, 3)), np.s_[:, :]
  return image.astype(float), np.s_[:, 40:216]


def _distance(record, truth):
  size = record['target_layout'].shape
  total = 0
  for image, field in ((truth.person, 'target'), (truth.source, 'source')):
    wanted, where = _framed(image, size)
    total += np.abs(record[f'{field}_image'][where] - wanted).mean()
  return total


def _assert_same(record, truth):
  size = record['target_layout'].shape
  assert _distance(record, truth) < 4  # Of 255, both pictures: JPEG's error.
  _assert_same_layout(record['target_layout'], truth.layout)
  scale = size[0] / truth.person.shape[0]
  joints = truth.joints.copy()
  joints[:, :2] = (joints[:, :2] + 0.5) * scale - 0.5
  joints[:, 0] += (size[1] - scale * truth.person.shape[1]) / 2
  joints[truth.joints[:, 2] == 0] = 0
  np.testing.assert_allclose(record['target_keypoints'], joints, atol=0.5)
  if truth.label is None:
    _assert_same_layout(record['source_layout'], truth.region)
    assert record['source_keypoints'].any()
    return
  assert not record['source_keypoints'].any()
  assert set(np.unique(record['source_layout'])) == {0, truth.label}
  mask = record['source_layout'] > 0
  wanted = truth.region[1::2, 1::2]
  # A garment without a mask file is cut from its backdrop, JPEG's rim and all.
  assert (mask == wanted).mean() >= (0.98 if truth.cut_out else 1.0)


def _assert_same_layout(layout, expected):
  if layout.shape == expected.shape[:1] * 2:  # Letterboxed: 256x256.
    padded = np.zeros(layout.shape, np.uint8)
    padded[:, 40:216] = expected
    np.testing.assert_array_equal(layout, padded)
  else:
    np.testing.assert_array_equal(layout, expected[1::2, 1::2])


def test_paired_and_unpaired_lists_become_two_splits(tmp_path):
  made_up_folders.viton_hd(tmp_path, {'train': 3, 'test': 3})
  lines = (tmp_path / 'train_pairs.txt').read_text()
  (tmp_path / 'train_pairs.txt').write_text(
    lines + '00000_00.jpg 00001_00.jpg\n'
  )
  options = registry.read_options('viton_hd', HALF)
  by_split = registry.listings(options, str(tmp_path))
  assert {split: len(x.examples) for split, x in by_split.items()} == {
    'train': 3,
    'test': 3,
    'test_unpaired': 3,
  }
  (problem,) = by_split['train'].problems
  assert 'expected its own, 00000_00.jpg' in problem.reason


def test_copies_are_found_within_and_across_splits(tmp_path):
  made_up_folders.viton_hd(tmp_path, {'train': 3, 'test': 2})
  train = tmp_path / 'train/image'
  content = (train / '00000_00.jpg').read_bytes()
  (train / '00001_00.jpg').write_bytes(content)
  (tmp_path / 'test/image/00000_00.jpg').write_bytes(content)
  options = registry.read_options('viton_hd', HALF)
  report = check.check(options, str(tmp_path), 1)
  contents = report.as_dict()
  assert [(x['split'], len(x['files'])) for x in contents['copies_within']] == [
    ('train', 2)
  ]
  across = {
    (x['split'], x['also_in']): x['count'] for x in contents['copies_across']
  }
  assert across == {('test', 'train'): 1, ('test_unpaired', 'train'): 1}
  assert 'are also in train' in '\n'.join(report_lib.lines(contents))


@pytest.mark.skipif(not REAL.is_dir(), reason=f'no samples in {REAL.name}')
def test_the_report_of_real_samples_is_right(tmp_path):
  flags = [f'--source={REAL}', '--dataset=viton_hd', '--check', '--workers=1']
  outputs = {'report': tmp_path / 'r.json', 'preview': tmp_path / 'p.png'}
  flags += [f'--{name}={path}' for name, path in outputs.items()]
  done = tiny_run.call('clothflow_tf.prepare', *flags)
  assert done.status == 0, done.errors
  report = json.loads(outputs['report'].read_text())
  assert report['splits'] == {
    'test_unpaired': {
      'tuples': 32,
      'whole': 32,
      'set_aside': 0,
      'persons': 4,
      'garments': 8,
    }
  }
  assert report['poses'] == {'BODY_25': 4}
  assert report['set_aside'] == report['remarks'] == []
  assert outputs['preview'].stat().st_size > 100_000


_BUILD = """
import sys
if __name__ == '__main__':
  # Here, or each worker would import TensorFlow.
  from clothflow_tf.data.photographs import builder
  from clothflow_tf.data.photographs.datasets import registry
  options = registry.read_options('viton_hd', (64, 48))
  builder.build(builder.builder(options, sys.argv[2], 2), sys.argv[1])
"""


def _bytes(folder):
  return {
    path.relative_to(folder): path.read_bytes()
    for path in sorted(pathlib.Path(folder).rglob('*'))
    if path.is_file() and path.suffix != '.lock'
  }


def test_a_build_killed_anywhere_and_repeated_gives_the_same_bytes(tmp_path):
  source = tmp_path / 'in'
  made_up_folders.viton_hd(source, {'train': 60, 'test': 20})
  options = registry.read_options('viton_hd', HALF)
  whole = _converted(options, source, tmp_path / 'whole')
  script = tmp_path / 'build.py'
  script.write_text(_BUILD)
  path = [str(tiny_run.REPO), *sys.path]
  job = subprocess.Popen(
    [sys.executable, str(script), str(source), str(tmp_path / 'killed')],
    env={**os.environ, 'PYTHONPATH': os.pathsep.join(path)},
    stderr=subprocess.PIPE,
    text=True,
  )
  while 'train' not in job.stderr.readline():  # Now it is at work.
    assert job.poll() is None
  moment = random.uniform(0, 2)
  with contextlib.suppress(subprocess.TimeoutExpired):
    job.wait(moment)
  job.send_signal(signal.SIGKILL)
  job.wait()
  job.stderr.close()
  # At work, or past the renaming that ends a build: the process ends later.
  begun = [*(tmp_path / 'killed').rglob('*.incomplete*')]
  begun += (tmp_path / 'killed').rglob('dataset_info.json')
  assert begun, f'killed after {moment} seconds'
  again = _converted(options, source, tmp_path / 'killed')
  assert _bytes(again.data_dir) == _bytes(whole.data_dir)
  assert not [*(tmp_path / 'killed').rglob('*.incomplete*')]
