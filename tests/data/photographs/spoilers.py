# SPDX-License-Identifier: Apache-2.0
"""Ways to spoil the files of one example of a VITON-HD folder.

Each function returns a spoiler, or is one: it takes a `Set` and changes one
file of it.
"""

import json
import os
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image

from tests.data.photographs.datasets import made_up_folders

ROWS, COLUMNS = made_up_folders.SIZE


class Set:
  """The files of one example; spoilers change one of them."""

  def __init__(self, root: pathlib.Path, name: str):
    test = root / 'test'
    self.name = name
    self.image = test / 'image' / f'{name}.jpg'
    self.garment = test / 'cloth' / f'{name}.jpg'
    self.mask = test / 'cloth-mask' / f'{name}.jpg'
    self.parse = test / 'image-parse-v3' / f'{name}.png'
    self.pose = test / 'openpose_json' / f'{name}_keypoints.json'

  def write(self) -> None:
    artist = made_up_folders.Artist(seed=zlib.crc32(self.name.encode()))
    made_up_folders.save_jpeg(self.image, artist.picture())
    made_up_folders.save_jpeg(self.garment, artist.picture())
    made_up_folders.save_jpeg(self.mask, artist.mask())
    parse, joints = artist.person(made_up_folders.CIHP, 13)
    made_up_folders.save_parse(self.parse, parse)
    made_up_folders.save_json(self.pose, made_up_folders.openpose(joints))


def cut(file):
  """Leaves three quarters of a file."""

  def spoil(example):
    path = getattr(example, file)
    content = path.read_bytes()
    path.write_bytes(content[: 3 * len(content) // 4])

  return spoil


def zeroed(file):
  """Makes half of a PNG's pixels zeros, as downloads into reserved space do."""

  def spoil(example):
    path = getattr(example, file)
    content = path.read_bytes()
    kept = (content.index(b'IDAT') + len(content)) // 2
    path.write_bytes(content[:kept] + bytes(len(content) - kept))

  return spoil


def pipe_for(file):
  def spoil(example):
    getattr(example, file).unlink()
    os.mkfifo(getattr(example, file))

  return spoil


def bytes_of(file, content):
  return lambda example: getattr(example, file).write_bytes(content)


def gone(file):
  return lambda example: getattr(example, file).unlink()


def saved(file, change, kind='PNG', **options):
  """Saves a picture again after a change."""

  def spoil(example):
    path = getattr(example, file)
    image = Image.open(path)
    image.load()
    change(image).save(path, kind, **options)

  return spoil


def turned(tag, quarter=False, file='image'):
  """Adds an EXIF orientation, with or without turning the pixels."""
  exif = Image.Exif()
  exif[0x0112] = tag
  return saved(
    file,
    lambda image: image.transpose(Image.ROTATE_90) if quarter else image,
    'PNG' if file == 'parse' else 'JPEG',
    exif=exif.tobytes(),
    quality=95,
  )


def each(*spoilers):
  """Spoils in several ways, one after another."""

  def spoil(example):
    for spoiler in spoilers:
      spoiler(example)

  return spoil


def grey(value, size=None):
  return lambda image: Image.new('L', size or image.size, value)


def speck(image):
  speckled = Image.new('L', image.size)
  speckled.paste(255, (40, 40, 48, 48))
  return speckled


def without(*labels):
  """Makes some labels of a parse map face."""
  return lambda image: image.point(lambda x: 13 if x in labels else x)


def sixteen_bits(image):
  return Image.fromarray(np.asarray(image.convert('L')).astype(np.uint16) * 257)


def transparent(image):
  image = image.convert('RGBA')
  image.putalpha(128)
  return image


def joints(change):
  """Changes the joints [n, 3] of the first person."""

  def spoil(example):
    pose = json.loads(example.pose.read_text())
    numbers = pose['people'][0]['pose_keypoints_2d']
    rows = np.array(numbers).reshape(-1, 3)
    pose['people'][0]['pose_keypoints_2d'] = change(rows).ravel().tolist()
    example.pose.write_text(json.dumps(pose))

  return spoil


def person(change):
  """Changes the list of people."""

  def spoil(example):
    pose = json.loads(example.pose.read_text())
    pose['people'] = change(pose['people'])
    example.pose.write_text(json.dumps(pose))

  return spoil


def folder_for(file):
  def spoil(example):
    getattr(example, file).unlink()
    getattr(example, file).mkdir()

  return spoil


def circle(example):
  example.image.unlink()
  example.image.symlink_to(example.image)


def rgb_png_of_16_bits(example):
  rows = np.zeros((ROWS, 1 + 6 * COLUMNS), np.uint8)
  rows[:, 1:] = np.arange(6 * COLUMNS) % 251
  example.image.write_bytes(png((COLUMNS, ROWS), 16, rows.tobytes()))


def png(extent, depth, rows):
  """Returns an RGB PNG of a width, height, depth and filtered rows."""
  header = struct.pack('>IIBBBBB', *extent, depth, 2, 0, 0, 0)
  parts = ((b'IHDR', header), (b'IDAT', zlib.compress(rows)), (b'IEND', b''))
  content = b'\x89PNG\r\n\x1a\n'
  for kind, data in parts:
    check = zlib.crc32(kind + data)
    content += struct.pack('>I', len(data)) + kind + data
    content += struct.pack('>I', check)
  return content
