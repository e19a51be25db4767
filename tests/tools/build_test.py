# SPDX-License-Identifier: Apache-2.0
"""Claims about BUILD files: they say what the imports ask for."""

import pytest

from tests.house import source_tree
from tests.tools import bazel
from tests.tools import build_files
from tests.tools import targets as targets_lib

LISTED = 'tensorflow==2\nabsl-py==1\npytest==8'
MADE_UP = {
  'clothflow_tf/__init__.py': '"""Map."""',
  'clothflow_tf/config.py': '',
  'clothflow_tf/page.py': 'from clothflow_tf.inputs import batch',
  'clothflow_tf/drill.py': (
    'from absl import app\n'
    'def main():\n  from clothflow_tf import page\n'
    'if __name__ == "__main__":\n  app.run(main)'
  ),
  'clothflow_tf/inputs/__init__.py': '',
  'clothflow_tf/inputs/batch.py': (
    'import os\nimport tensorflow as tf\nfrom clothflow_tf import config\n'
  ),
  'clothflow_tf/inputs/labels.py': '',
  'configs/try_on.py': 'from clothflow_tf import config',
  'tests/inputs/batch_test.py': (
    'from clothflow_tf.inputs.batch import images\nimport pytest\n'
    'RUN = ["clothflow_tf.drill", "--config=x/configs/try_on.py"]'
  ),
}
INPUTS = '//clothflow_tf/inputs'


def _derived(**changed: str) -> dict[str, targets_lib.Target]:
  """Returns the made-up tree's targets, keyed by label."""
  modules = source_tree.made_up(MADE_UP | changed)
  targets = targets_lib.derive(modules, LISTED)
  return {place.label(''): target for place, target in targets.items()}


def test_build_files_are_what_the_imports_ask_for():
  wanted = build_files.texts(source_tree.modules(), build_files.requirements())
  texts = {
    path: (source_tree.ROOT / path).read_text(encoding='utf-8')
    for path in source_tree.files()
    if path.endswith('/BUILD')
  }
  wrong = [x for x in {*wanted, *texts} if wanted.get(x) != texts.get(x)]
  assert not wrong, f'make build-files writes these anew: {sorted(wrong)}'


def test_every_module_is_in_one_target():
  modules = source_tree.modules()
  targets = targets_lib.derive(modules, build_files.requirements()).values()
  paths = [module.path for target in targets for module in target.modules]
  assert sorted(paths) == sorted(module.path for module in modules.values())


def test_a_room_parts_what_needs_tensorflow():
  targets = _derived()
  light = targets[f'{INPUTS}:without_tensorflow']
  assert light.sources == ['__init__.py', 'labels.py']
  assert targets[INPUTS].sources == ['batch.py']
  assert targets[INPUTS].deps == [
    ':without_tensorflow',
    '//clothflow_tf:without_tensorflow',
    '@pypi//tensorflow',
  ]


def test_a_room_without_tensorflow_is_one_library():
  targets = _derived(**{'clothflow_tf/inputs/batch.py': ''})
  assert targets[INPUTS].sources == ['__init__.py', 'batch.py', 'labels.py']
  assert f'{INPUTS}:without_tensorflow' not in targets


def test_a_room_above_and_below_another_has_a_library_a_module():
  batch = 'from clothflow_tf import config'
  targets = _derived(**{'clothflow_tf/inputs/batch.py': batch})
  assert targets['//clothflow_tf:page'].deps == [INPUTS]
  assert targets[INPUTS].deps == ['//clothflow_tf:config']
  assert targets['//clothflow_tf:config'].deps == [':clothflow_tf']


def test_a_program_is_a_binary_and_late_imports_count():
  batch = 'from clothflow_tf import config'
  targets = _derived(**{'clothflow_tf/inputs/batch.py': batch})
  drill = targets['//clothflow_tf:drill']
  assert drill.rule == 'py_binary'
  assert drill.deps == [':page', '@pypi//absl_py']


def test_a_test_depends_on_what_it_starts_and_opens():
  test = _derived()['//tests/inputs:batch_test']
  assert test.rule == 'pytest_test'
  assert test.deps == ['//clothflow_tf:drill', INPUTS, '//configs']


def test_an_unlisted_requirement_is_named():
  with pytest.raises(
    ValueError, match=r'export/a\.py imports torch\.nn.*torch'
  ):
    _derived(**{'export/a.py': 'import torch.nn'})


def test_the_lock_holds_every_requirement_of_its_python():
  lock = (source_tree.ROOT / 'requirements_lock.txt').read_text('utf-8')
  for line in build_files.requirements().splitlines():
    pin, _, marker = line.partition(';')
    if pin.strip() and '#' not in pin and '<' not in marker:
      assert pin.strip() in lock.splitlines(), f'the lock misses {pin}'


def test_without_bazel_one_line_says_so(monkeypatch, capsys):
  monkeypatch.setenv('PATH', '')
  assert bazel.main([]) == 1
  assert capsys.readouterr().err.splitlines() == [
    'Bazel is not installed; BUILD files were not run'
  ]
