# SPDX-License-Identifier: Apache-2.0
"""Who may import whom: one way, and no TensorFlow on the device.

Each rule is a function from modules to a line for each offender.
"""

import ast

from tests.house import source_tree

Modules = dict[str, source_tree.Module]

_BASE = ('config', 'locks', 'runs', 'ops')
_SIBLINGS = ('data', 'models', 'losses', 'metrics')
# Room -> the rooms below it, which it may import. Within a room all may import
# each other, but see also STAGES.
BELOW = {
  'map': (),
  'training_config': ('config_values',),
  'config_values': (),
  'config': ('config_values', 'training_config'),
  'locks': (),
  'runs': ('config', 'locks'),
  'program': (),
  'ops': (),
  'data': _BASE,
  'models': _BASE,
  'losses': _BASE,
  'metrics': _BASE,
  'training': _BASE + _SIBLINGS,
  'programs': (*_BASE, *_SIBLINGS, 'program', 'training'),
  'export': (*_BASE, 'program', 'data', 'models'),
  'configs': ('config',),
}
# (Importer, imported) -> why this one may; either may be a package.
EXCEPTIONS = {
  ('clothflow_tf.models', 'clothflow_tf.inputs.labels'): 'channels of a layout',
  (
    'clothflow_tf.models',
    'clothflow_tf.inputs.keypoints',
  ): 'channels of a pose',
  (
    'clothflow_tf.models.flow',
    'clothflow_tf.inputs.batch',
  ): 'channels of a clothing segmentation',
  (
    'clothflow_tf.models.try_on',
    'clothflow_tf.inputs.batch',
  ): 'preprocessing is part of the exported graph',
  (
    'clothflow_tf.evaluation.layout_metrics',
    'clothflow_tf.inputs.labels',
  ): 'what a report calls each label',
  (
    'clothflow_tf.demo_page',
    'export.runtime',
  ): 'the demo shows what a device makes of the exported file',
}
# The stages know nothing of each other; models.try_on joins them.
STAGES = tuple(f'clothflow_tf.models.{s}' for s in ('layout', 'flow', 'render'))
# What must import no TensorFlow, itself or through what it imports.
WITHOUT_TENSORFLOW = (
  'clothflow_tf.config',
  'clothflow_tf.data.dolls',
  'clothflow_tf.data.photographs.raw_files',
  'clothflow_tf.data.photographs.check',
  'clothflow_tf.inputs.labels',
  'clothflow_tf.demo',
  'clothflow_tf.runs',
  'export.run_tflite',
  'export.runtime',
)
_FLAGS = ('absl.app', 'absl.flags', 'ml_collections.config_flags')


def _room(name: str) -> str:
  parts = name.split('.')
  if parts[0] != 'clothflow_tf':
    return parts[0]
  if len(parts) == 1:
    return 'map'
  return parts[1] if parts[1] in BELOW else 'programs'


def _lies_in(name: str, package: str) -> bool:
  return name == package or name.startswith(package + '.')


def _project_imports(module: source_tree.Module, modules: Modules) -> set[str]:
  owners = {source_tree.owner(name, modules) for name in module.imports()}
  return owners - {None, module.name}


def wrong_way(modules: Modules, exceptions: dict = EXCEPTIONS) -> list[str]:
  """Imports of a room that is not below, and exceptions nobody uses."""
  offenders, used = [], set()
  for module in modules.values():
    room = _room(module.name)
    for other in _project_imports(module, modules) if room in BELOW else ():
      if _room(other) in (*BELOW[room], room):
        continue
      excuses = {
        pair
        for pair in exceptions
        if _lies_in(module.name, pair[0]) and _lies_in(other, pair[1])
      }
      used |= excuses
      if not excuses:
        offenders.append(f'{module.path} imports {other}')
  offenders += [
    f'no use of exception {pair}' for pair in exceptions.keys() - used
  ]
  return offenders


def stages_that_meet(modules: Modules) -> list[str]:
  """Imports of one stage's network by another's."""
  return [
    f'{modules[stage].path} imports {other}'
    for stage in STAGES
    if stage in modules
    for other in _project_imports(modules[stage], modules) & set(STAGES)
  ]


def imported_programs(modules: Modules) -> list[str]:
  """Imports of a program by anything but tests."""
  return [
    f'{module.path} imports the program {other}'
    for module in modules.values()
    if _room(module.name) != 'tests'
    for other in _project_imports(module, modules)
    if modules[other].is_program
  ]


def tensorflow_on_device(modules: Modules) -> list[str]:
  """Ways from what a device or a quick --help runs to TensorFlow."""
  offenders = []
  for name, module in modules.items():
    if any(_lies_in(name, root) for root in WITHOUT_TENSORFLOW):
      offenders += [
        f'{name} imports {other}, if late'
        for other in module.imports() - module.imports_at_start()
        if _is_tensorflow(other)
      ]
      for start in _with_packages(name, modules):
        way = _way_to_tensorflow(start, modules, (start,))
        offenders += [' -> '.join(way)] if way else []
  return offenders


def _is_tensorflow(name: str) -> bool:
  return name.startswith(('tensorflow', 'tf_keras', 'keras'))


def _way_to_tensorflow(
  name: str, modules: Modules, way: tuple[str, ...]
) -> tuple[str, ...]:
  for other in sorted(modules[name].imports_at_start()):
    if _is_tensorflow(other):
      return (*way, other)
    inside = source_tree.owner(other, modules)
    for step in _with_packages(inside, modules) if inside else ():
      longer = ()
      if step not in way:
        longer = _way_to_tensorflow(step, modules, (*way, step))
      if longer:
        return longer
  return ()


def _with_packages(name: str, modules: Modules) -> list[str]:
  """Returns the module and its packages, which importing it runs."""
  parts = name.split('.')
  names = ['.'.join(parts[: i + 1]) for i in range(len(parts))]
  return [name for name in names if name in modules]


def stray_flags(modules: Modules) -> list[str]:
  """Imports of absl's flags or app outside programs and tests."""
  return [
    f'{module.path} imports {name}'
    for module in modules.values()
    if not module.is_program and _room(module.name) not in ('tests', 'program')
    for name in module.imports()
    if name in _FLAGS
  ]


def stray_warps(modules: Modules) -> list[str]:
  """Calls of tensorflow-addons' warp outside the one owner of flow's sign."""
  return [
    f'{module.path}:{node.lineno} names dense_image_warp'
    for module in modules.values()
    if module.name != 'clothflow_tf.ops.warp' and _room(module.name) != 'tests'
    for node in ast.walk(module.tree)
    if 'dense_image_warp'
    in (getattr(node, 'attr', ''), getattr(node, 'id', ''))
    or isinstance(node, ast.ImportFrom)
    and 'dense_image_warp' in ast.unparse(node)
  ]


def imports_of_the_map(modules: Modules) -> list[str]:
  """Imports in clothflow_tf/__init__.py, which is prose only."""
  names = modules['clothflow_tf'].imports() if 'clothflow_tf' in modules else ()
  return [f'clothflow_tf/__init__.py imports {name}' for name in names]


RULES = (
  wrong_way,
  stages_that_meet,
  imported_programs,
  tensorflow_on_device,
  stray_flags,
  stray_warps,
  imports_of_the_map,
)
