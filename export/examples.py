# SPDX-License-Identifier: Apache-2.0
"""Records of a data set as raw inputs of an exported model, batch 1."""

import numpy as np

from clothflow_tf import config as config_lib
from clothflow_tf.data import pipeline


def raw_inputs(
  data: config_lib.DataConfig, count: int
) -> list[dict[str, np.ndarray]]:
  """Returns the first training records as `models.try_on` raw inputs."""
  dataset = pipeline.evaluation(data, 'train', 1, count)
  to_raw = _pose_transfer if data.task == 'pose_transfer' else _try_on
  return [to_raw(record) for record in dataset.as_numpy_iterator()]


def _try_on(record: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
  mask = np.where(record['source_layout'] > 0, 255, 0).astype(np.uint8)
  return {
    'person_image': record['target_image'],
    'person_layout': record['target_layout'],
    'person_keypoints': record['target_keypoints'],
    'garment_image': record['source_image'],
    'garment_mask': mask,
  }


def _pose_transfer(record: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
  return {
    'person_image': record['source_image'],
    'person_layout': record['source_layout'],
    'target_keypoints': record['target_keypoints'],
  }
