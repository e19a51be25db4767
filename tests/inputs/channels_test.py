# SPDX-License-Identifier: Apache-2.0
"""Claims about picking channels."""

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf.inputs import channels
from tests import samples


@pytest.mark.parametrize(
  'chosen', [(3,), (0, 1, 2), (5, 6, 7, 9, 12), (4, 2), (13, 10, 14, 15, 16)]
)
def test_slices_pick_what_gathering_picks(chosen):
  values = samples.uniform((2, 3, 4, 20), -1.0, 1.0)
  picked = channels.picked(tf.constant(values), chosen)
  np.testing.assert_array_equal(picked, values[..., list(chosen)])
  np.testing.assert_allclose(
    channels.total(tf.constant(values), chosen)[..., 0],
    values[..., list(chosen)].sum(-1),
    rtol=1e-5,
  )
