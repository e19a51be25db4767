# SPDX-License-Identifier: Apache-2.0
"""Which files make one example, as a data set's module lists them.

A module (`viton`, `viton_hd`, `dress_code`, `acgpn`, `deepfashion`) only names
files and says how they are meant; `reading` reads and judges them, in one way
for all. What cannot be used is a `Flaw`, and takes every example that needs the
file out of the data set. What is used all the same but deserves a look (a
picture turned by EXIF, a second person) is a remark, of the same form.
"""

import dataclasses

from clothflow_tf.inputs import labels


@dataclasses.dataclass(frozen=True)
class Person:
  """A photo of a person, with parse map and pose.

  Attributes:
    image: file of the photo.
    parse: file of its parse map.
    pose: file of its pose; where `joints` are given, the file they are from.
    parsing: what the parse map's numbers mean, one of `parsings.NAMES`.
    joints: 18 times (x, y, confidence), where the pose has no file of its own.
    units: (height, width) of the frame that the pose is given in; None is the
      picture's own.
  """

  image: str
  parse: str
  pose: str
  parsing: str = 'record'
  joints: tuple[tuple[float, float, float], ...] = ()
  units: tuple[int, int] | None = None


@dataclasses.dataclass(frozen=True)
class Garment:
  """A product photo.

  Attributes:
    image: file of the photo.
    mask: file of its mask; '' cuts it from its light backdrop.
    label: its label in a layout.
    other_label: what it is instead if more of `worn` has that label.
    worn: who wears it, if known; asked only with an `other_label`.
  """

  image: str
  mask: str
  label: int = labels.UPPER_CLOTHES
  other_label: int = 0
  worn: Person | None = None


@dataclasses.dataclass(frozen=True)
class Example:
  """The files of one record: the target, and the source it is made from."""

  name: str
  target: Person
  source: Person | Garment


@dataclasses.dataclass(frozen=True)
class Flaw:
  """What is wrong with a file: a word for the kind, and the reason."""

  file: str
  kind: str
  reason: str


@dataclasses.dataclass
class Listing:
  """The examples of a split, and what its lists of pairs have wrong."""

  examples: list[Example] = dataclasses.field(default_factory=list)
  flaws: list[Flaw] = dataclasses.field(default_factory=list)
  remarks: list[Flaw] = dataclasses.field(default_factory=list)
