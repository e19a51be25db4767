# SPDX-License-Identifier: Apache-2.0
"""Building a data set once, whole.

TensorFlow Datasets writes into a folder of another name and renames it at the
end, so a half-built data set never loads. Added here: only one process builds
a data set at a time, and what killed builds left behind is removed.
"""

import contextlib
import functools
import glob
import io
import os
import shutil
from typing import Any

from clothflow_tf import locks
from clothflow_tf.data import tfds_private
from clothflow_tf.inputs import keypoints

# Bytes of a split that TFDS may keep in memory to shuffle it, instead of 1 GB.
_SHUFFLED_IN_MEMORY = 64 << 20


def prepare(builder: Any, download: Any = None) -> None:
  """Builds a data set unless it is there.

  A build that was killed starts over; its leftovers are removed.

  Args:
    builder: makes it, a `tfds.core.DatasetBuilder`.
    download: where its files are, if it reads any, and Beam's options; a
      `tfds.download.DownloadConfig`.

  Raises:
    BlockingIOError: another process is building it.
    OSError: it cannot be written.
  """
  # Imported late: builders' modules, which workers import, import this one.
  import tensorflow as tf
  import tensorflow_datasets as tfds

  local = tfds.download.DownloadConfig(try_download_gcs=False)
  folder = os.fspath(builder.data_dir)
  message = f'{folder}: another process is building it'
  with locks.hold(f'{folder}.lock', message):
    if os.path.isdir(folder):
      return
    for leftover in glob.glob(glob.escape(folder) + '.incomplete*'):
      shutil.rmtree(leftover)
    # Builders show a bar that knows the total, and nothing is downloaded.
    tfds.disable_progress_bar()
    try:
      with (
        contextlib.redirect_stdout(io.StringIO()),
        tfds_private.shuffling_in_memory(_SHUFFLED_IN_MEMORY),
      ):
        builder.download_and_prepare(download_config=download or local)
    except tf.errors.OpError as error:  # How TensorFlow tells of a full disk.
      raise OSError(f'{folder}: cannot be written ({error})') from error


def features(size: tuple[int, int]) -> dict[str, Any]:
  """Returns TFDS' features of what every record holds, at (H, W)."""
  import numpy as np
  import tensorflow_datasets as tfds

  image = functools.partial(tfds.features.Image, encoding_format='png')
  kinds = {
    'image': lambda: image(shape=(*size, 3)),
    'layout': lambda: image(shape=(*size, 1)),
    'keypoints': lambda: tfds.features.Tensor(
      shape=(keypoints.NUM_KEYPOINTS, 3), dtype=np.float32
    ),
  }
  return {
    f'{side}_{kind}': make()
    for side in ('target', 'source')
    for kind, make in kinds.items()
  }
