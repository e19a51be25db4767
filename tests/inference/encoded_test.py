# SPDX-License-Identifier: Apache-2.0
"""Claims about encoded pictures: sent as they are if that is enough."""

import io

import numpy as np
from PIL import Image
import pytest

from clothflow_tf import files
from clothflow_tf.inference import drawn
from clothflow_tf.inference import encoded
from clothflow_tf.inference import person
from clothflow_tf.inputs import raw

SIZE = raw.Size(128, 96)


@pytest.fixture
def paths(tmp_path):
  return drawn.write_files(str(tmp_path / 'doll'), SIZE)


def _inputs(paths):
  return encoded.pair_of_files(person.Files(**paths))[0].inputs


def _bytes(path):
  with open(path, 'rb') as file:
    return file.read()


def _array(content):
  return np.asarray(Image.open(io.BytesIO(content)))


def test_files_that_need_nothing_are_sent_as_they_are(paths):
  inputs = _inputs(paths)
  for name in ('person_image', 'garment_image', 'garment_mask'):
    assert inputs[name] == _bytes(paths[name]), name


def test_a_palette_becomes_grey_with_the_same_labels(paths):
  layout = Image.open(paths['person_layout'])
  expected = _array(_inputs(paths)['person_layout'])
  colored = layout.copy()
  colored.putpalette([x for i in range(256) for x in (i, 255 - i, 7)])
  colored.save(paths['person_layout'])
  sent = Image.open(io.BytesIO(_inputs(paths)['person_layout']))
  assert sent.mode == 'L'
  np.testing.assert_array_equal(np.asarray(sent), expected)


@pytest.mark.parametrize('mode', ['CMYK', 'L', 'RGBA'])
def test_a_photo_of_another_mode_is_sent_as_rgb(paths, tmp_path, mode):
  name = f'photo.{"png" if mode == "RGBA" else "jpg"}'
  path = str(tmp_path / name)
  Image.open(paths['person_image']).convert(mode).save(path)
  sent = Image.open(
    io.BytesIO(_inputs({**paths, 'person_image': path})['person_image'])
  )
  assert (sent.format, sent.mode) == ('PNG', 'RGB')


def test_a_missing_mask_is_cut_out_and_sent(paths):
  del paths['garment_mask']
  mask = _array(_inputs(paths)['garment_mask'])
  assert mask.shape == SIZE
  assert {*np.unique(mask).tolist()} == {0, 255}


def test_a_request_is_read_as_the_files_are(paths):
  pair = encoded.pair_of_files(person.Files(**paths))[0]
  prepared = encoded.prepare(pair.inputs, encoded.SIZE)
  expected = person.framed(
    pair.person, pair.garment, int(pair.inputs['garment_label']), encoded.SIZE
  )
  for name, value in expected.inputs.items():
    np.testing.assert_array_equal(prepared.inputs[name], value, name)


@pytest.mark.parametrize(
  ('name', 'value'),
  [
    ('person_image', b''),
    ('person_image', b'x'),
    ('person_keypoints', np.full((18, 3), np.nan, np.float32)),
    ('garment_label', np.int32(0)),
  ],
)
def test_a_fault_names_the_input(paths, name, value):
  request = {**_inputs(paths), name: value}
  with pytest.raises(files.InputError, match=f'^{name}: '):
    encoded.prepare(request, encoded.SIZE)
