# SPDX-License-Identifier: Apache-2.0
"""Claims: a doubtful mask can be looked at beside the result, a clear one not.

The doubtful garment lies on a chequered floor, so that GrabCut finds its mask.
"""

import json
import re

import numpy as np
from PIL import Image
import pytest

from clothflow_tf import files as files_lib
from clothflow_tf.data.photographs.datasets import registry
from clothflow_tf.inference import arguments
from clothflow_tf.inference import mask_preview
from clothflow_tf.inference import pairs
from clothflow_tf.inference import person
from clothflow_tf.inputs import raw
from tests.data.photographs.datasets import made_up_folders

SIZE = raw.Size(64, 48)
LINE = (255, 0, 255)
SHIRT = np.s_[60:200, 50:142]
OUTPUT_SIZES = pytest.mark.parametrize('size', person.OUTPUT_SIZES)


def _floor():
  """A blue garment on a floor of two browns, 256x192."""
  rows, columns = np.indices((256, 192))
  checks = ((rows // 16 + columns // 16) % 2)[..., np.newaxis]
  photo = np.where(checks, (150, 110, 70), (120, 85, 50)).astype(np.uint8)
  photo[SHIRT] = (30, 40, 170)
  return photo


@pytest.fixture
def source(tmp_path):
  """A folder one of whose three garments lies on a floor; its mask is rough."""
  folder = tmp_path / 'in'
  made_up_folders.viton_hd(folder, {'test': 3})
  cloth = folder / 'test/cloth/00001_00.jpg'
  made_up_folders.save_jpeg(cloth, _floor())
  mask = np.zeros((256, 192), np.uint8)
  mask[4:-4, 4:-4] = 255  # Nine tenths: hardly a garment.
  Image.fromarray(mask).save(folder / 'test/cloth-mask/00001_00.jpg')
  return folder


def _outputs(inputs):
  """Returns outputs by which the photo stays as it is."""
  shares = np.zeros((*SIZE, 3), np.float32)
  shares[..., 1] = 1.0
  return {'image': inputs['person_image'], 'composition': shares}


def _dress(source, output, size, garment='00001_00', mask=''):
  test = source / 'test'
  given = person.Files(
    person_image=str(test / 'image/00000_00.jpg'),
    person_layout=str(test / 'image-parse-v3/00000_00.png'),
    person_pose=str(test / 'openpose_json/00000_00_keypoints.json'),
    garment_image=str(test / f'cloth/{garment}.jpg'),
    garment_mask=mask and str(test / f'cloth-mask/{mask}.jpg'),
    parsing='cihp',
  )
  output = person.Output(str(output), size)
  return person.dress(given, 'try_on', SIZE, _outputs, output)


@pytest.mark.parametrize('factor', [1, 2, 8])
def test_the_line_is_the_masks_edge(factor):
  mask = np.zeros((256 // factor, 192 // factor), np.uint8)
  # On whole pixels at each factor; and cut by the photo's lower edge.
  region = np.s_[64:, 48:144]
  mask[64 // factor :, 48 // factor : 144 // factor] = 255
  photo = _floor()
  shown = mask_preview.draw(photo, mask)
  assert shown.shape == photo.shape
  line = (shown == LINE).all(-1)
  inside = np.zeros(line.shape, bool)
  inside[region] = True
  assert not (line & ~inside).any()
  expected = inside.copy()
  expected[66:, 50:142] = False
  # A mask of fewer pixels has round corners.
  assert (line != expected).sum() <= 4 * factor**2
  kept = np.s_[72:, 56:136]
  np.testing.assert_array_equal(shown[kept], photo[kept])
  assert (shown[~inside].mean(-1) > photo[~inside].mean(-1) + 50).all()


def test_a_large_photo_is_shown_smaller():
  photo, mask = np.zeros((3000, 4000, 3), np.uint8), np.zeros((75, 100))
  mask[20:60, 30:70] = 255
  shown = mask_preview.draw(photo, mask.astype(np.uint8))
  assert shown.shape == (768, 1024, 3)
  rows, columns = (shown == LINE).all(-1).nonzero()
  # 40 of 75 rows and of 100 columns, to the pixel that interpolation takes.
  assert np.ptp(rows) == pytest.approx(410, abs=2)
  assert np.ptp(columns) == pytest.approx(410, abs=2)


@OUTPUT_SIZES
def test_a_garment_cut_out_by_its_colours_has_a_preview(source, tmp_path, size):
  (remark,) = [
    x for x in _dress(source, tmp_path / 'a.png', size) if 'colours' in x
  ]
  preview = tmp_path / 'a_garment_preview.png'
  assert remark.endswith(f'; see {preview}')
  shown = np.asarray(Image.open(preview))
  assert shown.shape[:2] == ((256, 192) if size == 'photo' else SIZE)
  rows, columns = (shown == LINE).all(-1).nonzero()
  scale = shown.shape[0] / 256
  seen = (rows.min(), rows.max() + 1, columns.min(), columns.max() + 1)
  expected = [scale * end for end in (60, 200, 50, 142)]
  np.testing.assert_allclose(seen, expected, atol=2)
  assert {x.name for x in tmp_path.glob('*.*')} == {'a.png', preview.name}


@OUTPUT_SIZES
def test_a_clear_mask_has_none(source, tmp_path, size):
  remarks = _dress(source, tmp_path / 'a.png', size, '00000_00', '00000_00')
  assert not any('preview' in x for x in remarks)
  assert [x.name for x in tmp_path.glob('*.*')] == ['a.png']


def test_nothing_is_left_of_a_person_who_is_not_dressed(source, tmp_path):
  (source / 'test/image/00000_00.jpg').write_bytes(b'?')
  with pytest.raises(files_lib.InputError, match='is no picture'):
    _dress(source, tmp_path / 'a.png', 'photo')
  assert not [*tmp_path.glob('*.*')]


def test_a_preview_does_not_replace_what_is_read(tmp_path):
  garment = tmp_path / 'a_garment_preview.png'
  garment.write_bytes(b'?')
  given = {name: 'x.png' for name in ('person_image', 'person_layout')}
  given |= {'garment_image': str(garment), 'output': str(tmp_path / 'a.png')}
  with pytest.raises(files_lib.InputError, match='the file of --garment_image'):
    arguments.check(given)


def test_a_folder_keeps_previews_and_remarks_also_of_earlier_runs(
  source, tmp_path
):
  options = registry.read_options('viton_hd', SIZE, min_keypoints=1)
  out = tmp_path / 'out'
  job = pairs.Job(
    options=options,
    source=str(source),
    pairs='test_pairs.txt',
    split='test',
    output_dir=str(out),
  )

  def model(batch):
    return [*map(_outputs, batch)]

  line = pairs.dress(job, 'm', model)
  place = 'inputs/garments/00001_00_garment_preview.png'
  assert [*out.rglob('*preview*')] == [out / place]
  kept = json.loads((out / 'remarks.json').read_text('utf-8'))
  (entry,) = [x for x in kept if x['kind'] == 'mask']
  assert entry['reason'].endswith(f'hardly a garment; see {out / place}')
  assert f'{len(kept)} remarks (remarks.json)' in line
  shown = re.findall(r'src="([^"]+)"', (out / 'index.html').read_text('utf-8'))
  assert shown.count(place) == 1 and len(shown) == 3 * 3 + 1
  # What is there is not read again; its remarks stay.
  assert f'{len(kept)} remarks' in pairs.dress(job, 'm', model)
  assert json.loads((out / 'remarks.json').read_text('utf-8')) == kept
