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
- Pictures are resized by the antialiased bicubic filter. A JPEG is first
  reduced by 2, 4 or 8 as it is decoded (libjpeg's scaled inverse DCT, which
  does not alias either), never below the wanted size. Layouts are resized by
  nearest neighbour. Masks are cut at 128, since lossy JPEG masks are common,
  then resized by area and cut again; a mask of another size than its picture
  is stretched over it.
"""

import os

import numpy as np
from PIL import Image

from clothflow_tf.data.photographs import framing
from clothflow_tf.data.photographs import images
from clothflow_tf.data.photographs import label_sets
from clothflow_tf.data.photographs import neck
from clothflow_tf.data.photographs import openpose

_FORMATS = {'.png': 'PNG', '.jpg': 'JPEG', '.jpeg': 'JPEG'}
_MODES = ('1', 'L', 'LA', 'P', 'PA', 'RGB', 'RGBA', 'CMYK', 'YCbCr')
_ALL = np.arange(256)


# What callers catch; see `opening`.
InputError = images.InputError


def read_person(
  image_path: str,
  layout_path: str,
  pose_path: str,
  size: tuple[int, int],
  parsing: str = 'record',
) -> dict[str, np.ndarray]:
  """Returns person_image, person_layout and person_keypoints at (H, W).

  Raises:
    InputError: a file is unusable, image and layout differ in size, or no
      joint of the pose lies within the image.
  """
  layout, keypoints = (
    open_layout(layout_path, parsing),
    read_keypoints(pose_path),
  )
  if parsing in neck.PARSINGS:
    layout = neck.cut(layout, keypoints) or layout
  return _person((image_path, layout_path, pose_path), layout, keypoints, size)


def _person(
  paths: tuple[str, str, str],
  layout: Image.Image,
  keypoints: np.ndarray,
  size: tuple[int, int],
) -> dict[str, np.ndarray]:
  image_path, layout_path, pose_path = paths
  image, shape = read_image(image_path, size), shape_of(image_path)
  check_same_size(layout_path, layout.size[::-1], image_path, shape)
  inputs = framing.person(image, layout, keypoints, size)
  if not inputs['person_keypoints'].any():
    raise InputError(
      pose_path,
      'no person found; expected at least one joint within the pixels of '
      f'{image_path}, {images.extent(shape)}',
      'keypoints',
    )
  return inputs


def check_same_size(
  path: str, found: tuple[int, int], image_path: str, shape: tuple[int, int]
) -> None:
  """Raises `InputError` unless (height, width) is that of the picture."""
  if shape != found:
    raise InputError(
      path,
      f'is {images.extent(found)}; expected the size of {image_path} '
      f'(as EXIF turns it), {images.extent(shape)}',
      'size',
    )


def read_target(
  image_path: str,
  layout_path: str,
  pose_path: str,
  size: tuple[int, int],
  parsing: str = 'record',
) -> dict[str, np.ndarray]:
  """Returns person_image, person_layout and target_keypoints at (H, W).

  As `read_person`, but the pose is the one to take on, in pixels of the
  person's image. It is not the person's own, so that no neck is cut by it.
  """
  layout, keypoints = (
    open_layout(layout_path, parsing),
    read_keypoints(pose_path),
  )
  paths = image_path, layout_path, pose_path
  inputs = _person(paths, layout, keypoints, size)
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
  image = read_image(image_path, size)
  mask = read_mask(mask_path, size) if mask_path else read_alpha(image_path)
  inputs = framing.garment(image, mask, shape_of(image_path), size)
  if not inputs['garment_mask'].any():
    raise InputError(
      mask_path or image_path,
      f'the mask is empty at {images.extent(size)}; expected a larger garment',
      'mask',
    )
  return inputs


def read_image(
  path: str,
  least: tuple[int, int] | None = None,
  look: images.Look | None = None,
) -> np.ndarray:
  """Returns a picture of any mode as uint8 [h, w, 3], turned, on white.

  Args:
    path: the picture.
    least: (height, width) that a JPEG may be reduced to as it is decoded; it
      comes out at least as large. None decodes it whole.
    look: as of `opening.picture`.
  """
  image = images.picture(path, least=least, look=look)
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
  return np.asarray(image if image.mode == 'RGB' else image.convert('RGB'))


def shape_of(path: str) -> tuple[int, int]:
  """Returns (height, width) of a picture that can be read, turned."""
  with Image.open(path) as header:
    return images.shape_of(header)


def read_layout(path: str, parsing: str = 'record') -> np.ndarray:
  """Returns a layout's labels, uint8 [h, w]: a PNG's indices or grey values.

  Args:
    path: the PNG.
    parsing: what its numbers mean, one of `parsings.NAMES`.
  """
  return np.asarray(open_layout(path, parsing))


def open_layout(
  path: str, parsing: str = 'record', look: images.Look | None = None
) -> Image.Image:
  """Returns a layout as a picture of Pillow's, whose values are labels."""
  expected = f'a PNG of mode P or L, labels {label_sets.known(parsing)}'
  if parsing != 'record':
    expected += f' ({parsing})'
  image = images.picture(path, expected, look=look)
  if image.format == 'JPEG':
    raise InputError(path, f'is a JPEG, which is lossy; expected {expected}')
  if image.mode not in ('P', 'L'):
    raise InputError(path, f'has mode {image.mode}; expected {expected}')
  present = np.nonzero(image.histogram()[:256])[0]
  mapped = label_sets.to_record(present, parsing)
  unknown = present[mapped == label_sets.UNKNOWN].tolist()
  if unknown:
    came = f'has labels {unknown}'
    raise InputError(path, f'{came}; expected {expected}', 'labels')
  if not mapped.any():
    raise InputError(path, 'is all background; expected a person', 'labels')
  if (mapped != present).any():
    image = image.point([*label_sets.to_record(_ALL, parsing)])
  return image


def read_mask(
  path: str,
  least: tuple[int, int] | None = None,
  look: images.Look | None = None,
) -> np.ndarray:
  """Returns a garment's mask file as uint8 [h, w], 0 or 255, cut at 128.

  Args:
    path: the mask.
    least: as of `read_image`.
    look: as of `opening.picture`.
  """
  expected = 'a grey mask (mode 1 or L), 255 on the garment and 0 around it'
  image = images.picture(path, expected, least, look)
  if image.mode not in ('1', 'L'):
    raise InputError(path, f'has mode {image.mode}; expected {expected}')
  mask = np.asarray(image if image.mode == 'L' else image.convert('L'))
  if mask.max() < 128:
    came = f'the mask is empty (no value is above {mask.max()})'
    raise InputError(path, f'{came}; expected {expected}', 'mask')
  return framing.cut(mask)


def read_alpha(path: str) -> np.ndarray:
  """Returns a picture's alpha channel as uint8 [h, w], 0 or 255."""
  image = images.picture(path)
  expected = 'a garment cut out by alpha, or its mask (--garment_mask)'
  if not image.has_transparency_data:
    raise InputError(path, f'has no alpha channel; expected {expected}')
  mask = framing.cut(np.asarray(image.convert('RGBA'))[:, :, 3])
  if mask.min() == mask.max():
    state = 'opaque' if mask.any() else 'empty'
    raise InputError(path, f'alpha is {state} everywhere; expected {expected}')
  return mask


def read_keypoints(path: str) -> np.ndarray:
  """Returns a pose as float32 [18, 3], COCO-18, in pixels of its picture."""
  content = images.content_of(path, openpose.EXPECTED)
  try:
    return openpose.parse(content)
  except ValueError as error:
    raise InputError(path, str(error), 'keypoints') from error


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
