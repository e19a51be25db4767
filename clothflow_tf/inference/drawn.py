# SPDX-License-Identifier: Apache-2.0
"""Paper dolls as raw inputs, where a program has no data set."""

from clothflow_tf.data.dolls import generate
from clothflow_tf.inputs import raw


def raw_inputs(
  task: str, size: raw.Size, count: int, split: str = 'test'
) -> list[raw.Arrays]:
  """Returns paper dolls as raw inputs, to put on another garment each."""
  spec = generate.DollSpec(task, *size, split=split)
  dolls = (generate.generate(spec, index) for index in range(count))
  return [raw.from_record(doll, task) for doll in dolls]
