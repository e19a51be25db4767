# SPDX-License-Identifier: Apache-2.0
"""How like the truth a picture is: SSIM, MS-SSIM, PSNR, changes.

Resize, padding and value range, for all metrics of pictures in this package:

- Nothing is resized: pictures are compared at the model's own size. Only
  InceptionV3 and networks like it get theirs (`distributions`).
- Nothing is padded. Whoever pads narrow pictures with white before SSIM, as was
  usual from 2017 to 2019, adds about 0.1 to it.
- Pictures come as float32 [B, H, W, 3] in [-1, 1], the convention of the whole
  project, and are not rounded to 8 bits. They are mapped to [0, 1] for SSIM,
  MS-SSIM and PSNR, whose largest value is then 1. Changes are in grey levels of
  255. LPIPS takes [-1, 1].

SSIM has a Gaussian window of 11 pixels with deviation 1.5 (Wang et al., 2004),
by channel, and the mean of channels. It flatters what is plain: a garment of
one colour is similar wherever its cloth comes from. `regions` therefore gives
the garment's inside and its rim apart, and the report a paste beside it.
"""

import tensorflow as tf

WINDOW = 11
# Halvings of MS-SSIM, and the shortest side that they leave a window to.
_SMALLEST = WINDOW * 2**4


def ssim(image: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
  """Returns SSIM [B] of whole pictures, at most 1."""
  return tf.image.ssim(_unit(image), _unit(target), 1.0)


def ssim_map(image: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
  """Returns SSIM [B, H, W] of the window around each pixel.

  Where the window reaches beyond the picture it is that of the nearest pixel
  whose window does not.
  """
  values = tf.image.ssim(
    _unit(image), _unit(target), 1.0, return_index_map=True
  )
  reach = WINDOW // 2
  rows, columns = (
    tf.clip_by_value(tf.range(size) - reach, 0, size - WINDOW)
    for size in (image.shape[1], image.shape[2])
  )
  return tf.gather(tf.gather(values, rows, axis=1), columns, axis=2)


def has_ms_ssim(image: tf.Tensor) -> bool:
  """Tells whether pictures are large enough for MS-SSIM's five scales."""
  return min(image.shape[1:3]) >= _SMALLEST


def ms_ssim(image: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
  """Returns MS-SSIM [B] (Wang et al., 2003) of sides of 176 and more."""
  return tf.image.ssim_multiscale(_unit(image), _unit(target), 1.0)


def psnr(image: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
  """Returns the peak signal-to-noise ratio [B] in decibels, at most 100."""
  return tf.minimum(tf.image.psnr(_unit(image), _unit(target), 1.0), 100.0)


def change(image: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
  """Returns the largest difference [B, H, W] of a channel, in grey levels."""
  return 127.5 * tf.reduce_max(tf.abs(image - other), -1)


def _unit(image: tf.Tensor) -> tf.Tensor:
  return (image + 1.0) / 2.0
