# SPDX-License-Identifier: Apache-2.0
"""How like all true pictures all results are: FID, KID and inception score.

They compare two sets of pictures by a network's features and need no truth of a
single picture; so they also say nothing of one, and a method that returns
another person's true picture is perfect to them. The network is the user's:

- a .h5 file: Keras' InceptionV3 with its top (the file that Keras calls
  inception_v3_weights_tf_dim_ordering_tf_kernels.h5); pictures are resized to
  299x299, bilinear, without padding, in [-1, 1]. Papers use another port of its
  weights and other resizing: for numbers beside theirs run torch-fidelity on
  written folders (docs/evaluation.md).
- a SavedModel's folder: called with float32 [B, H, W, 3] in [-1, 1], not
  resized; it returns features [B, D], or a dict of 'features' and
  'probabilities' [B, K].

FID grows as examples get fewer, so runs compare at equal numbers only; KID does
not on average (Binkowski et al., 2018).
"""

import os

import numpy as np
import tensorflow as tf

_SIDE = 299
Features = dict[str, np.ndarray]


class FeatureNetwork:
  """Maps pictures [B, H, W, 3] in [-1, 1] to features, and probabilities."""

  def __init__(self, path: str):
    """Loads the network.

    Raises:
      FileNotFoundError: there is no such file or folder; says what is needed.
      ValueError: it is neither a .h5 file nor a SavedModel.
    """
    if not os.path.exists(path):
      raise FileNotFoundError(
        f'{path}: expected the .h5 file of Keras InceptionV3 with its top, or '
        'the folder of a SavedModel'
      )
    self._resized = path.endswith('.h5')
    if self._resized:
      whole = tf.keras.applications.InceptionV3(weights=path)
      outputs = {
        'features': whole.get_layer('avg_pool').output,
        'probabilities': whole.output,
      }
      self._network = tf.keras.Model(whole.input, outputs)
    elif tf.saved_model.contains_saved_model(path):
      self._network = tf.saved_model.load(path)
    else:
      raise ValueError(f'{path}: neither a .h5 file nor a SavedModel')

  def __call__(self, images: tf.Tensor) -> Features:
    """Returns 'features' [B, D] and, if there are any, 'probabilities'."""
    if self._resized:
      images = tf.image.resize(images, (_SIDE, _SIDE))
    outputs = self._network(images)
    if not isinstance(outputs, dict):
      outputs = {'features': outputs}
    return {name: np.asarray(value) for name, value in outputs.items()}


def numbers(features: dict[str, Features]) -> dict[str, float]:
  """Returns 'fid', 'kid' and, with probabilities, 'inception_score'.

  Args:
    features: of 'result' and 'truth'; {} without a network. Of one example
      there is no distribution, and nothing is said.
  """
  if not features or len(features['result']['features']) < 2:
    return {}
  ours, theirs = (
    features[name]['features'].astype(np.float64)
    for name in ('result', 'truth')
  )
  report = {'fid': frechet(ours, theirs), 'kid': kernel(ours, theirs)}
  if 'probabilities' in features['result']:
    likely = features['result']['probabilities'].astype(np.float64)
    report['inception_score'] = inception_score(likely)
  return report


def frechet(ours: np.ndarray, theirs: np.ndarray) -> float:
  """Returns the Frechet distance of two Gaussians fitted to features [N, D].

  |m - n|^2 + tr(A + B - 2 (A B)^(1/2)) (Heusel et al., 2017). The trace of the
  root is the sum of the singular values of A^(1/2) B^(1/2), which centred
  features give without a root of a matrix: for X, Y [N, D], those of X Y^T.
  """
  mean = ours.mean(0) - theirs.mean(0)
  first, second = (
    (x - x.mean(0)) / np.sqrt(len(x) - 1) for x in (ours, theirs)
  )
  shared = np.linalg.svd(first @ second.T, compute_uv=False).sum()
  spread = np.square(first).sum() + np.square(second).sum()
  return float(max(mean @ mean + spread - 2 * shared, 0.0))


def kernel(ours: np.ndarray, theirs: np.ndarray) -> float:
  """Returns the kernel distance of features [N, D], [M, D]; may be below 0.

  The unbiased squared maximum mean discrepancy with (x y / D + 1)^3.
  """
  within = [_off_diagonal(_kernel(x, x)) for x in (ours, theirs)]
  return float(sum(within) - 2 * _kernel(ours, theirs).mean())


def inception_score(probabilities: np.ndarray) -> float:
  """Returns exp of the mean divergence of [N, K] from their mean: 1 to K."""
  eps = np.finfo(np.float64).tiny
  mean = probabilities.mean(0)
  logs = np.log(probabilities + eps) - np.log(mean + eps)
  return float(np.exp((probabilities * logs).sum(1).mean()))


def _kernel(first: np.ndarray, second: np.ndarray) -> np.ndarray:
  return (first @ second.T / first.shape[1] + 1.0) ** 3


def _off_diagonal(values: np.ndarray) -> float:
  count = len(values)
  return (values.sum() - np.trace(values)) / (count * (count - 1))
