# SPDX-License-Identifier: Apache-2.0
"""Claims about `prepare --check` and its flags."""

import json
import shutil
import unicodedata

import numpy as np
from PIL import Image
import pytest

from clothflow_tf import files
from clothflow_tf.data.photographs import reader
from clothflow_tf.data.photographs.datasets import registry
from clothflow_tf.inference import arguments
from clothflow_tf.inputs import labels
from clothflow_tf.inputs import raw
from tests import tiny_run
from tests.data.photographs.datasets import made_up_folders
from tests.data.photographs.datasets import made_up_layouts


@pytest.fixture
def source(tmp_path):
  root = tmp_path / 'in'
  made_up_folders.viton_hd(root, {'train': 4})
  return root


def _check(source, *more):
  flags = ['--dataset=viton_hd', f'--source={source}', '--size=64x48']
  return tiny_run.call(
    'clothflow_tf.prepare', *flags, '--check', '--workers=1', *more
  )


def _unpaired(source, persons, garments):
  """Makes a test list of all pairs of so many persons and garments."""
  (source / 'train').rename(source / 'test')
  (source / 'train_pairs.txt').unlink()
  names = [f'{index:05d}_00.jpg' for index in range(4)]
  lines = [f'{p} {g}' for p in names[:persons] for g in names[garments:]]
  (source / 'test_pairs.txt').write_text('\n'.join(lines))


def _blacken(source, name):
  path = source / name
  black = np.zeros(made_up_folders.SIZE, np.uint8)
  Image.fromarray(black).save(path)
  return str(path)


def test_strict_ends_a_check_at_the_first_bad_tuple(source, tmp_path):
  first = _blacken(source, 'train/cloth-mask/00001_00.jpg')
  (source / 'train/image/00002_00.jpg').unlink()
  report = tmp_path / 'report.json'
  with pytest.raises(files.InputError) as caught:
    _check(source, '--strict', f'--report={report}')
  assert str(caught.value).startswith(f'{first}: the mask is empty')
  assert not report.exists()


def test_strict_is_one_line_and_a_failure(source):
  _blacken(source, 'train/cloth-mask/00001_00.jpg')
  flags = ['--dataset=viton_hd', f'--source={source}', '--size=64x48']
  done = tiny_run.start(
    'clothflow_tf.prepare', *flags, '--check', '--strict', '--workers=1'
  )
  assert done.status == 1 and not done.output
  last = done.errors.splitlines()[-1]
  assert last.startswith('error: ') and '00001_00.jpg: the mask is' in last


def test_strict_tells_a_flaw_of_the_list_first(source):
  _blacken(source, 'train/cloth-mask/00000_00.jpg')
  with open(source / 'train_pairs.txt', 'a', encoding='utf-8') as file:
    file.write('00001_00.jpg\n')
  with pytest.raises(files.InputError, match='line 5 is .*1 names'):
    _check(source, '--strict')


def test_a_pipeline_is_refused_where_none_is_used(source):
  done = _check(source, '--beam_options=runner=DirectRunner')
  assert done.status == 1
  assert '--beam_options: not for --check' in done.errors


def test_strict_lets_a_sound_folder_pass(source):
  done = _check(source, '--strict')
  assert done.status == 0 and 'set aside: nothing' in done.output


def test_a_file_of_many_pairs_is_told_once(source, tmp_path):
  _unpaired(source, 3, 2)
  mask = _blacken(source, 'test/cloth-mask/00002_00.jpg')
  done = _check(source, f'--report={tmp_path}/new/report.json')
  (line,) = [x for x in done.output.splitlines() if mask in x]
  assert line.endswith('(takes out 3 pairs)')
  assert '  set aside: 1 mask' in done.output.splitlines()
  report = json.loads((tmp_path / 'new/report.json').read_text())
  assert report['problems'] == {'mask': 1}
  # The JSON names each pair, as pairs are what a data set is made of.
  assert {x['example'] for x in report['set_aside']} == {
    f'0000{index}_00.jpg 00002_00.jpg' for index in range(3)
  }


def test_many_faulty_files_do_not_hide_another_kind(source):
  for index in range(2):
    _blacken(source, f'train/cloth-mask/0000{index}_00.jpg')
  (source / 'train/image/00003_00.jpg').unlink()
  text = _check(source).output
  assert '  set aside: 2 mask, 1 missing' in text
  assert '00003_00.jpg: No such file' in text


def test_a_preview_is_of_what_can_be_used(source, tmp_path):
  for index in (0, 2, 3):  # The first and the last among them.
    _blacken(source, f'train/cloth-mask/0000{index}_00.jpg')
  preview = tmp_path / 'p.png'
  done = _check(source, f'--preview={preview}', '--preview_rows=4')
  assert done.status == 0, done.errors
  with Image.open(preview) as image:
    assert image.size == (5 * 48, 22 + 64)  # One row, below the titles.


def test_a_preview_of_nothing_says_so_after_the_report(source, tmp_path):
  for index in range(4):
    _blacken(source, f'train/cloth-mask/0000{index}_00.jpg')
  with pytest.raises(files.InputError, match='no example can be drawn'):
    _check(source, f'--preview={tmp_path}/p.png')


def test_a_report_into_a_folder_is_refused_before_any_work(source, tmp_path):
  folder = tmp_path / 'reports'
  folder.mkdir()
  for flag, error in (
    (f'--report={folder}', IsADirectoryError),
    (f'--report={source}/train_pairs.txt/r.json', NotADirectoryError),
  ):
    with pytest.raises(error, match='folder'):
      _check(tmp_path / 'nowhere', flag)  # Or this would be the error.
  assert not [*tmp_path.rglob('*.partial')] and not [*folder.iterdir()]


@pytest.mark.parametrize(
  ('dataset', 'flag'),
  [
    ('viton_hd', '--train_examples=5'),
    ('deepfashion', '--config=try_on_256x192'),
    ('viton', '--seed=0'),
    ('paper_doll', '--source=somewhere'),
    ('paper_doll', '--strict'),
    ('paper_doll', '--beam_options=runner=DirectRunner'),
    ('paper_doll', '--min_keypoints=4'),
  ],
)
def test_a_flag_of_another_data_set_is_refused(dataset, flag, tmp_path):
  flags = [f'--dataset={dataset}', f'--data_dir={tmp_path}/data', flag]
  done = tiny_run.call('clothflow_tf.prepare', *flags)
  assert done.status == 1
  name = flag.partition('=')[0]
  assert f'{name}: not for --dataset={dataset}' in done.errors
  assert not (tmp_path / 'data').exists()


@pytest.mark.parametrize(
  'flags',
  [
    ['--dataset_dir=FOLDER', '--person_image=p.jpg'],
    ['--person_image=p.jpg', '--output_dir=out'],
  ],
)
def test_flags_of_one_person_and_of_a_folder_do_not_mix(flags):
  name = flags[1].partition('=')[0]
  with pytest.raises(arguments.WrongFlags, match=f'{name}: not for '):
    tiny_run.call('clothflow_tf.try_on', '--run_dir=run', *flags)


def _renamed(source, pattern, suffix):
  for path in source.rglob(pattern):
    path.rename(path.with_suffix(suffix))


@pytest.mark.parametrize('listed', ['.jpg', '.JPG', '', None])
def test_endings_may_be_spelt_otherwise_or_left_out(source, listed):
  _renamed(source, '*.jpg', '.JPG')
  _renamed(source, '*.png', '.PNG')
  names = source / 'train_pairs.txt'
  if listed is None:
    names.unlink()  # Each person has its own garment.
  else:
    names.write_text(names.read_text().replace('.jpg', listed))
  done = _check(source)
  assert 'train: 4 tuples, 4 whole' in done.output, done.output


def test_an_unpaired_line_finds_its_own_garment_by_either_spelling(source):
  _unpaired(source, 2, 3)
  _renamed(source, 'cloth/*.jpg', '.JPG')
  text = _check(source).output
  assert 'test: 2 tuples, 2 whole' in text
  assert 'test_unpaired: 2 tuples, 2 whole' in text


def test_what_systems_leave_beside_pictures_is_none(source):
  (source / 'train_pairs.txt').unlink()
  (source / '__MACOSX').mkdir()
  (source / 'archive.tar.gz').write_bytes(b'junk')
  for name in ('.DS_Store', '._00000_00.jpg', 'Thumbs.db'):
    for folder in ('image', 'cloth', 'image-parse-v3'):
      (source / 'train' / folder / name).write_bytes(b'junk')
  assert 'train: 4 tuples, 4 whole, 0 set aside' in _check(source).output


def test_links_are_followed(source, tmp_path):
  linked = tmp_path / 'linked'
  linked.mkdir()
  for name in ('train', 'train_pairs.txt', 'nowhere'):
    (linked / name).symlink_to(source / name)
  assert 'train: 4 tuples, 4 whole' in _check(linked).output


@pytest.mark.parametrize('form', ['NFC', 'NFD'])
def test_names_of_any_alphabet_are_read(source, form):
  # Letters with marks are composed in the list, and may be apart on the disk.
  name = unicodedata.normalize('NFC', 'façon_漢字')
  stored = unicodedata.normalize(form, name)
  for path in source.rglob('00000_00*'):
    path.rename(path.with_name(path.name.replace('00000_00', stored)))
  names = source / 'train_pairs.txt'
  text = names.read_text().replace('00000_00', name)
  names.write_text(text, encoding='utf-8')
  assert 'train: 4 tuples, 4 whole' in _check(source).output


@pytest.fixture
def dress_code(tmp_path):
  root = tmp_path / 'dress_code'
  made_up_layouts.dress_code(root)
  return root


def _check_dress_code(root, tmp_path):
  report = tmp_path / 'report.json'
  done = _check(root, '--dataset=dress_code', f'--report={report}')
  assert done.status == 0, done.errors
  return json.loads(report.read_text())


def test_a_garment_whose_wearer_cannot_be_read_is_of_the_usual_label(
  dress_code, tmp_path
):
  # The wearer of a lower garment; its garment is in an unpaired line.
  (dress_code / 'lower_body/test_pairs_paired.txt').unlink()
  (dress_code / 'lower_body/test_pairs_unpaired.txt').write_text(
    '000013_0.jpg 000012_1.jpg\n'
  )
  parse = dress_code / 'lower_body/label_maps/000012_4.png'
  parse.write_bytes(b'?')
  report = _check_dress_code(dress_code, tmp_path)
  assert report['splits']['test_unpaired']['whole'] == 1
  options = registry.read_options('dress_code')
  (example,) = registry.listings(options, str(dress_code))[
    'test_unpaired'
  ].examples
  reading = reader.read(example.source, raw.Size(*options.size))
  assert reading.require()['garment_label'] == labels.PANTS


def test_a_picture_named_as_person_and_garment_keeps_the_persons_flaw(
  dress_code, tmp_path
):
  (dress_code / 'upper_body/label_maps/000000_4.png').unlink()
  # As a garment it is sound.
  images = dress_code / 'upper_body/images'
  shutil.copy(images / '000000_1.jpg', images / '000000_0.jpg')
  (dress_code / 'upper_body/test_pairs_unpaired.txt').write_text(
    '000000_0.jpg 000000_0.jpg\n'
  )
  report = _check_dress_code(dress_code, tmp_path)
  (entry,) = [x for x in report['set_aside'] if x['split'] == 'test_unpaired']
  assert entry['file'].endswith('label_maps/000000_4.png')
  counts = report['splits']['test_unpaired']
  assert (counts['whole'], counts['persons'], counts['garments']) == (0, 1, 1)
  # One file under two roles is no copy.
  within = [x['split'] for x in report['copies_within']]
  assert 'test_unpaired' not in within
