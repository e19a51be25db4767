# SPDX-License-Identifier: Apache-2.0
"""Records of a data set as raw inputs, batch 1: what int8 is calibrated on."""

import numpy as np

from clothflow_tf import config as config_lib
from clothflow_tf.data import pipeline
from clothflow_tf.inputs import raw


def raw_inputs(
  data: config_lib.DataConfig, count: int
) -> list[dict[str, np.ndarray]]:
  """Returns the first training records as raw inputs (`inputs.raw`)."""
  dataset = pipeline.evaluation(data, 'train', 1, count)
  records = dataset.as_numpy_iterator()
  return [raw.from_record(record, data.task) for record in records]
