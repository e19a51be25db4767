# SPDX-License-Identifier: Apache-2.0
"""Who wears what: the product and two outfits of one person.

In a triplet a person in outfit A changes into outfit B, of which the product is
a part. What a person keeps on is the same garment, paint and all, in both. How
a person wears tops (loose, tucked in, half tucked in) and the height of the
waistband are the person's, so both outfits share them.

Under a dress nobody can know what else would be worn. Where one changes into a
top, dark plain trousers come with it, and with trousers or a skirt a plain
white tee: a model can learn that.
"""

import dataclasses
from typing import NamedTuple

import numpy as np

from clothflow_tf.data.dolls import back as backs
from clothflow_tf.data.dolls import body as bodies
from clothflow_tf.data.dolls import cuts
from clothflow_tf.data.dolls import garment as garments
from clothflow_tf.data.dolls import lay as lays
from clothflow_tf.data.dolls import lower as lowers
from clothflow_tf.data.dolls import outfit as outfits
from clothflow_tf.data.dolls import places
from clothflow_tf.data.dolls import product as products
from clothflow_tf.data.dolls import shop
from clothflow_tf.data.dolls import streams
from clothflow_tf.data.dolls import upper as uppers

PRODUCTS = {'top': 0.6, 'dress': 0.13, 'trousers': 0.17, 'skirt': 0.1}
# What one wears before, by the product: another top, a dress, or an open jacket
# or cardigan over a top. `lower` is another lower garment under the same top.
BEFORE = {
  'top': {'top': 0.68, 'dress': 0.14, 'open': 0.18},
  'dress': {'top': 0.68, 'dress': 0.2, 'open': 0.12},
  'trousers': {'lower': 0.9, 'dress': 0.1},
  'skirt': {'lower': 0.9, 'dress': 0.1},
}
# Paint of garments that no shop shows: pixels of it a pixel worn.
_FINENESS = 1.05
_COARSE = 0.2  # Spacing of meshes whose flow nobody asks for.
_WHITE = np.array((238, 237, 234), np.float32)
_DARK = np.array((44, 46, 58), np.float32)
_NUMBERS = {'product': 0, 'top': 1, 'lower': 2, 'outer': 3}
_EARLIER = 4  # Added to the numbers of what is worn before only.


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


def style(key: streams.Key, body: bodies.Body) -> uppers.Style:
  """Draws how a person wears tops."""
  rng = streams.stream(key, 'style')
  waist = body.torso * rng.uniform(0.6, 0.8)
  hem = streams.pick(rng, {'loose': 0.52, 'tucked': 0.33, 'half': 0.15})
  middle = rng.choice([0.0, -0.45, 0.45], p=[0.6, 0.2, 0.2])
  return uppers.Style(hem, waist, (float(middle), rng.uniform(0.25, 0.5)))


class Wardrobe:
  """Draws and paints garments for a person of a size in the picture.

  `unit` is record pixels a body unit; `spacing` is that of the meshes of all
  but the product.
  """

  def __init__(
    self,
    key: streams.Key,
    body: bodies.Body,
    unit: float,
    spacing: float = 0.15,
  ):
    self._spacing = spacing
    self._key = key
    self._body = body
    self._scale = 2 * _FINENESS * unit
    self._style = style(key, body)

  def _stream(self, name: str) -> np.random.Generator:
    return streams.stream(self._key, name)

  def top(self, name: str, short: bool = False) -> garments.Garment:
    """Draws a top; a `short` one leaves trousers or a skirt to be seen."""
    worn = self._style
    if short:
      worn = worn._replace(lowest=1.06 * self._body.torso)
    return uppers.sample(self._stream(f'garment {name}'), self._body, worn)

  def dress(self, name: str) -> garments.Garment:
    return uppers.sample(self._stream(f'garment {name}'), self._body, None)

  def lower(self, name: str, kind: str | None = None) -> garments.Garment:
    rng = self._stream(f'garment {name}')
    if self._body.mannish:
      kind = 'legs'
    return lowers.sample(rng, self._body, self._style.waist, kind)

  def wear(self, name: str, garment: garments.Garment) -> outfits.Wear:
    """Paints a garment that no shop shows."""
    lay = lays.spread_out(garment, self._scale)
    product = products.paint(self._stream(f'texture {name}'), garment, lay)
    return outfits.Wear(
      name, _number(name), garment, product, spacing=self._spacing
    )

  def plain_trousers(self) -> outfits.Wear:
    """Paints dark plain trousers."""
    rng = self._stream('plain trousers')
    garment = lowers.plain(rng, self._body, self._style.waist)
    return self._plain('lower', garment, _DARK, rng)

  def plain_tee(self) -> outfits.Wear:
    """Paints a plain white tee."""
    rng = self._stream('plain tee')
    choice = cuts.Choice('tee', 'crew', 'short')
    garment = uppers.of(rng, self._body, self._style, choice)
    return self._plain('top', garment, _WHITE, rng)

  def _plain(
    self,
    name: str,
    garment: garments.Garment,
    color: np.ndarray,
    rng: np.random.Generator,
  ) -> outfits.Wear:
    lay = lays.spread_out(garment, self._scale)
    color = color + rng.normal(0, 4, 3)
    product = products.paint(rng, garment, lay, plain=color)
    return outfits.Wear(name, _number(name), garment, product)

  def outer(self, name: str) -> outfits.Wear:
    """Paints a jacket or a cardigan that is worn open."""
    garment = uppers.open_front(self._stream(f'garment {name}'), self._body)
    return self.wear(name, garment)

  def product(
    self, garment: garments.Garment, size: places.Size
  ) -> tuple[outfits.Wear, shop.Photograph]:
    """Paints and photographs the product, for a record's size."""
    rng = self._stream('lay')
    lay = lays.lay_out(rng, garment, size.times(2))
    product = products.paint(self._stream('texture product'), garment, lay)
    photo = shop.photograph(rng, garment, product)
    return outfits.Wear('product', 0, garment, product), photo

  def backed(self, wear: outfits.Wear) -> outfits.Wear:
    """Adds a back of the front's cloth."""
    rng = self._stream(f'texture {wear.name}')
    back = backs.paint(rng, wear.garment, wear.product.lay)
    return dataclasses.replace(wear, back=back)

  def backed_outfit(self, outfit: outfits.Outfit) -> outfits.Outfit:
    """Adds backs to all garments of an outfit."""
    lower = outfit.lower
    lower = lower if lower is None else self.backed(lower)
    return outfits.Outfit(self.backed(outfit.top), lower)

  def outfit(self, dressed: bool) -> outfits.Outfit:
    """Draws what a person wears in pose transfer."""
    if dressed:
      return outfits.Outfit(self.wear('top', self.dress('top')))
    lower = self.wear('lower', self.lower('lower'))
    top = _over(self.wear('top', self.top('top')), lower)
    return outfits.Outfit(top, lower)


def _number(name: str) -> int:
  base, _, earlier = name.partition(' ')
  return _NUMBERS[base] + _EARLIER * bool(earlier)


def _over(wear: outfits.Wear, *lower: outfits.Wear) -> outfits.Wear:
  """Returns a garment that goes round lower ones where it hangs loose."""
  return dataclasses.replace(wear, beneath=lower)


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
  room = Wardrobe(key, body, unit, _COARSE)
  kind = kind_of_product(key)
  before = _kind_before(key)
  make = {'top': _of_top, 'dress': _of_dress}.get(kind, _of_lower)
  return make(room, kind, before, size)


def _of_top(
  room: Wardrobe, kind: str, before: str, size: places.Size
) -> Triplet:
  product, photo = room.product(room.top('product'), size)
  if before == 'dress':
    lower = room.plain_trousers()
    earlier = outfits.Outfit(room.wear('top before', room.dress('before')))
  else:
    lower = room.wear('lower', room.lower('lower'))
    earlier = _with_top(room, before, lower)
  product = _over(product, lower)
  worn = outfits.Outfit(product, lower)
  return Triplet(kind, before, product, photo, worn, earlier)


def _with_top(
  room: Wardrobe, before: str, lower: outfits.Wear
) -> outfits.Outfit:
  """Returns a top, or a top and an open jacket, over a lower garment."""
  top = _over(room.wear('top before', room.top('before')), lower)
  outer = None
  if before == 'open':
    outer = _over(room.outer('outer before'), lower)
  return outfits.Outfit(top, lower, outer)


def _of_dress(
  room: Wardrobe, kind: str, before: str, size: places.Size
) -> Triplet:
  product, photo = room.product(room.dress('product'), size)
  if before == 'dress':
    earlier = outfits.Outfit(room.wear('top before', room.dress('before')))
  else:
    lower = room.wear('lower before', room.lower('lower'))
    earlier = _with_top(room, before, lower)
  return Triplet(kind, before, product, photo, outfits.Outfit(product), earlier)


def _of_lower(
  room: Wardrobe, kind: str, before: str, size: places.Size
) -> Triplet:
  cut = 'skirt' if kind == 'skirt' else 'legs'
  product, photo = room.product(room.lower('product', cut), size)
  if before == 'dress':
    top = _over(room.plain_tee(), product)
    earlier = outfits.Outfit(room.wear('top before', room.dress('before')))
  else:
    lower = room.wear('lower before', room.lower('lower'))
    top = _over(room.wear('top', room.top('top', short=True)), product, lower)
    earlier = outfits.Outfit(top, lower)
  worn = outfits.Outfit(top, product)
  return Triplet(kind, before, product, photo, worn, earlier)
