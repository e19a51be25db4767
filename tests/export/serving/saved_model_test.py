# SPDX-License-Identifier: Apache-2.0
"""Claims: what the program writes is served as it is, and by any TensorFlow."""

import json
import pathlib
import re
import subprocess
import sys

import grpc
import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf import runs
from clothflow_tf.inputs import raw
from clothflow_tf.models import try_on
from export import signature
from export.serving import warm_up
from export.serving.wire import protos
from export.serving.wire import tensor_protos
from tests import tiny_run
from tests.export.serving import servers
from tests.export.serving.graph import requests
from tests.export.serving.graph import scenes

SIZE = raw.Size(tiny_run.HEIGHT, tiny_run.WIDTH)
STAGES = ('layout', 'flow', 'render')
MEAN = 0.02  # Grey levels; a label may flip where two tie, see export_test.


@pytest.fixture(scope='module')
def run_dir(tmp_path_factory):
  folder = tmp_path_factory.mktemp('runs')
  (folder / 'README.md').write_text('# Weights\n\n## Model card\n')
  tiny_run.write_random(tiny_run.config(), str(folder / 'run'))
  return str(folder / 'run')


@pytest.fixture(scope='module')
def folder(run_dir, tmp_path_factory):
  """A model's folder with one version."""
  folder = tmp_path_factory.mktemp('served') / 'doll'
  done = _export(run_dir, folder)
  assert done.status == 0, done.errors
  assert done.output.splitlines()[-1] == f'{folder}/1'
  return folder


@pytest.fixture(scope='module')
def loaded(folder):
  return tf.saved_model.load(str(folder / '1'))


def _export(run_dir, folder, *flags):
  names = (f'--run_dir={run_dir}', f'--output_dir={folder}')
  return tiny_run.call('export.saved_model', *names, *flags)


def _called(function, inputs):
  inputs = {name: tf.constant(value) for name, value in inputs.items()}
  return {name: x.numpy() for name, x in function(**inputs).items()}


@pytest.fixture(scope='module')
def elements():
  return [requests.element(i, scenes.PLACES[i]) for i in range(2)]


def test_bytes_are_dressed_as_by_try_on(run_dir, loaded, elements, tmp_path):
  model = try_on.load(run_dir)

  def outputs(inputs):
    batch = {k: np.asarray(x)[np.newaxis] for k, x in inputs.items()}
    return {k: x.numpy()[0] for k, x in model(batch).items()}

  serve = loaded.signatures['serving_default']
  result = _called(serve, requests.batch(elements))
  assert [*result] == ['image_bytes']
  for element, content in zip(elements, result['image_bytes'], strict=True):
    expected = requests.dressed(element, outputs, SIZE, tmp_path)
    gap = np.abs(requests.decoded(content).astype(int) - expected)
    assert gap.mean() <= MEAN


def test_in_a_batch_and_alone_a_picture_is_the_same_bytes(loaded, elements):
  serve = loaded.signatures['serving_default']
  batch = [elements[1], elements[0], elements[1]]
  together = _called(serve, requests.batch(batch))['image_bytes']
  for element, content in zip(batch, together, strict=True):
    (single,) = _called(serve, requests.batch([element]))['image_bytes']
    assert content == single


def test_the_networks_never_see_two_examples_of_a_batch():
  class Counting:
    """A model whose output is the size of the batch that it gets."""

    config = tiny_run.config()

    def __call__(self, inputs, training):
      count = tf.shape(inputs['garment_label'])
      return {'count': tf.fill(count, count[0])}

  doll = tiny_run.raw_inputs(1)[0]
  three = {name: tf.repeat(value, 3, 0) for name, value in doll.items()}
  assert signature._one_by_one(Counting())(three)['count'].numpy().tolist() == [
    *(1, 1, 1)
  ]


@pytest.fixture(scope='module')
def server(folder):
  with servers.running(str(folder), '--request_timeout_s=120') as made:
    yield made


def _over_grpc(server, request):
  """Returns the code and the text that a request of several is refused with."""
  message = protos.PredictRequest(model_spec=protos.ModelSpec(name='doll'))
  for name, array in request.items():
    message.inputs[name].CopyFrom(tensor_protos.to_proto(array))
  with grpc.insecure_channel(server.grpc) as channel:
    call = channel.unary_unary(f'/{protos.PREDICTION_SERVICE}/Predict')
    with pytest.raises(grpc.RpcError) as info:
      call(message.SerializeToString())
  return info.value.code().name, info.value.details()


BROKEN = requests.encoded(np.zeros((9, 9, 3), np.uint8))[:60]
FAULTS = {
  'person_image': (BROKEN, 'is broken'),
  'person_layout': (
    requests.encoded(np.zeros((9, 9), np.uint8)),
    'is 9x9; expected the size of person_image (as EXIF turns it), 150x150',
  ),
  'person_keypoints': (
    np.zeros((18, 3), np.float32),
    'has no joint; expected a person',
  ),
  'garment_image': (BROKEN, 'is broken'),
  'garment_label': (np.int32(3), 'is 3; expected [5, 6, 7, 9, 12]'),
}


@pytest.mark.parametrize('name', FAULTS)
def test_a_server_says_which_input_of_which_example_is_wrong_and_why(
  server, elements, name
):
  value, reason = FAULTS[name]
  batch = [elements[0], {**elements[1], name: value}]
  text = f'{name}[1]: {reason}'
  rows = [servers.instance(element) for element in batch]
  answer = server.predict({'instances': rows})
  assert (answer.status, answer.body) == (400, {'error': text})
  assert _over_grpc(server, requests.batch(batch)) == ('INVALID_ARGUMENT', text)


def test_raw_inputs_and_stages_are_those_of_keras(run_dir, loaded):
  model = try_on.load(run_dir)
  doll = tiny_run.raw_inputs(1)[0]
  ours = _called(loaded.signatures['tensors'], doll)
  theirs = {name: x.numpy() for name, x in model(doll).items()}
  assert {*ours} == {*theirs}
  np.testing.assert_allclose(ours['flow'], theirs['flow'], atol=1e-3)
  for name in STAGES:
    network = model.stages[name]
    inputs = {
      key: np.random.default_rng(0).random((2, *x.shape[1:]), np.float32)
      for key, x in zip(network.input_names, network.inputs)
    }
    result = _called(loaded.signatures[name], inputs)
    expected = signature._flat(network(inputs))
    assert {*result} == {*expected}
    for key, value in result.items():
      np.testing.assert_allclose(value, expected[key], atol=1e-3)


def test_every_input_takes_any_batch_and_no_operation_is_python(loaded):
  for name in ('serving_default', 'tensors', *STAGES):
    _, inputs = loaded.signatures[name].structured_input_signature
    assert inputs and all(x.shape[0] is None for x in inputs.values())
  graph = loaded.signatures['serving_default'].graph.as_graph_def()
  used = {*re.findall(r'\bop: "(\w+)"', str(graph))}
  assert 'IgnoreErrorsDataset' in used
  assert not [x for x in used if 'Py' in x or 'Addons' in x]


def test_what_a_client_needs_lies_beside_the_model(folder, run_dir):
  assets = folder / '1' / 'assets'
  contract = json.loads((assets / 'contract.json').read_text())
  inputs = contract['signatures']['serving_default']['inputs']
  assert inputs['person_keypoints'] == {
    'dtype': 'float32',
    'shape': [None, 18, 3],
  }
  assert contract['image_bytes'] == 'image/png' and not contract['partial']
  assert contract['model_size'] == {'height': 64, 'width': 48}
  names = (assets / 'labels.txt').read_text().splitlines()
  assert len(names) == 20 and names[5] == 'upper-clothes'
  assert 'Model card' in (assets / 'model_card.md').read_text()


def test_versions_are_counted_and_never_written_over(
  run_dir, folder, monkeypatch, tmp_path
):
  def save(model, path, options):
    pathlib.Path(path).mkdir()
    return {}

  monkeypatch.setattr(signature, 'save_served', save)
  monkeypatch.setattr(warm_up, 'requests', lambda *_: [])
  model = tmp_path / 'model'
  outputs = [
    _export(run_dir, model, *flags).output.split()[-1]
    for flags in ((), ('--version=7',), ())
  ]
  assert outputs == [f'{model}/{number}' for number in (1, 7, 8)]
  again = _export(run_dir, model, '--version=7')
  assert again.status == 1 and 'exists already' in again.errors
  inside = _export(run_dir, folder / '1')
  assert inside.status == 1 and 'is a version' in inside.errors
  assert not [*model.glob('*.partial')]


def test_a_full_disk_is_one_line_and_leaves_no_version(
  run_dir, monkeypatch, tmp_path
):
  def save(model, path, options):
    pathlib.Path(path).mkdir()
    pathlib.Path(path, 'saved_model.pb').write_bytes(b'half')
    message = f'{path}/variables; No space left on device'
    raise tf.errors.ResourceExhaustedError(None, None, message)

  monkeypatch.setattr(signature, 'save_served', save)
  model = tmp_path / 'model'
  message = r'model/1: cannot be written \(.*No space left'
  with pytest.raises(OSError, match=message):
    _export(run_dir, model)
  assert [*model.iterdir()] == []


def test_a_model_that_cannot_compose_takes_raw_inputs(tmp_path):
  config = tiny_run.config('pose_transfer')
  model = try_on.ClothFlow(config)
  assert not signature.composes(model)
  runs.save_config(config, str(tmp_path / 'run'))
  saved = signature._one_by_one(model).get_concrete_function()
  (inputs,), _ = saved.structured_input_signature
  assert {*inputs} == {'person_image', 'person_layout', 'target_keypoints'}


def test_warm_up_requests_are_valid(loaded):
  batches = warm_up.requests('try_on', SIZE, encoded=True)
  assert [len(x['garment_label']) for x in batches] == [1, 2]
  serve = loaded.signatures['serving_default']
  for batch in batches:
    assert len(_called(serve, batch)['image_bytes']) == len(
      batch['garment_label']
    )


def _cli(*arguments):
  """Runs TensorFlow's own program as a user does; returns what it prints."""
  command = [sys.executable, '-m', 'tensorflow.python.tools.saved_model_cli']
  done = subprocess.run(
    [*command, *arguments], capture_output=True, text=True, check=False
  )
  assert done.returncode == 0, done.stderr
  return done.stdout


def test_saved_model_cli_shows_the_signature_and_runs_it(
  folder, loaded, elements, tmp_path
):
  where = (f'--dir={folder / "1"}', '--tag_set=serve')
  signature_def = '--signature_def=serving_default'
  shown = ' '.join(_cli('show', *where, signature_def).split())
  for name, dtype, shape in (
    ('person_image', 'DT_STRING', '(-1)'),
    ('person_keypoints', 'DT_FLOAT', '(-1, 18, 3)'),
    ('garment_label', 'DT_INT32', '(-1)'),
    ('image_bytes', 'DT_STRING', '(-1)'),
  ):
    entry = rf"\['{name}'\] tensor_info: dtype: {dtype} shape: (.*?) name"
    assert re.search(entry, shown)[1] == shape
  request = requests.batch(elements)
  np.savez(tmp_path / 'request.npz', **request)
  inputs = [f'{k}={tmp_path}/request.npz[{k}]' for k in request]
  run = (f'--inputs={";".join(inputs)}', f'--outdir={tmp_path}')
  _cli('run', *where, signature_def, *run)
  result = np.load(tmp_path / 'image_bytes.npy', allow_pickle=True)
  expected = _called(loaded.signatures['serving_default'], request)
  assert result.tolist() == expected['image_bytes'].tolist()
