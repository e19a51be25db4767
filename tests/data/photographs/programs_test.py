# SPDX-License-Identifier: Apache-2.0
"""Claims about programs on folders: training, evaluation, pictures, Beam."""

import json
import pathlib
import sys

import pytest

from clothflow_tf import config as config_lib
from clothflow_tf import runs
from clothflow_tf.data.photographs import builder
from tests import tiny_run
from tests.data.photographs.datasets import made_up_folders

OPTIONS = '--beam_options=runner=DirectRunner,direct_num_workers=2'


def _prepare(source, data_dir, *more):
  flags = ['--dataset=viton_hd', f'--source={source}', '--size=64x48']
  flags += [f'--data_dir={data_dir}', '--workers=1']
  done = tiny_run.call('clothflow_tf.prepare', *flags, *more)
  assert done.status == 0, done.errors
  return done.output


def _bytes(folder):
  return {
    path.relative_to(folder): path.read_bytes()
    for path in sorted(pathlib.Path(folder).rglob('*'))
    if path.is_file()
  }


@pytest.fixture(scope='module')
def source(tmp_path_factory):
  folder = tmp_path_factory.mktemp('source')
  made_up_folders.viton_hd(folder, {'train': 6, 'test': 3})
  return folder


@pytest.fixture(scope='module')
def run(source, tmp_path_factory):
  """A run that is trained on a converted folder.

  By the command of the demo: what differs is the data set's name, and that
  pairs show the garment's own skin.
  """
  folder = tmp_path_factory.mktemp('run')
  _prepare(source, folder / 'data')
  tiny = tiny_run.TinyRun(str(folder / 'data'), str(folder / 'run'), '')
  steps = {f'{stage}.train.steps': 2 for stage in config_lib.STAGES}
  flags = tiny.train_flags(
    **{
      'data.dataset': 'viton_hd',
      'data.agnostic': 'garment_and_skin',
      **steps,
    }
  )
  done = tiny_run.call('clothflow_tf.train', '--stage=all', *flags)
  assert done.status == 0, done.errors
  tiny.log = done.output
  return tiny


def test_what_photographs_cannot_teach_is_left_out_and_told(run):
  # The demo learns from the true flow of dolls.
  assert 'viton_hd has no true flow: flow trains without its end' in run.log
  assert 'render trains on the warps of the trained flow' in run.log
  config = runs.load_config(run.run_dir)
  assert (config.flow.endpoint, config.render.warp_source) == (0.0, 'stage')


def test_a_run_trains_and_is_evaluated_by_the_data_sets_name_alone(
  run, tmp_path
):
  flags = [f'--run_dir={run.run_dir}', f'--report_dir={tmp_path}', '--rows=1']
  done = tiny_run.call('clothflow_tf.evaluate', *flags)
  assert done.status == 0, done.errors
  report = json.loads((tmp_path / 'report.json').read_text('utf-8'))
  assert report['examples'] == 3
  assert 'ssim' in report and 'flow_error' not in report


def test_a_run_dresses_all_pairs_of_a_folder(run, source, tmp_path):
  flags = [f'--run_dir={run.run_dir}', f'--dataset_dir={source}']
  flags += [f'--output_dir={tmp_path}', '--batch_size=2']
  done = tiny_run.call('clothflow_tf.try_on', *flags)
  assert done.status == 0, done.errors
  assert '3 made, 0 were there, 0 skipped' in done.output
  assert len([*tmp_path.glob('*.png')]) == 3


def test_a_preview_and_a_report_are_left_where_asked(source, tmp_path):
  outputs = {'preview': tmp_path / 'p.png', 'report': tmp_path / 'r.json'}
  flags = [f'--{name}={path}' for name, path in outputs.items()]
  text = _prepare(source, tmp_path / 'data', *flags)
  assert 'train: 6 tuples, 6 whole, 0 set aside' in text
  assert outputs['preview'].stat().st_size > 5000
  (inside,) = tmp_path.rglob(f'1.0.0/{builder.REPORT}')
  assert outputs['report'].read_text() == inside.read_text()


def test_the_result_does_not_depend_on_the_number_of_workers(source, tmp_path):
  _prepare(source, tmp_path / 'one', '--statistics=0')
  _prepare(source, tmp_path / 'two', '--statistics=0', '--workers=2')
  assert _bytes(tmp_path / 'one') == _bytes(tmp_path / 'two')


def test_a_pipeline_of_apache_beam_writes_the_same_bytes(tmp_path):
  pytest.importorskip('apache_beam')
  made_up_folders.viton_hd(tmp_path / 'in', {'train': 6, 'test': 3})
  (tmp_path / 'in/train/image/00003_00.jpg').unlink()
  for folder, more in (('plain', []), ('beam', [OPTIONS])):
    _prepare(tmp_path / 'in', tmp_path / folder, '--statistics=0', *more)
  assert _bytes(tmp_path / 'beam') == _bytes(tmp_path / 'plain')


def test_beam_options_without_beam_say_what_to_install(tmp_path, monkeypatch):
  monkeypatch.setitem(sys.modules, 'apache_beam', None)
  flags = [f'--source={tmp_path}', '--dataset=viton_hd', OPTIONS]
  with pytest.raises(ValueError, match='requirements-beam.txt'):
    tiny_run.call('clothflow_tf.prepare', *flags)


@pytest.mark.parametrize(
  ('flag', 'message'),
  [
    ('--source=', '--source is needed for viton_hd'),
    ('--size=256', 'expected HEIGHTxWIDTH'),
    ('--size=8x8', 'expected 16x16 to 4096x4096'),
    ('--size=99999x99999', 'expected 16x16 to 4096x4096'),
    ('--data_dir=data', '--data_dir: not for --check'),
  ],
)
def test_wrong_flags_are_refused(source, flag, message):
  flags = [f'--source={source}', '--dataset=viton_hd', '--check', flag]
  done = tiny_run.call('clothflow_tf.prepare', *flags)
  assert done.status == 1
  assert message in done.errors
