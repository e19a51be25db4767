# SPDX-License-Identifier: Apache-2.0
"""What values a configuration's fields may have, by the field's name."""

import dataclasses
import math
from typing import Any

# Field name -> values it may take, wherever the field occurs.
_CHOICES = {
  'task': ('try_on', 'pose_transfer'),
  'upsampling': ('nearest', 'bilinear'),
  'warp': ('addons', 'flat'),
  'composition': (
    'none',
    'garment',
    'garment_and_person',
    'garment_person_skin',
  ),
  'warp_source': ('stage', 'truth'),
  'network': ('vgg19', 'vgg16', 'alexnet', 'none'),
  'schedule': ('constant', 'linear', 'cosine'),
  'precision': ('float32', 'float16', 'bfloat16'),
}
_COUNT = (1, math.inf)
_WEIGHT = (0, math.inf)
_BELOW_1 = math.nextafter(1, 0)
# Likewise -> least and largest value of a number, or of each of a tuple's.
_RANGES = {
  'seed': (0, 2**32 - 1),
  'garment_label': (1, 19),
  'heat_map_sigma': (1e-6, 1),
  'agnostic_margin': (0, 1),
  'channels': _COUNT,
  'fpn_channels': _COUNT,
  'residual_blocks': _COUNT,
  'downsampling': _COUNT,
  'class_weights': _WEIGHT,
  'level_weights': _WEIGHT,
  'style_levels': (1, 5),
  'roi_perceptual': _WEIGHT,
  'structure': _WEIGHT,
  'smoothness': _WEIGHT,
  'endpoint': _WEIGHT,
  'begin': _WEIGHT,
  'end': _WEIGHT,
  'share': _WEIGHT,
  'warp_jitter': _WEIGHT,
  'perceptual': _WEIGHT,
  'style': _WEIGHT,
  'batch_size': _COUNT,
  'steps': _COUNT,
  'steps_per_epoch': _COUNT,
  'backups': _COUNT,
  'learning_rate': _WEIGHT,
  'beta_1': (0, _BELOW_1),
  'beta_2': (0, _BELOW_1),
  'ema': (0, _BELOW_1),
  'clip_norm': _WEIGHT,
  'accumulate': _COUNT,
  'steps_per_execution': _COUNT,
  'validation_examples': _WEIGHT,
  'patience': _WEIGHT,
  'panel_examples': _WEIGHT,
  'panel_epochs': _COUNT,
  'shuffle': _COUNT,
  'layout_rate': _WEIGHT,
  'flow_rate': _WEIGHT,
  'render_rate': _WEIGHT,
  'predicted_layouts': (0, 1),
  'flip': (0, 1),
  'scale': (0, 0.9),
  'shift': (0, 1),
  'rotation': (0, 180),
  'hue': (0, 1),
  'saturation': (0, 1),
  'brightness': (0, 1),
  'noise': (0, 255),
  'cutout': (0, 1),
}


def check(section: Any, path: str) -> None:
  """Checks every value of a section, and of the sections in it.

  Args:
    section: a dataclass.
    path: what it is called, such as 'config.flow'.

  Raises:
    ValueError: naming the key, what it holds and what it may hold.
  """
  for field in dataclasses.fields(section):
    value, key = getattr(section, field.name), f'{path}.{field.name}'
    if dataclasses.is_dataclass(value):
      check(value, key)
    elif field.name in _CHOICES and value not in _CHOICES[field.name]:
      raise ValueError(
        f'{key} is {value!r}, expected one of {_CHOICES[field.name]}'
      )
    elif field.name in _RANGES:
      _check_range(value, key, *_RANGES[field.name])


def _check_range(value: Any, key: str, least: float, most: float) -> None:
  values = value if isinstance(value, tuple) else (value,)
  if all(least <= x <= most and x < math.inf for x in values):
    return  # Not of NaN, which is not in any range.
  expected = f'{least:g} to {most:g}'
  if most == math.inf:
    expected = f'at least {least:g}'
  elif most == _BELOW_1:
    expected = f'{least:g} to below 1'
  raise ValueError(f'{key} is {value}, expected {expected}')
