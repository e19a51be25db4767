# SPDX-License-Identifier: Apache-2.0
"""Whose hem the predicted garment has: the new garment's, or the old one's.

A model that is trained on pairs learns that the kept trousers tell the hem, and
gives every garment the old garment's: on drawn people,

    predicted = 0.994 old - 0.014 new                       (trained on pairs)

`follows` fits the same two numbers by least squares, with a constant, over
examples whose hem hangs loose before and after. Heights are of the body, not of
the picture: whoever stands lower, or is larger, has both hems lower, and a
prediction that knows neither garment would follow both.
"""

from typing import NamedTuple

import numpy as np

# Fewer examples determine the two numbers too badly.
_LEAST = 8
# Of the height: the hem of a top that ends where it should.
RIGHT = 0.04


class Hems(NamedTuple):
  """Hems of examples, each [N], as shares of the height (`inputs.ends`), or of
  a body (`on_body`).
  """

  predicted: np.ndarray
  old: np.ndarray
  new: np.ndarray


def on_body(hems: Hems, neck: np.ndarray, torso: np.ndarray) -> Hems:
  """Returns hems in the body's frame: 0 at the neck, 1 at the hips.

  Args:
    hems: as shares of the height.
    neck: its height [N], likewise.
    torso: from neck to hips [N], likewise.
  """
  return Hems(*((values - neck) / torso for values in hems))


def follows(hems: Hems) -> dict[str, float]:
  """Returns 'hem_follows_old' and 'hem_follows_new', or {} for too few."""
  if len(hems.predicted) < _LEAST:
    return {}
  columns = np.stack([hems.old, hems.new, np.ones_like(hems.old)], -1)
  slopes, *_ = np.linalg.lstsq(columns, hems.predicted, rcond=None)
  return {
    'hem_follows_old': float(slopes[0]),
    'hem_follows_new': float(slopes[1]),
  }


def right_share(hems: Hems) -> float:
  """Returns the share of examples whose predicted hem is the new one's."""
  return float(np.mean(np.abs(hems.predicted - hems.new) <= RIGHT))
