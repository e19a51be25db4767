# SPDX-License-Identifier: Apache-2.0
"""Claims about the client: one picture by either protocol, and folders.

It runs against the real server with the shipped .tflite file, and against the
SavedModel of tests, which has the same contract.
"""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
from PIL import Image
import pytest

from clothflow_tf.inference import encoded
from export import client
from export import run_tflite
from tests.export.serving import person_files
from tests.export.serving import servers

MODEL = str(servers.REPO / 'weights' / 'try_on' / 'try_on_int8.tflite')
# Any import of these fails in the client's own process.
ABSENT = ('tensorflow', 'absl', 'keras', 'tensorflow_serving')


@pytest.fixture(scope='module')
def server():
  flags = ('--backend=tflite', '--model_name=try_on', '--threads=1')
  with servers.running(MODEL, *flags) as made:
    yield made


@pytest.fixture
def flags(tmp_path):
  return person_files.write(tmp_path)


@pytest.fixture
def doll():
  return person_files.doll()


def _expected(flags, tmp_path, **changed):
  """Returns the picture that the device's program makes of the same files."""
  output = str(tmp_path / 'expected.png')
  changed |= {'model': MODEL, 'output': output}
  assert run_tflite.main(person_files.argv(flags, **changed)) == 0
  return person_files.pixels(output)


def test_both_protocols_return_what_the_device_does(server, flags, tmp_path):
  expected = _expected(flags, tmp_path)
  assert expected.shape == (320, 240, 3)
  for place in ({'url': server.url}, {'grpc': server.grpc}):
    os.path.exists(flags['output']) and os.remove(flags['output'])
    assert client.main(person_files.argv(flags, **place)) == 0
    np.testing.assert_array_equal(
      person_files.pixels(flags['output']), expected
    )


def test_a_process_without_tensorflow_dresses_a_person(server, flags):
  for place in ({'url': server.url}, {'grpc': server.grpc}):
    code = (
      'import sys\n'
      f'sys.modules.update(dict.fromkeys({ABSENT}))\n'
      'from export import client\n'
      f'sys.exit(client.main({person_files.argv(flags, **place)}))\n'
    )
    done = subprocess.run(
      [sys.executable, '-c', code],
      cwd=servers.REPO,
      capture_output=True,
      text=True,
      check=False,
    )
    assert done.returncode == 0, done.stderr
    assert 'out.png' in done.stdout


def test_a_photo_is_turned_as_its_tag_says(server, flags, tmp_path, doll):
  square = {
    'person_image': doll['person_image'][:240],
    'person_layout': doll['person_layout'][:240],
  }
  for name, array in square.items():
    Image.fromarray(array).save(flags[name])
  garment = Image.fromarray(doll['garment_image'])
  expected = _expected(flags, tmp_path)
  exif = Image.Exif()
  exif[0x0112] = 6  # To be shown turned clockwise: stored the other way.
  flags['garment_image'] = str(tmp_path / 'turned.png')
  turned = garment.transpose(Image.Transpose.ROTATE_90)
  turned.save(flags['garment_image'], exif=exif)
  assert client.main(person_files.argv(flags, url=server.url)) == 0
  np.testing.assert_array_equal(person_files.pixels(flags['output']), expected)


def test_a_dry_run_prints_a_command_that_does_it(server, flags, capfd):
  assert (
    client.main([*person_files.argv(flags, url=server.url), '--dry_run']) == 0
  )
  command = capfd.readouterr().out
  assert command.startswith(f'curl -sS {server.url}:predict -d @- ')
  assert f'$(base64 < {flags["person_image"]} ' in command
  assert not os.path.exists(flags['output'])
  subprocess.run(['sh', '-c', command], check=True)
  dry = person_files.pixels(flags['output'])
  assert client.main(person_files.argv(flags, url=server.url)) == 0
  np.testing.assert_array_equal(person_files.pixels(flags['output']), dry)


@pytest.fixture
def folder(tmp_path):
  return person_files.write_folder(tmp_path / 'data')


def test_a_folder_is_made_and_not_made_twice(server, folder, tmp_path, capsys):
  flags = {
    'url': server.url,
    'dataset_dir': folder,
    'parsing': 'record',
    'output_dir': str(tmp_path / 'out'),
  }
  assert client.main(person_files.argv(flags)) == 0
  assert '1 made, 0 were there, 1 skipped' in capsys.readouterr().out
  assert person_files.pixels(tmp_path / 'out' / 'p_a.png').shape == (
    320,
    240,
    3,
  )
  assert client.main(person_files.argv(flags)) == 0
  assert '0 made, 1 were there, 1 skipped' in capsys.readouterr().out


def test_a_refusal_of_one_pair_is_skipped_with_the_servers_reason(
  server, folder, tmp_path
):
  masks = pathlib.Path(folder, 'test', 'cloth-mask')
  (masks / 'b.png').write_bytes((masks / 'a.png').read_bytes())
  # The test's own server refuses any picture above its limit.
  flags = {
    'url': servers.shared().url,
    'dataset_dir': folder,
    'parsing': 'record',
    'output_dir': str(tmp_path / 'out'),
  }
  large = np.random.default_rng(0).integers(0, 256, (700, 500, 3), np.uint8)
  path = pathlib.Path(folder, 'test', 'cloth', 'b.jpg')
  Image.fromarray(large).save(path, quality=100)
  mask = Image.open(masks / 'b.png').resize((500, 700), 0)
  mask.save(masks / 'b.png')
  assert client.main(person_files.argv(flags)) == 0
  text = (tmp_path / 'out' / 'skipped.json').read_text(encoding='utf-8')
  (skipped,) = json.loads(text)
  assert '413' in skipped['reason']
  assert '--max_image_mb' in skipped['reason']


def test_a_sample_is_written_that_a_server_answers(server, tmp_path, capsys):
  assert client.main([f'--sample_dir={tmp_path}/sample']) == 0
  path = pathlib.Path(capsys.readouterr().out.strip())
  answer = server.predict(path.read_bytes())
  (picture,) = servers.pictures(answer)
  assert encoded.pixels(picture, 'x').shape == (1024, 768, 3)
