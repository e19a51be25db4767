# SPDX-License-Identifier: Apache-2.0
"""Claims about files of no use: each is refused, with name and reason."""

import io
import re

import numpy as np
from PIL import Image
import pytest

from clothflow_tf import files
from clothflow_tf.data.photographs import agreement
from clothflow_tf.data.photographs import examples
from clothflow_tf.data.photographs import images
from clothflow_tf.data.photographs import label_sets
from clothflow_tf.data.photographs import masks
from clothflow_tf.data.photographs import reader
from clothflow_tf.inputs import raw

SIZE = (64, 48)


def _noise(*shape):
  return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def _encoded(array, kind='PNG'):
  content = io.BytesIO()
  Image.fromarray(array).save(content, kind)
  return content.getvalue()


BROKEN = {
  'is an empty file': b'',
  'is no picture': b'GIF? no.',
  'is broken': _encoded(_noise(64, 48, 3))[:3000],
  'is broken (image file is truncated': _encoded(
    _noise(64, 48, 3), kind='JPEG'
  )[:2000],
}


def _parse_map(path):
  numbers = images.parse_map(path, label_sets.expected('record'))
  agreement.check_labels(numbers, 'record', np.zeros((18, 3)))


def _pose(path):
  person = examples.Person('i.png', 'l.png', path)
  reading = reader.read(person, raw.Size(*SIZE), 1)
  reading.problems = [x for x in reading.problems if x.file == path]
  reading.require()


def _mask(path):
  masks.cut(path, images.mask(path).pixels)


READERS = (images.photo, _parse_map, _mask)


@pytest.mark.parametrize('read', READERS)
@pytest.mark.parametrize('came', BROKEN)
def test_a_broken_picture_is_named(tmp_path, read, came):
  path = tmp_path / 'broken.png'
  path.write_bytes(BROKEN[came])
  message = f'broken.png: {re.escape(came)}.*; expected '
  with pytest.raises(files.InputError, match=message):
    read(str(path))


@pytest.mark.parametrize('kind', ['PNG', 'JPEG'])
def test_no_picture_cut_anywhere_is_taken_for_whole(tmp_path, kind):
  path, content = tmp_path / 'cut', _encoded(_noise(24, 16, 3), kind)
  whole = Image.open(io.BytesIO(content)).convert('RGB')
  # All about the header and the end marks, and samples between.
  last = len(content)
  lengths = {*range(64), *range(64, last, 7), *range(last - 64, last)}
  refused = 0
  for length in lengths:
    path.write_bytes(content[:length])
    try:
      image = images.photo(str(path)).pixels
    except files.InputError:
      refused += 1
    else:
      np.testing.assert_array_equal(image, whole)
  assert refused >= len(lengths) - 24  # Only end marks may be missing.


@pytest.mark.parametrize('read', [*READERS, _pose])
def test_a_missing_file_and_a_folder_are_named(tmp_path, read):
  with pytest.raises(files.InputError, match='gone.png: No such file.*expect'):
    read(str(tmp_path / 'gone.png'))
  with pytest.raises(files.InputError, match=f'{tmp_path}: Is a dir.*expect'):
    read(str(tmp_path))


@pytest.mark.parametrize(
  ('read', 'content', 'message'),
  [
    (0, _encoded(np.ones((4, 4), np.float32), kind='TIFF'), 'has mode F;'),
    (0, _encoded(np.ones((4, 4), np.int32), kind='TIFF'), 'has mode I;'),
    (1, _encoded(_noise(4, 4, 3)), 'has mode RGB; .* P or L, labels 0-19'),
    (1, _encoded(_noise(4, 4) > 9), 'has mode 1; expected'),
    (1, _encoded(np.ones((4, 4), np.uint8), kind='JPEG'), 'is a JPEG'),
    (
      1,
      _encoded(np.uint8([[3, 20, 19, 255]])),
      r'labels \[20, 255\]; expected',
    ),
    (1, _encoded(np.zeros((4, 4), np.uint8)), 'all background; expected'),
    (2, _encoded(np.full((4, 4), 127, np.uint8)), 'empty .*127.*; expected'),
    (2, _encoded(_noise(4, 4, 3)), 'has mode RGB; expected a grey mask'),
    (3, b'[[1, 2, NaN]]', r'\[1, 3\]; expected numbers of \[18, 3\]'),
  ],
  ids=lambda value: value if isinstance(value, str) else '',
)
def test_an_unusable_file_says_what_came_and_what_was_expected(
  tmp_path, read, content, message
):
  path = tmp_path / 'bad.file'
  path.write_bytes(content)
  with pytest.raises(files.InputError, match=f'bad.file: .*{message}'):
    (*READERS, _pose)[read](str(path))
