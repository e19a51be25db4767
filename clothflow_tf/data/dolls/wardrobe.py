# SPDX-License-Identifier: Apache-2.0
"""A person's wardrobe: garments that fit, painted, each by its own streams.

How a person wears tops (loose, tucked in, half tucked in) and the height of the
waistband are the person's, so all outfits share them.
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
from clothflow_tf.data.dolls import textures
from clothflow_tf.data.dolls import upper as uppers

# Paint of garments that no shop shows: pixels of it a pixel worn.
_FINENESS = 1.05
_WHITE = np.array((238, 237, 234), np.float32)
_DARK = np.array((44, 46, 58), np.float32)
_SHORT = 1.06  # Lowest hem of tops over a product, shares of the torso.
_ONE_COLOR = 0.07  # Share of the people in plain clothes of one colour.
_NUMBERS = {'product': 0, 'top': 1, 'lower': 2, 'outer': 3}
_EARLIER = 4  # Added to the numbers of what is worn before only.


class Wearer(NamedTuple):
  """Who it is for: the streams, the body, and record pixels a body unit.

  `loose` says that tops hang loose, whatever the person's style.
  """

  key: streams.Key
  body: bodies.Body
  unit: float
  loose: bool = False


def _style(wearer: Wearer) -> uppers.Style:
  """Draws how a person wears tops."""
  rng = streams.stream(wearer.key, 'style')
  waist = wearer.body.torso * rng.uniform(0.6, 0.8)
  hem = streams.pick(rng, {'loose': 0.5, 'tucked': 0.35, 'half': 0.15})
  hem = 'loose' if wearer.loose else hem
  middle = rng.choice([0.0, -0.45, 0.45], p=[0.6, 0.2, 0.2])
  return uppers.Style(hem, waist, (float(middle), rng.uniform(0.25, 0.5)))


class Wardrobe:
  """Draws and paints garments for a wearer.

  `spacing`, body units, is that of the meshes of all but the product.
  """

  def __init__(self, wearer: Wearer, spacing: float = 0.15):
    self._spacing = spacing
    self._key = wearer.key
    self._body = wearer.body
    self._scale = 2 * _FINENESS * wearer.unit
    self._style = _style(wearer)
    rng = self._stream('one colour')
    self._color = None
    if streams.chance(rng, _ONE_COLOR):
      self._color = textures.color(rng, 0.8)

  def _stream(self, name: str) -> np.random.Generator:
    return streams.stream(self._key, name)

  def top(self, name: str, short: bool = False) -> garments.Garment:
    """Draws a top; a `short` one leaves trousers or a skirt to be seen."""
    worn = self._style
    if short:
      worn = worn._replace(lowest=_SHORT * self._body.torso)
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
    rng = self._stream(f'texture {name}')
    product = products.paint(rng, garment, lay, plain=self._color)
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
    short = self._style._replace(lowest=_SHORT * self._body.torso)
    garment = uppers.of(rng, self._body, short, choice)
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
    back = backs.paint(rng, wear.garment, wear.product.lay, self._color)
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
    top = over(self.wear('top', self.top('top')), lower)
    return outfits.Outfit(top, lower)


def _number(name: str) -> int:
  base, _, earlier = name.partition(' ')
  return _NUMBERS[base] + _EARLIER * bool(earlier)


def over(wear: outfits.Wear, *lower: outfits.Wear) -> outfits.Wear:
  """Returns a garment that goes round lower ones where it hangs loose."""
  return dataclasses.replace(wear, beneath=lower)
