# SPDX-License-Identifier: Apache-2.0
"""The other layouts of `made_up_folders`: Dress Code, ACGPN, DeepFashion."""

from collections.abc import Sequence
import pathlib

import numpy as np
from PIL import Image

from tests.data.photographs.datasets import made_up_folders as folders

_UNITS = 4  # Dress Code's 512x384 frame is so many times the pictures.


def dress_code(folder: pathlib.Path) -> dict[str, dict[str, folders.Truth]]:
  """Writes all three categories, one pair a split; no masks, white backdrop."""
  artist, truths = folders.Artist(seed=5), {'train': {}, 'test': {}}
  cases = [('upper_body', 5, 4), ('dresses', 6, 7)]
  cases += [('lower_body', 9, 6), ('lower_body', 12, 5)]
  lists = {}
  for identity, (category, label, number) in enumerate(cases):
    for split in truths:
      name = f'{identity + 10 * (split == "test"):06d}'
      truth = _dressed(folder / category, name, artist, number)
      truth.label = label
      line = f'{category}/{name}_0.jpg {category}/{name}_1.jpg'
      truths[split][line] = truth
      list_of = 'train_pairs' if split == 'train' else 'test_pairs_paired'
      path = folder / category / f'{list_of}.txt'
      lists.setdefault(path, []).append(f'{name}_0.jpg\t{name}_1.jpg')
  for path, lines in lists.items():
    path.write_text('\n'.join(lines) + '\n')
  return truths


def _dressed(
  root: pathlib.Path, name: str, artist: folders.Artist, number: int
) -> folders.Truth:
  person = artist.picture()
  parse, joints = artist.person([*folders.ATR, *[number] * 40], 11)
  joints[[2, 5], :2] = (33.2, 50.1), (61.4, 40.5)  # Shoulders, not level.
  mask = artist.mask() > 0
  garment = np.where(mask[..., None], artist.picture() // 2, 255)
  garment = garment.astype(np.uint8)
  folders.save_jpeg(root / 'images' / f'{name}_0.jpg', person)
  folders.save_jpeg(root / 'images' / f'{name}_1.jpg', garment)
  folders.save_parse(root / 'label_maps' / f'{name}_4.png', parse)
  # The centre of a pixel is half of one from its edge, in either frame.
  points = (joints[:, :2] + 0.5) * _UNITS - 0.5
  rows = np.c_[points, joints[:, 2], np.arange(18)]
  rows[joints[:, 2] == 0] = -1
  folders.save_json(
    root / 'keypoints' / f'{name}_2.json', {'keypoints': rows.tolist()}
  )
  layout = _with_neck(folders.mapped(parse, folders.ATR), joints)
  return folders.Truth(person, layout, joints, garment, mask, cut_out=True)


def _with_neck(layout: np.ndarray, joints: np.ndarray) -> np.ndarray:
  """Returns a layout whose face is neck from the shoulders' line on.

  As loaders of Dress Code cut it: 20 rows of 512 above the line.
  """
  slope, start = np.polyfit(*joints[[2, 5], :2].T, 1)
  rows, columns = np.indices(layout.shape)
  near = rows >= slope * columns + start - 20 * layout.shape[0] / 512
  return np.where(near & (layout == 13), 10, layout).astype(np.uint8)


def acgpn(
  folder: pathlib.Path, names: str = 'same'
) -> dict[str, dict[str, folders.Truth]]:
  """Writes {train,test}_*; names are the 'same' or only 'sorted' alike.

  The last person of each split has an empty list of people.
  """
  artist, truths = folders.Artist(seed=7), {}
  for split in ('train', 'test'):
    truths[split] = {}
    for i in range(3):
      stem = {role: f'{i:06d}' for role in ('img', 'color', 'edge', 'label')}
      if names == 'sorted':
        stem = {'img': f'p{i}', 'color': f'g{7 * i:03d}', 'edge': f'e{i}'}
        stem['label'] = f'l{i}'
      else:
        stem |= {'color': f'{i:06d}_1', 'edge': f'{i:06d}_1'}
        stem['img'] += '_0'
      truth = _ordered(folder, split, stem, artist)
      if i == 2:
        pose = folder / f'{split}_pose' / f'{stem["img"]}_keypoints.json'
        folders.save_json(pose, {'version': 1.0, 'people': []})
        truth.joints = np.zeros((18, 3))
      truths[split][f'{stem["img"]}.jpg {stem["color"]}.jpg'] = truth
  return truths


def _ordered(
  folder: pathlib.Path, split: str, stem: dict[str, str], artist: folders.Artist
) -> folders.Truth:
  person, garment = artist.picture(), artist.picture()
  parse, joints = artist.person(folders.ACGPN, 12)
  folders.save_jpeg(folder / f'{split}_img' / f'{stem["img"]}.jpg', person)
  folders.save_jpeg(folder / f'{split}_color' / f'{stem["color"]}.jpg', garment)
  folders.save_jpeg(
    folder / f'{split}_edge' / f'{stem["edge"]}.jpg', artist.mask(), 75
  )
  label = folder / f'{split}_label' / f'{stem["label"]}.png'
  label.parent.mkdir(exist_ok=True)
  Image.fromarray(parse).save(label)
  pose = folder / f'{split}_pose' / f'{stem["img"]}_keypoints.json'
  folders.save_json(pose, folders.openpose(joints, 'pose_keypoints'))
  layout = folders.mapped(parse, folders.ACGPN)
  return folders.Truth(person, layout, joints, garment, artist.mask() > 0, 5)


def deepfashion(
  folder: pathlib.Path, spelling: str = 'fasion-resize'
) -> dict[str, dict[str, folders.Truth]]:
  """Writes PATN's convention at 256x176; without "resize" x is of 256."""
  artist, truths = folders.Artist((256, 176), seed=9), {}
  shift = 0 if 'resize' in spelling else 40
  root = folder / 'fashion_data'
  for split in ('train', 'test'):
    people = {}
    for view in ('1front', '2side', '4full'):
      name = f'fashionWOMENTees_Tanksid0000007701_{view}.jpg'
      people[name] = artist.picture(), *_whole(artist)
      folders.save_jpeg(root / split / name, people[name][0])
      parse = root / f'{split}_parse' / name.replace('.jpg', '.png')
      folders.save_parse(parse, people[name][1])
    rows = [_row(name, one[2], shift) for name, one in people.items()]
    text = 'name:keypoints_y:keypoints_x\n' + '\n'.join(rows) + '\n'
    (root / f'{spelling}-annotation-{split}.csv').write_text(text)
    pairs = [(a, b) for a in people for b in people if a != b]
    text = 'from,to\n' + ''.join(f'{a},{b}\n' for a, b in pairs)
    (root / f'{spelling}-pairs-{split}.csv').write_text(text)
    truths[split] = {f'{a} {b}': _moved(people[a], people[b]) for a, b in pairs}
  return truths


def _whole(artist: folders.Artist) -> tuple[np.ndarray, np.ndarray]:
  """Returns a parse map, and joints in whole pixels."""
  parse, joints = artist.person(folders.LIP, 13)
  joints[:, :2] = np.floor(joints[:, :2])
  joints[:, 2] = joints[:, 2] > 0
  return parse, joints


def _row(name: str, joints: np.ndarray, shift: int) -> str:
  xs = [int(x) + shift if c else -1 for x, _, c in joints]
  ys = [int(y) if c else -1 for _, y, c in joints]
  return f'{name}: {ys}: {xs}'


def _moved(source: Sequence, target: Sequence) -> folders.Truth:
  layouts = [folders.mapped(one[1], folders.LIP) for one in (source, target)]
  return folders.Truth(target[0], layouts[1], target[2], source[0], layouts[0])
