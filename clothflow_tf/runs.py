# SPDX-License-Identifier: Apache-2.0
"""A run is a folder; this module knows what lies where in it.

    RUN/config.json               the effective configuration
    RUN/STAGE/weights.h5          the stage's weights after its last step
    RUN/STAGE/backup/             where an interrupted training goes on
    RUN/STAGE/events/             curves for TensorBoard
    RUN/STAGE/history.json        the curves as numbers
    RUN/STAGE/lock                held while the stage trains

The joint fine-tuning is kept like a stage, as RUN/joint. Its one weights.h5
holds all three stages; the stages' own files stay as they were. Evaluation and
exports take the joint weights where there are any.

Training writes the configuration once; every later program reads it from there
with `load_config`, so that no architecture is described twice.
"""

import dataclasses
import glob
import json
import os
import typing
from typing import Any

from clothflow_tf import config as config_lib
from clothflow_tf import files
from clothflow_tf import locks

CONFIG = 'config.json'

# Where things lie may change between two starts of one run.
_PLACES = ('config.data.data_dir', 'config.perceptual.weights')


def stage_path(run_dir: str, stage: str, name: str) -> str:
  """Returns the path of one of a stage's files, such as 'weights.h5'."""
  return os.path.join(run_dir, stage, name)


def is_trained(run_dir: str, stage: str) -> bool:
  """Says whether one of `config.TRAININGS` has reached its last step."""
  return os.path.isfile(stage_path(run_dir, stage, 'weights.h5'))


def is_begun(run_dir: str, stage: str) -> bool:
  """Says whether a stage trains now, or has left weights or a backup."""
  backups = stage_path(glob.escape(run_dir), stage, 'backup/*.index')
  if is_trained(run_dir, stage) or glob.glob(backups):
    return True
  return locks.is_held(stage_path(run_dir, stage, 'lock'))


def weights_files(run_dir: str) -> list[str]:
  """Returns the files that the run's result depends on."""
  tuned = is_trained(run_dir, 'joint')
  stages = ('joint',) if tuned else config_lib.STAGES
  return [stage_path(run_dir, stage, 'weights.h5') for stage in stages]


def load_weights(network: Any, stage: str, run_dir: str) -> None:
  """Loads a stage's trained weights into its network.

  Args:
    network: a Keras model; for 'joint' a `models.try_on.ClothFlow`.
    stage: one of `config.TRAININGS`.
    run_dir: the run folder.

  Raises:
    FileNotFoundError: the stage is not trained yet.
    ValueError: the file is broken, or of another architecture.
  """
  path = stage_path(run_dir, stage, 'weights.h5')
  if not os.path.isfile(path):
    raise FileNotFoundError(
      f'{path}: not found; train it first with --stage={stage}'
    )
  try:
    network.load_weights(path)
  except (OSError, ValueError, KeyError) as error:
    raise ValueError(f'{path}: not weights of this model ({error})') from error


def save_config(config: config_lib.Config, run_dir: str) -> None:
  """Writes `config.json` into the run folder, which is made if missing.

  Raises:
    ValueError: a stage trains, or was trained, with another configuration.
  """
  path = os.path.join(run_dir, CONFIG)
  if os.path.isfile(path):
    if load_config(run_dir) == config:
      return
    # Until a stage has begun, nothing depends on the configuration.
    for stage in config_lib.TRAININGS:
      if is_begun(run_dir, stage):
        require_config(config, stage, run_dir)
  files.write_text(path, text(config))


def require_config(config: config_lib.Config, stage: str, run_dir: str) -> None:
  """Checks that a stage may train with a configuration in a run folder.

  Args:
    config: what the stage would train with.
    stage: one of `config.TRAININGS`; only 'joint' depends on `config.joint`.
    run_dir: the run folder, which may have no configuration yet.

  Raises:
    ValueError: the folder has another one; names the first key that differs.
  """
  path = os.path.join(run_dir, CONFIG)
  if not os.path.isfile(path):
    return
  free = _PLACES if stage == 'joint' else (*_PLACES, 'config.joint.')
  before, wanted = _flat(load_config(run_dir)), _flat(config)
  wanted = {k: x for k, x in wanted.items() if not k.startswith(free)}
  files.check_same(path, before, wanted, 'run_dir')


def text(config: config_lib.Config) -> str:
  """Returns a configuration as `config.json` holds it."""
  return json.dumps(dataclasses.asdict(config), indent=2) + '\n'


def _flat(section: Any, path: str = 'config') -> dict[str, Any]:
  """Returns every value of a section, keyed like 'config.flow.structure'."""
  flat = {}
  for field in dataclasses.fields(section):
    value, key = getattr(section, field.name), f'{path}.{field.name}'
    section_below = dataclasses.is_dataclass(value)
    flat.update(_flat(value, key) if section_below else {key: value})
  return flat


def load_config(run_dir: str) -> config_lib.Config:
  """Returns the configuration of the run in a folder.

  Raises:
    FileNotFoundError: the run folder has no config.json.
    ValueError: the file is not JSON, or a key is unknown, missing or of
      another type; the message names file and key.
  """
  path = os.path.join(run_dir, CONFIG)
  if not os.path.isfile(path):
    raise FileNotFoundError(f'{path}: not found; is {run_dir} a run folder?')
  with open(path, encoding='utf-8') as file:
    try:
      values = json.load(file)
    except ValueError as error:
      raise ValueError(f'{path}: not JSON ({error})') from error
  try:
    return config_lib.validate(_typed(config_lib.Config, values, 'config'))
  except ValueError as error:
    raise ValueError(f'{path}: {error}') from error


def _typed(kind: Any, value: Any, path: str) -> Any:
  """Returns a JSON value as the type of its field, and nothing near it."""
  if dataclasses.is_dataclass(kind):
    return _section(kind, value, path)
  if typing.get_origin(kind) is tuple and isinstance(value, list):
    item = typing.get_args(kind)[0]
    return tuple(_typed(item, v, f'{path}[{i}]') for i, v in enumerate(value))
  if kind is float and type(value) is int:
    return float(value)
  if type(value) is not kind:
    raise ValueError(f'{path} is {value!r}, expected {kind}')
  return value


def _section(kind: type, values: Any, path: str) -> Any:
  if not isinstance(values, dict):
    raise ValueError(f'{path} is {values!r}, expected a section of keys')
  types = typing.get_type_hints(kind)
  for name in values:
    if name not in types:
      raise ValueError(f'{path}.{name} is unknown, expected one of {[*types]}')
  for name in types:
    if name not in values:
      raise ValueError(f'{path}.{name} is missing')
  return kind(
    **{
      name: _typed(types[name], values[name], f'{path}.{name}')
      for name in types
    }
  )
