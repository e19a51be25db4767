# SPDX-License-Identifier: Apache-2.0
"""The 20 layout labels of a record, and which of them a garment replaces.

Every data set's own parsing is mapped to these labels when it is converted, so
nothing behind a record ever sees another numbering. They are CIHP's: LIP's
with 10 meaning torso skin (neck and chest) instead of jumpsuit, because a
try-on has to paint that skin anew whenever the neckline changes.

Try-on keeps the part of a person that a new garment does not touch. The new
garment's own label decides what goes: an upper garment takes off the old upper
clothes, coat, dress and scarf; a lower garment takes off trousers, skirt and
dress. With 'garment_and_skin' the skin that the garment may cover or not goes,
too: neck, arms and gloves with an upper garment, the legs with a lower one.
`REMOVED_BY[agnostic][garment, label]` holds these tables as 0 and 1.
"""

import numpy as np

NAMES = (
  'background',
  'hat',
  'hair',
  'glove',
  'sunglasses',
  'upper-clothes',
  'dress',
  'coat',
  'socks',
  'pants',
  'torso-skin',
  'scarf',
  'skirt',
  'face',
  'left-arm',
  'right-arm',
  'left-leg',
  'right-leg',
  'left-shoe',
  'right-shoe',
)
NUM_LABELS = len(NAMES)

(
  BACKGROUND,
  HAT,
  HAIR,
  GLOVE,
  SUNGLASSES,
  UPPER_CLOTHES,
  DRESS,
  COAT,
  SOCKS,
  PANTS,
  TORSO_SKIN,
  SCARF,
  SKIRT,
  FACE,
  LEFT_ARM,
  RIGHT_ARM,
  LEFT_LEG,
  RIGHT_LEG,
  LEFT_SHOE,
  RIGHT_SHOE,
) = range(NUM_LABELS)

# The categories i of the paper's clothing losses, in the order of the
# clothing-only segmentations' channels.
CLOTHING = (UPPER_CLOTHES, DRESS, COAT, PANTS, SKIRT)

# What covers the upper and the lower half of a body.
UPPER = (UPPER_CLOTHES, DRESS, COAT)
LOWER = (PANTS, SKIRT, DRESS)
# What belongs to a head.
HEAD = (FACE, HAIR, HAT, SUNGLASSES)
# Skin below the head; and what a garment may cover or uncover of a person.
ARMS = (LEFT_ARM, RIGHT_ARM)
UPPER_SKIN = (TORSO_SKIN, *ARMS)
SKIN = (*UPPER_SKIN, LEFT_LEG, RIGHT_LEG)
COVERABLE = (*SKIN, GLOVE)

_UPPER_GARMENTS = (*UPPER, SCARF)
_LOWER_SKIN = (LEFT_LEG, RIGHT_LEG)

# Distinct RGB colours for drawing layouts; the background is white.
COLORS = np.array(
  [
    (255, 255, 255),
    (128, 0, 0),
    (94, 60, 36),
    (85, 0, 170),
    (60, 60, 60),
    (233, 107, 52),
    (201, 63, 130),
    (140, 102, 200),
    (128, 128, 128),
    (46, 98, 148),
    (224, 172, 105),
    (0, 128, 96),
    (36, 138, 76),
    (244, 204, 152),
    (96, 182, 214),
    (40, 140, 190),
    (170, 214, 96),
    (124, 176, 60),
    (200, 160, 40),
    (160, 120, 20),
  ],
  np.uint8,
)


def _removed_by(upper: tuple[int, ...], lower: tuple[int, ...]) -> np.ndarray:
  table = np.zeros((NUM_LABELS, NUM_LABELS), np.float32)
  table[np.ix_([UPPER_CLOTHES, COAT, DRESS], upper)] = 1.0
  table[np.ix_([PANTS, SKIRT, DRESS], lower)] = 1.0
  return table


REMOVED_BY = {
  'garment': _removed_by(_UPPER_GARMENTS, LOWER),
  'garment_and_skin': _removed_by(
    _UPPER_GARMENTS + (*UPPER_SKIN, GLOVE), LOWER + _LOWER_SKIN
  ),
}
