# SPDX-License-Identifier: Apache-2.0
"""Cuts: which necklines and sleeves go with which kind of top, and how often.

Nearly half of the tops have long sleeves, as people's own tops do; the rest is
what shops show.
"""

from typing import NamedTuple

import numpy as np

from clothflow_tf.data.dolls import streams


class Cut(NamedTuple):
  """Weight among the cuts, and weights of its necklines and its sleeves."""

  weight: float
  necklines: dict[str, float]
  sleeves: dict[str, float]


class Sleeve(NamedTuple):
  """A kind of sleeve.

  Least and most length as shares of the arm, half-width of the flat cuff, how
  much it bulges (body units) and at which share of its length.
  """

  short: float
  long: float
  cuff: float
  bulge: float = 0.0
  place: float = 0.5


SLEEVES = {
  'cap': Sleeve(0.13, 0.2, 0.42),
  'flutter': Sleeve(0.15, 0.24, 0.56),
  'short': Sleeve(0.27, 0.42, 0.41),
  'half': Sleeve(0.45, 0.58, 0.38),
  'puff': Sleeve(0.26, 0.4, 0.33, 0.17, 0.42),
  'bell': Sleeve(0.42, 0.62, 0.54),
  'three': Sleeve(0.68, 0.82, 0.29),
  'long': Sleeve(0.95, 1.04, 0.23),
  'bishop': Sleeve(0.96, 1.03, 0.2, 0.16, 0.78),
  'balloon': Sleeve(0.96, 1.03, 0.21, 0.17, 0.5),
  'gathered': Sleeve(0.96, 1.04, 0.22, 0.15, 0.16),
}
LONG = ('long', 'bishop', 'balloon', 'gathered')
PUFFED = ('puff', 'balloon', 'gathered')
BARE = ('none', 'strap')

_TEE = {'crew': 5, 'v': 2.4, 'scoop': 1.2, 'boat': 1, 'square': 0.4}
CUTS = {
  'tee': Cut(5.0, _TEE, {'short': 5, 'cap': 1, 'half': 0.6}),
  'long': Cut(3.4, {**_TEE, 'mock': 2}, {'long': 4, 'three': 1}),
  'half': Cut(1.4, _TEE, {'half': 1}),
  'tank': Cut(1.8, {'scoop': 2, 'v': 1.2, 'crew': 2, 'square': 1}, {'none': 1}),
  'camisole': Cut(1.4, {'sweetheart': 1}, {'strap': 1}),
  'turtleneck': Cut(
    2.4,
    {'turtle': 1, 'mock': 1.3},
    {'long': 4, 'half': 1.4, 'short': 1, 'none': 1},
  ),
  'shirt': Cut(
    2.0, {'collar': 1}, {'long': 4, 'short': 1.3, 'half': 1, 'none': 0.7}
  ),
  'blouse': Cut(
    2.1,
    {'crew': 2, 'v': 2, 'square': 1, 'boat': 1, 'mock': 1},
    {'puff': 2, 'bishop': 1.5, 'balloon': 1.2, 'gathered': 1.2, 'bell': 0.7},
  ),
  'ruffled': Cut(
    1.1, {'v': 2, 'crew': 2, 'square': 1}, {'flutter': 2, 'bell': 1, 'long': 1}
  ),
  'wrap': Cut(
    1.0,
    {'wrap': 1},
    {'long': 1.5, 'three': 1, 'half': 1, 'bell': 1, 'puff': 0.5},
  ),
  'sweater': Cut(
    1.7, {'crew': 3, 'v': 2, 'turtle': 1, 'boat': 0.5}, {'long': 1}
  ),
  'cardigan': Cut(0.9, {'v': 2, 'crew': 1}, {'long': 3, 'three': 1}),
  'polo': Cut(1.2, {'collar': 1}, {'short': 3, 'long': 1}),
  'hoodie': Cut(1.1, {'hood': 1}, {'long': 1}),
  'jacket': Cut(1.1, {'lapel': 1, 'stand': 1, 'collar': 1}, {'long': 1}),
  'raglan': Cut(
    1.0, {'crew': 3, 'scoop': 1}, {'long': 2, 'three': 1.5, 'short': 1}
  ),
  'dolman': Cut(
    1.1,
    {'crew': 2, 'boat': 1.5, 'v': 1, 'scoop': 1},
    {'cap': 1.2, 'long': 1, 'half': 0.6},
  ),
  'lace': Cut(
    1.0,
    {'crew': 2, 'boat': 1, 'v': 1},
    {'long': 1, 'three': 1, 'half': 1, 'short': 0.7},
  ),
}
LOOSE = ('sweater', 'hoodie', 'jacket', 'cardigan', 'dolman')
OUTER = ('hoodie', 'jacket')  # Worn over the trousers, and no dress.
_NO_DRESS = (*OUTER, 'cardigan', 'raglan', 'dolman')
_WOMENS = ('camisole', 'blouse', 'ruffled', 'wrap', 'dolman', 'lace')
# Open over a top: cardigans, blazers, jeans jackets, coats.
OPEN = {'cardigan': 2.0, 'jacket': 2.0}


class Choice(NamedTuple):
  """The names of a cut, its neckline and its sleeve."""

  cut: str
  neckline: str
  sleeve: str


def choose(
  rng: np.random.Generator,
  dress: bool = False,
  tuckable: bool = False,
  mannish: bool = False,
) -> Choice:
  """Draws a cut; dresses, tucked tops and men's are not of all cuts."""
  excluded = _NO_DRESS if dress else OUTER if tuckable else ()
  if mannish:
    excluded = (*excluded, *_WOMENS)
  weights = {n: row.weight for n, row in CUTS.items() if n not in excluded}
  cut = streams.pick(rng, weights)
  row = CUTS[cut]
  neckline = streams.pick(rng, row.necklines)
  return Choice(cut, neckline, streams.pick(rng, row.sleeves))


def ease(rng: np.random.Generator, choice: Choice) -> float:
  """Draws how much wider than the arm a flat sleeve is, body units.

  Half of it is seen when worn. How much was set by looking at photographs: a
  model that knows no sleeve wider than the arm takes all that a removed sleeve
  covered for an arm.
  """
  kinds = {'tight': 0.3, 'regular': 0.4, 'wide': 0.3}
  if choice.cut in ('long', 'turtleneck', 'lace') and choice.sleeve in LONG:
    kinds = {'tight': 0.75, 'regular': 0.25}
  low, high = {'tight': (0, 0), 'regular': (0.05, 0.2), 'wide': (0.2, 0.5)}[
    streams.pick(rng, kinds)
  ]
  return rng.uniform(low, high)


def open_front(rng: np.random.Generator) -> Choice:
  """Draws a cardigan or a jacket that is worn open."""
  cut = streams.pick(rng, OPEN)
  if cut == 'cardigan':
    return Choice(cut, 'open', 'long')
  return Choice(cut, streams.pick(rng, {'open': 1, 'collar': 1}), 'long')
