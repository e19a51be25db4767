# SPDX-License-Identifier: Apache-2.0
"""Claims about the builder: one seed one set of bytes, whole or not there."""

import dataclasses
import hashlib
import os
import pathlib
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow_datasets as tfds

from clothflow_tf import locks
from clothflow_tf.data import building
from clothflow_tf.data import pipeline
from clothflow_tf.data.dolls import builder as builder_lib
from clothflow_tf.data.dolls import frames
from clothflow_tf.data.dolls import generate
from clothflow_tf.data.dolls import motifs
from clothflow_tf.data.dolls import streams
from clothflow_tf.data.dolls import wardrobe
from clothflow_tf.inputs import record as record_lib
from tests import tiny_run

NAME = 'try_on_64x48'
COUNTS = (5, 0, 2)


def _builder(folder, counts=COUNTS, workers=1, seed=0):
  config = builder_lib.make_config(NAME, seed, counts)
  return builder_lib.builder(str(folder), config, workers)


def _digests(folder):
  """File name to digest, below a folder; the lock holds nothing."""
  files = (p for p in pathlib.Path(folder).rglob('*') if p.is_file())
  return {
    str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).digest()
    for path in files
    if path.suffix != '.lock'
  }


@pytest.fixture(scope='module')
def built(tmp_path_factory):
  folder = tmp_path_factory.mktemp('dolls')
  builder = _builder(folder)
  building.prepare(builder)
  return folder, builder


@pytest.mark.parametrize(('workers', 'memory'), [(2, 64 << 20), (3, 0)])
def test_any_number_of_workers_writes_the_same_bytes(
  built, tmp_path, monkeypatch, workers, memory
):
  # With no memory the records are shuffled on disk, as large sets are.
  monkeypatch.setattr(building, '_SHUFFLED_IN_MEMORY', memory)
  building.prepare(_builder(tmp_path, workers=workers))
  assert _digests(tmp_path) == _digests(built[0]) != {}


def test_another_seed_writes_other_dolls(built, tmp_path):
  building.prepare(_builder(tmp_path, seed=1))
  theirs = set(_digests(tmp_path).values())
  shards = [n for n in _digests(built[0]) if 'tfrecord' in n]
  assert shards
  assert not theirs & {_digests(built[0])[name] for name in shards}


def test_a_stored_record_is_the_one_that_its_index_draws(built):
  builder = built[1]
  seen = set()
  for record in pipeline.read(builder, 'test').as_numpy_iterator():
    spec = generate.DollSpec('try_on', 64, 48, split='test')
    doll = generate.generate(spec, int(record['index']))
    seen.add(int(record['index']))
    assert record.keys() - doll.keys() == {'index'}
    for name, value in doll.items():
      np.testing.assert_array_equal(record[name], value, name)
    record_lib.validate(record, 'a stored record')
  assert seen == {0, 1}


def test_a_built_data_set_is_not_built_again(built, monkeypatch):
  monkeypatch.setattr(builder_lib, '_draw', None)
  building.prepare(_builder(built[0]))


def test_published_sizes_have_the_names_of_their_folders():
  names = builder_lib.PaperDoll.builder_configs
  assert set(names) == {'try_on_256x192', 'pose_transfer_256x256'}
  for name in names:
    made = builder_lib.builder('data', builder_lib.make_config(name), workers=2)
    assert made.data_dir.endswith(f'paper_doll/{name}/2.2.0')
    assert made.builder_config.examples == builder_lib.EXAMPLES
  other = builder_lib.make_config('try_on_256x192', examples=(9, 1, 1))
  assert other.name == 'try_on_256x192_seed0_9_1_1'


@pytest.mark.parametrize(
  'name', ['try_on', 'try_on_256', 'video_64x64', 'try_on_16x16', '64x48']
)
def test_another_configuration_is_refused_by_name(name):
  with pytest.raises(ValueError, match=f"config is '{name}'.*HEIGHTxWIDTH"):
    builder_lib.make_config(name)


def test_two_builds_of_one_data_set_exclude_each_other(tmp_path):
  builder = _builder(tmp_path)
  with (
    locks.hold(f'{builder.data_dir}.lock', 'held'),
    pytest.raises(BlockingIOError, match='another process is building'),
  ):
    building.prepare(builder)
  building.prepare(builder)


def _half_built(root):
  return list(pathlib.Path(root).glob('paper_doll/*/*.incomplete*'))


def _family(session):
  """Numbers of the living processes of a session."""
  listed = subprocess.run(
    ['pgrep', '-s', str(session)], capture_output=True, check=False
  )
  return listed.stdout.split()


def _wait(condition, seconds=60):
  """Polls until a condition holds; fails after so many seconds."""
  end = time.monotonic() + seconds
  while not condition():
    assert time.monotonic() < end, 'waited in vain'
    time.sleep(0.01)


def test_a_killed_build_leaves_nothing_that_loads_and_starts_over(tmp_path):
  counts, killed = (60, 0, 0), tmp_path / 'killed'
  command = [sys.executable, '-m', 'clothflow_tf.prepare']
  command += [f'--config={NAME}', f'--data_dir={killed}', '--workers=2']
  for split, count in zip(builder_lib.SPLITS, counts):
    command.append(f'--{split}_examples={count}')
  environment = {**os.environ, 'TF_CPP_MIN_LOG_LEVEL': '3'}
  job = subprocess.Popen(
    command,
    cwd=tiny_run.REPO,
    env=environment,
    stdout=subprocess.DEVNULL,
    stderr=subprocess.DEVNULL,
    start_new_session=True,
  )
  # It, two workers and what watches over their resources.
  _wait(lambda: len(_family(job.pid)) >= 4)
  job.send_signal(signal.SIGKILL)
  assert job.wait() == -signal.SIGKILL, 'it ended before it was killed'
  assert _half_built(killed)
  # Its workers notice and end, too.
  _wait(lambda: not _family(job.pid))
  data = dataclasses.replace(tiny_run.config().data, data_dir=str(killed))
  with pytest.raises(FileNotFoundError, match='no prepared data set'):
    pipeline.folder(data)
  building.prepare(_builder(killed, counts))
  building.prepare(_builder(tmp_path / 'whole', counts))
  assert not _half_built(killed)
  assert _digests(killed) == _digests(tmp_path / 'whole')


@pytest.mark.parametrize(
  ('flag', 'message'),
  [
    ('--data_dir=', 'data_dir is empty'),
    ('--data_dir=configs/demo.py', 'demo.py is no folder'),
    ('--train_examples=0', 'no split has examples'),
  ],
)
def test_a_build_without_a_place_or_examples_is_refused(
  flag, message, tmp_path
):
  flags = [f'--data_dir={tmp_path}', '--validation_examples=0']
  with pytest.raises((ValueError, OSError), match=message):
    tiny_run.call('clothflow_tf.prepare', *flags, '--test_examples=0', flag)
  assert not list(tmp_path.iterdir())


def _looks(split, index):
  """Digests of who, in what and of which cloth a doll is."""
  key = streams.Key(0, split, index)
  body = generate.bodies.sample(streams.stream(key, 'body'))
  garment = wardrobe.Wardrobe(wardrobe.Wearer(key, body, 20.0)).top('top')
  cloth = motifs.paint(streams.stream(key, 'texture arm'), frames.Frame(64, 64))
  return {repr(body), repr(garment), cloth.tobytes()}


def test_no_person_garment_or_texture_is_in_two_splits():
  looks = {
    split: set().union(*(_looks(split, i) for i in range(60)))
    for split in builder_lib.SPLITS
  }
  # Plain cloth of one neutral colour may well repeat: noise tells it apart.
  assert all(len(of_split) >= 175 for of_split in looks.values())
  assert not looks['test'] & looks['train']
  assert not looks['validation'] & looks['train']
  assert not looks['validation'] & looks['test']


# Mean grey of 3x2 fields of the target of some dolls, and what drew them.
DRAWN = (
  '2.2.0',
  {
    'try_on': [
      *(136.2, 127.1, 126.2, 111.3, 134.4, 122.5),
      *(181.8, 172.6, 161.9, 130.5, 152.1, 137.5),
      *(184.5, 170.8, 161.9, 140.4, 173.8, 163.6),
      *(69.9, 96.0, 82.2, 114.6, 75.4, 81.9),
    ],
    'pose_transfer': [
      *(207.3, 208.2, 198.8, 187.9, 206.8, 211.1),
      *(221.9, 244.6, 201.2, 225.0, 202.9, 238.6),
      *(186.8, 168.8, 177.0, 157.0, 205.0, 206.3),
      *(224.6, 224.4, 128.9, 143.7, 129.9, 123.8),
    ],
  },
)


def _fields(task, index):
  """Mean grey of 3x2 fields of a doll's target, row by row."""
  doll = generate.generate(generate.DollSpec(task, 96, 72), index)
  grey = doll['target_image'].mean(-1)
  return grey.reshape(3, 32, 2, 36).mean((1, 3)).ravel()


@pytest.mark.parametrize('task', generate.TASKS)
def test_dolls_that_look_otherwise_have_another_version(task):
  version, expected = DRAWN
  drawn = np.concatenate([_fields(task, index) for index in range(4)])
  assert str(builder_lib.PaperDoll.VERSION) == version
  # Other builds of OpenCV round pixels otherwise, but not a thousand of them
  # by half a grey level in the mean.
  np.testing.assert_allclose(drawn, expected[task], atol=0.5)


def test_the_builder_is_an_ordinary_one():
  assert issubclass(builder_lib.PaperDoll, tfds.core.GeneratorBasedBuilder)


@pytest.mark.parametrize(
  ('name', 'seed'),
  [('try_on_256x192', 0), ('try_on_256x192_seed7_1_0_400', 7)],
)
def test_the_folder_tells_the_seed(name, seed):
  folder = f'data_seed9_x/paper_doll/{name}/2.2.0'
  spec = builder_lib.spec_of(folder, 'test', (256, 192))
  assert spec == generate.DollSpec('try_on', 256, 192, seed, 'test')
