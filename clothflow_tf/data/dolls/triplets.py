# SPDX-License-Identifier: Apache-2.0
"""Triplets: a product, and two outfits of one person, B with it and A before.

What a person keeps on is the same garment, paint and all, in both outfits.

Under a dress nobody can know what else would be worn, or how. Where one changes
into a top, it hangs loose and dark plain trousers come with it; with trousers
or a skirt comes a plain white tee: a model can learn that.
"""

from typing import NamedTuple

from clothflow_tf.data.dolls import body as bodies
from clothflow_tf.data.dolls import outfit as outfits
from clothflow_tf.data.dolls import places
from clothflow_tf.data.dolls import shop
from clothflow_tf.data.dolls import streams
from clothflow_tf.data.dolls import wardrobe

PRODUCTS = {'top': 0.6, 'dress': 0.13, 'trousers': 0.17, 'skirt': 0.1}
# What one wears before, by the product: another top, a dress, or an open jacket
# or cardigan over a top. `lower` is another lower garment under the same top.
BEFORE = {
  'top': {'top': 0.62, 'dress': 0.2, 'open': 0.18},
  'dress': {'top': 0.68, 'dress': 0.2, 'open': 0.12},
  'trousers': {'lower': 0.9, 'dress': 0.1},
  'skirt': {'lower': 0.9, 'dress': 0.1},
}
_COARSE = 0.2  # Spacing of meshes whose flow nobody asks for, body units.


class Triplet(NamedTuple):
  """A product, its photograph, the person in it and the person before.

  `kind` and `before_kind` are keys of `PRODUCTS` and `BEFORE`.
  """

  kind: str
  before_kind: str
  product: outfits.Wear
  photograph: shop.Photograph
  worn: outfits.Outfit
  before: outfits.Outfit


def tight(outfit: outfits.Outfit) -> bool:
  """Tells whether sleeves cling to the arms, as parsers mistake them."""
  garment = outfit.sleeved.garment
  return garment.cut in ('long', 'turtleneck', 'lace', 'half')


def kind_of_product(key: streams.Key) -> str:
  """Draws the kind of product of a triplet."""
  return streams.pick(streams.stream(key, 'kind'), PRODUCTS)


def _kind_before(key: streams.Key) -> str:
  """Draws what is worn before the product, a key of `BEFORE`."""
  kind = kind_of_product(key)
  return streams.pick(streams.stream(key, 'before'), BEFORE[kind])


def worn_by_men(key: streams.Key) -> bool:
  """Tells whether a triplet has neither a dress nor a skirt for a product."""
  trousers = kind_of_product(key) in ('top', 'trousers')
  return trousers and _kind_before(key) != 'dress'


def triplet(
  key: streams.Key, body: bodies.Body, unit: float, size: places.Size
) -> Triplet:
  """Draws a product and two outfits; `size` and `unit` are the record's."""
  kind, before = kind_of_product(key), _kind_before(key)
  wearer = wardrobe.Wearer(key, body, unit, loose=before == 'dress')
  room = wardrobe.Wardrobe(wearer, _COARSE)
  make = {'top': _of_top, 'dress': _of_dress}.get(kind, _of_lower)
  return make(room, kind, before, size)


def _of_top(
  room: wardrobe.Wardrobe, kind: str, before: str, size: places.Size
) -> Triplet:
  product, photo = room.product(room.top('product'), size)
  if before == 'dress':
    lower = room.plain_trousers()
    earlier = outfits.Outfit(room.wear('top before', room.dress('before')))
  else:
    lower = room.wear('lower', room.lower('lower'))
    earlier = _with_top(room, before, lower)
  product = wardrobe.over(product, lower)
  worn = outfits.Outfit(product, lower)
  return Triplet(kind, before, product, photo, worn, earlier)


def _with_top(
  room: wardrobe.Wardrobe, before: str, lower: outfits.Wear
) -> outfits.Outfit:
  """Returns a top, or a top and an open jacket, over a lower garment."""
  top = wardrobe.over(room.wear('top before', room.top('before')), lower)
  outer = None
  if before == 'open':
    outer = wardrobe.over(room.outer('outer before'), lower)
  return outfits.Outfit(top, lower, outer)


def _of_dress(
  room: wardrobe.Wardrobe, kind: str, before: str, size: places.Size
) -> Triplet:
  product, photo = room.product(room.dress('product'), size)
  if before == 'dress':
    earlier = outfits.Outfit(room.wear('top before', room.dress('before')))
  else:
    lower = room.wear('lower before', room.lower('lower'))
    earlier = _with_top(room, before, lower)
  return Triplet(kind, before, product, photo, outfits.Outfit(product), earlier)


def _of_lower(
  room: wardrobe.Wardrobe, kind: str, before: str, size: places.Size
) -> Triplet:
  cut = 'skirt' if kind == 'skirt' else 'legs'
  product, photo = room.product(room.lower('product', cut), size)
  if before == 'dress':
    top = wardrobe.over(room.plain_tee(), product)
    earlier = outfits.Outfit(room.wear('top before', room.dress('before')))
  else:
    lower = room.wear('lower before', room.lower('lower'))
    top = wardrobe.over(
      room.wear('top', room.top('top', short=True)), product, lower
    )
    earlier = outfits.Outfit(top, lower)
  worn = outfits.Outfit(top, product)
  return Triplet(kind, before, product, photo, worn, earlier)
