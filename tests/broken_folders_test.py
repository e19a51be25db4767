# SPDX-License-Identifier: Apache-2.0
"""Claims about broken folders: each flaw is told by file and reason.

One folder holds an example for each way to be broken, and sound ones between.
It is checked and converted once; nothing crashes, what cannot be used is set
aside, and nothing else is missing.
"""

import json
import pathlib
import re
import shutil
import struct
import zlib

import numpy as np
from PIL import Image
import pytest
import tensorflow as tf

from clothflow_tf.data import files
from clothflow_tf.data import folder_check
from clothflow_tf.data import folders
from clothflow_tf.data import sources
from tests import made_up_folders
from tests import tiny_run

SIZE = (64, 48)
HOW = sources.reading('viton_hd', SIZE)
ROWS, COLUMNS = made_up_folders.SIZE


class Set:
  """The files of one example; spoilers change one of them."""

  def __init__(self, root: pathlib.Path, name: str):
    test = root / 'test'
    self.name = name
    self.image = test / 'image' / f'{name}.jpg'
    self.garment = test / 'cloth' / f'{name}.jpg'
    self.mask = test / 'cloth-mask' / f'{name}.jpg'
    self.parse = test / 'image-parse-v3' / f'{name}.png'
    self.pose = test / 'openpose_json' / f'{name}_keypoints.json'

  def write(self) -> None:
    artist = made_up_folders.Artist(seed=zlib.crc32(self.name.encode()))
    made_up_folders.save_jpeg(self.image, artist.picture())
    made_up_folders.save_jpeg(self.garment, artist.picture())
    made_up_folders.save_jpeg(self.mask, artist.mask())
    parse = artist.parse(made_up_folders.CIHP)
    made_up_folders.save_parse(self.parse, parse)
    joints = made_up_folders.openpose(artist.joints())
    made_up_folders.save_json(self.pose, joints)


def cut(file):
  """Leaves three quarters of a file."""

  def spoil(example):
    path = getattr(example, file)
    content = path.read_bytes()
    path.write_bytes(content[: 3 * len(content) // 4])

  return spoil


def bytes_of(file, content):
  return lambda example: getattr(example, file).write_bytes(content)


def gone(file):
  return lambda example: getattr(example, file).unlink()


def saved(file, change, kind='PNG', **options):
  """Saves a picture again after a change."""

  def spoil(example):
    path = getattr(example, file)
    image = Image.open(path)
    image.load()
    change(image).save(path, kind, **options)

  return spoil


def turned(tag, quarter=False):
  """Adds an EXIF orientation, with or without turning the pixels."""
  exif = Image.Exif()
  exif[0x0112] = tag
  return saved(
    'image',
    lambda image: image.transpose(Image.ROTATE_90) if quarter else image,
    'JPEG',
    exif=exif.tobytes(),
    quality=95,
  )


def grey(value, size=None):
  return lambda image: Image.new('L', size or image.size, value)


def sixteen_bits(image):
  return Image.fromarray(np.asarray(image.convert('L')).astype(np.uint16) * 257)


def transparent(image):
  image = image.convert('RGBA')
  image.putalpha(128)
  return image


def joints(change):
  """Changes the joints [n, 3] of the first person."""

  def spoil(example):
    pose = json.loads(example.pose.read_text())
    numbers = pose['people'][0]['pose_keypoints_2d']
    rows = np.array(numbers).reshape(-1, 3)
    pose['people'][0]['pose_keypoints_2d'] = change(rows).ravel().tolist()
    example.pose.write_text(json.dumps(pose))

  return spoil


def person(change):
  """Changes the list of people."""

  def spoil(example):
    pose = json.loads(example.pose.read_text())
    pose['people'] = change(pose['people'])
    example.pose.write_text(json.dumps(pose))

  return spoil


def folder_for(file):
  def spoil(example):
    getattr(example, file).unlink()
    getattr(example, file).mkdir()

  return spoil


def circle(example):
  example.image.unlink()
  example.image.symlink_to(example.image)


def rgb_png_of_16_bits(example):
  rows = np.zeros((ROWS, 1 + 6 * COLUMNS), np.uint8)
  rows[:, 1:] = np.arange(6 * COLUMNS) % 251
  example.image.write_bytes(png((COLUMNS, ROWS), 16, rows.tobytes()))


def png(extent, depth, rows):
  """Returns an RGB PNG of a width, height, depth and filtered rows."""
  header = struct.pack('>IIBBBBB', *extent, depth, 2, 0, 0, 0)
  parts = ((b'IHDR', header), (b'IDAT', zlib.compress(rows)), (b'IEND', b''))
  content = b'\x89PNG\r\n\x1a\n'
  for kind, data in parts:
    check = zlib.crc32(kind + data)
    content += struct.pack('>I', len(data)) + kind + data
    content += struct.pack('>I', check)
  return content


BOMB = png((40_000, 40_000), 8, b'0')
NAN = np.array([np.nan, 5, 1])

# Name of the example: (spoiler, the file that is named, kind, reason).
SET_ASIDE = {
  'truncated_jpeg': (cut('image'), 'image', 'unreadable', 'truncated'),
  'truncated_png': (cut('parse'), 'parse', 'unreadable', 'is broken'),
  'empty_file': (bytes_of('image', b''), 'image', 'unreadable', 'empty file'),
  'text_file': (bytes_of('image', b'hi'), 'image', 'unreadable', 'no picture'),
  'folder': (folder_for('image'), 'image', 'unreadable', 'Is a directory'),
  'no_picture': (gone('image'), 'image', 'missing', 'No such file'),
  'link_to_itself': (circle, 'image', 'unreadable', 'symbolic links'),
  'huge': (bytes_of('image', BOMB), 'image', 'unreadable', 'exceeds limit'),
  'upside_down': (turned(3), 'image', 'unreadable', 'orientation 3.*either'),
  'lying': (turned(6), 'parse', 'size', 'is 96x128.*96|128x96'),
  'rgb_parse': (
    saved('parse', lambda image: image.convert('RGB')),
    'parse',
    'unreadable',
    'has mode RGB; expected a PNG of mode P or L',
  ),
  'rgba_parse': (saved('parse', transparent), 'parse', 'unreadable', 'RGBA'),
  'deep_parse': (saved('parse', sixteen_bits), 'parse', 'unreadable', 'I;16'),
  'jpeg_parse': (
    saved('parse', grey(5), 'JPEG'),
    'parse',
    'unreadable',
    'is a JPEG, which is lossy',
  ),
  'small_parse': (saved('parse', grey(5, (48, 64))), 'parse', 'size', '48x64'),
  'unknown_label': (
    saved('parse', grey(21)),
    'parse',
    'labels',
    r'labels \[21\]; expected .*0-20 \(cihp\)',
  ),
  'empty_parse': (saved('parse', grey(0)), 'parse', 'labels', 'all background'),
  'no_parse': (gone('parse'), 'parse', 'missing', 'No such file'),
  'empty_people': (person(lambda x: []), 'pose', 'keypoints', 'no joint'),
  'nan_joint': (joints(lambda x: x * 0 + NAN), 'pose', 'keypoints', 'NaN'),
  'outside': (
    joints(lambda x: x + (500, 0, 0) * (x > 0)),
    'pose',
    'keypoints',
    '16 of 16 joints lie outside',
  ),
  'on_the_background': (
    joints(lambda x: np.where(x[:, 2:] > 0, (2.0, 2.0, 0.9), x)),
    'pose',
    'keypoints',
    '16 of 16 joints lie on the background',
  ),
  'few_joints': (
    joints(lambda x: x * (np.arange(len(x)) < 3)[:, None]),
    'pose',
    'keypoints',
    'has 3 joints; expected at least 4',
  ),
  '17_joints': (
    joints(lambda x: x[:17]),
    'pose',
    'keypoints',
    '51 numbers; expected 54 .* or 75',
  ),
  'no_json': (bytes_of('pose', b'{"people'), 'pose', 'keypoints', 'be read'),
  'other_key': (
    person(lambda x: [{'joints': []}]),
    'pose',
    'keypoints',
    "people without 'pose_keypoints_2d'",
  ),
  'no_pose': (gone('pose'), 'pose', 'missing', 'No such file'),
  'black_mask': (saved('mask', grey(0)), 'mask', 'mask', 'mask is empty'),
  'white_mask': (saved('mask', grey(255)), 'mask', 'mask', 'all four corners'),
  'inverted_mask': (
    saved('mask', lambda image: image.point(lambda x: 255 - x)),
    'mask',
    'mask',
    'all four corners',
  ),
  'small_mask': (
    saved('mask', lambda image: image.resize((48, 64))),
    'mask',
    'size',
    '48x64 .*96x128',
  ),
  'rgb_mask': (
    saved('mask', lambda image: image.convert('RGB')),
    'mask',
    'unreadable',
    'has mode RGB; expected a grey mask',
  ),
  'no_mask': (gone('mask'), 'mask', 'missing', 'No such file'),
  'no_garment': (gone('garment'), 'garment', 'missing', 'No such file'),
  'half_a_garment': (cut('garment'), 'garment', 'unreadable', 'truncated'),
}
# What is converted all the same, and what the report says of it.
REMARKED = {
  'deep_grey': (saved('image', sixteen_bits), 'image', 'picture', '16 bits'),
  'deep_colour': (rgb_png_of_16_bits, 'image', 'picture', '16 bits'),
  'cmyk': (
    saved('image', lambda image: image.convert('CMYK'), 'JPEG'),
    'image',
    'picture',
    'CMYK',
  ),
  'turned': (turned(6, quarter=True), 'image', 'picture', 'orientation 6'),
  'transparent': (saved('garment', transparent), 'garment', 'picture', 'white'),
  'two_people': (person(lambda x: x * 2), 'pose', 'people', '2 people'),
  'one_outside': (
    joints(lambda x: np.r_[[[900, 9, 1]], x[1:]]),
    'pose',
    'keypoints',
    '1 joints lie outside',
  ),
  'no_neck': (saved('parse', grey(5)), 'parse', 'neck', 'has no neck'),
  'name with spaces': (lambda example: None, None, None, ''),
}
CASES = {**SET_ASIDE, **REMARKED}
SOUND = ('sound_1', 'sound_2')
# Lines of the list of pairs that are none, and what is said of them.
LINES = {
  'sound_1.jpg sound_1.jpg': 'repeats line 1',
  'sound_1.jpg': '1 names; expected PERSON GARMENT',
  'sound_1.jpg sound_1.jpg 7': '3 names; expected PERSON GARMENT',
  '../sound_1.jpg sound_1.jpg': 'a path out of the folder',
}


@pytest.fixture(scope='module')
def source(tmp_path_factory):
  root = tmp_path_factory.mktemp('broken')
  names = [SOUND[0], *CASES, SOUND[1]]
  for name in names:
    example = Set(root, name)
    example.write()
    CASES.get(name, (lambda example: None,))[0](example)
  lines = [f'{name}.jpg {name}.jpg' for name in names]
  lines += [*LINES, 'nobody.jpg sound_1.jpg']
  # As a Windows editor leaves it.
  text = '\r\n'.join(lines) + '\r\n\r\n'
  (root / 'test_pairs.txt').write_bytes(b'\xef\xbb\xbf' + text.encode())
  return root


@pytest.fixture(scope='module')
def report(source):
  return folder_check.check(HOW, str(source), 1).as_dict()


def _path(source, name, file):
  return str(getattr(Set(source, name), file))


def test_there_are_forty_and_more():
  assert len(CASES) + len(LINES) >= 40


@pytest.mark.parametrize('name', SET_ASIDE)
def test_what_cannot_be_used_is_named_with_its_reason(report, source, name):
  _, file, kind, reason = SET_ASIDE[name]
  entries = [
    x for x in report['set_aside'] if x['example'] == f'{name}.jpg {name}.jpg'
  ]
  assert [(x['file'], x['kind']) for x in entries] == [
    (_path(source, name, file), kind)
  ]
  assert re.search(reason, entries[0]['reason'])


@pytest.mark.parametrize('name', REMARKED)
def test_what_is_used_all_the_same_is_remarked(report, source, name):
  _, file, kind, reason = REMARKED[name]
  assert not [x for x in report['set_aside'] if name in x['example']]
  if file:
    path = _path(source, name, file)
    entries = [x for x in report['remarks'] if x['file'] == path]
    assert any(x['kind'] == kind and reason in x['reason'] for x in entries)


@pytest.mark.parametrize('line', LINES)
def test_a_line_that_is_no_pair_is_set_aside(report, source, line):
  path = str(source / 'test_pairs.txt')
  reasons = [x['reason'] for x in report['set_aside'] if x['file'] == path]
  assert sum(f'{line!r}, {LINES[line]}' in reason for reason in reasons) == 1


def test_windows_line_ends_and_byte_order_mark_are_remarked(report, source):
  path = str(source / 'test_pairs.txt')
  reasons = [x['reason'] for x in report['remarks'] if x['file'] == path]
  assert any('Windows line ends' in reason for reason in reasons)
  assert any('byte-order mark' in reason for reason in reasons)


def test_a_pair_that_names_a_missing_file_is_set_aside(report, source):
  named = {x['file'] for x in report['set_aside'] if 'nobody' in x['example']}
  assert _path(source, 'nobody', 'image') in named


def test_the_rest_is_converted_with_the_same_report(report, source, tmp_path):
  flags = [f'--source={source}', '--dataset=viton_hd', '--size=64x48']
  flags += [f'--data_dir={tmp_path}', '--workers=1']
  done = tiny_run.call('clothflow_tf.prepare', *flags)
  assert done.status == 0, done.errors
  (path,) = tmp_path.rglob(folders.REPORT)
  assert json.loads(path.read_text()) == json.loads(json.dumps(report))
  info = json.loads((path.parent / 'dataset_info.json').read_text())
  lengths = {x['name']: int(x['shardLengths'][0]) for x in info['splits']}
  sound = len(SOUND) + len(REMARKED)
  assert lengths == {'test': sound}  # None of test_unpaired can be used.
  assert f'{report["problems"]["keypoints"]} keypoints' in done.output


def test_strict_stops_at_the_first_and_leaves_nothing(source, tmp_path):
  flags = [f'--source={source}', '--dataset=viton_hd', '--size=64x48']
  flags += [f'--data_dir={tmp_path}', '--workers=1', '--strict']
  with pytest.raises(files.InputError, match='test_pairs.txt: line'):
    tiny_run.call('clothflow_tf.prepare', *flags)
  assert not [*tmp_path.rglob('*.tfrecord*'), *tmp_path.rglob('*incomplete*')]


@pytest.fixture
def sound(tmp_path):
  root = tmp_path / 'in'
  made_up_folders.viton_hd(root, {'train': 2})
  return root


def _empty(root):
  (root / 'train_pairs.txt').write_text('')


def _latin(root):
  (root / 'train_pairs.txt').write_bytes('kjöl.jpg kjöl.jpg'.encode('latin-1'))


def _no_pairs(root):
  shutil.rmtree(root / 'train')
  (root / 'train_pairs.txt').unlink()


FOLDERS = {
  'empty list': (_empty, 'train_pairs.txt', 'is an empty file'),
  'list in latin-1': (_latin, 'train_pairs.txt', 'is no UTF-8 text'),
}


@pytest.mark.parametrize('name', FOLDERS)
def test_a_list_of_no_use_is_named(sound, name):
  spoil, file, reason = FOLDERS[name]
  spoil(sound)
  (entry,) = folder_check.check(HOW, str(sound), 1).as_dict()['set_aside']
  assert entry['file'].endswith(file) and reason in entry['reason']


def test_a_folder_of_another_layout_is_refused(sound):
  _no_pairs(sound)
  with pytest.raises(files.InputError, match='expected a folder in the layout'):
    folder_check.check(HOW, str(sound), 1)
  with pytest.raises(files.InputError, match='is no folder'):
    folder_check.check(HOW, str(sound / 'nowhere'), 1)


def test_an_unreadable_file_is_named(sound, monkeypatch):
  closed = str(sound / 'train/image/00001_00.jpg')

  def opened(path, *arguments, **options):
    # As the superuser, who may run these tests, everything can be read.
    if path == closed:
      raise PermissionError(13, 'Permission denied')
    return open(path, *arguments, **options)

  monkeypatch.setattr(files, 'open', opened, raising=False)
  (entry,) = folder_check.check(HOW, str(sound), 1).as_dict()['set_aside']
  assert entry['file'] == closed
  assert entry['reason'].startswith('Permission denied')


def test_a_full_disk_is_one_line_and_leaves_nothing(
  sound, tmp_path, monkeypatch
):
  def fail(*unused_arguments):
    raise tf.errors.ResourceExhaustedError(None, None, 'No space left')

  monkeypatch.setattr(tf.io.TFRecordWriter, 'write', fail)
  builder = folders.builder(HOW, str(tmp_path / 'out'))
  with pytest.raises(OSError, match='1.0.0: cannot be written .*No space'):
    folders.build(builder, str(sound))
  assert not [*(tmp_path / 'out').rglob('*.incomplete*')]
  monkeypatch.undo()
  folders.build(builder, str(sound))
  assert builder.info.splits['train'].num_examples == 2


def test_a_data_set_of_another_folder_is_not_taken_for_this_one(
  sound, tmp_path
):
  builder = folders.builder(HOW, str(tmp_path / 'out'))
  folders.build(builder, str(sound))
  folders.build(builder, str(sound))
  shutil.copytree(sound, tmp_path / 'copy')
  with pytest.raises(ValueError, match='was made with source .*--data_dir'):
    folders.build(builder, str(tmp_path / 'copy'))
