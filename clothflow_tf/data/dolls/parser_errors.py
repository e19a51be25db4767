# SPDX-License-Identifier: Apache-2.0
"""What a parser gets wrong about a person, and a cut-out about a product.

A quarter of the people have at least one of the errors of `mislabelling`. They
belong to the input, the layout of the person as she comes: the target's layout
stays true, so that a model learns to put right what the parser got wrong.

Errors are drawn first and applied afterwards: applied to the layouts of one
person in two outfits, they do the same to what both have in common.
"""

import dataclasses
from typing import NamedTuple

import cv2
import numpy as np

from clothflow_tf.data.dolls import clues as clue_lib
from clothflow_tf.data.dolls import mislabelling
from clothflow_tf.data.dolls import streams
from clothflow_tf.data.dolls import textures


class Kind(NamedTuple):
  """An error, and its probability; `tight` is that under tight sleeves."""

  mistake: mislabelling.Mistake
  probability: float
  tight: float | None = None


KINDS = {
  'top_renamed': Kind(mislabelling.top_renamed, 0.045),
  'sleeves_as_arms': Kind(mislabelling.sleeves_as_arms, 0.05, 0.35),
  'neck_lost': Kind(mislabelling.neck_lost, 0.035),
  'hair_mistaken': Kind(mislabelling.hair_mistaken, 0.04),
  'arms_swapped': Kind(mislabelling.arms_swapped, 0.05),
  'hands_lost': Kind(mislabelling.hands_lost, 0.035),
  'shoes_as_socks': Kind(mislabelling.shoes_as_socks, 0.05),
  'slivers': Kind(mislabelling.slivers, 0.04),
  'bits_lost_and_added': Kind(mislabelling.bits_lost_and_added, 0.06),
}
_EDGE_OFF = 0.25  # Share of the product masks whose edge is off.
_MASK_BITS = 0.08  # Share of the product masks with bits lost or added.


@dataclasses.dataclass(frozen=True)
class Errors:
  """The errors of one person: a number 0..1 a kind, and a seed for the rest.

  An error happens if its number is below its probability, so that tight sleeves
  only ever add errors.
  """

  draws: dict[str, float]
  seed: int

  def happening(self, tight: bool) -> list[str]:
    """Returns the names of the errors, in the order in which they happen."""
    return [
      name for name, kind in KINDS.items() if self._happens(name, kind, tight)
    ]

  def apply(self, layout: np.ndarray, clues: clue_lib.Clues) -> np.ndarray:
    """Returns a layout [h, w] uint8 as the parser would give it."""
    for name in self.happening(clues.tight):
      rng = np.random.default_rng([self.seed, list(KINDS).index(name)])
      layout = KINDS[name].mistake(rng, layout, clues)
    return layout

  def _happens(self, name: str, kind: Kind, tight: bool) -> bool:
    raised = tight and kind.tight is not None
    return self.draws[name] < (kind.tight if raised else kind.probability)


def sample(rng: np.random.Generator) -> Errors:
  """Draws which errors a parser makes about a person."""
  seed = int(rng.integers(2**32))
  return Errors({name: float(rng.random()) for name in KINDS}, seed)


def spoil(
  rng: np.random.Generator, layout: np.ndarray, clues: clue_lib.Clues
) -> np.ndarray:
  """Returns a layout [h, w] uint8 with the errors that `rng` draws."""
  return sample(rng).apply(layout, clues)


def spoil_mask(rng: np.random.Generator, mask: np.ndarray) -> np.ndarray:
  """Returns a product's mask [h, w] uint8 0 or 1 with a cut-out's errors.

  Its edge may lie one or two pixels too far out or in, and bits at the edge,
  or pale ones inside, may be lost or added.
  """
  off, steps = streams.chance(rng, _EDGE_OFF), int(rng.choice([-2, -1, 1, 2]))
  bits, spoilt = streams.chance(rng, _MASK_BITS), mask
  if off:
    change = cv2.dilate if steps > 0 else cv2.erode
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    spoilt = change(mask, disc, iterations=abs(steps))
  return _bits(rng, spoilt) if bits else spoilt


def _bits(rng: np.random.Generator, mask: np.ndarray) -> np.ndarray:
  """Loses bits of a mask and adds bits to its edge, in a part of it."""
  noise = textures.noise(rng, mask.shape, rng.uniform(7, 20))
  part = textures.noise(rng, mask.shape, 70.0) > rng.uniform(0.0, 1.2)
  lost = part & (noise > rng.uniform(1.4, 2.2))
  disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (11, 11))
  added = part & (noise < -1.4) & (cv2.dilate(mask, disc) > 0)
  return np.where(lost, 0, np.where(added, 1, mask)).astype(mask.dtype)
