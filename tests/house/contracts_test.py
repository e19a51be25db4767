# SPDX-License-Identifier: Apache-2.0
"""Claims about the import contracts: a wrong import in each direction fails.

The modules of the project, emptied, stand in a folder of their own. One import
at a time is added there, and import-linter must name the contract it breaks.
"""

import json
import subprocess
import sys

import pytest

from tests.house import source_tree

ROOMS = 'Rooms import one way'
STAGES = 'The stages of the model are independent'
SIBLINGS = 'Dolls and photographs are independent'
THE_MAP = 'The map, clothflow_tf/__init__.py, imports nothing'
EXPORTS = 'Exports know no training and no program'
READ = 'Exports read data through clothflow_tf.inference'
SHOWN = 'Of exports, only the demo shows one'
PROGRAMS = 'Programs of export are imported by none'
CONFIGS = 'Configurations import clothflow_tf.config only'
ADDONS = 'Only ops.warp imports TensorFlow Addons'
FLAGS = 'Only programs read flags'
LIGHT = 'Device and quick programs run without TensorFlow'
PROGRAM = 'tests/house/broken_contracts.py'
C = 'clothflow_tf'
# The contract, who imports, and what.
WRONG = [
  (ROOMS, f'{C}.config', f'{C}.ops.flow'),
  (ROOMS, f'{C}.ops.flow', f'{C}.runs'),
  (ROOMS, f'{C}.ops.flow', f'{C}.locks'),
  (ROOMS, f'{C}.ops.flow', f'{C}.inputs.labels'),
  (ROOMS, f'{C}.locks', f'{C}.program'),
  (ROOMS, f'{C}.files', f'{C}.runs'),
  (ROOMS, f'{C}.runs', f'{C}.inputs.labels'),
  (ROOMS, f'{C}.inputs.labels', f'{C}.data.order'),
  (ROOMS, f'{C}.inputs.labels', f'{C}.models.blocks'),
  (ROOMS, f'{C}.data.order', f'{C}.models.blocks'),
  (ROOMS, f'{C}.data.order', f'{C}.losses.terms'),
  (ROOMS, f'{C}.models.blocks', f'{C}.data.order'),
  (ROOMS, f'{C}.models.blocks', f'{C}.losses.terms'),
  (ROOMS, f'{C}.losses.terms', f'{C}.data.order'),
  (ROOMS, f'{C}.losses.terms', f'{C}.models.blocks'),
  (ROOMS, f'{C}.data.order', f'{C}.inference.pairs'),
  (ROOMS, f'{C}.models.blocks', f'{C}.training.joint'),
  (ROOMS, f'{C}.inference.pairs', f'{C}.evaluation.report'),
  (ROOMS, f'{C}.evaluation.report', f'{C}.inference.pairs'),
  (ROOMS, f'{C}.evaluation.report', f'{C}.training.joint'),
  (ROOMS, f'{C}.training.joint', f'{C}.train'),
  (ROOMS, f'{C}.evaluate', f'{C}.train'),
  (STAGES, f'{C}.models.flow', f'{C}.models.layout'),
  (STAGES, f'{C}.models.layout', f'{C}.models.render'),
  (STAGES, f'{C}.models.render', f'{C}.models.flow'),
  (SIBLINGS, f'{C}.data.dolls.pose', f'{C}.data.photographs.images'),
  (SIBLINGS, f'{C}.data.photographs.images', f'{C}.data.dolls.pose'),
  (THE_MAP, C, f'{C}.config'),
  (THE_MAP, C, 'tensorflow'),
  (EXPORTS, 'export.signature', f'{C}.losses.terms'),
  (EXPORTS, 'export.signature', f'{C}.training.joint'),
  (EXPORTS, 'export.signature', f'{C}.evaluation.report'),
  (EXPORTS, 'export.signature', f'{C}.try_on'),
  (READ, 'export.runtime', f'{C}.data.photographs.images'),
  (READ, 'export.tflite', f'{C}.data.pipeline'),
  (SHOWN, f'{C}.training.joint', 'export.signature'),
  (SHOWN, f'{C}.models.blocks', 'export.signature'),
  (PROGRAMS, 'export.signature', 'export.tflite'),
  (CONFIGS, 'configs.demo', f'{C}.models.blocks'),
  (CONFIGS, 'configs.demo', 'export.signature'),
  (ADDONS, f'{C}.models.flow', 'tensorflow_addons'),
  (ADDONS, 'export.signature', 'tensorflow_addons'),
  (FLAGS, f'{C}.models.flow', 'absl.flags'),
  (FLAGS, 'export.runtime', 'absl.flags'),
  (LIGHT, 'export.runtime', 'tensorflow'),
  (LIGHT, 'export.run_tflite', f'{C}.data.photographs.builder'),
  (LIGHT, f'{C}.inputs.labels', 'keras_cv'),
  (LIGHT, f'{C}.data.dolls.streams', 'tensorflow_datasets'),
  (LIGHT, f'{C}.data.photographs.images', 'tensorflow'),
  (LIGHT, f'{C}.inference.person', f'{C}.inference.calibration'),
  (LIGHT, f'{C}.demo_page', f'{C}.ops.flow'),
  (LIGHT, f'{C}.runs', 'tensorflow'),
]


@pytest.fixture(scope='module')
def broken(tmp_path_factory):
  """Returns the contracts broken by no wrong import, then by each of WRONG."""
  root = tmp_path_factory.mktemp('skeleton')
  for module in source_tree.modules().values():
    path = root / module.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_skeleton(module), encoding='utf-8')
  contracts = source_tree.ROOT / 'pyproject.toml'
  (root / 'pyproject.toml').write_bytes(contracts.read_bytes())
  cases = [['export', '']]
  cases += [[x, f'\ndef late():\n  import {y}\n'] for _, x, y in WRONG]
  process = subprocess.run(
    [sys.executable, source_tree.ROOT / PROGRAM],
    cwd=root,
    input=json.dumps(cases),
    capture_output=True,
    text=True,
    check=False,
  )
  assert process.returncode == 0, process.stderr
  return json.loads(process.stdout)


def _skeleton(module: source_tree.Module) -> str:
  """Returns a module's imports, late ones too, without the rest of it."""
  return ''.join(f'import {name}\n' for name in sorted(module.imports))


def test_the_project_keeps_all_contracts(broken):
  assert broken[0] == []


@pytest.mark.parametrize(
  ('index', 'contract'), enumerate((name for name, *_ in WRONG), 1)
)
def test_a_wrong_import_breaks_its_contract(broken, index, contract):
  assert contract in broken[index], WRONG[index - 1]


def test_every_contract_has_a_wrong_import():
  text = (source_tree.ROOT / 'pyproject.toml').read_text(encoding='utf-8')
  count = text.count('[[tool.importlinter.contracts]]')
  assert len({contract for contract, *_ in WRONG}) == count
  assert 'ignore_imports' not in text
