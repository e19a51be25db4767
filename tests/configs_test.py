# SPDX-License-Identifier: Apache-2.0
"""Claims about configurations: published ones hold, and wrong ones are named.

A configuration comes from a file in configs/ with overrides on the command
line, or from a run folder's config.json; neither lets a mistake through.
"""

import dataclasses
import json
import pathlib
import re

from absl import flags
from ml_collections import config_flags
import pytest

from clothflow_tf import config as config_lib
from clothflow_tf import locks
from clothflow_tf import runs
from clothflow_tf.data.photographs.datasets import registry

CONFIGS = pathlib.Path(__file__).resolve().parent.parent / 'configs'
FILES = sorted(CONFIGS.glob('*.py'))


def _from_flags(file: pathlib.Path, *overrides: str) -> config_lib.Config:
  """Returns the configuration as a program with --config gets it."""
  values = flags.FlagValues()
  arguments = ['program', f'--config={file}', *overrides]
  holder = config_flags.DEFINE_config_file(
    'config', flag_values=values, sys_argv=arguments
  )
  values(arguments)
  return holder.value


def _leaves(section: object, path: str = '') -> dict[str, object]:
  """Returns every value of a configuration, keyed like 'flow.train.steps'."""
  leaves = {}
  for field in dataclasses.fields(section):
    value = getattr(section, field.name)
    if dataclasses.is_dataclass(value):
      leaves |= _leaves(value, f'{path}{field.name}.')
    else:
      leaves[path + field.name] = value
  return leaves


def test_the_published_settings_are_there():
  names = {'demo', 'mobile', 'pose_transfer', 'try_on'}
  assert {file.stem for file in FILES} >= names


@pytest.mark.parametrize('file', FILES, ids=lambda file: file.stem)
def test_every_file_gives_a_valid_configuration(file):
  config = _from_flags(file)
  assert isinstance(config, config_lib.Config)
  assert config_lib.validate(config) is config
  assert config.name == file.stem


@pytest.mark.parametrize('file', FILES, ids=lambda file: file.stem)
def test_a_run_folder_gives_back_what_was_saved(file, tmp_path):
  config = _from_flags(file)
  runs.save_config(config, str(tmp_path / 'run'))
  assert runs.load_config(str(tmp_path / 'run')) == config


def test_defaults_are_the_papers_try_on():
  assert _from_flags(CONFIGS / 'try_on.py') == config_lib.Config()


def test_every_default_has_the_type_it_declares(tmp_path):
  # load_config is strict about types, so it refuses a default of another.
  runs.save_config(config_lib.Config(), str(tmp_path))
  leaves = _leaves(runs.load_config(str(tmp_path)))
  expected = _leaves(config_lib.Config())
  assert {k: type(v) for k, v in leaves.items()} == {
    k: type(v) for k, v in expected.items()
  }


def test_an_override_changes_its_key_and_no_other():
  before = _leaves(_from_flags(CONFIGS / 'demo.py'))
  after = _leaves(
    _from_flags(CONFIGS / 'demo.py', '--config.flow.train.steps=77')
  )
  assert after == {**before, 'flow.train.steps': 77}


@pytest.mark.parametrize(
  ('override', 'key', 'value'),
  [
    ('--config.flow.channels=(8,16)', 'flow.channels', (8, 16)),
    ('--config.flow.train.learning_rate=1', 'flow.train.learning_rate', 1.0),
    ('--config.flow.target_pose=true', 'flow.target_pose', True),
    ('--config.data.data_dir=/a b', 'data.data_dir', '/a b'),
  ],
)
def test_an_override_has_the_type_of_its_key(override, key, value):
  leaf = _leaves(_from_flags(CONFIGS / 'try_on.py', override))[key]
  assert (leaf, type(leaf)) == (value, type(value))


@pytest.mark.parametrize(
  ('override', 'named'),
  [
    ('--config.flow.train.stepz=77', 'stepz'),
    ('--config.flaw.train.steps=77', 'flaw'),
    ('--config.flow.train.steps=many', 'flow.train.steps'),
    ('--config.flow.train.steps=7.5', 'flow.train.steps'),
  ],
)
def test_a_wrong_override_is_refused_by_name(override, named):
  with pytest.raises((flags.Error, AttributeError, KeyError)) as refusal:
    _from_flags(CONFIGS / 'demo.py', override)
  assert named in str(refusal.value)


@pytest.mark.parametrize(
  ('override', 'named'),
  [
    ('flow.upsampling=cubic', 'config.flow.upsampling'),
    ('flow.warp=own', 'config.flow.warp'),
    ('data.task=dance', 'config.data.task'),
    ('render.composition=all', 'config.render.composition'),
    ('render.composition=layers', 'config.render.warped_mask'),
    ('render.shade=True', "config.render.composition = 'layers'"),
    ('render.warp_source=guess', 'config.render.warp_source'),
    ('perceptual.network=vgg11', 'config.perceptual.network'),
    ('layout.train.schedule=steps', 'config.layout.train.schedule'),
    ('data.dataset=viton-hd', "'viton-hd', expected one of ('paper_doll', 'vi"),
    ('data.dataset=deepfashion', 'but deepfashion is for pose_transfer'),
    ('data.height=250', 'config.data.height'),
    ('data.width=0', 'config.data.width'),
    ('layout.class_weights=(1.0,2.0)', 'has 2 values, expected 0 or 20'),
    ('flow.train.steps=0', 'config.flow.train.steps'),
    ('flow.train.ema=1.0', 'config.flow.train.ema'),
    ('flow.train.clip_norm=-1', 'config.flow.train.clip_norm'),
    ('flow.train.precision=int8', 'config.flow.train.precision'),
    ('flow.train.steps_per_execution=7', 'config.flow.train.steps'),
    ('augment.flip=1.5', 'config.augment.flip is 1.5, expected 0 to 1'),
    ('augment.noise=-1', 'config.augment.noise'),
    ('render.train.batch_size=-1', 'config.render.train.batch_size'),
    ('perceptual.level_weights=(1.0,)', 'has 1 values, expected 6'),
    ('perceptual.style_levels=(0,)', 'config.perceptual.style_levels'),
    ('seed=-1', 'config.seed is -1, expected 0 to 4.29'),
    ('data.agnostic=all', "agnostic is 'all', expected one of ('garment_and_"),
    ('render.continue_garment=True', 'needs config.render.clip_garment'),
    ('data.heat_map_sigma=0.0', 'config.data.heat_map_sigma'),
    ('layout.downsampling=0', 'downsampling is 0, expected at least 1'),
    ('layout.residual_blocks=-1', 'config.layout.residual_blocks'),
    ('flow.channels=(8,0,8)', 'config.flow.channels is (8, 0, 8)'),
    ('flow.train.learning_rate=-1', 'config.flow.train.learning_rate'),
    ('flow.train.learning_rate=nan', 'config.flow.train.learning_rate'),
    ('flow.train.learning_rate=inf', 'learning_rate is inf, expected at least'),
    ('flow.train.beta_1=2', 'beta_1 is 2.0, expected 0 to below 1'),
    ('flow.smoothness=-0.1', 'config.flow.smoothness'),
  ],
)
def test_a_value_that_makes_no_sense_is_refused_by_name(override, named):
  config = _from_flags(CONFIGS / 'try_on.py', f'--config.{override}')
  with pytest.raises(ValueError, match=re.escape(named)):
    config_lib.validate(config)


def _fields(section: object, path: str = '') -> dict[str, dataclasses.Field]:
  """Returns every field of a configuration, keyed like 'flow.train.steps'."""
  fields = {}
  for field in dataclasses.fields(section):
    value = getattr(section, field.name)
    if dataclasses.is_dataclass(value):
      fields |= _fields(value, f'{path}{field.name}.')
    else:
      fields[path + field.name] = field
  return fields


def test_every_number_and_every_word_says_what_it_may_be():
  free = {'name', 'data.data_dir', 'perceptual.weights'}
  free |= {f'{stage}.train.best' for stage in config_lib.TRAININGS}
  for path, field in _fields(config_lib.Config()).items():
    limited = bool(field.metadata)
    assert limited != (field.type is bool or path in free), path


def test_the_data_sets_and_their_tasks_are_those_that_can_be_prepared():
  tasks = {name: x.task for name, x in registry.DATA_SETS.items()}
  assert tasks == config_lib.PHOTOGRAPHS


def test_a_network_without_levels_is_refused():
  config = config_lib.Config()
  config.flow.channels = ()
  with pytest.raises(ValueError, match=r'config\.flow\.channels is empty'):
    config_lib.validate(config)


def _saved(folder: pathlib.Path) -> dict:
  runs.save_config(config_lib.Config(), str(folder))
  return json.loads((folder / 'config.json').read_text(encoding='utf-8'))


def _refusal(folder: pathlib.Path, values: object) -> str:
  """Returns how load_config refuses the values as a config.json."""
  text = values if isinstance(values, str) else json.dumps(values)
  (folder / 'config.json').write_text(text, encoding='utf-8')
  with pytest.raises(ValueError, match=r'config\.json: ') as refusal:
    runs.load_config(str(folder))
  return str(refusal.value)


def test_an_unknown_key_is_refused_by_name(tmp_path):
  values = _saved(tmp_path)
  values['flow']['chanels'] = [8]
  assert 'config.flow.chanels is unknown' in _refusal(tmp_path, values)


def test_a_missing_key_is_refused_by_name(tmp_path):
  values = _saved(tmp_path)
  del values['flow']['train']['steps']
  assert 'config.flow.train.steps is missing' in _refusal(tmp_path, values)


@pytest.mark.parametrize('key', sorted(_leaves(config_lib.Config())))
def test_a_value_of_another_type_is_refused_by_name(key, tmp_path):
  values = _saved(tmp_path)
  *sections, last = key.split('.')
  section = values
  for name in sections:
    section = section[name]
  section[last] = {'of': 'no type'}
  assert f'config.{key} is' in _refusal(tmp_path, values)


@pytest.mark.parametrize(
  ('section', 'key', 'value', 'named'),
  [
    ('data', 'height', 256.0, 'config.data.height'),
    ('data', 'height', True, 'config.data.height'),
    ('data', 'height', None, 'config.data.height'),
    ('flow', 'target_pose', 1, 'config.flow.target_pose'),
    ('flow', 'structure', '10', 'config.flow.structure'),
    ('flow', 'channels', [8, '8'], 'config.flow.channels[1]'),
    ('flow', 'channels', 8, 'config.flow.channels'),
    ('flow', 'train', 8, 'config.flow.train'),
    ('flow', 'upsampling', 'cubic', 'config.flow.upsampling'),
  ],
)
def test_a_near_miss_of_a_type_is_refused_too(
  section, key, value, named, tmp_path
):
  values = _saved(tmp_path)
  values[section][key] = value
  assert f'{named} is ' in _refusal(tmp_path, values)


def test_what_is_not_json_or_no_section_is_refused(tmp_path):
  assert 'not JSON' in _refusal(tmp_path, '{"name": ')
  assert 'config is [1]' in _refusal(tmp_path, [1])


def test_a_folder_without_a_configuration_is_refused_by_name(tmp_path):
  with pytest.raises(FileNotFoundError, match=re.escape(str(tmp_path))):
    runs.load_config(str(tmp_path))


def test_a_run_folder_keeps_its_configuration(tmp_path):
  config = config_lib.Config()
  runs.save_config(config, str(tmp_path))
  runs.save_config(config, str(tmp_path))  # The same again is no conflict.
  other = config_lib.Config()
  other.flow.train.steps += 1
  (tmp_path / 'layout').mkdir()
  with (
    locks.hold(str(tmp_path / 'layout' / 'lock'), 'A stage trains.'),
    pytest.raises(ValueError, match=r'config\.flow\.train\.steps is'),
  ):
    runs.save_config(other, str(tmp_path))
  (tmp_path / 'layout' / 'weights.h5').touch()  # It has trained.
  with pytest.raises(ValueError, match=r'config\.flow\.train\.steps is'):
    runs.save_config(other, str(tmp_path))
  assert runs.load_config(str(tmp_path)) == config


def test_a_start_that_trained_nothing_locks_nothing(tmp_path):
  runs.save_config(config_lib.Config(), str(tmp_path))
  other = config_lib.Config(seed=1)
  runs.save_config(other, str(tmp_path))
  assert runs.load_config(str(tmp_path)) == other


def test_a_moved_data_set_is_no_conflict(tmp_path):
  runs.save_config(config_lib.Config(), str(tmp_path))
  (tmp_path / 'layout').mkdir()
  (tmp_path / 'layout' / 'weights.h5').touch()
  moved = config_lib.Config()
  moved.data.data_dir = 'elsewhere'
  runs.save_config(moved, str(tmp_path))
  assert runs.load_config(str(tmp_path)).data.data_dir == 'elsewhere'
