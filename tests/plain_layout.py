# SPDX-License-Identifier: Apache-2.0
"""The tiny run with a plain stage 1, for claims about how it is trained.

How a training starts, stops and goes on is the same whatever its network sees,
and a plain one is built and traced in half the time. `end_to_end_test` trains,
and interrupts, one with all that the demo's has.
"""

from clothflow_tf import config as config_lib
from tests import tiny_run

_PLAIN = {
  'data.ends': False,
  'layout.removed': False,
  'layout.skin_difference': False,
  'layout.kept_prior': 0.0,
  'layout.channels': (8,),
}


def config(data_dir: str, epochs: int, **train) -> config_lib.Config:
  """Returns a run whose stage 1 trains some epochs, two steps each."""
  train = {'steps': 2 * epochs, **train}
  named = {f'layout.train.{key}': value for key, value in train.items()}
  return tiny_run.overridden(data_dir, **_PLAIN, **named)
