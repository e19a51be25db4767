# SPDX-License-Identifier: Apache-2.0
"""What the numbers in a parse map mean, for each parser in use.

A parse map is a picture whose values are label numbers, but no two parsers
number alike: 10 is the neck in CIHP and a jumpsuit in LIP, 5 an upper garment
in both, a skirt in ATR and a left shoe in ACGPN. A data set, or a user, names
the numbering; from here on there are only the 20 labels of `labels`.

| name   | whose                          | where the record has no such label |
|--------|--------------------------------|------------------------------------|
| record | `labels`, as it is             |                                    |
| cihp   | CIHP; VITON-HD                 | neck (20): torso skin              |
| lip    | LIP; VITON, most parsers       | jumpsuit (10): dress; neck (20)    |
| atr    | ATR; Dress Code                | belt: pants; bag: background; its  |
|        |                                | head holds the neck, see `neck`    |
| acgpn  | ACGPN, PF-AFN                  | noise (7): upper-clothes, as there |

LIP and ACGPN have no neck: it stays background there.
"""

import numpy as np

from clothflow_tf.inputs import labels

UNKNOWN = 255
_NECK = 20
_SAME = {label: label for label in range(labels.NUM_LABELS)}
_ATR = (
  *(labels.BACKGROUND, labels.HAT, labels.HAIR, labels.SUNGLASSES),
  *(labels.UPPER_CLOTHES, labels.SKIRT, labels.PANTS, labels.DRESS),
  *(labels.PANTS, labels.LEFT_SHOE, labels.RIGHT_SHOE, labels.FACE),
  *(labels.LEFT_LEG, labels.RIGHT_LEG, labels.LEFT_ARM, labels.RIGHT_ARM),
  *(labels.BACKGROUND, labels.SCARF),
)
_ACGPN = (
  *(labels.UPPER_CLOTHES, labels.LEFT_SHOE, labels.RIGHT_SHOE),
  *(labels.UPPER_CLOTHES, labels.PANTS, labels.LEFT_LEG, labels.RIGHT_LEG),
  *(labels.LEFT_ARM, labels.FACE, labels.RIGHT_ARM),
)
_MAPS = {
  'record': _SAME,
  'cihp': {**_SAME, _NECK: labels.TORSO_SKIN},
  'lip': {**_SAME, 10: labels.DRESS, _NECK: labels.TORSO_SKIN},
  'atr': dict(enumerate(_ATR)),
  'acgpn': {0: 0, 1: labels.HAIR, **dict(enumerate(_ACGPN, start=4))},
}
NAMES = tuple(_MAPS)


def _table(label_of: dict[int, int]) -> np.ndarray:
  table = np.full(256, UNKNOWN, np.uint8)
  table[list(label_of)] = list(label_of.values())
  return table


_TABLES = {name: _table(label_of) for name, label_of in _MAPS.items()}


def expected(parsing: str) -> str:
  """Returns what a parse map of a label set is, for an error."""
  numbers = sorted(_MAPS[parsing])
  known = ', '.join(map(str, numbers))
  if len(numbers) == numbers[-1] + 1:
    known = f'0-{numbers[-1]}'
  name = '' if parsing == 'record' else f' ({parsing})'
  return f'a PNG of mode P or L, labels {known}{name}'


def to_record(parse: np.ndarray, parsing: str) -> np.ndarray:
  """Maps a parser's numbers to the labels of a record.

  Args:
    parse: uint8 [h, w].
    parsing: one of `NAMES`.

  Returns:
    uint8 [h, w], labels; `UNKNOWN` where the label set has no such number.
  """
  return _TABLES[parsing][parse]
