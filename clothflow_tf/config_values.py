# SPDX-License-Identifier: Apache-2.0
"""Fields of a configuration that carry the values they may have.

    steps: int = config_values.number(1000, least=1)
    schedule: str = config_values.choice('constant', 'linear', 'cosine')
    train: TrainConfig = config_values.section(TrainConfig)

The range stands in the field's metadata, so that it is read where the field is
read; `check` is the one loop that compares values with it.
"""

import dataclasses
import math
from typing import Any

_CHOICES = 'choices'
_RANGE = 'range'


@dataclasses.dataclass(frozen=True)
class Range:
  """The values of a number, or of each number of a tuple.

  Attributes:
    least: smallest value.
    most: largest value.
    below: the value is smaller than this.
    lengths: how many numbers the tuple may have; empty: any.
  """

  least: float = -math.inf
  most: float = math.inf
  below: float = math.inf
  lengths: tuple[int, ...] = ()

  def holds(self, value: float) -> bool:
    """Says whether a number is in the range, which NaN never is."""
    return self.least <= value <= self.most and value < self.below

  def __str__(self) -> str:
    if self.below < math.inf:
      return f'{self.least:g} to below {self.below:g}'
    if self.most < math.inf:
      return f'{self.least:g} to {self.most:g}'
    return f'at least {self.least:g}'


def number(default: Any, **limits: Any) -> Any:
  """Returns a field for a number, or for a tuple of numbers.

  Args:
    default: its default value.
    **limits: the attributes of `Range`.
  """
  return dataclasses.field(default=default, metadata={_RANGE: Range(**limits)})


def choice(default: str, *others: str) -> Any:
  """Returns a field that takes one of some values, the first by default."""
  choices = (default, *others)
  return dataclasses.field(default=default, metadata={_CHOICES: choices})


def section(kind: type, **changes: Any) -> Any:
  """Returns a field for a dataclass of its own, with other defaults."""
  return dataclasses.field(default_factory=lambda: kind(**changes))


def check(config: Any, path: str) -> None:
  """Checks every value of a configuration, and of the sections in it.

  Args:
    config: a dataclass.
    path: what it is called, such as 'config.flow'.

  Raises:
    ValueError: naming the key, what it holds and what it may hold.
  """
  for field in dataclasses.fields(config):
    value, key = getattr(config, field.name), f'{path}.{field.name}'
    if dataclasses.is_dataclass(value):
      check(value, key)
    elif _CHOICES in field.metadata:
      choices = field.metadata[_CHOICES]
      if value not in choices:
        raise ValueError(f'{key} is {value!r}, expected one of {choices}')
    elif _RANGE in field.metadata:
      _check_range(value, key, field.metadata[_RANGE])


def _check_range(value: Any, key: str, limits: Range) -> None:
  values = value if isinstance(value, tuple) else (value,)
  if limits.lengths and len(values) not in limits.lengths:
    expected = ' or '.join(map(str, limits.lengths))
    raise ValueError(f'{key} has {len(values)} values, expected {expected}')
  if not all(map(limits.holds, values)):
    raise ValueError(f'{key} is {value}, expected {limits}')
