# SPDX-License-Identifier: Apache-2.0
"""Claims about running exported models on the device, without TensorFlow."""

from concurrent import futures
import pathlib

import numpy as np
import pytest

from clothflow_tf import files
from clothflow_tf.inputs import raw
from export import metadata
from export import runtime
from tests import tiny_model


@pytest.fixture(scope='module')
def try_on(tmp_path_factory):
  return tiny_model.export(
    tmp_path_factory.mktemp('m') / 'try_on.tflite', tiny_model.SPECS
  )


@pytest.fixture(scope='module')
def pose_transfer(tmp_path_factory):
  path = tmp_path_factory.mktemp('m') / 'pose.tflite'
  return tiny_model.export(path, tiny_model.TARGET_SPECS)


def _inputs(specs=tiny_model.SPECS):
  random = np.random.default_rng(1)
  return {
    name: random.integers(0, 20, spec.shape[1:]).astype(
      spec.dtype.as_numpy_dtype
    )
    for name, spec in specs.items()
  }


def test_a_model_says_its_task_and_size_and_gives_what_keras_gives(try_on):
  model, inputs = runtime.Runtime(try_on), _inputs()
  assert (model.task, model.size) == ('try_on', tiny_model.SIZE)
  batch = {name: value[np.newaxis] for name, value in inputs.items()}
  expected = {name: value[0] for name, value in tiny_model.blend(batch).items()}
  image = model(inputs)
  assert image.dtype == np.uint8
  # A float on the edge of two integers may be cut to either.
  np.testing.assert_allclose(image, expected['image'], atol=1)
  outputs = model.outputs(inputs)
  assert outputs.keys() == {'image', 'layout'}
  np.testing.assert_array_equal(outputs['layout'], expected['layout'])


def test_pose_transfer_is_known_by_its_inputs(pose_transfer):
  model = runtime.Runtime(pose_transfer, num_threads=1)
  assert (model.task, model.size) == ('pose_transfer', tiny_model.SIZE)
  assert model(_inputs(tiny_model.TARGET_SPECS)).shape == (*tiny_model.SIZE, 3)


def test_a_second_call_does_not_change_the_first_ones_result(try_on):
  model, inputs = runtime.Runtime(try_on), _inputs()
  first = model(inputs)
  kept = first.copy()
  second = model({**inputs, 'garment_mask': inputs['garment_mask'] + 200})
  assert (second != kept).any()
  np.testing.assert_array_equal(first, kept)
  np.testing.assert_array_equal(model(inputs), kept)


def test_threads_that_share_a_model_get_each_its_own_result(try_on):
  model = runtime.Runtime(try_on, num_threads=1)
  several = [
    {**_inputs(), 'garment_mask': np.full(tiny_model.SIZE, number, np.uint8)}
    for number in range(0, 256, 32)
  ]
  expected = [model(inputs) for inputs in several]
  assert len({image.tobytes() for image in expected}) == len(several)

  def repeated(inputs):
    return [model(inputs) for _ in range(40)]

  with futures.ThreadPoolExecutor(len(several)) as pool:
    results = [*pool.map(repeated, several)]
  for images, image in zip(results, expected):
    for each in images:
      np.testing.assert_array_equal(each, image)


@pytest.mark.parametrize('name', tiny_model.SPECS)
def test_every_input_is_checked_by_name_type_and_shape(try_on, name):
  model, inputs = runtime.Runtime(try_on), _inputs()
  shape, kind = list(inputs[name].shape), inputs[name].dtype
  rest = {key: value for key, value in inputs.items() if key != name}
  expected = rf'expected {kind} \[{str(shape)[1:-1]}\]'
  for bad, came in (
    (inputs[name].astype(np.float64), 'float64'),
    (inputs[name][np.newaxis], rf'{kind} \[1.*'),
    (inputs[name][1:] if shape else inputs[name].tolist(), '.*'),
    ([inputs[name].tolist()], 'list .*'),
    (None, 'NoneType .*'),
  ):
    with pytest.raises(
      files.InputError, match=f'^{name}: is {came}.*{expected}'
    ):
      model({**rest, name: bad})
  if name in raw.DEFAULTS:
    inputs[name] = np.asarray(raw.DEFAULTS[name])
    np.testing.assert_array_equal(model(rest), model(inputs))
    return
  with pytest.raises(files.InputError, match=f'^{name}: is missing; expected'):
    model(rest)
  with pytest.raises(files.InputError, match='^hat: is unknown.*expected'):
    model({**inputs, 'hat': inputs[name]})


def test_what_is_no_model_of_this_project_is_refused(tmp_path, try_on):
  path = tmp_path / 'bad.tflite'
  whole = pathlib.Path(try_on).read_bytes()
  for content, message in (
    (b'', 'is no TFLite model; expected'),
    (b'PK\x03\x04 and so on', 'is no TFLite model; expected'),
    (whole[: len(whole) // 2], 'cannot be opened'),
    (whole[:8] + bytes(len(whole) - 8), 'cannot be opened'),
  ):
    path.write_bytes(content)
    with pytest.raises(files.InputError, match=f'bad.tflite: {message}'):
      runtime.Runtime(str(path))
  with pytest.raises(files.InputError, match='gone.tflite: No such file'):
    runtime.Runtime(str(tmp_path / 'gone.tflite'))
  with pytest.raises(files.InputError, match=': Is a directory; expected'):
    runtime.Runtime(str(tmp_path))


def test_a_file_says_of_itself_what_it_is_and_runs_as_before(try_on, tmp_path):
  path = tmp_path / 'named.tflite'
  about = metadata.facts('try_on', raw.Size(*tiny_model.SIZE), 'int8', 'MIT')
  whole = pathlib.Path(try_on).read_bytes()
  path.write_bytes(metadata.attached(whole, about))
  assert metadata.attached(whole, about) == path.read_bytes()
  model = runtime.Runtime(str(path))
  assert model.about == about
  assert about['garments']['dress'] == 6 and about['labels'][6] == 'dress'
  inputs = _inputs()
  np.testing.assert_array_equal(model(inputs), runtime.Runtime(try_on)(inputs))
  assert runtime.Runtime(try_on).about == {}


@pytest.mark.parametrize('version', [0, 2, None])
def test_a_file_of_another_version_is_refused(try_on, tmp_path, version):
  path = tmp_path / 'next.tflite'
  whole = pathlib.Path(try_on).read_bytes()
  path.write_bytes(metadata.attached(whole, {'format': version}))
  message = f'next.tflite: is of format {version}; expected 1'
  with pytest.raises(files.InputError, match=message):
    runtime.Runtime(str(path))


def test_another_signature_is_refused(tmp_path):
  path = tmp_path / 'other.tflite'
  tiny_model.export(path, tiny_model.TARGET_SPECS, name='other')
  message = r"has signatures \['other'\]; expected 'serving_default'"
  with pytest.raises(files.InputError, match=message):
    runtime.Runtime(str(path))
  tiny_model.export(
    path, {'person_image': tiny_model.IMAGE, 'person_layout': tiny_model.PLANE}
  )
  with pytest.raises(files.InputError, match='has inputs .*; expected those'):
    runtime.Runtime(str(path))
  tiny_model.export(
    path,
    tiny_model.TARGET_SPECS,
    lambda inputs: {'out': tiny_model.blend(inputs)['image']},
  )
  with pytest.raises(
    files.InputError, match="has outputs .*; expected 'image'"
  ):
    runtime.Runtime(str(path))
