# SPDX-License-Identifier: Apache-2.0
"""A user's own files, turned into the raw inputs of an exported model.

A phone's photo is rotated by its EXIF tag, a product picture has an alpha
channel, a layout was saved as RGB by an editor. This module takes all of it to
the arrays that the exported models ask for, or says in one sentence which file
is wrong, what came and what was expected (`InputError`). It needs numpy and
Pillow only, because it also runs on the device.

`read_person` (for pose transfer `read_target`) and `read_garment` return dicts
whose union is the input of a model of size (H, W):

    person_image      uint8 [H, W, 3]
    person_layout     uint8 [H, W], `labels`
    person_keypoints  float32 [18, 3], COCO-18: x, y (pixels of H x W) and
                      confidence; a missing joint is (0, 0, 0)
    target_keypoints  the same, in place of the above in pose transfer
    garment_image     uint8 [H, W, 3]
    garment_mask      uint8 [H, W], 0 or 255

Conventions owned here:

- Pictures are turned as EXIF says, composited on white where transparent, and
  made 8-bit RGB. Layout, pose and mask refer to the picture so turned.
- Another aspect ratio is letterboxed (`letterbox`). The border repeats the
  edge of a person's photo (its layout is 0 there, so nobody is invented) and
  continues the backdrop of a garment's, the median of its four corners (its
  mask is 0 there).
- Pictures are resized by the antialiased bicubic filter, layouts by nearest
  neighbour. Masks are cut at 128, since lossy JPEG masks are common, then
  resized by area and cut again; a mask of another size than its picture is
  stretched over it.
"""

import io
import os

import numpy as np
from PIL import Image
from PIL import ImageOps

from clothflow_tf.data import labels
from clothflow_tf.data import letterbox as letterbox_lib
from clothflow_tf.data import openpose

_FORMATS = {'.png': 'PNG', '.jpg': 'JPEG', '.jpeg': 'JPEG'}
_MODES = ('1', 'L', 'LA', 'P', 'PA', 'RGB', 'RGBA', 'CMYK', 'YCbCr')
_PICTURE = 'a PNG or JPEG picture'
_BICUBIC = Image.Resampling.BICUBIC
_NEAREST = Image.Resampling.NEAREST
_AREA = Image.Resampling.BOX


class InputError(ValueError):
  """A user's file or array that cannot be used: its name, and why."""

  def __init__(self, name: str, problem: str):
    super().__init__(f'{name}: {problem}')


def read_person(
  image_path: str, layout_path: str, pose_path: str, size: tuple[int, int]
) -> dict[str, np.ndarray]:
  """Returns person_image, person_layout and person_keypoints at (H, W).

  Raises:
    InputError: a file is unusable, image and layout differ in size, or no
      joint of the pose lies within the image.
  """
  image, layout = read_image(image_path), read_layout(layout_path)
  if image.shape[:2] != layout.shape:
    raise InputError(
      layout_path,
      f'is {_extent(layout)}; expected the size of {image_path} (as EXIF '
      f'turns it), {_extent(image)}',
    )
  letterbox = letterbox_lib.Letterbox(layout.shape, size)
  keypoints = letterbox.points(read_keypoints(pose_path))
  if not keypoints.any():
    raise InputError(
      pose_path,
      'no person found; expected at least one joint within the pixels of '
      f'{image_path}, {_extent(image)}',
    )
  return {
    'person_image': letterbox.pixels(image, _BICUBIC),
    'person_layout': letterbox.pixels(layout, _NEAREST, 0),
    'person_keypoints': keypoints,
  }


def read_target(
  image_path: str, layout_path: str, pose_path: str, size: tuple[int, int]
) -> dict[str, np.ndarray]:
  """Returns person_image, person_layout and target_keypoints at (H, W).

  As `read_person`, but the pose is the one to take on, in pixels of the
  person's image.
  """
  inputs = read_person(image_path, layout_path, pose_path, size)
  inputs['target_keypoints'] = inputs.pop('person_keypoints')
  return inputs


def read_garment(
  image_path: str, mask_path: str | None, size: tuple[int, int]
) -> dict[str, np.ndarray]:
  """Returns garment_image and garment_mask at (H, W).

  Without a mask file the image's alpha channel is the mask.

  Raises:
    InputError: a file is unusable, there is neither mask nor alpha, or the
      mask is empty.
  """
  image = read_image(image_path)
  mask = read_mask(mask_path) if mask_path else read_alpha(image_path)
  if mask.shape != image.shape[:2]:
    mask = letterbox_lib.resized(mask, image.shape[:2], _AREA)
  letterbox = letterbox_lib.Letterbox(image.shape[:2], size)
  mask = _cut(letterbox.pixels(mask, _AREA, 0))
  if not mask.any():
    raise InputError(
      mask_path or image_path,
      f'the mask is empty at {_extent(mask)}; expected a larger garment',
    )
  backdrop = np.median(image[[0, 0, -1, -1], [0, -1, 0, -1]], axis=0)
  return {
    'garment_image': letterbox.pixels(image, _BICUBIC, backdrop),
    'garment_mask': mask,
  }


def read_image(path: str) -> np.ndarray:
  """Returns a picture of any mode as uint8 [h, w, 3], turned, on white."""
  image = _opened(path)
  if image.mode in ('I;16', 'I;16B'):
    # 65535 = 255 * 257. (Pillow itself cuts 16-bit RGB to 8 bits.)
    grey = (np.asarray(image).astype(np.uint32) + 128) // 257
    image = Image.fromarray(grey.astype(np.uint8))
  if image.mode not in _MODES:
    raise InputError(
      path, f'has mode {image.mode}; expected at most 16 bits a channel'
    )
  if image.has_transparency_data:
    white = Image.new('RGBA', image.size, 'white')
    image = Image.alpha_composite(white, image.convert('RGBA'))
  return np.asarray(image.convert('RGB'))


def read_layout(path: str) -> np.ndarray:
  """Returns a layout's labels, uint8 [h, w]: a PNG's indices or grey values."""
  expected = f'a PNG of mode P or L, labels 0-{labels.NUM_LABELS - 1}'
  image = _opened(path, expected)
  if image.format == 'JPEG':
    raise InputError(path, f'is a JPEG, which is lossy; expected {expected}')
  if image.mode not in ('P', 'L'):
    raise InputError(path, f'has mode {image.mode}; expected {expected}')
  layout = np.asarray(image)
  present = np.unique(layout)
  unknown = present[present >= labels.NUM_LABELS].tolist()
  if unknown:
    raise InputError(path, f'has labels {unknown}; expected {expected}')
  if not present.any():
    raise InputError(path, 'is all background; expected a person')
  return layout


def read_mask(path: str) -> np.ndarray:
  """Returns a garment's mask file as uint8 [h, w], 0 or 255, cut at 128."""
  expected = 'a grey mask (mode 1 or L), 255 on the garment and 0 around it'
  image = _opened(path, expected)
  if image.mode not in ('1', 'L'):
    raise InputError(path, f'has mode {image.mode}; expected {expected}')
  mask = np.asarray(image.convert('L'))
  if mask.max() < 128:
    came = f'the mask is empty (no value is above {mask.max()})'
    raise InputError(path, f'{came}; expected {expected}')
  return _cut(mask)


def read_alpha(path: str) -> np.ndarray:
  """Returns a picture's alpha channel as uint8 [h, w], 0 or 255."""
  image = _opened(path)
  expected = 'a garment cut out by alpha, or its mask (--garment_mask)'
  if not image.has_transparency_data:
    raise InputError(path, f'has no alpha channel; expected {expected}')
  mask = _cut(np.asarray(image.convert('RGBA'))[:, :, 3])
  if mask.min() == mask.max():
    state = 'opaque' if mask.any() else 'empty'
    raise InputError(path, f'alpha is {state} everywhere; expected {expected}')
  return mask


def read_keypoints(path: str) -> np.ndarray:
  """Returns a pose as float32 [18, 3], COCO-18, in pixels of its picture."""
  content = _content(path, openpose.EXPECTED)
  try:
    return openpose.parse(content)
  except ValueError as error:
    raise InputError(path, str(error)) from error


def write_image(path: str, image: np.ndarray) -> None:
  """Writes uint8 [h, w] or [h, w, 3] as PNG or JPEG: whole, or not at all.

  Raises:
    InputError: the name is no `.png`, `.jpg` or `.jpeg`, or cannot be written.
  """
  check_output(path)
  partial = f'{path}.{os.getpid()}.partial'
  kind = _FORMATS[os.path.splitext(path)[1].lower()]
  try:
    Image.fromarray(image).save(partial, kind, quality=95, subsampling=0)
    os.replace(partial, path)
  except OSError as error:
    raise InputError(path, f'cannot be written ({error})') from error
  finally:
    if os.path.exists(partial):
      os.remove(partial)


def check_output(path: str) -> None:
  """Raises `InputError` where `write_image` would, before any work."""
  if os.path.splitext(path)[1].lower() not in _FORMATS:
    raise InputError(path, f'unknown extension; expected one of {[*_FORMATS]}')
  if os.path.isdir(path):
    raise InputError(path, 'is a folder; expected the name of a picture')
  folder = os.path.dirname(path) or '.'
  if not os.path.isdir(folder):
    raise InputError(path, f'expected the folder {folder} to exist')


def _content(path: str, expected: str) -> bytes:
  try:
    with open(path, 'rb') as file:
      content = file.read()
  except OSError as error:
    came = error.strerror or error
    raise InputError(path, f'{came}; expected {expected}') from error
  if not content:
    raise InputError(path, f'is an empty file; expected {expected}')
  return content


def _opened(path: str, expected: str = _PICTURE) -> Image.Image:
  """Returns a picture, decoded to its end and turned as EXIF says."""
  content = _content(path, expected)
  try:
    image = Image.open(io.BytesIO(content))
    turned = ImageOps.exif_transpose(image)
  except Image.UnidentifiedImageError as error:
    raise InputError(path, f'is no picture; expected {expected}') from error
  # Pillow's decoders raise whatever they stumble over in a broken file.
  except Exception as error:
    came = f'is broken ({error})'
    raise InputError(path, f'{came}; expected {expected}') from error
  turned.format = image.format  # A copy does not keep it.
  return turned


def _cut(mask: np.ndarray) -> np.ndarray:
  return np.where(mask >= 128, 255, 0).astype(np.uint8)


def _extent(image: np.ndarray) -> str:
  return f'{image.shape[1]}x{image.shape[0]} (width x height)'
