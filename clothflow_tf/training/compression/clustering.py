# SPDX-License-Identifier: Apache-2.0
"""Clustering: the weights of a convolution share a few values.

A file with few values compresses to a smaller download (`train.clusters`). The
gradients are TensorFlow Model Optimization's, `ClusteringAlgorithm`: a value
moves by the mean gradient of its weights, and a weight moves as if it were
free, so that it may change over to another value (Han et al., "Deep
Compression", 2016).

Shared are shares of each output channel's largest weight, and -1, 0 and 1 are
always among them. An exported file multiplies each channel by the scale of
batch normalisation, and eight bits count in steps of the channel's largest
weight: so 32 clusters are 32 bytes in the file, the same in all channels.
Weights as they are, clustered, would be 32 others in every channel.
"""

import numpy as np
import tensorflow as tf
import tensorflow_model_optimization as tfmot

# Shares that are always there: an end each, or no weight would be the largest,
# and zero, as pruned weights stay.
FIXED = (-1.0, 0.0, 1.0)
# Rounds of k-means that the training starts from.
_ROUNDS = 30
# Of an enumeration that is not exported. With its sum, gradients would be
# sparse, which parts of a batch cannot be added up of.
MEAN = 'GradientAggregation.AVG'
# Of a channel without weights.
_SMALLEST = 1e-12


class Clusters(tfmot.clustering.keras.ClusteringAlgorithm):
  """As TensorFlow Model Optimization's, but finds the nearest by sorting.

  Its own comparison of each weight with each of 32 values takes gigabytes.
  """

  def get_pulling_indices(
    self, weight: tf.Tensor, centroids: tf.Tensor | None = None
  ) -> tf.Tensor:
    """Returns the place of the nearest value to each weight, int64."""
    values = self.cluster_centroids if centroids is None else centroids
    order = tf.argsort(values)
    ordered = tf.gather(values, order)
    borders = 0.5 * (ordered[1:] + ordered[:-1])
    place = tf.searchsorted(borders, tf.reshape(weight, [-1]))
    return tf.cast(tf.reshape(tf.gather(order, place), weight.shape), tf.int64)


def pinned(values: tf.Tensor) -> tf.Tensor:
  """Returns values in [-1, 1], of which the first are `FIXED`: a constraint."""
  free = tf.clip_by_value(values[len(FIXED) :], -1.0, 1.0)
  return tf.concat([tf.constant(FIXED, values.dtype), free], 0)


def clustered(
  kernel: tf.Tensor, mask: tf.Tensor, clusters: Clusters
) -> tf.Tensor:
  """Returns a kernel [h, w, in, out] whose weights are clustered.

  Args:
    kernel: its weights.
    mask: of the same shape, 0 where a weight stays zero.
    clusters: the shares, and how gradients reach them.
  """
  kernel *= mask
  largest = _largest(kernel)
  shares = kernel / largest
  places = clusters.get_pulling_indices(shares)
  return clusters.get_clustered_weight(places, shares) * mask * largest


def first_shares(kernel: tf.Tensor, count: int) -> np.ndarray:
  """Returns the shares [count] that a kernel's weights are nearest to.

  k-means, from quantiles; zeros, which have a share of their own, do not count.
  """
  shares = (kernel / _largest(kernel)).numpy().ravel()
  shares = shares[shares != 0.0]
  free = np.quantile(shares, np.linspace(0, 1, count - len(FIXED) + 2)[1:-1])
  for _ in range(_ROUNDS):
    every = np.sort(np.concatenate([FIXED, free]))
    place = np.searchsorted(0.5 * (every[1:] + every[:-1]), shares)
    sizes = np.bincount(place, minlength=count)
    means = np.bincount(place, shares, count) / np.maximum(sizes, 1)
    every = np.where(np.isin(every, FIXED) | (sizes == 0), every, means)
    free = np.delete(every, [np.where(every == x)[0][0] for x in FIXED])
  return np.concatenate([FIXED, free])


def _largest(kernel: tf.Tensor) -> tf.Tensor:
  """Returns each output channel's largest weight; no gradient passes."""
  largest = tf.reduce_max(tf.abs(kernel), [0, 1, 2], keepdims=True)
  return tf.stop_gradient(tf.maximum(largest, _SMALLEST))
