# SPDX-License-Identifier: Apache-2.0
"""Raw inputs that exported files are quantized with."""

import numpy as np

from clothflow_tf import config as config_lib
from clothflow_tf.data import pipeline
from clothflow_tf.inference import drawn
from clothflow_tf.inputs import raw


def raw_inputs(
  data: config_lib.DataConfig, count: int
) -> list[dict[str, np.ndarray]]:
  """Returns training records as raw inputs, batch 1, to measure ranges on.

  Those of photographs are read; paper dolls are drawn.
  """
  if data.dataset in config_lib.PHOTOGRAPHS:
    dataset = pipeline.evaluation(data, 'train', 1, count)
    records = dataset.as_numpy_iterator()
    return [raw.from_record(record, data.task) for record in records]
  size = raw.Size(data.height, data.width)
  return [
    {name: np.asarray(x)[np.newaxis] for name, x in inputs.items()}
    for inputs in drawn.raw_inputs(data.task, size, count, 'train')
  ]
