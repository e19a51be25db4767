# SPDX-License-Identifier: Apache-2.0
"""Claims about Beam's pipeline: the pictures of a folder, and what is left."""

import json
import pathlib
import sys

import numpy as np
import pytest

from clothflow_tf.inference import encoded
from export import batch
from export.serving import beam
from export.serving.server import tensorflow_model
from export.serving.wire import errors
from tests.export.serving import person_files
from tests.export.serving import servers

# In this process: workers of their own would each import TensorFlow.
OPTIONS = 'runner=FnApiRunner'


def _flags(folder, tmp_path):
  return person_files.argv(
    {
      'model_dir': servers.shared_model(),
      'dataset_dir': folder,
      'parsing': 'record',
      'output_dir': tmp_path / 'out',
      'beam_options': OPTIONS,
    }
  )


def test_pairs_are_dressed_skipped_and_not_made_twice(tmp_path, capsys):
  pytest.importorskip('apache_beam')
  folder = person_files.write_folder(tmp_path / 'data')
  assert batch.main(_flags(folder, tmp_path)) == 0
  assert '1 made, 1 skipped' in capsys.readouterr().out
  example = person_files.example()
  model = tensorflow_model.SavedModel(f'{servers.shared_model()}/1')
  (expected,) = beam.results(model, [example])
  result = person_files.pixels(tmp_path / 'out' / 'p_a.png')
  np.testing.assert_array_equal(result, encoded.pixels(expected, 'x'))
  text = (tmp_path / 'out' / 'skipped.json').read_text(encoding='utf-8')
  (skipped,) = json.loads(text)
  assert skipped['pair'] == 'p_b.png'
  assert 'mask is empty' in skipped['reason']
  made = (tmp_path / 'out' / 'p_a.png').stat().st_mtime_ns
  assert batch.main(_flags(folder, tmp_path)) == 0
  assert (tmp_path / 'out' / 'p_a.png').stat().st_mtime_ns == made


class _Model:
  """Refuses batches that hold a certain label, or if partial only these."""

  def __init__(self, specs, partial):
    self.signatures, self._partial = specs, partial

  def run(self, name, inputs):
    labels = inputs['garment_label'].tolist()
    said = [
      f'garment_label[{at}]: is 9' if label == 9 else ''
      for at, label in enumerate(labels)
    ]
    if any(said) and not self._partial:
      raise errors.invalid(next(filter(None, said)))
    picture = encoded.png(np.zeros((2, 2), np.uint8))
    outputs = {
      encoded.RESULT: np.array([b'' if x else picture for x in said], object)
    }
    if self._partial:
      outputs[encoded.STATUS] = np.array([x.encode() for x in said], object)
    return outputs


@pytest.mark.parametrize('partial', [False, True])
def test_one_that_the_model_refuses_takes_no_other_with_it(partial):
  local = tensorflow_model.SavedModel(f'{servers.shared_model()}/1')
  request = person_files.example()
  wrong = {**request, 'garment_label': np.int32(9)}
  model = _Model(local.signatures, partial)
  came = beam.results(model, [request, wrong, request])
  assert came[1] == 'garment_label[0]: is 9'
  assert isinstance(came[0], bytes)
  assert came[0] == came[2]


def test_a_missing_model_and_a_missing_beam_are_said(
  tmp_path, capsys, monkeypatch
):
  flags = _flags(str(tmp_path), tmp_path)
  monkeypatch.setitem(sys.modules, 'apache_beam', None)
  assert batch.main(flags) == 1
  assert 'requirements-beam.txt' in capsys.readouterr().err
  monkeypatch.setattr(beam, 'options', lambda text: None)
  folder = person_files.write_folder(pathlib.Path(tmp_path, 'data'))
  flags = [*_flags(folder, tmp_path), f'--model_dir={tmp_path}/none']
  assert batch.main(flags) == 1
  assert 'none: expected a folder of versions' in capsys.readouterr().err
