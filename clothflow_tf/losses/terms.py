# SPDX-License-Identifier: Apache-2.0
"""The loss terms of the three stages, as pure functions of tensors.

Each returns one number an example, [B], a mean over its valid pixels; trainers
weigh the terms, average them over the global batch and add them up. Sums over
clothing categories i carry the paper's indicators: a category counts only where
both the source and the target wear it.

    L_flow = L_roi_perc + lambda_struct L_struct + lambda_smt L_smt
"""

from collections.abc import Callable
from collections.abc import Sequence

import tensorflow as tf

from clothflow_tf.ops import flow as flow_ops

Features = Callable[[tf.Tensor], list[tf.Tensor]]


def weighted_cross_entropy(
  logits: tf.Tensor,
  target: tf.Tensor,
  class_weights: Sequence[float],
  pixel_weights: tf.Tensor | None = None,
) -> tf.Tensor:
  """Stage 1: mean of -w_y log p_y, weighted by w_y.

  Args:
    logits: float32 [B, H, W, K].
    target: one-hot [B, H, W, K].
    class_weights: K weights, or none for all 1.
    pixel_weights: float32 [B, H, W] that w_y are multiplied by, or none.

  Returns:
    float32 [B]: sum of w_y * cross-entropy over pixels / sum of w_y.
  """
  entropy = tf.nn.softmax_cross_entropy_with_logits(target, logits)
  weight = tf.ones_like(entropy) if pixel_weights is None else pixel_weights
  if class_weights:
    weight *= tf.reduce_sum(target * tf.constant(class_weights), -1)
  total = tf.reduce_sum(weight * entropy, [1, 2])
  # Over the weights, not the pixels: a person of rare classes takes no longer
  # steps. If all of an example's weights are 0, so is its loss.
  return tf.math.divide_no_nan(total, tf.reduce_sum(weight, [1, 2]))


def ends(estimated: tf.Tensor, truth: tf.Tensor, known: tf.Tensor) -> tf.Tensor:
  """Stage 1: mean absolute error of the garment's ends, not in the paper.

  The absolute error makes the network commit to the median of what is
  possible; a squared one would put a doubtful hem between tucked and loose.

  Args:
    estimated: float32 [B, E], see `inputs.ends`.
    truth: likewise.
    known: float32 [B, E], 1 where the truth is known.

  Returns:
    float32 [B].
  """
  total = tf.reduce_sum(known * tf.abs(estimated - truth), -1)
  return tf.math.divide_no_nan(total, tf.reduce_sum(known, -1))


def presence(source: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
  """Returns 1(s_s,i) 1(s_t,i) as [B, C] for clothing [B, H, W, C]."""
  # Clothing is one-hot: a single pixel makes a category present.
  return tf.reduce_max(source, [1, 2]) * tf.reduce_max(target, [1, 2])


def structure(
  warped_clothing: tf.Tensor, target_clothing: tf.Tensor, present: tf.Tensor
) -> tf.Tensor:
  """L_struct = sum_i 1(s_s,i) 1(s_t,i) || s'_s,i - s_t,i ||_1.

  Args:
    warped_clothing: s'_s, float32 [B, H, W, C].
    target_clothing: s_t, float32 [B, H, W, C].
    present: the indicators [B, C].

  Returns:
    float32 [B]; the norm is a mean over pixels.
  """
  difference = tf.abs(warped_clothing - target_clothing)
  return tf.reduce_sum(present * tf.reduce_mean(difference, [1, 2]), -1)


def smoothness(flows: Sequence[tf.Tensor]) -> tf.Tensor:
  """L_smt = sum_n || grad F_n ||_1.

  Args:
    flows: F_n, float32 [B, H / 2^n, W / 2^n, 2], each in its own pixels.

  Returns:
    float32 [B]; the norm is a mean over pixels, added over both components
    and both directions. A level one pixel wide or high adds nothing along it.
  """
  total = tf.zeros(tf.shape(flows[0])[0])
  for flow in flows:
    for slope in flow_ops.gradients(flow).values():
      if 0 in slope.shape[1:3]:
        continue  # One pixel across has no slope; the mean of none is NaN.
      total += tf.reduce_mean(tf.reduce_sum(tf.abs(slope), -1), [1, 2])
  return total


def endpoint(
  flows: Sequence[tf.Tensor], flow: tf.Tensor, visible: tf.Tensor
) -> tf.Tensor:
  """Supervision by the true flow, not in the paper: mean end-point error.

  Every level is compared, in pixels of the full resolution, with the true flow
  averaged down to its grid; the levels' errors are averaged. At no error it is
  factor * 1e-3 pixels, not 0, to keep the root's gradient finite.

  Args:
    flows: F_n, finest first, float32 [B, h, w, 2], each in its own pixels.
    flow: the truth, float32 [B, H, W, 2], pixels.
    visible: float32 [B, H, W, 1], 1 where the truth is known.

  Returns:
    float32 [B], pixels.
  """
  errors = []
  for estimate in flows:
    factor = flow.shape[1] // estimate.shape[1]
    truth = flow_ops.downsample(flow, visible, factor)
    square = tf.reduce_sum(tf.square(estimate - truth['flow']), -1)
    # Times the factor: a pixel of a coarse grid is that many of the finest.
    error = factor * tf.sqrt(square + 1e-6)
    known = truth['visible'][..., 0]
    total = tf.reduce_sum(error * known, [1, 2])
    errors.append(tf.math.divide_no_nan(total, tf.reduce_sum(known, [1, 2])))
  return tf.add_n(errors) / len(errors)


def roi_perceptual(
  warped: dict[str, tf.Tensor],
  target: dict[str, tf.Tensor],
  categories: int,
  features: Features,
  level_weights: Sequence[float],
) -> tf.Tensor:
  """L_roi_perc, the perceptual loss of each clothing category by itself.

      sum_l lambda_l sum_i 1(s_s,i) 1(s_t,i)
          || phi_l(s'_s,i * c'_s) - phi_l(s_t,i * c_t) ||_1

  Args:
    warped: 'garment' c'_s [B, H, W, 3] in [-1, 1] and 'clothing' s'_s
      [B, H, W, C].
    target: 'garment' c_t, 'clothing' s_t, and 'present', the indicators
      [B, C].
    categories: how many categories an example can have in common with its
      source at most (1 in try-on); further ones would not be compared.
    features: phi, from images to the activations of l = 1, 2, ...
    level_weights: lambda_l for l = 0 (the pixels), 1, 2, ...

  Returns:
    float32 [B]; each norm is a mean over pixels and channels.
  """
  # Which categories are present differs between examples, so each example picks
  # its own: comparing all C of them would cost C passes through phi.
  shares, chosen = tf.math.top_k(target['present'], categories)
  total = 0.0
  for k in range(categories):
    pair = [
      side['garment'] * _category(side['clothing'], chosen[:, k])
      for side in (warped, target)
    ]
    total += shares[:, k] * perceptual(*pair, features, level_weights)
  return total


def _category(clothing: tf.Tensor, index: tf.Tensor) -> tf.Tensor:
  """Returns each example's own category [B, H, W, 1] of [B, H, W, C]."""
  channel = tf.one_hot(index, clothing.shape[-1])[:, tf.newaxis, tf.newaxis]
  return tf.reduce_sum(clothing * channel, -1, keepdims=True)


def perceptual(
  image: tf.Tensor,
  target: tf.Tensor,
  features: Features,
  level_weights: Sequence[float],
) -> tf.Tensor:
  """sum_l lambda_l || phi_l(image) - phi_l(target) ||_1, phi_0 the pixels.

  Args:
    image: float32 [B, H, W, 3] in [-1, 1].
    target: likewise.
    features: phi, from images to the activations of l = 1, 2, ...
    level_weights: lambda_l for l = 0, 1, 2, ...

  Returns:
    float32 [B]; each norm is a mean over pixels and channels.
  """
  # phi_0 is the image itself; a phi without levels leaves only that.
  pairs = zip([image, *features(image)], [target, *features(target)])
  total = 0.0
  for weight, (ours, truth) in zip(level_weights, pairs):
    total += weight * tf.reduce_mean(tf.abs(ours - truth), [1, 2, 3])
  return total


def style(
  image: tf.Tensor,
  target: tf.Tensor,
  features: Features,
  levels: Sequence[int],
) -> tf.Tensor:
  """Sum over levels of || Gram(phi_l(image)) - Gram(phi_l(target)) ||_1.

  Args:
    image: float32 [B, H, W, 3] in [-1, 1].
    target: likewise.
    features: phi, from images to the activations of l = 1, 2, ...
    levels: which levels, counted from 1.

  Returns:
    float32 [B]; the norm is a mean over the Gram matrix's entries.
  """
  ours, truth = features(image), features(target)
  total = tf.zeros(tf.shape(image)[0])
  for level in levels[: len(ours)]:
    difference = gram(ours[level - 1]) - gram(truth[level - 1])
    total += tf.reduce_mean(tf.abs(difference), [1, 2])
  return total


def gram(activations: tf.Tensor) -> tf.Tensor:
  """Returns sum_yx a_c a_d / (H W K), float32 [B, K, K], for [B, H, W, K]."""
  # Divided by the number of products: otherwise the loss would grow with the
  # image's area and the level's width, and one level would drown the others.
  _, height, width, channels = activations.shape
  product = tf.einsum('byxc,byxd->bcd', activations, activations)
  return product / float(height * width * channels)
