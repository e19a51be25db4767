# SPDX-License-Identifier: Apache-2.0
"""Claims about all pairs of a folder: whole, resumable, nothing mixed up."""

import dataclasses
import json
import re
import subprocess
import sys

import numpy as np
from PIL import Image
import pytest

from clothflow_tf.data.photographs.datasets import registry
from clothflow_tf.inference import pairs as pairs_lib
from clothflow_tf.inference import person as person_lib
from clothflow_tf.inputs import labels
from export import run_tflite
from export import runtime
from tests import tiny_model
from tests import tiny_run
from tests.data.photographs.datasets import made_up_folders
from tests.data.photographs.datasets import made_up_layouts

# Any import of these fails in the program's own process, as on a device.
ABSENT = (
  *('tensorflow', 'tensorflow_datasets', 'absl', 'tqdm'),
  'fcntl',  # As on Windows.
)


@pytest.fixture(scope='module')
def model(tmp_path_factory):
  folder = tmp_path_factory.mktemp('model')
  return tiny_model.export(folder / 'a.tflite', tiny_model.SPECS)


@pytest.fixture
def source(tmp_path):
  made_up_folders.viton_hd(tmp_path / 'in', {'test': 5})
  return tmp_path / 'in'


@pytest.fixture
def job(source, tmp_path):
  options = registry.read_options('viton_hd', (32, 24), min_keypoints=1)
  return _job(options, source, tmp_path / 'out')


def _job(options, source, output, pairs='test_pairs.txt'):
  folders = {'source': str(source), 'output_dir': str(output)}
  return pairs_lib.Job(options=options, pairs=pairs, split='test', **folders)


def _person(inputs):
  return [{'image': raw['person_image']} for raw in inputs]


def _argv(model, source, output, *more):
  flags = {'model': model, 'dataset_dir': source, 'output_dir': output}
  return [*(f'--{name}={value}' for name, value in flags.items()), *more]


def test_pairs_go_in_batches_and_each_to_its_own_file(job):
  sizes = []

  def paint(inputs):
    sizes.append(len(inputs))
    return _person(inputs)

  assert '5 made, 0 were there, 0 skipped' in pairs_lib.dress(
    job, 'm', paint, 2
  )
  assert sizes == [2, 2, 1]
  read = pairs_lib.cached(job.options)
  for example in job.listing().examples:
    stems = [name.removesuffix('.jpg') for name in example.name.split()]
    path = f'{job.output_dir}/{stems[0]}_{stems[1]}.png'
    expected = person_lib.prepare(example, read, job.options.size).inputs
    np.testing.assert_array_equal(Image.open(path), expected['person_image'])


def test_what_was_made_is_not_made_again(job):
  made = []

  def break_down(inputs):
    if made:
      raise KeyboardInterrupt
    made.extend(inputs)
    return _person(inputs)

  with pytest.raises(KeyboardInterrupt):
    pairs_lib.dress(job, 'm', break_down, 2)
  line = pairs_lib.dress(job, 'm', _person, 2)
  assert '3 made, 2 were there' in line
  assert '0 made, 5 were there' in pairs_lib.dress(job, 'm', _person)


def test_another_model_needs_another_folder(job):
  pairs_lib.dress(job, 'm', _person)
  with pytest.raises(ValueError, match="model is 'm' .* but 'n'.*--output_dir"):
    pairs_lib.dress(job, 'n', _person)


def test_results_are_not_put_among_the_photographs(job, source):
  inside = dataclasses.replace(job, output_dir=f'{source}/test/image')
  before = sorted(source.rglob('*'))
  with pytest.raises(ValueError, match='--output_dir=.* nothing is written'):
    pairs_lib.dress(inside, 'm', _person)
  assert sorted(source.rglob('*')) == before


def test_a_broken_pair_is_skipped_with_its_reason(job, source):
  (source / 'test/image-parse-v3/00001_00.png').write_bytes(b'?')
  assert '4 made, 0 were there, 1 skipped' in pairs_lib.dress(job, 'm', _person)
  with open(f'{job.output_dir}/skipped.json', encoding='utf-8') as file:
    (entry,) = json.load(file)
  assert entry['pair'].startswith('00001_00.jpg')
  assert entry['file'].endswith('image-parse-v3/00001_00.png')
  assert 'is no picture' in entry['reason']


def test_the_contact_sheet_shows_what_is_there(job, source):
  (source / 'test/cloth/00002_00.jpg').unlink()
  pairs_lib.dress(job, 'm', _person)
  with open(f'{job.output_dir}/index.html', encoding='utf-8') as file:
    page = file.read()
  shown = re.findall(r'src="([^"]+)"', page)
  assert len(shown) == 3 * 4
  for path in shown:
    assert Image.open(f'{job.output_dir}/{path}').size == (24, 32)
  # Person and garment of one name are two pictures.
  images = [Image.open(f'{job.output_dir}/{path}') for path in shown]
  assert len({image.tobytes() for image in images}) == len(shown)


def test_a_device_makes_all_pairs_without_tensorflow(model, source, tmp_path):
  argv = _argv(model, source, tmp_path / 'out')
  code = (
    'import sys\n'
    f'sys.modules.update(dict.fromkeys({ABSENT}))\n'
    'from export import run_tflite\n'
    f'sys.exit(run_tflite.main({argv}))\n'
  )
  done = subprocess.run(
    [sys.executable, '-c', code],
    cwd=tiny_run.REPO,
    capture_output=True,
    text=True,
  )
  assert done.returncode == 0, done.stderr
  assert '5 made, 0 were there, 0 skipped' in done.stdout
  options = registry.read_options('viton_hd', tiny_model.SIZE, min_keypoints=1)
  job = _job(options, source, '')
  example = job.listing().examples[0]
  read = pairs_lib.cached(options)
  raw = person_lib.prepare(example, read, options.size).inputs
  np.testing.assert_array_equal(
    Image.open(tmp_path / 'out/00000_00_00001_00.png'),
    runtime.Runtime(model)(raw),
  )


@pytest.mark.parametrize(
  'wrong',
  [
    ('--pairs=none.txt', 'none.txt: No such file'),
    ('--dataset=deepfashion', 'deepfashion is for pose_transfer, but'),
    ('--dataset_dir=nowhere', 'nowhere: is no folder'),
  ],
)
def test_a_wrong_folder_is_one_line(model, source, tmp_path, capsys, wrong):
  more, message = wrong
  assert run_tflite.main(_argv(model, source, tmp_path / 'out', more)) == 1
  error = capsys.readouterr().err
  assert message in error and error.count('\n') == 1
  assert not (tmp_path / 'out').exists()


def test_poses_of_deepfashion_are_transferred(tmp_path):
  made_up_layouts.deepfashion(tmp_path / 'in')
  options = registry.read_options('deepfashion', (64, 64), min_keypoints=1)
  pairs = str(tmp_path / 'in/fashion_data/fasion-resize-pairs-test.csv')
  job = _job(options, tmp_path / 'in', tmp_path, pairs)
  seen = []

  def paint(inputs):
    seen.extend(inputs)
    return _person(inputs)

  assert '6 made' in pairs_lib.dress(job, 'm', paint)
  assert seen[0].keys() == {'person_image', 'person_layout', 'target_keypoints'}
  one, other = (job.listing().examples[i] for i in (0, 2))
  assert one.name.split() == other.name.split()[::-1]
  read = pairs_lib.cached(options)
  np.testing.assert_array_equal(
    person_lib.prepare(one, read, job.options.size).inputs['person_image'],
    read(other.target).arrays['person_image'],
  )


def _lower(tmp_path):
  """Returns a folder whose test pairs are of pants and of a skirt."""
  made_up_layouts.dress_code(tmp_path / 'in')
  return tmp_path / 'in', 'lower_body/test_pairs_paired.txt'


def test_each_garment_is_dressed_as_what_it_is(tmp_path):
  source, pairs = _lower(tmp_path)
  options = registry.read_options('dress_code', (32, 24), min_keypoints=1)
  job = _job(options, source, tmp_path / 'out', pairs)
  labels_seen = []

  def model(inputs):
    labels_seen.extend(int(raw['garment_label']) for raw in inputs)
    return _person(inputs)

  line = pairs_lib.dress(job, 'm', model)
  assert '2 made, 0 were there, 0 skipped' in line
  assert labels_seen == [labels.PANTS, labels.SKIRT]


def test_a_device_dresses_them_too(model, tmp_path, capsys):
  source, pairs = _lower(tmp_path)
  flags = ('--dataset=dress_code', f'--pairs={pairs}')
  assert run_tflite.main(_argv(model, source, tmp_path / 'out', *flags)) == 0
  assert '2 made, 0 were there' in capsys.readouterr().out
