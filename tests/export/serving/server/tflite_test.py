# SPDX-License-Identifier: Apache-2.0
"""Claims: a .tflite file is served without TensorFlow, by the same contract."""

import signal
import subprocess
import sys

import numpy as np
import pytest

from clothflow_tf.inference import drawn
from clothflow_tf.inference import encoded
from clothflow_tf.inputs import raw
from export import runtime
from export.serving.server import tflite_model
from export.serving.wire import errors
from export.serving.wire import signatures
from tests.export.serving import servers

PATH = str(servers.REPO / 'weights' / 'try_on' / 'try_on_int8.tflite')


@pytest.fixture(scope='module')
def model():
  return tflite_model.TFLiteModel(PATH, 2)


@pytest.fixture(scope='module')
def requests():
  """Two dolls, encoded, at twice the model's size."""
  dolls = drawn.raw_inputs('try_on', raw.Size(512, 384), 2)
  names = ('person_image', 'person_layout', 'garment_image', 'garment_mask')
  return [
    {
      **{name: encoded.png(doll[name]) for name in names},
      'person_keypoints': doll['person_keypoints'],
      'garment_label': doll['garment_label'],
    }
    for doll in dolls
  ]


def _batch(requests):
  return {
    name: np.array([x[name] for x in requests], spec.dtype)
    for name, spec in tflite_model._PICTURES.items()
  }


def test_several_equal_each_and_the_way_of_files(model, requests):
  batch = _batch(requests)
  model.signatures[signatures.DEFAULT].check(batch)
  together = model.run(signatures.DEFAULT, batch)[encoded.RESULT]
  device = runtime.Runtime(PATH, 2)
  for request, picture in zip(requests, together, strict=True):
    single = model.run(signatures.DEFAULT, _batch([request]))
    assert single[encoded.RESULT].tolist() == [picture]
    prepared = encoded.prepare(request, device.size)
    expected = prepared.result(device.outputs(prepared.inputs))
    assert expected.shape == (512, 384, 3)
    np.testing.assert_array_equal(encoded.pixels(picture, 'x'), expected)


def test_raw_inputs_are_those_of_the_file(model):
  dolls = drawn.raw_inputs('try_on', raw.Size(256, 192), 2)
  batch = {name: np.stack([x[name] for x in dolls]) for name in dolls[0]}
  model.signatures['tensors'].check(batch)
  outputs = model.run('tensors', batch)
  device = runtime.Runtime(PATH, 2)
  for at, doll in enumerate(dolls):
    for name, expected in device.outputs(doll).items():
      np.testing.assert_array_equal(outputs[name][at], expected, name)


@pytest.mark.parametrize(
  ('name', 'value', 'words'),
  [
    ('person_image', b'x', 'is no picture'),
    ('person_layout', encoded.png(np.full((9, 9), 1, np.uint8)), 'is 9x9'),
    ('person_keypoints', np.zeros((18, 3), np.float32), 'no joint at all'),
    ('garment_label', np.int32(3), 'is 3; expected one of'),
    ('garment_mask', encoded.png(np.zeros((512, 384), np.uint8)), 'is empty'),
  ],
)
def test_a_fault_names_the_example_and_the_input(
  model, requests, name, value, words
):
  batch = _batch([requests[0], {**requests[1], name: value}])
  with pytest.raises(errors.ServingError) as info:
    model.run(signatures.DEFAULT, batch)
  assert info.value.code == 'INVALID_ARGUMENT'
  assert str(info.value).startswith(f'{name}[1]: ')
  assert words in str(info.value)


def test_a_garment_without_a_mask_is_cut_out(model, requests):
  batch = _batch([{**requests[0], 'garment_mask': b''}])
  picture = model.run(signatures.DEFAULT, batch)[encoded.RESULT][0]
  assert encoded.pixels(picture, 'x').shape == (512, 384, 3)


def test_the_server_imports_no_tensorflow():
  absent = ('tensorflow', 'keras', 'absl', 'tensorflow_serving')
  flags = ['--backend=tflite', f'--model_dir={PATH}', '--drain_s=0']
  code = (
    'import sys\n'
    f'sys.modules.update(dict.fromkeys({absent}))\n'
    'from export import serve\n'
    f'sys.exit(serve.main([*{flags}, "--port=0", "--grpc_port=0"]))\n'
  )
  process = subprocess.Popen(
    [sys.executable, '-c', code],
    cwd=servers.REPO,
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    text=True,
  )
  line = process.stdout.readline()
  process.send_signal(signal.SIGTERM)
  errors_written = process.communicate()[1]
  assert line.startswith('serving http://127.0.0.1:'), errors_written
  assert process.returncode == 0, errors_written
