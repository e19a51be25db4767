# SPDX-License-Identifier: Apache-2.0
"""Fits a picture of any size into the model's, with its keypoints.

Nothing is cropped: the picture is scaled to fit, centred, and the rest of the
frame is border. Conventions that decide where things land:

- Pixel (0, 0) is centred on the point (0, 0), as in the pose's heat maps and
  in the flow, so a point scaled by s goes to (x + 0.5) s - 0.5.
- Each side is rounded to whole pixels, and points are scaled by the sides so
  rounded: they stay on the same spot of the picture.
- Resizing is Pillow's, whose filters (all but nearest neighbour) grow their
  support with the reduction and so do not alias: bicubic for photos, nearest
  neighbour for layouts, area for masks, which are cut again.
"""

import numpy as np
from PIL import Image

from clothflow_tf.data.photographs import images
from clothflow_tf.inputs import raw

_BICUBIC = Image.Resampling.BICUBIC
_NEAREST = Image.Resampling.NEAREST
_AREA = Image.Resampling.BOX


class Letterbox:
  """Where a picture of size `source` lands in one of size `frame`: (h, w)."""

  def __init__(self, source: raw.Size, frame: raw.Size):
    self.source, self.frame = source, np.array(frame)
    scale = (self.frame / source).min()
    self.inner = np.maximum(1, np.rint(scale * np.array(source))).astype(int)
    self.corner = (self.frame - self.inner) // 2

  def pixels(
    self,
    image: np.ndarray,
    resample: Image.Resampling,
    border: int | np.ndarray | None = None,
  ) -> np.ndarray:
    """Scales and pads an image.

    Args:
      image: uint8 [h, w] or [h, w, 3].
      resample: Pillow's filter.
      border: the value or colour around it; None repeats the image's edge.

    Returns:
      uint8 [H, W] or [H, W, 3].
    """
    covered = reduced(self.source, raw.Size(*image.shape[:2]))
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


def inside(keypoints: np.ndarray, size: raw.Size) -> np.ndarray:
  """Returns which of [n, 3] are present, and within a picture."""
  point = keypoints[:, :2]
  within = ((point >= 0) & (point < (size[1], size[0]))).all(axis=1)
  return within & (keypoints[:, 2] > 0)


def in_pixels(
  keypoints: np.ndarray, units: raw.Size | None, size: raw.Size
) -> np.ndarray:
  """Moves joints [18, 3] from a frame of another size to a picture.

  They are scaled by the heights and centred: Dress Code's 384x512 units, and
  DeepFashion's 176 columns cut from the middle of 256.

  Args:
    keypoints: as x, y and confidence.
    units: size of their frame; None is the picture's own.
    size: of the picture.
  """
  if units is None:
    return keypoints
  scale = size.height / units.height
  margin = (size.width - scale * units.width) / 2
  points = (keypoints[:, :2] + 0.5) * scale - 0.5 + (margin, 0)
  moved = np.c_[points, keypoints[:, 2]]
  return np.where(keypoints[:, 2:] > 0, moved, 0).astype(np.float32)


def resized(
  image: np.ndarray,
  size: np.ndarray,
  resample: Image.Resampling,
  covered: tuple[float, float] | None = None,
) -> np.ndarray:
  """Resizes uint8 [h, w] or [h, w, 3].

  Args:
    image: the array.
    size: (height, width) of the result.
    resample: Pillow's filter.
    covered: rows and columns of the image that are the picture; None, all.
  """
  height, width = (int(side) for side in size)
  if covered is None and image.shape[:2] == (height, width):
    return image
  rows, columns = covered or image.shape[:2]
  whole = Image.fromarray(image)
  box = (0, 0, columns, rows)
  return np.asarray(whole.resize((width, height), resample, box))


def reduced(source: raw.Size, size: raw.Size) -> tuple[float, float] | None:
  """Returns how many (rows, columns) of a reduced JPEG its picture covers.

  A JPEG of 1023 columns, reduced by 4 as it is decoded, has 256, of which the
  picture is 255.75; the rest is what the encoder filled its blocks with. None
  if `size` is not `source` reduced by 2, 4 or 8.
  """
  for factor in (2, 4, 8):
    if size == tuple(-(-side // factor) for side in source):
      return source[0] / factor, source[1] / factor
  return None


def person(
  photo: images.Picture,
  layout: np.ndarray,
  keypoints: np.ndarray,
  size: raw.Size,
) -> dict[str, np.ndarray]:
  """Fits a photo, its layout [h, w] and its keypoints into a size.

  The border repeats the photo's edge; the layout is background there, so that
  nobody is invented.

  Returns:
    person_image, person_layout and person_keypoints, as `reader` tells.
  """
  letterbox = Letterbox(photo.size, size)
  return {
    'person_image': letterbox.pixels(photo.pixels, _BICUBIC),
    'person_layout': letterbox.pixels(layout, _NEAREST, 0),
    'person_keypoints': letterbox.points(keypoints),
  }


def garment(
  pixels: np.ndarray, mask: np.ndarray, true_size: raw.Size, size: raw.Size
) -> dict[str, np.ndarray]:
  """Fits a product photo and its mask into a size.

  The border continues the backdrop, the median of the photo's four corners.

  Args:
    pixels: of the photo.
    mask: covers the photo, in as many pixels or fewer.
    true_size: of the photo, which may have been reduced.
    size: of the result.

  Returns:
    garment_image and garment_mask, as `reader` tells.
  """
  letterbox = Letterbox(true_size, size)
  corners = pixels[[0, 0, -1, -1], [0, -1, 0, -1]]
  backdrop = np.median(corners, axis=0)
  return {
    'garment_image': letterbox.pixels(pixels, _BICUBIC, backdrop),
    'garment_mask': raw.cut(letterbox.pixels(mask, _AREA, 0)),
  }
