# SPDX-License-Identifier: Apache-2.0
"""Claims about layering: the project keeps each rule; each rule can fail."""

from collections.abc import Callable

import pytest

from tests.house import layering_rules
from tests.house import source_tree

_TF = 'import tensorflow as tf'
_OPS, _RUNTIME = 'clothflow_tf/ops/flow.py', 'export/runtime.py'
_TERMS, _FLOW = 'clothflow_tf/losses/terms.py', 'clothflow_tf/models/flow.py'
_TRAIN = 'clothflow_tf/train.py'
_PROGRAM = "if __name__ == '__main__': pass"
# Rule, sources that offend, and what the rule says of them.
OFFENDERS = [
  (
    lambda modules: layering_rules.wrong_way(modules, {}),
    {_OPS: 'from clothflow_tf.losses import terms', _TERMS: ''},
    f'{_OPS} imports clothflow_tf.losses.terms',
  ),
  (
    lambda modules: layering_rules.wrong_way(modules, {}),
    {
      'export/parity.py': 'def f():\n  import clothflow_tf.losses.terms',
      _TERMS: '',
    },
    'export/parity.py imports clothflow_tf.losses.terms',
  ),
  (
    lambda modules: layering_rules.wrong_way(modules, {('a', 'b'): 'stale'}),
    {_OPS: ''},
    "no use of exception ('a', 'b')",
  ),
  (
    layering_rules.stages_that_meet,
    {_FLOW: 'from . import layout', 'clothflow_tf/models/layout.py': ''},
    f'{_FLOW} imports clothflow_tf.models.layout',
  ),
  (
    layering_rules.imported_programs,
    {'export/tflite.py': 'from clothflow_tf import train', _TRAIN: _PROGRAM},
    'export/tflite.py imports the program clothflow_tf.train',
  ),
  (
    layering_rules.tensorflow_on_device,
    {_RUNTIME: 'from clothflow_tf.ops import flow', _OPS: _TF},
    'export.runtime -> clothflow_tf.ops.flow -> tensorflow',
  ),
  (
    layering_rules.tensorflow_on_device,
    {
      _RUNTIME: 'from clothflow_tf.ops import flow',
      _OPS: '',
      'clothflow_tf/ops/__init__.py': 'import keras_cv',
    },
    'export.runtime -> clothflow_tf.ops -> keras_cv',
  ),
  (
    layering_rules.tensorflow_on_device,
    {_RUNTIME: f'def f():\n  {_TF}'},
    'export.runtime imports tensorflow, if late',
  ),
  (
    layering_rules.stray_flags,
    {
      _OPS: 'from absl import flags',
      _TRAIN: f'from absl import app\n{_PROGRAM}',
    },
    f'{_OPS} imports absl.flags',
  ),
  (
    layering_rules.stray_warps,
    {_OPS: '"""Not dense_image_warp."""\ntfa.image.dense_image_warp(x, f)'},
    f'{_OPS}:2 names dense_image_warp',
  ),
  (
    layering_rules.imports_of_the_map,
    {'clothflow_tf/__init__.py': 'import os'},
    'clothflow_tf/__init__.py imports os',
  ),
]


@pytest.mark.parametrize('rule', layering_rules.RULES)
def test_the_project_keeps_the_rule(
  rule: Callable[[layering_rules.Modules], list[str]],
):
  offenders = rule(source_tree.modules())
  assert not offenders, '\n' + '\n'.join(sorted(offenders))


@pytest.mark.parametrize(('rule', 'sources', 'offence'), OFFENDERS)
def test_each_rule_finds_a_made_up_offender(rule, sources, offence):
  assert rule(source_tree.made_up(sources)) == [offence]


def test_what_must_do_without_tensorflow_exists():
  modules = source_tree.modules()
  missing = set(layering_rules.WITHOUT_TENSORFLOW) - modules.keys()
  assert not missing
