# SPDX-License-Identifier: Apache-2.0
"""Raw inputs, batch 1: what int8's ranges are measured on."""

import numpy as np

from clothflow_tf import config as config_lib
from clothflow_tf.data import pipeline
from clothflow_tf.data.dolls import generate
from clothflow_tf.inputs import raw


def raw_inputs(
  data: config_lib.DataConfig, count: int
) -> list[dict[str, np.ndarray]]:
  """Returns training records as raw inputs (`inputs.raw`).

  Those of photographs are read; paper dolls are drawn.
  """
  if data.dataset in config_lib.PHOTOGRAPHS:
    dataset = pipeline.evaluation(data, 'train', 1, count)
    records = dataset.as_numpy_iterator()
    return [raw.from_record(record, data.task) for record in records]
  spec = generate.DollSpec(data.task, data.height, data.width)
  dolls = (generate.generate(spec, index) for index in range(count))
  return [_batch_of_one(raw.from_record(x, data.task)) for x in dolls]


def _batch_of_one(inputs: raw.Arrays) -> raw.Arrays:
  return {name: np.asarray(x)[np.newaxis] for name, x in inputs.items()}
