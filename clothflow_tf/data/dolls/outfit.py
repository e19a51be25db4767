# SPDX-License-Identifier: Apache-2.0
"""What a person wears: painted garments, and which of them goes over which."""

import dataclasses

from clothflow_tf.data.dolls import garment as garments
from clothflow_tf.data.dolls import product as products


@dataclasses.dataclass(frozen=True)
class Wear:
  """A garment of an outfit and its paint.

  Attributes:
    name: names the random streams of its drape and folds; a garment that two
      outfits share has one name and lies the same in both.
    number: tells the sheets of an outfit's garments apart.
    garment: its cut.
    product: its paint.
    back: the paint of its back, which views in profile need.
    spacing: of its mesh, body units; cloth whose flow nobody asks for may have
      a coarser one.
    beneath: lower garments that it goes round where it hangs loose, in any of
      the person's outfits.
  """

  name: str
  number: int
  garment: garments.Garment
  product: products.Product
  back: products.Product | None = None
  spacing: float = 0.15
  beneath: tuple['Wear', ...] = ()


@dataclasses.dataclass(frozen=True)
class Outfit:
  """A top or a dress, trousers or a skirt, and an open jacket over them."""

  top: Wear
  lower: Wear | None = None
  outer: Wear | None = None

  @property
  def wears(self) -> list[Wear]:
    """All garments of the outfit."""
    all_of_it = (self.top, self.lower, self.outer)
    return [wear for wear in all_of_it if wear is not None]

  def exchanged(self, other: 'Outfit') -> set[int]:
    """Returns the numbers of the garments that only one of two outfits has."""
    own = {wear.number for wear in self.wears}
    return own ^ {wear.number for wear in other.wears}

  @property
  def pockets(self) -> bool:
    """Whether trousers or shorts have pockets that no hem hides."""
    if self.lower is None or self.lower.garment.tube is None or self.outer:
      return False
    top = self.top.garment
    return top.tuck is not None or top.hem < self.lower.garment.waist + 0.5

  @property
  def sleeved(self) -> Wear:
    """The garment whose sleeves are seen, if it has any."""
    return self.outer or self.top

  @property
  def bare(self) -> bool:
    """Whether the skin of shoulders and arms shows."""
    garment = self.sleeved.garment
    return garment.tube is None or garment.sheer
