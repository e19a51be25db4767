# SPDX-License-Identifier: Apache-2.0
"""How far a number may be trusted: bootstrap intervals over examples.

Examples are drawn anew with replacement, so many as there are, and the number
computed again; 95 % of a thousand such numbers lie in the interval (Efron's
percentile method). The interval says what other examples of the same kind could
have given. It knows nothing of another training: seeds are compared by training
again.

All numbers of a report are computed on the same draws, which are seeded: runs
that are compared on the same examples vary together.
"""

from collections.abc import Callable

import numpy as np

DRAWS = 1000
_SEED = 16
_BOUNDS = (2.5, 97.5)

Interval = list[float]


def counts(examples: int, draws: int = DRAWS) -> np.ndarray:
  """Returns how often each example is drawn, float64 [draws, examples]."""
  rng = np.random.default_rng(_SEED)
  shares = np.full(examples, 1.0 / examples)
  return rng.multinomial(examples, shares, draws).astype(np.float64)


def of_mean(
  values: np.ndarray, weights: np.ndarray, drawn: np.ndarray
) -> Interval:
  """Returns the interval of a weighted mean.

  Args:
    values: [N], of each example.
    weights: [N], 0 where an example has nothing to say.
    drawn: of `counts`, [draws, N].
  """
  total = drawn @ weights
  means = (drawn @ (values * weights))[total > 0] / total[total > 0]
  return bounds(means)


def of_median(
  values: np.ndarray, weights: np.ndarray, drawn: np.ndarray
) -> Interval:
  """Returns the interval of the median of examples whose weight is not 0."""
  return of_statistic(
    lambda index: _median(values[index], weights[index]), drawn
  )


def of_statistic(
  statistic: Callable[[np.ndarray], float], drawn: np.ndarray
) -> Interval:
  """Returns the interval of a function of the examples' indices [N].

  Draws for which it is NaN do not count.
  """
  every = np.arange(drawn.shape[1])
  values = [
    statistic(np.repeat(every, times.astype(np.int64))) for times in drawn
  ]
  return bounds(np.array(values, np.float64))


def bounds(values: np.ndarray) -> Interval:
  """Returns the percentiles that 95 % of finite values lie between."""
  values = values[np.isfinite(values)]
  if not values.size:
    return [float('nan'), float('nan')]
  return [float(x) for x in np.percentile(values, _BOUNDS)]


def _median(values: np.ndarray, weights: np.ndarray) -> float:
  chosen = values[weights > 0]
  return float(np.median(chosen)) if chosen.size else float('nan')
