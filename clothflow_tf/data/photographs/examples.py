# SPDX-License-Identifier: Apache-2.0
"""Which files make one example, as a data set's module lists them.

The module of a data set names files and says what they hold; `reader` reads and
checks them, in one way for all.
"""

import dataclasses

from clothflow_tf.data.photographs import findings
from clothflow_tf.inputs import labels
from clothflow_tf.inputs import raw


@dataclasses.dataclass(frozen=True)
class Person:
  """A photo of a person, with parse map and pose.

  Attributes:
    image: file of the photo.
    parse: file of its parse map.
    pose: file of its pose; where `joints` are given, the file they are from.
    parsing: what the parse map's numbers mean, one of `label_sets.NAMES`.
    joints: 18 times (x, y, confidence), where the pose has no file of its own.
    units: size of the frame that the pose is given in; None is what its file
      says, or else the picture's own.
    wears_pose: whether the pose is the person's own; if not, it is one to take
      on, and need not lie on the person.
    number: of the person in a pose file of several, from 1; 0 is the one that
      most lies on the parse map.
  """

  image: str
  parse: str
  pose: str
  parsing: str = 'record'
  joints: tuple[tuple[float, float, float], ...] = ()
  units: raw.Size | None = None
  wears_pose: bool = True
  number: int = 0


@dataclasses.dataclass(frozen=True)
class Garment:
  """A product photo.

  Attributes:
    image: file of the photo.
    mask: file of its mask; without one, '', the photo's alpha channel is the
      mask, or what differs from a plain backdrop.
    label: its label in a layout.
    alternatives: what it is instead if more of `worn` has one of these labels:
      a parser may call a top a dress or a coat.
    worn: who wears it, if known; read only with `alternatives`.
  """

  image: str
  mask: str
  label: int = labels.UPPER_CLOTHES
  alternatives: tuple[int, ...] = ()
  worn: Person | None = None


Part = Person | Garment


@dataclasses.dataclass(frozen=True)
class Example:
  """The files of one record: the target, and the source it is made from."""

  name: str
  target: Person
  source: Part

  @property
  def parts(self) -> tuple[Person, Part]:
    return self.target, self.source


@dataclasses.dataclass
class Listing(findings.Findings):
  """The examples of a split, and the findings about its lists of pairs."""

  examples: list[Example] = dataclasses.field(default_factory=list)

  def merge(self, other: 'Listing') -> None:
    """Adds all of another listing."""
    self.add(other)
    self.examples += other.examples
