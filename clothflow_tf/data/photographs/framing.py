# SPDX-License-Identifier: Apache-2.0
"""Fits a picture of any size into the model's, with its keypoints.

Nothing is cropped: the picture is scaled to fit, centred, and the rest of the
frame is border. Three conventions decide where things land:

- Pixel (0, 0) is centred on the point (0, 0), as in the pose's heat maps and
  in the flow, so a point scaled by s goes to (x + 0.5) s - 0.5.
- Each side is rounded to whole pixels, and points are scaled by the sides so
  rounded: they stay on the same spot of the picture.
- Resizing is Pillow's, whose filters (all but nearest neighbour) grow their
  support with the reduction and so do not alias.
"""

import numpy as np
from PIL import Image

_BICUBIC = Image.Resampling.BICUBIC
_NEAREST = Image.Resampling.NEAREST
_AREA = Image.Resampling.BOX


class Letterbox:
  """Where a picture of size `source` lands in one of size `frame`: (h, w)."""

  def __init__(self, source: tuple[int, int], frame: tuple[int, int]):
    self.source, self.frame = np.array(source), np.array(frame)
    scale = (self.frame / self.source).min()
    self.inner = np.maximum(1, np.rint(self.source * scale)).astype(int)
    self.corner = (self.frame - self.inner) // 2

  def pixels(
    self,
    image: np.ndarray | Image.Image,
    resample: Image.Resampling,
    border: int | np.ndarray | None = None,
  ) -> np.ndarray:
    """Scales and pads an image.

    Args:
      image: uint8 [h, w] or [h, w, 3], or a picture of Pillow's.
      resample: Pillow's filter.
      border: the value or colour around it; None repeats the image's edge.

    Returns:
      uint8 [H, W] or [H, W, 3].
    """
    shape = image.size[::-1] if isinstance(image, Image.Image) else image.shape
    covered = reduced(tuple(self.source), shape[:2])
    inner = resized(image, self.inner, resample, covered)
    if (self.inner == self.frame).all():  # As in data sets: no border.
      return inner
    before = self.corner
    if border is None:
      after = self.frame - self.inner - before
      rest = [(0, 0)] * (inner.ndim - 2)
      return np.pad(inner, [*zip(before, after, strict=True), *rest], 'edge')
    framed = np.empty((*self.frame, *inner.shape[2:]), np.uint8)
    framed[:] = border
    (top, left), (bottom, right) = before, before + self.inner
    framed[top:bottom, left:right] = inner
    return framed

  def points(self, keypoints: np.ndarray) -> np.ndarray:
    """Moves keypoints [n, 3] along; those outside the source become zeros."""
    frame = self.frame[::-1]  # As x, y.
    point = keypoints[:, :2]
    scale = (self.inner / self.source)[::-1]
    moved = (point + 0.5) * scale - 0.5 + self.corner[::-1]
    # Half a source pixel at either edge lies beyond the centres of the frame.
    moved = np.c_[np.clip(moved, 0, frame - 1), keypoints[:, 2]]
    present = inside(keypoints, self.source)
    return np.where(present[:, None], moved, 0).astype(np.float32)


def inside(keypoints: np.ndarray, shape: np.ndarray) -> np.ndarray:
  """Tells which of [n, 3] are present, and within a picture of (h, w)."""
  point, (height, width) = keypoints[:, :2], shape
  within = ((point >= 0) & (point < (width, height))).all(axis=1)
  return within & (keypoints[:, 2] > 0)


def resized(
  image: np.ndarray | Image.Image,
  size: np.ndarray,
  resample: Image.Resampling,
  covered: tuple[float, float] | None = None,
) -> np.ndarray:
  """Resizes uint8 [h, w] or [h, w, 3] to a size (height, width).

  Args:
    image: uint8 array, or a picture of Pillow's.
    size: of the result.
    resample: Pillow's filter.
    covered: rows and columns of the image that are the picture; None, all.
  """
  height, width = (int(side) for side in size)
  if isinstance(image, np.ndarray):
    image = Image.fromarray(image)
  rows, columns = covered or image.size[::-1]
  box = (0, 0, columns, rows)
  if box == (0, 0, *image.size) and image.size == (width, height):
    return np.asarray(image)
  return np.asarray(image.resize((width, height), resample, box))


def reduced(
  source: tuple[int, int], shape: tuple[int, int]
) -> tuple[float, float] | None:
  """Returns how many (rows, columns) of a reduced JPEG its picture covers.

  A JPEG of 1023 columns, reduced by 4 as it is decoded, has 256, of which the
  picture is 255.75; the rest is what the encoder filled its blocks with. None,
  if `shape` is not of `source` reduced so.
  """
  for factor in (2, 4, 8):
    if tuple(shape) == tuple(-(-side // factor) for side in source):
      return source[0] / factor, source[1] / factor
  return None


def person(
  image: np.ndarray,
  layout: Image.Image,
  keypoints: np.ndarray,
  size: tuple[int, int],
) -> dict[str, np.ndarray]:
  """Fits a photo, its layout and its keypoints into (H, W).

  The layout, a picture of labels, tells the photo's size; the photo's pixels
  may be fewer.

  Returns:
    person_image, person_layout and person_keypoints, as `files` tells.
  """
  letterbox = Letterbox(layout.size[::-1], size)
  return {
    'person_image': letterbox.pixels(image, _BICUBIC),
    'person_layout': letterbox.pixels(layout, _NEAREST, 0),
    'person_keypoints': letterbox.points(keypoints),
  }


def garment(
  image: np.ndarray,
  mask: np.ndarray,
  shape: tuple[int, int],
  size: tuple[int, int],
) -> dict[str, np.ndarray]:
  """Fits a product photo and its mask into (H, W).

  Photo and mask are stretched over the photo's size `shape`, (height, width);
  the pixels of either may be fewer.

  Returns:
    garment_image and garment_mask, as `files` tells.
  """
  letterbox = Letterbox(shape, size)
  backdrop = np.median(image[[0, 0, -1, -1], [0, -1, 0, -1]], axis=0)
  return {
    'garment_image': letterbox.pixels(image, _BICUBIC, backdrop),
    'garment_mask': cut(letterbox.pixels(mask, _AREA, 0)),
  }


def cut(mask: np.ndarray) -> np.ndarray:
  """Returns a mask cut at 128: uint8, 0 or 255."""
  return (mask >= 128) * np.uint8(255)
