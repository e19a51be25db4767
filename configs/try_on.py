# SPDX-License-Identifier: Apache-2.0
"""Virtual try-on at 256x192 with the paper's networks and losses.

    python -m clothflow_tf.train --config=configs/try_on.py \
      --run_dir=runs/try_on

For accelerators: two CPU cores build it and take steps, which is how it is
tested, but do not train it in reasonable time. VGG19's weights are downloaded
by tf.keras.applications at the first start; without an internet connection
give a file with --config.perceptual.weights=FILE. No result yet.
"""

from clothflow_tf import config


def get_config() -> config.Config:
  return config.Config()
