# SPDX-License-Identifier: Apache-2.0
"""One tiny data set and run, made by the real programs, for tests.

A program is run in two ways. `start` gives it its own process, as a user does;
`call` runs its `main` in this process, which has paid for importing TensorFlow.
"""

import atexit
from collections.abc import Iterator
import contextlib
import copy
import dataclasses
import functools
import importlib
import importlib.util
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import types
from typing import Any

from absl import app
from absl import flags
import numpy as np
from PIL import Image
import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf import runs
from clothflow_tf.data.dolls import generate
from clothflow_tf.inputs import raw as raw_lib
from clothflow_tf.models import try_on

REPO = pathlib.Path(__file__).parents[1]
HEIGHT, WIDTH = 64, 48
TEST_DOLLS = 3

# What the program `train` is given beside configs/demo.py: seconds on a core.
# Two epochs of two steps in each stage; a panel costs as much as ten of them.
_NARROW = {
  'data.height': HEIGHT,
  'data.width': WIDTH,
  'layout.channels': (8, 8),
  'flow.channels': (8, 8, 8),
  'flow.fpn_channels': 8,
  'render.channels': (8, 8),
}
_SHORT = {
  'batch_size': 2,
  'steps': 4,
  'steps_per_epoch': 2,
  'shuffle': 4,
  'panel_examples': 0,
}
OVERRIDES = {
  **_NARROW,
  **{
    f'{stage}.train.{key}': value
    for stage in config_lib.TRAININGS
    for key, value in _SHORT.items()
  },
}


@dataclasses.dataclass
class Finished:
  """How a program ended: exit status, and what it wrote where."""

  status: int
  output: str
  errors: str


@dataclasses.dataclass
class TinyRun:
  """A data set, and a run folder whose three stages are trained on it."""

  data_dir: str
  run_dir: str
  log: str

  def train_flags(self, run_dir: str | None = None, **changed) -> list[str]:
    """Returns the flags that trained it, some with other values."""
    overrides = {**OVERRIDES, 'data.data_dir': self.data_dir, **changed}
    return [
      f'--config={REPO}/configs/demo.py',
      f'--run_dir={run_dir or self.run_dir}',
      *(f'--config.{key}={value}' for key, value in overrides.items()),
    ]


def prepare_flags(data_dir: str) -> list[str]:
  """Returns the flags of `prepare` that made the data set."""
  counts = {'train': 6, 'validation': 0, 'test': TEST_DOLLS}
  return [
    f'--data_dir={data_dir}',
    f'--config=try_on_{HEIGHT}x{WIDTH}',
    *(f'--{split}_examples={count}' for split, count in counts.items()),
    '--workers=1',
  ]


def prepared(folder: pathlib.Path, *flags: str) -> str:
  """Draws dolls into a folder, with some other flags; returns it."""
  done = call('clothflow_tf.prepare', *prepare_flags(str(folder)), *flags)
  assert done.status == 0, done.errors
  return str(folder)


@functools.cache
def dolls() -> str:
  """Returns a data set that the tests of this process share, and only read."""
  folder = tempfile.mkdtemp(prefix='dolls')
  atexit.register(shutil.rmtree, folder, ignore_errors=True)
  return prepared(pathlib.Path(folder), '--validation_examples=4')


def make(folder: pathlib.Path) -> TinyRun:
  """Draws dolls and trains all stages, each by its program."""
  run = TinyRun(prepared(folder / 'data'), str(folder / 'run'), '')
  done = start('clothflow_tf.train', '--stage=all', *run.train_flags())
  assert done.status == 0, done.errors
  return dataclasses.replace(run, log=done.output)


def start(module: str, *arguments: str) -> Finished:
  """Runs a program in a process of its own."""
  environment = {**os.environ, 'TF_CPP_MIN_LOG_LEVEL': '3', 'CI': '1'}
  done = subprocess.run(
    [sys.executable, '-m', module, *arguments],
    cwd=REPO,
    env=environment,
    capture_output=True,
    text=True,
    check=False,
  )
  return Finished(done.returncode, done.stdout, done.stderr)


def call(module: str, *arguments: str) -> Finished:
  """Runs a program's `main` in this process."""
  # ml_collections takes the overrides of a configuration from sys.argv.
  argv, sys.argv = sys.argv, [module, *arguments]
  output, errors = io.StringIO(), io.StringIO()
  try:
    with (
      program(module) as imported,
      contextlib.redirect_stdout(output),
      contextlib.redirect_stderr(errors),
    ):
      status = imported.main(flags.FLAGS(sys.argv)) or 0
  except (app.UsageError, flags.Error) as error:
    status = 1
    errors.write(str(error))
  finally:
    sys.argv = argv
  return Finished(status, output.getvalue(), errors.getvalue())


@contextlib.contextmanager
def program(module: str) -> Iterator[types.ModuleType]:
  """Imports a program anew and forgets its flags; programs share names."""
  state = {key: _copied(value) for key, value in vars(flags.FLAGS).items()}
  for owner, owned in flags.FLAGS.flags_by_module_dict().copy().items():
    if owner.startswith(('clothflow_tf.', 'export.')):
      for flag in owned.copy():
        delattr(flags.FLAGS, flag.name)
  before = sys.modules.pop(module, None)
  try:
    yield importlib.import_module(module)
  finally:
    sys.modules.pop(module, None)
    if before:
      sys.modules[module] = before
    vars(flags.FLAGS).clear()
    vars(flags.FLAGS).update(state)


def _copied(value: Any) -> Any:
  """Copies one attribute of absl's flags: a dict of flags, or of lists."""
  if not isinstance(value, dict):
    return copy.copy(value)
  return {
    key: item.copy() if isinstance(item, list) else item
    for key, item in value.items()
  }


def config(task: str = 'try_on') -> config_lib.Config:
  """Returns the architecture of the tiny run, for models without a run."""
  path = REPO / 'configs' / 'demo.py'
  spec = importlib.util.spec_from_file_location('demo_config', path)
  module = importlib.util.module_from_spec(spec)
  spec.loader.exec_module(module)
  result = module.get_config()
  result.data.task = task
  if task == 'pose_transfer':
    result.data.ends, result.layout.kept_prior = False, 0.0
    result.layout.skin_difference = False
  for key, value in _NARROW.items():
    section, name = key.split('.')
    setattr(getattr(result, section), name, value)
  return config_lib.validate(result)


def overridden(data_dir: str, **changed) -> config_lib.Config:
  """Returns the configuration that `TinyRun.train_flags` describes."""
  result = config()
  overrides = {**OVERRIDES, 'data.data_dir': data_dir, **changed}
  for key, value in overrides.items():
    *sections, name = key.split('.')
    setattr(functools.reduce(getattr, sections, result), name, value)
  return config_lib.validate(result)


def randomise(model: try_on.ClothFlow) -> None:
  """Gives a model flows, labels, colours and statistics, as if trained.

  Untrained, heads are zero: the warp is the identity in any form, and every
  pixel grey.
  """
  random = np.random.default_rng(3)
  for variable in model.variables:
    shape = variable.shape
    if 'moving_variance' in variable.name:
      variable.assign(random.uniform(0.3, 1.0, shape))
    elif 'moving_mean' in variable.name or 'bias' in variable.name:
      variable.assign(random.normal(0.0, 0.2, shape))
    elif 'estimate' in variable.name or 'head' in variable.name:
      # Smaller flows, or all of a garment would be sampled off its image.
      gain = 0.4 if 'estimate' in variable.name else 1.0
      scale = gain / np.sqrt(np.prod(shape[:-1]))
      variable.assign(random.normal(0.0, scale, shape))


def write_random(config: config_lib.Config, run_dir: str) -> None:
  """Leaves a run folder whose stages are as if trained: always the same."""
  runs.save_config(config, run_dir)
  shutil.copytree(_random(runs.text(config)), run_dir, dirs_exist_ok=True)


@functools.cache
def _random(text: str) -> str:
  """Returns such a folder, by the text of its configuration."""
  folder = tempfile.mkdtemp(prefix='random')
  atexit.register(shutil.rmtree, folder, ignore_errors=True)
  pathlib.Path(folder, runs.CONFIG).write_text(text, 'utf-8')
  tf.keras.utils.set_random_seed(3)
  model = try_on.ClothFlow(runs.load_config(folder))
  randomise(model)
  for stage, network in model.stages.items():
    os.mkdir(os.path.join(folder, stage))
    network.save_weights(runs.stage_path(folder, stage, 'weights.h5'))
  return folder


def raw_inputs(count: int, task: str = 'try_on') -> list[dict]:
  """Returns raw inputs, batch 1, of dolls that are drawn here."""
  spec = generate.DollSpec('try_on', HEIGHT, WIDTH, 5)
  dolls = [generate.generate(spec, index) for index in range(count)]
  if task == 'pose_transfer':  # Dolls of try-on keep still: any pose will do.
    for doll in dolls:
      doll.update(
        source_image=doll['target_image'], source_layout=doll['target_layout']
      )
  return [
    {
      name: value[np.newaxis]
      for name, value in raw_lib.from_record(doll, task).items()
    }
    for doll in dolls
  ]


def records(count: int) -> dict[str, np.ndarray]:
  """Returns a batch of dolls that are drawn here, each with its position."""
  spec = generate.DollSpec('try_on', HEIGHT, WIDTH, 5)
  dolls = [generate.generate(spec, index) for index in range(count)]
  batch = {name: np.stack([doll[name] for doll in dolls]) for name in dolls[0]}
  return {**batch, 'position': np.arange(count, dtype=np.int64)}


def write_files(raw: dict, folder: pathlib.Path) -> dict[str, str]:
  """Writes a try-on example as a user's files; returns them by flag."""
  paths = {}
  for name, value in raw.items():
    if name.endswith(('image', 'layout', 'mask')):
      paths[name] = str(folder / f'{name}.png')
      Image.fromarray(value[0]).save(paths[name])
  # OpenPose writes one flat list of x, y, confidence a person.
  points = raw['person_keypoints'][0].astype(float).ravel().tolist()
  paths['person_pose'] = str(folder / 'person_keypoints.json')
  with open(paths['person_pose'], 'w', encoding='utf-8') as file:
    json.dump({'people': [{'pose_keypoints_2d': points}]}, file)
  return paths
