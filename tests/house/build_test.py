# SPDX-License-Identifier: Apache-2.0
"""Claims about BUILD: it says what the imports ask for, and is told if not."""

from typing import Any

import pytest

from tests.house import build_file
from tests.house import source_tree


def test_build_is_what_the_imports_ask_for():
  targets = build_file.parse(build_file.text_of('BUILD'))
  wrong = build_file.differences(targets, build_file.wanted())
  assert not wrong, '\n'.join([*wrong, 'make build-file writes BUILD anew'])


def test_every_module_is_in_exactly_one_target():
  targets = build_file.parse(build_file.text_of('BUILD')).values()
  sources = [path for target in targets for path in target['srcs']]
  for module in source_tree.modules().values():
    if module.path != build_file.RUNNER:
      assert sources.count(module.path) == 1, module.path


def test_a_written_build_reads_back_as_derived():
  targets = build_file.wanted()
  assert build_file.parse(build_file.render(targets)) == targets


MADE_UP = {
  'clothflow_tf/__init__.py': '"""Map."""',
  'clothflow_tf/warp.py': 'import os\nimport tensorflow as tf',
  'clothflow_tf/drill.py': (
    'from absl import app\n'
    'def main():\n  from clothflow_tf import warp\n'
    'if __name__ == "__main__":\n  app.run(main)'
  ),
  'tests/ops/warp_test.py': (
    'from clothflow_tf.warp import bend\nRUN = "clothflow_tf.drill"'
  ),
}
LISTED = 'tensorflow==2\nabsl-py==1\npytest==8'


def _made_up() -> dict[str, dict[str, Any]]:
  return build_file.derive(source_tree.made_up(MADE_UP), LISTED)


def test_derivation_sees_programs_tests_packages_and_late_imports():
  targets = _made_up()
  assert targets['clothflow_tf'] == {
    'rule': 'py_library',
    'srcs': ['clothflow_tf/__init__.py'],
  }
  assert targets['clothflow_tf.warp']['deps'] == [
    ':clothflow_tf',
    '@pypi//tensorflow',
  ]
  drill = targets['clothflow_tf.drill']
  assert (drill['rule'], drill['main']) == ('py_binary', drill['srcs'][0])
  assert drill['deps'] == [
    ':clothflow_tf',
    ':clothflow_tf.warp',
    '@pypi//absl_py',
  ]
  test = targets['tests.ops.warp_test']
  assert (test['rule'], test['main']) == ('py_test', build_file.RUNNER)
  assert test['deps'] == [':clothflow_tf.warp', '@pypi//pytest']
  assert test['data'] == [':clothflow_tf.drill']


@pytest.mark.parametrize(
  ('before', 'after', 'line'),
  [
    ('":clothflow_tf.warp",\n', '', 'drill: deps misses :clothflow_tf.warp'),
    (
      '"@pypi//absl_py",',
      '"@pypi//absl_py", "@pypi//tqdm",',
      'drill: deps has @pypi//tqdm too much',
    ),
    ('py_binary(', 'py_library(', "rule is 'py_library', expected 'py_binary'"),
    (
      'name = "tests.ops.warp_test"',
      'name = "t"',
      "warp_test.py'] has no target",
    ),
    (
      'name = "tests.ops.warp_test"',
      'name = "t"',
      't is a target, but no module',
    ),
    (
      'srcs = ["clothflow_tf/warp.py"]',
      'srcs = ["clothflow_tf/warp.py", "clothflow_tf/drill.py"]',
      'srcs has clothflow_tf/drill.py too much',
    ),
  ],
)
def test_each_way_to_be_wrong_is_told(before, after, line):
  text = build_file.render(_made_up())
  assert before in text
  found = build_file.parse(text.replace(before, after))
  assert line in '\n'.join(build_file.differences(found, _made_up()))


def test_an_unlisted_requirement_is_told():
  sources = source_tree.made_up({'export/a.py': 'import torch.nn'})
  with pytest.raises(
    ValueError, match=r'export/a\.py imports torch\.nn.*torch'
  ):
    build_file.derive(sources, LISTED)


def test_two_targets_of_one_name_are_told():
  text = build_file.render(_made_up())
  with pytest.raises(ValueError, match='two targets named'):
    build_file.parse(text + text[text.index('py_library(') :])


def test_the_lock_holds_every_requirement_of_its_python():
  lock = build_file.text_of('requirements_lock.txt').splitlines()
  for line in build_file.text_of('requirements.txt').splitlines():
    pin, _, marker = line.partition(';')
    if pin.strip() and '#' not in pin and '<' not in marker:
      assert pin.strip() in lock, f'requirements_lock.txt misses {pin}'
