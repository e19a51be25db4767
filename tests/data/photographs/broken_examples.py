# SPDX-License-Identifier: Apache-2.0
"""The list of broken inputs that a folder is tested with."""

import numpy as np

from tests.data.photographs import spoilers as by

BOMB = by.png((40_000, 40_000), 8, b'0')
NAN = np.array([np.nan, 5, 1])

# Name of the example: (spoiler, the file that is named, kind, reason).
SET_ASIDE = {
  'truncated_jpeg': (by.cut('image'), 'image', 'unreadable', 'truncated'),
  'truncated_png': (by.cut('parse'), 'parse', 'unreadable', 'is broken'),
  'zeroed_png': (by.zeroed('parse'), 'parse', 'unreadable', 'is broken'),
  'pipe': (by.pipe_for('image'), 'image', 'unreadable', 'a pipe or a device'),
  'pipe_for_pose': (by.pipe_for('pose'), 'pose', 'unreadable', 'a pipe'),
  'empty_file': (
    by.bytes_of('image', b''),
    'image',
    'unreadable',
    'empty file',
  ),
  'text_file': (
    by.bytes_of('image', b'hi'),
    'image',
    'unreadable',
    'no picture',
  ),
  'folder': (
    by.folder_for('image'),
    'image',
    'unreadable',
    'Is a directory',
  ),
  'no_picture': (by.gone('image'), 'image', 'missing', 'No such file'),
  'link_to_itself': (by.circle, 'image', 'unreadable', 'symbolic links'),
  'huge': (
    by.bytes_of('image', BOMB),
    'image',
    'unreadable',
    'exceeds limit',
  ),
  'upside_down': (
    by.turned(3),
    'image',
    'unreadable',
    'orientation 3.*its parse map and pose may be',
  ),
  'garment_upside_down': (
    by.turned(3, file='garment'),
    'garment',
    'unreadable',
    'orientation 3.*its mask may be',
  ),
  'mirrored_mask': (
    by.turned(2, file='mask'),
    'mask',
    'unreadable',
    'orientation 2, .*expected none',
  ),
  'parse_upside_down': (
    by.turned(3, file='parse'),
    'parse',
    'unreadable',
    'orientation 3, .*expected none',
  ),
  'garment_and_mask_upside_down': (
    by.each(by.turned(3, file='garment'), by.turned(3, file='mask')),
    'mask',
    'unreadable',
    'orientation 3, .*expected none',
  ),
  'mask_on_its_side': (
    by.turned(6, True, file='mask'),
    'mask',
    'unreadable',
    'orientation 6, .*expected none',
  ),
  'mask_of_no_turn': (
    by.turned(0, file='mask'),
    'mask',
    'unreadable',
    'orientation 0, .*expected none',
  ),
  'shares': (
    by.joints(lambda x: x * (1 / 96, 1 / 128, 1)),
    'pose',
    'keypoints',
    'pixels of the corner; .*not shares of width and height',
  ),
  'lying': (by.turned(6), 'parse', 'size', 'is 96x128.*96|128x96'),
  'rgb_parse': (
    by.saved('parse', lambda image: image.convert('RGB')),
    'parse',
    'unreadable',
    'has mode RGB; expected a PNG of mode P or L',
  ),
  'rgba_parse': (
    by.saved('parse', by.transparent),
    'parse',
    'unreadable',
    'RGBA',
  ),
  'deep_parse': (
    by.saved('parse', by.sixteen_bits),
    'parse',
    'unreadable',
    'I;16',
  ),
  'jpeg_parse': (
    by.saved('parse', by.grey(5), 'JPEG'),
    'parse',
    'unreadable',
    'is a JPEG, which is lossy',
  ),
  'small_parse': (
    by.saved('parse', by.grey(5, (48, 64))),
    'parse',
    'size',
    '48x64',
  ),
  'unknown_label': (
    by.saved('parse', by.grey(21)),
    'parse',
    'labels',
    r'labels \[21\]; expected .*0-20 \(cihp\)',
  ),
  'empty_parse': (
    by.saved('parse', by.grey(0)),
    'parse',
    'labels',
    'all background',
  ),
  'no_parse': (by.gone('parse'), 'parse', 'missing', 'No such file'),
  'empty_people': (
    by.person(lambda x: []),
    'pose',
    'keypoints',
    'no joint',
  ),
  'nan_joint': (
    by.joints(lambda x: x * 0 + NAN),
    'pose',
    'keypoints',
    'NaN',
  ),
  'outside': (
    by.joints(lambda x: x + (500, 0, 0) * (x > 0)),
    'pose',
    'keypoints',
    '16 of 16 joints lie outside',
  ),
  'on_the_background': (
    by.joints(lambda x: np.where(x[:, 2:] > 0, (4.0, 2.0, 0.9), x)),
    'pose',
    'keypoints',
    '16 of 16 joints on the background',
  ),
  'few_joints': (
    by.joints(lambda x: x * (np.arange(len(x)) < 3)[:, None]),
    'pose',
    'keypoints',
    'has 3 joints; expected at least 4',
  ),
  '17_joints': (
    by.joints(lambda x: x[:17]),
    'pose',
    'keypoints',
    '51 numbers; expected 54 .* or 75',
  ),
  'no_json': (
    by.bytes_of('pose', b'{"people'),
    'pose',
    'keypoints',
    'be read',
  ),
  'other_key': (
    by.person(lambda x: [{'joints': []}]),
    'pose',
    'keypoints',
    "people without 'pose_keypoints_2d'",
  ),
  'no_pose': (by.gone('pose'), 'pose', 'missing', 'No such file'),
  'black_mask': (
    by.saved('mask', by.grey(0)),
    'mask',
    'mask',
    'mask is empty',
  ),
  'white_mask': (
    by.saved('mask', by.grey(255)),
    'mask',
    'mask',
    'all four corners',
  ),
  'inverted_mask': (
    by.saved('mask', lambda image: image.point(lambda x: 255 - x)),
    'mask',
    'mask',
    'all four corners',
  ),
  'small_mask': (
    by.saved('mask', lambda image: image.resize((48, 64))),
    'mask',
    'size',
    '48x64 .*96x128',
  ),
  'rgb_mask': (
    by.saved('mask', lambda image: image.convert('RGB')),
    'mask',
    'unreadable',
    'has mode RGB; expected a grey mask',
  ),
  'no_mask': (by.gone('mask'), 'mask', 'missing', 'No such file'),
  'no_garment': (
    by.gone('garment'),
    'garment',
    'missing',
    'No such file',
  ),
  'half_a_garment': (
    by.cut('garment'),
    'garment',
    'unreadable',
    'truncated',
  ),
}
# What is converted all the same, and what the report says of it.
REMARKED = {
  'deep_grey': (
    by.saved('image', by.sixteen_bits),
    'image',
    'picture',
    '16 bits',
  ),
  'deep_colour': (by.rgb_png_of_16_bits, 'image', 'picture', '16 bits'),
  'cmyk': (
    by.saved('image', lambda image: image.convert('CMYK'), 'JPEG'),
    'image',
    'picture',
    'CMYK',
  ),
  'turned': (
    by.turned(6, quarter=True),
    'image',
    'picture',
    'orientation 6',
  ),
  'speck': (by.saved('mask', by.speck), 'mask', 'mask', 'hardly a garment'),
  'one_label': (
    by.saved('parse', by.grey(13)),
    'parse',
    'labels',
    'everywhere',
  ),
  'bare': (
    by.saved('parse', by.without(5, 6, 7)),
    'parse',
    'labels',
    'has no upper garment',
  ),
  'turn_0': (by.turned(0), 'image', 'picture', 'orientation 0, which is none'),
  'turn_9': (by.turned(9), 'image', 'picture', 'orientation 9, which is none'),
  'transparent': (
    by.saved('garment', by.transparent),
    'garment',
    'picture',
    'white',
  ),
  'two_people': (
    by.person(lambda x: x * 2),
    'pose',
    'people',
    '2 people',
  ),
  'one_outside': (
    by.joints(lambda x: np.r_[[[900, 9, 1]], x[1:]]),
    'pose',
    'keypoints',
    '1 joints lie outside',
  ),
  'no_neck': (
    by.saved('parse', by.without(10, 20)),
    'parse',
    'neck',
    'has no neck',
  ),
  'name with spaces': (lambda example: None, None, None, ''),
}
CASES = {**SET_ASIDE, **REMARKED}
SOUND = ('sound_1', 'sound_2')
# Lines of the list of pairs that are none, and what is said of them.
LINES = {
  'sound_1.jpg sound_1.jpg': 'repeats line 1',
  'sound_1.jpg': '1 names; expected PERSON GARMENT',
  'sound_1.jpg sound_1.jpg 7': '3 names; expected PERSON GARMENT',
  '../sound_1.jpg sound_1.jpg': 'a path out of the folder',
}
