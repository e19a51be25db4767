# SPDX-License-Identifier: Apache-2.0
"""Claims about metrics of pictures, against implementations by others.

scikit-image and SciPy compute in float64, TensorFlow in float32; each tolerance
is some hundred times what that can make of the number.
"""

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf.evaluation import image_metrics
from clothflow_tf.evaluation import lpips as lpips_lib
from clothflow_tf.evaluation import regions
from tests import samples

# Channels in, kernel side, stride, padding, and whether a pool precedes.
ALEXNET = (
  (3, 64, 11, 4, 2, False),
  (64, 192, 5, 1, 2, True),
  (192, 384, 3, 1, 1, True),
  (384, 256, 3, 1, 1, False),
  (256, 256, 3, 1, 1, False),
)


def _pictures(height=64, width=48):
  """Returns a smooth picture and a noisy one of it, [1, H, W, 3]."""
  picture = samples.uniform((1, height // 8, width // 8, 3), -1.0, 1.0)
  picture = tf.image.resize(picture, (height, width), 'bicubic')
  noise = samples.uniform((1, height, width, 3), -0.2, 0.2)
  return (
    tf.clip_by_value(picture, -1.0, 1.0),
    tf.clip_by_value(picture + noise, -1.0, 1.0),
  )


def _blurred(picture, side):
  return tf.nn.avg_pool2d(picture, side, 1, 'SAME')


def test_ssim_is_that_of_scikit_image():
  metrics = pytest.importorskip('skimage.metrics')
  pair = _pictures()
  first, second = ((x[0].numpy().astype(float) + 1) / 2 for x in pair)
  expected, values = metrics.structural_similarity(
    first,
    second,
    gaussian_weights=True,
    sigma=1.5,
    use_sample_covariance=False,
    data_range=1.0,
    channel_axis=-1,
    full=True,
  )
  # Its window ends at 3.5 deviations: 11 pixels, as ours.
  np.testing.assert_allclose(image_metrics.ssim(*pair), [expected], atol=1e-4)
  ours = image_metrics.ssim_map(*pair)[0, 5:-5, 5:-5]
  np.testing.assert_allclose(ours, values.mean(-1)[5:-5, 5:-5], atol=1e-3)


def test_psnr_is_that_of_scikit_image():
  metrics = pytest.importorskip('skimage.metrics')
  pair = _pictures()
  first, second = ((x[0].numpy().astype(float) + 1) / 2 for x in pair)
  expected = metrics.peak_signal_noise_ratio(first, second, data_range=1.0)
  np.testing.assert_allclose(image_metrics.psnr(*pair), [expected], atol=1e-3)


def _ms_ssim_by_hand(first, second):
  """MS-SSIM of one channel [h, w] in 0..1, by SciPy."""
  from scipy import ndimage

  exponents = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
  result = 1.0
  for scale, exponent in enumerate(exponents):
    blur = [
      ndimage.gaussian_filter(x, 1.5, radius=5)[5:-5, 5:-5]
      for x in (first, second, first**2, second**2, first * second)
    ]
    one, two, one_two = blur[0], blur[1], blur[0] * blur[1]
    spread = blur[2] - one**2 + blur[3] - two**2
    contrast = (2 * (blur[4] - one_two) + 0.03**2) / (spread + 0.03**2)
    light = (2 * one_two + 0.01**2) / (one**2 + two**2 + 0.01**2)
    last = scale == len(exponents) - 1
    result *= (light * contrast if last else contrast).mean() ** exponent
    if last:
      break
    first, second = (
      (x[::2, ::2] + x[1::2, ::2] + x[::2, 1::2] + x[1::2, 1::2]) / 4
      for x in (first, second)
    )
  return result


def test_ms_ssim_is_that_of_its_formula():
  pair = _pictures(192, 176)
  assert image_metrics.has_ms_ssim(pair[0])
  assert not image_metrics.has_ms_ssim(pair[0][:, :, :175])
  first, second = ((x[0].numpy().astype(float) + 1) / 2 for x in pair)
  expected = np.mean(
    [_ms_ssim_by_hand(first[..., c], second[..., c]) for c in range(3)]
  )
  np.testing.assert_allclose(
    image_metrics.ms_ssim(*pair), [expected], atol=1e-3
  )


def test_the_map_of_a_picture_with_one_bad_place_is_low_there_only():
  picture, _ = _pictures()
  spoilt = picture.numpy()
  spoilt[0, 20:24, 20:24] *= -1
  values = image_metrics.ssim_map(tf.constant(spoilt), picture)[0].numpy()
  assert values.shape == (64, 48)
  assert values[22, 22] < 0.8
  np.testing.assert_allclose(values[40:], 1.0, atol=1e-4)
  np.testing.assert_allclose(values[:, :14], 1.0, atol=1e-4)


def test_a_more_blurred_picture_scores_worse():
  picture, _ = _pictures(192, 176)
  for metric in (image_metrics.ssim, image_metrics.ms_ssim, image_metrics.psnr):
    scores = [
      float(metric(_blurred(picture, side), picture)[0]) for side in (1, 5, 11)
    ]
    assert scores == sorted(scores, reverse=True), metric
    assert scores[0] > scores[1] > scores[2], metric


def test_change_is_of_the_worst_channel_in_grey_levels():
  image = tf.zeros((1, 2, 2, 3))
  other = image + [0.0, 2 / 255 * 10, -2 / 255 * 20]
  np.testing.assert_allclose(
    image_metrics.change(image, other), np.full((1, 2, 2), 20.0), rtol=1e-5
  )


@pytest.fixture(scope='module')
def arrays(tmp_path_factory):
  """A file of made-up arrays in the form of LPIPS', and the arrays."""
  rng = np.random.default_rng(4)
  values = {}
  for index, (before, after, side, *_) in enumerate(ALEXNET):
    scale = 1 / np.sqrt(before * side * side)
    shape = (side, side, before, after)
    values[f'Conv_{index}/kernel'] = scale * rng.standard_normal(shape)
    values[f'Conv_{index}/bias'] = 0.1 * rng.standard_normal(after)
    values[f'lin{index}'] = rng.uniform(0, 1, (1, 1, after, 1))
  values = {name: x.astype(np.float32) for name, x in values.items()}
  path = tmp_path_factory.mktemp('lpips') / 'arrays.npz'
  np.savez(path, **values)
  return str(path), values


def _lpips_by_hand(first, second, values):
  """LPIPS of pictures [h, w, 3] in [-1, 1], by windows of numpy."""
  mean, deviation = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
  pair = [((x + 1) / 2 - mean) / deviation for x in (first, second)]
  total = 0.0
  for index, (_, _, side, stride, padding, pooled) in enumerate(ALEXNET):
    kernel, bias = (values[f'Conv_{index}/{x}'] for x in ('kernel', 'bias'))
    units = []
    for place, x in enumerate(pair):
      if pooled:
        x = _windows(x, 3)[::2, ::2].max((-1, -2))
      x = np.pad(x, ((padding, padding), (padding, padding), (0, 0)))
      x = _windows(x, side)[::stride, ::stride]
      x = np.einsum('hwcij,ijcd->hwd', x, kernel, optimize=True) + bias
      pair[place] = x = np.maximum(x, 0)
      units.append(x / (np.linalg.norm(x, axis=-1, keepdims=True) + 1e-10))
    difference = (units[0] - units[1]) ** 2
    total += (difference @ values[f'lin{index}'].ravel()).mean()
  return total


def _windows(values, side):
  return np.lib.stride_tricks.sliding_window_view(values, (side, side), (0, 1))


def test_lpips_is_that_of_its_formula(arrays):
  path, values = arrays
  pair = _pictures(48, 64)
  expected = _lpips_by_hand(*(x[0].numpy().astype(float) for x in pair), values)
  np.testing.assert_allclose(
    lpips_lib.Lpips(path)(*pair), [expected], rtol=1e-4
  )


def test_lpips_of_equal_pictures_is_0_and_of_blurred_ones_more(arrays):
  compare = lpips_lib.Lpips(arrays[0])
  picture, _ = _pictures()
  scores = [
    float(compare(_blurred(picture, side), picture)[0]) for side in (1, 5, 11)
  ]
  assert scores[0] == 0.0
  assert scores[0] < scores[1] < scores[2]


def test_lpips_over_a_region_sees_nothing_else(arrays):
  compare = lpips_lib.Lpips(arrays[0])
  picture, noisy = _pictures()
  region = np.zeros((1, 64, 48), np.float32)
  region[:, :32] = 1.0
  outside = tf.where(region[..., np.newaxis] > 0, picture, noisy)
  assert float(compare.over(outside, picture, region)[0]) == 0.0
  assert float(compare.over(noisy, picture, region)[0]) > 0.0
  assert float(compare.over(noisy, picture, 0 * region)[0]) == 0.0


def test_lpips_names_the_array_that_is_missing(arrays, tmp_path):
  _, values = arrays
  path = str(tmp_path / 'less.npz')
  np.savez(path, **{k: v for k, v in values.items() if k != 'lin3'})
  with pytest.raises(ValueError, match='lin3 is nothing, expected 256'):
    lpips_lib.Lpips(path)


def _blob(seed):
  """A region with a ragged outline, [1, 40, 50, 1]."""
  noise = np.random.default_rng(seed).normal(0, 6, (1, 5, 6, 1))
  noise = tf.image.resize(noise, (40, 50), 'bicubic').numpy()
  y, x = np.mgrid[:40, :50]
  disc = 15 - np.hypot(y - 20, x - 25)[np.newaxis, ..., np.newaxis]
  return ((disc + noise) > 0).astype(np.float32)


def test_regions_are_those_of_scipys_morphology():
  from scipy import ndimage

  region = _blob(1)
  square = np.ones((11, 11), bool)
  wide = ndimage.binary_dilation(region[0, ..., 0], square)
  narrow = ndimage.binary_erosion(region[0, ..., 0], square, border_value=1)
  assert 0 < narrow.sum() < wide.sum()
  np.testing.assert_array_equal(regions.inside(region)[0, ..., 0], narrow)
  np.testing.assert_array_equal(regions.rim(region)[0, ..., 0], wide & ~narrow)


def test_boundary_f_is_that_of_distances():
  from scipy import ndimage

  masks = [_blob(seed)[0, ..., 0] > 0 for seed in (1, 2)]
  lines = [
    x & ~ndimage.binary_erosion(x, np.ones((3, 3)), border_value=1)
    for x in masks
  ]
  near = [ndimage.distance_transform_cdt(~x, 'chessboard') <= 2 for x in lines]
  shares = [near[1][lines[0]].mean(), near[0][lines[1]].mean()]
  expected = 2 * shares[0] * shares[1] / sum(shares)
  assert 0.05 < expected < 0.95
  value = regions.boundary_f(_blob(1), _blob(2), 2)
  np.testing.assert_allclose(value, [expected], rtol=1e-5)


def test_boundary_f_sees_a_shift_that_overlap_hardly_does():
  truth = np.zeros((1, 64, 64, 1), np.float32)
  truth[:, 8:56, 8:56] = 1.0
  scores = [
    float(regions.boundary_f(np.roll(truth, by, 1), truth, 2)[0])
    for by in (0, 2, 4)
  ]
  assert scores[0] == scores[1] == 1.0
  assert scores[2] < 0.7  # Upper and lower edge are lost; IoU is 0.85.
