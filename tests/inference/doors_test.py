# SPDX-License-Identifier: Apache-2.0
"""Claims: bad files get one answer, whichever way they come in.

A person and a garment come in by four doors: `try_on` with one pair,
`run_tflite` with one pair, the folders of `try_on`, `run_tflite` and `prepare`,
and `prepare --check`. What one refuses all refuse, in the same words; what one
repairs all repair to the same arrays. The person is a held-out paper doll.
"""

import contextlib
import dataclasses
import io
import json
import os
import pathlib
import re

import numpy as np
from PIL import Image
import pytest

from clothflow_tf import runs
from clothflow_tf.data.dolls import generate
from clothflow_tf.data.photographs import check
from clothflow_tf.data.photographs import conversion
from clothflow_tf.data.photographs import examples
from clothflow_tf.data.photographs import reader
from clothflow_tf.data.photographs.datasets import registry
from clothflow_tf.inference import pairs
from clothflow_tf.inference import person
from clothflow_tf.inputs import raw
from export import run_tflite
from tests import tiny_model
from tests import tiny_run
from tests.inference import spoilt_worlds

SIZE = spoilt_worlds.SIZE
DOLL = 4  # Faces the viewer in an open collar.


@pytest.fixture(scope='module')
def doll():
  spec = generate.DollSpec('try_on', *SIZE, seed=5, split='test')
  return generate.generate(spec, DOLL)


@pytest.fixture(scope='module')
def models(tmp_path_factory):
  """A run of which only the configuration is read, and an exported model."""
  folder = tmp_path_factory.mktemp('models')
  runs.save_config(tiny_run.config(), str(folder / 'run'))
  tflite = tiny_model.export(folder / 'a.tflite', tiny_model.SPECS)
  return {'run_dir': str(folder / 'run'), 'model': tflite}


def _outputs(inputs: dict) -> dict:
  return {'image': inputs['person_image']}


def _options(world: spoilt_worlds.World) -> registry.ReadOptions:
  # As for one pair; the door `prepare` asks for four joints by default.
  return registry.read_options(world.dataset, SIZE, world.parsing, 1)


def _flags(world: spoilt_worlds.World, output: pathlib.Path) -> list[str]:
  files = {**world.paths, 'output': output, 'parsing': world.parsing}
  return [f'--{name}={value}' for name, value in files.items()]


def _try_on(
  world: spoilt_worlds.World, models: dict[str, str], output: pathlib.Path
) -> str:
  flags = [*_flags(world, output), f'--run_dir={models["run_dir"]}']
  with pytest.raises(ValueError) as caught:
    tiny_run.call('clothflow_tf.try_on', *flags)
  return str(caught.value)


def _run_tflite(
  world: spoilt_worlds.World, models: dict[str, str], output: pathlib.Path
) -> str:
  errors = io.StringIO()
  flags = [*_flags(world, output), f'--model={models["model"]}']
  with contextlib.redirect_stderr(errors):
    assert run_tflite.main(flags) == 1
  return errors.getvalue().removeprefix('error: ').removesuffix('\n')


def _job(world: spoilt_worlds.World, output: pathlib.Path) -> pairs.Job:
  return pairs.Job(
    options=_options(world),
    source=str(world.root),
    pairs=world.pairs,
    split='test',
    output_dir=str(output),
  )


def _folder_entries(
  world: spoilt_worlds.World, output: pathlib.Path
) -> dict[str, list]:
  """Returns what each door for folders says of the one pair."""
  options, source = _options(world), str(world.root)
  job = _job(world, output / 'dressed')
  pairs.dress(job, 'm', lambda inputs: [_outputs(x) for x in inputs])
  skipped = (output / 'dressed' / 'skipped.json').read_text()
  (example,) = registry.listings(options, source)['test'].examples
  converted = conversion.convert(options, example)
  problems = [x for y in converted.readings.values() for x in y.problems]
  assert (converted.record is None) == bool(problems)
  report = check.check(options, source, 1).as_dict()
  return {
    'pairs': json.loads(skipped),
    'prepare': [*map(dataclasses.asdict, problems)],
    'check': report['set_aside'],
  }


@pytest.mark.parametrize('name', spoilt_worlds.REFUSED)
def test_every_door_refuses_in_the_same_words(doll, models, tmp_path, name):
  world_of, spoil, key, kind, reason = spoilt_worlds.REFUSED[name]
  world = world_of(tmp_path / 'in', doll)
  spoil(world)
  path, output = str(world.paths[key]), tmp_path / 'out.png'
  answers = {
    'try_on': _try_on(world, models, output),
    'run_tflite': _run_tflite(world, models, output),
  }
  assert not output.exists()
  for door, entries in _folder_entries(world, tmp_path).items():
    (entry,) = entries
    assert (entry['file'], entry['kind']) == (path, kind), door
    answers[door] = f'{entry["file"]}: {entry["reason"]}'
  assert len(set(answers.values())) == 1, answers
  assert re.match(f'{re.escape(path)}: .*{reason}', answers['try_on'])
  assert '\n' not in answers['try_on'] and '; expected ' in answers['try_on']


@pytest.mark.parametrize(
  'case',
  [
    ('try_on', '--split=test', '--split: not for one person'),
    ('try_on', '--dataset_dir=in', '--person_pose: not for --dataset_dir'),
    ('try_on', '--target_pose=p', '--target_pose: not for a try_on model'),
    ('pose_transfer', '--garment=top', '--garment: not for a pose_transfer'),
  ],
)
def test_each_door_refuses_flags_that_have_no_effect(
  doll, models, tmp_path, capsys, case
):
  task, more, words = case
  world = spoilt_worlds.World(tmp_path / 'in', doll)
  files = {x: y for x, y in world.paths.items() if 'garment' not in x}
  if task == 'pose_transfer':
    files['target_pose'] = files.pop('person_pose')
    runs.save_config(tiny_run.config(task), str(tmp_path / 'run'))
    specs = tiny_model.TARGET_SPECS
    model = tiny_model.export(tmp_path / 'b.tflite', specs)
    models = {'run_dir': str(tmp_path / 'run'), 'model': model}
  else:
    files = world.paths
  flags = [f'--{x}={y}' for x, y in files.items()]
  flags += [f'--output={tmp_path}/out.png', more]
  with pytest.raises(ValueError, match=words):
    run_dir = f'--run_dir={models["run_dir"]}'
    tiny_run.call('clothflow_tf.try_on', *flags, run_dir)
  with pytest.raises(SystemExit) as caught:
    run_tflite.main([*flags, f'--model={models["model"]}'])
  assert caught.value.code == 2
  assert words in capsys.readouterr().err


def _arrays(
  world: spoilt_worlds.World, folder: pathlib.Path
) -> dict[str, dict]:
  """Returns the raw inputs that each door makes of a world, and a record."""
  inputs, folder_inputs = [], []

  def one(raw: dict) -> dict:
    inputs.append(raw)
    return _outputs(raw)

  def several(batch: list[dict]) -> list[dict]:
    folder_inputs.extend(batch)
    return [*map(_outputs, batch)]

  paths = {name: str(path) for name, path in world.paths.items()}
  files = person.Files(**paths, parsing=world.parsing)
  output = person.Output(str(folder / 'one.png'))
  remarks = person.dress(files, 'try_on', SIZE, one, output)
  options, source = _options(world), str(world.root)
  job = _job(world, folder / 'out')
  pairs.dress(job, 'm', several)
  checked = check.check(options, source, 1)
  (record,) = check.sample_records(options, checked, 1)
  known = checked.as_dict()['remarks']
  assert {f'{x["file"]}: {x["reason"]}' for x in known} == set(remarks)
  return {'one': inputs[0], 'folder': folder_inputs[0], 'check': record}


@pytest.mark.parametrize('name', spoilt_worlds.REPAIRED)
def test_every_door_repairs_to_the_same_arrays(doll, tmp_path, name):
  repair, remark = spoilt_worlds.REPAIRED[name]
  world = spoilt_worlds.World(tmp_path / 'in', doll)
  expected = _arrays(world, tmp_path)
  repair(world)
  os.makedirs(tmp_path / 'repaired')
  arrays = _arrays(world, tmp_path / 'repaired')
  for door, values in expected.items():
    for field, value in values.items():
      np.testing.assert_allclose(arrays[door][field], value, atol=1e-4)
  joints = arrays['one']['person_keypoints']
  np.testing.assert_allclose(joints, world.joints, atol=1e-4)
  options = _options(world)
  (example,) = registry.listings(options, str(world.root))['test'].examples
  remarks = reader.read(example.target, SIZE, 1).remarks
  assert not remark or remark in [x.reason for x in remarks]


@pytest.mark.parametrize('task', ['try_on', 'pose_transfer'])
def test_no_doll_is_wrongly_refused(task, tmp_path):
  spec = generate.DollSpec(task, 128, 96, seed=7, split='test')
  paths = [str(tmp_path / name) for name in ('i.png', 'l.png', 'p.npy')]
  part = examples.Person(*paths)
  for index in range(12):
    doll = generate.generate(spec, index)
    Image.fromarray(doll['target_image']).save(paths[0])
    Image.fromarray(doll['target_layout']).save(paths[1])
    np.save(paths[2], doll['target_keypoints'])
    reading = reader.read(part, raw.Size(128, 96), 1)
    assert not reading.problems, (index, reading.problems)
