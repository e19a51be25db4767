# SPDX-License-Identifier: Apache-2.0
"""Things that stand or hang in a room: doors, windows, shelves, beds, plants.

Each is a few boxes. What matters behind a person is not the thing but its long
straight edges, its contrast, and that it is cut by the person's outline.
"""

import numpy as np

from clothflow_tf.data.dolls import scenery
from clothflow_tf.data.dolls import streams


def door(rng: np.random.Generator, picture: np.ndarray, floor: float) -> None:
  """Paints a door with a frame and panels down to the floor."""
  h, w = picture.shape[:2]
  across = w * rng.uniform(0.3, 0.55)
  left = rng.uniform(-0.3, 0.9) * w
  box = scenery.Box(
    left, floor - h * rng.uniform(0.7, 1.1), left + across, floor
  )
  color = scenery.object_color(rng)
  scenery.rectangle(picture, box, color * rng.uniform(0.7, 0.95))
  leaf = box.inner(0.07, 0.03, 0.86, 0.97)
  scenery.rectangle(picture, leaf, color)
  for top, height in ((0.06, 0.38), (0.5, 0.42)):
    for side in (0.1, 0.54):
      panel = leaf.inner(side, top, 0.36, height)
      scenery.rectangle(picture, panel, color * 0.86)
      scenery.rectangle(picture, panel.inner(0.08, 0.04, 0.88, 0.94), color)
  knob = leaf.inner(0.88, 0.5, 0.07, 0.025)
  scenery.ellipse(picture, knob, rng.uniform(60, 200) + np.array([20, 10, 0]))


def window(rng: np.random.Generator, picture: np.ndarray, floor: float) -> None:
  """Paints a bright window with bars, at times with curtains beside it."""
  h, w = picture.shape[:2]
  left, top = rng.uniform(-0.3, 0.85) * w, rng.uniform(-0.1, 0.2) * h
  bottom = min(top + h * rng.uniform(0.35, 0.7), floor)
  box = scenery.Box(left, top, left + w * rng.uniform(0.35, 0.8), bottom)
  frame = rng.uniform(170, 250) + rng.normal(0, 4, 3)
  scenery.rectangle(picture, box, frame)
  glass = rng.uniform(215, 255) + np.array([-12, 0, 6]) * rng.random()
  if streams.chance(rng, 0.2):  # At night.
    glass = rng.uniform(10, 50) + np.array([0, 4, 16])
  columns, rows = int(rng.integers(1, 4)), int(rng.integers(1, 4))
  for x in range(columns):
    for y in range(rows):
      pane = box.inner(x / columns, y / rows, 1 / columns, 1 / rows)
      scenery.rectangle(picture, pane.inner(0.06, 0.04, 0.88, 0.92), glass)
  if streams.chance(rng, 0.45):
    for x in (-0.18, 0.82):
      hanging = box.inner(x, -0.08, 0.36, 1.4)
      curtain(rng, picture, hanging)


def curtain(
  rng: np.random.Generator, picture: np.ndarray, box: scenery.Box
) -> None:
  """Paints cloth that hangs in folds from the top of a box."""
  h, w = picture.shape[:2]
  x0, x1 = (int(np.clip(x, 0, w)) for x in (box.left, box.right))
  y0, y1 = (int(np.clip(y, 0, h)) for y in (box.top, box.bottom))
  if x0 >= x1 or y0 >= y1:
    return
  x = np.arange(x0, x1) / w
  swing = rng.uniform(-2, 2) * np.sin(rng.uniform(6, 14) * x + rng.random())
  fold = np.sin(rng.uniform(50, 160) * x + swing + rng.uniform(0, 6))
  light = 1 + rng.uniform(0.05, 0.22) * fold
  color = np.clip(scenery.object_color(rng)[None] * light[:, None], 0, 255)
  picture[y0:y1, x0:x1] = color.astype(np.uint8)[None]


def drapery(
  rng: np.random.Generator, picture: np.ndarray, floor: float
) -> None:
  """Paints a curtain from the ceiling to the floor."""
  h, w = picture.shape[:2]
  left = rng.uniform(-0.3, 0.9) * w
  right = left + w * rng.uniform(0.2, 0.6)
  curtain(rng, picture, scenery.Box(left, -1, right, min(floor + 0.02 * h, h)))


def shelf(rng: np.random.Generator, picture: np.ndarray, floor: float) -> None:
  """Paints boards with books and boxes on them."""
  h, w = picture.shape[:2]
  left, across = rng.uniform(-0.2, 0.8) * w, w * rng.uniform(0.25, 0.6)
  wood, back = scenery.object_color(rng), rng.uniform(0.45, 0.85)
  box = scenery.Box(left, rng.uniform(-0.1, 0.4) * h, left + across, floor)
  if streams.chance(rng, 0.6):  # A bookcase has a back and sides.
    scenery.rectangle(picture, box, wood)
    inner = box.inner(0.04, 0.01, 0.92, 0.98)
    scenery.rectangle(picture, inner, wood * back)
  step = h * rng.uniform(0.1, 0.2)
  for level in np.arange(box.top + step, floor, step):
    _books(rng, picture, scenery.Box(left, level - step, left + across, level))
    board = scenery.Box(left, level, left + across, level + 0.012 * h)
    scenery.rectangle(picture, board, wood)


def _books(
  rng: np.random.Generator, picture: np.ndarray, box: scenery.Box
) -> None:
  """Fills the lower part of a box with upright books or boxes."""
  x, end = rng.uniform(0.02, 0.3), rng.uniform(0.6, 0.96)
  while x < end:
    width, height = rng.uniform(0.03, 0.1), rng.uniform(0.45, 0.85)
    if streams.chance(rng, 0.85):
      book = box.inner(x, 1 - height, 0.92 * width, height)
      scenery.rectangle(picture, book, scenery.cloth_color(rng))
    x += width


def picture_frames(
  rng: np.random.Generator, picture: np.ndarray, floor: float
) -> None:
  """Paints pictures, posters or a mirror that hang on the wall."""
  h, w = picture.shape[:2]
  for _ in range(int(rng.integers(1, 5))):
    across, down = rng.uniform(0.1, 0.32) * w, rng.uniform(0.08, 0.28) * h
    left, top = rng.uniform(-0.05, 0.95) * w, rng.uniform(0, 0.6) * h
    box = scenery.Box(left, top, left + across, min(top + down, floor))
    scenery.rectangle(picture, box, scenery.object_color(rng))
    mount = box.inner(0.06, 0.06, 0.88, 0.88)
    scenery.rectangle(picture, mount, scenery.wall_color(rng))
    for _ in range(int(rng.integers(0, 4))):
      x, y = rng.uniform(0.1, 0.6, 2)
      spot = mount.inner(x, y, *rng.uniform(0.15, 0.4, 2))
      draw = scenery.ellipse if streams.chance(rng, 0.5) else scenery.rectangle
      draw(picture, spot, scenery.cloth_color(rng))


def cabinet(
  rng: np.random.Generator, picture: np.ndarray, floor: float
) -> None:
  """Paints a chest of drawers, a table or a counter, and things on it."""
  h, w = picture.shape[:2]
  left, across = rng.uniform(-0.3, 0.8) * w, w * rng.uniform(0.3, 0.8)
  foot = min(floor + h * rng.uniform(0.0, 0.06), 1.2 * h)
  box = scenery.Box(
    left, foot - h * rng.uniform(0.2, 0.45), left + across, foot
  )
  color = scenery.object_color(rng)
  scenery.rectangle(picture, box, color)
  scenery.rectangle(picture, box.inner(-0.02, 0, 1.04, 0.05), color * 1.12)
  columns, rows = int(rng.integers(1, 4)), int(rng.integers(1, 5))
  for x in range(columns):
    for y in range(rows):
      front = box.inner(
        x / columns, 0.05 + 0.9 * y / rows, 1 / columns, 0.9 / rows
      )
      scenery.rectangle(
        picture, front.inner(0.03, 0.05, 0.94, 0.9), color * 0.9
      )
      knob = front.inner(0.42, 0.42, 0.16, 0.06)
      scenery.rectangle(picture, knob, color * 0.5)
  for _ in range(int(rng.integers(0, 4))):
    x, width, height = rng.uniform((0, 0.06, 0.1), (0.85, 0.2, 0.5))
    thing = box.inner(x, -height, width, height)
    scenery.rectangle(picture, thing, scenery.cloth_color(rng))


def sofa(rng: np.random.Generator, picture: np.ndarray, floor: float) -> None:
  """Paints a sofa or the head of a bed with cushions."""
  h, w = picture.shape[:2]
  left, across = rng.uniform(-0.4, 0.6) * w, w * rng.uniform(0.5, 1.1)
  foot = min(floor + h * rng.uniform(0.02, 0.12), 1.25 * h)
  box = scenery.Box(
    left, foot - h * rng.uniform(0.22, 0.4), left + across, foot
  )
  color = scenery.cloth_color(rng)
  scenery.rectangle(picture, box, color * 0.92)
  for x in range(3):
    cushion = box.inner(x / 3 + 0.02, 0.08, 0.3, 0.5)
    scenery.rectangle(picture, cushion, color)
    if streams.chance(rng, 0.35):
      pillow = cushion.inner(0.1, 0.2, 0.75, 0.75)
      scenery.ellipse(picture, pillow, scenery.cloth_color(rng))
  scenery.rectangle(picture, box.inner(-0.04, 0.55, 1.08, 0.25), color * 1.06)
  scenery.rectangle(picture, box.inner(-0.04, 0.8, 1.08, 0.2), color * 0.7)


def plant(rng: np.random.Generator, picture: np.ndarray, floor: float) -> None:
  """Paints a pot with long leaves."""
  h, w = picture.shape[:2]
  x, size = rng.uniform(0, 1) * w, h * rng.uniform(0.06, 0.12)
  foot = min(floor + 0.03 * h, 1.05 * h)
  pot = scenery.Box(x - 0.6 * size, foot - size, x + 0.6 * size, foot)
  scenery.rectangle(picture, pot, scenery.object_color(rng))
  green = np.array([60, 110, 50.0])
  for _ in range(int(rng.integers(8, 22))):
    angle, length = rng.normal(0, 0.7), size * rng.uniform(1.5, 5)
    ahead = np.array([np.sin(angle), -np.cos(angle)])
    aside = ahead[::-1] * (-0.08, 0.08)
    root = np.array([x, foot - size])
    middle = root + 0.5 * length * ahead
    leaf = [root, middle + length * aside, root + length * ahead]
    leaf.append(middle - length * aside)
    shade = green * rng.uniform(0.5, 1.5) + rng.normal(0, 8, 3)
    scenery.polygon(picture, np.array(leaf), shade)


def lamp(rng: np.random.Generator, picture: np.ndarray, floor: float) -> None:
  """Paints a floor lamp with a bright shade."""
  h, w = picture.shape[:2]
  x, top = rng.uniform(0, 1) * w, rng.uniform(0.02, 0.4) * h
  pole = scenery.Box(x - 0.005 * h, top, x + 0.005 * h, floor)
  scenery.rectangle(picture, pole, scenery.wood_color(rng) * 0.7)
  wide, high = h * rng.uniform(0.05, 0.1), h * rng.uniform(0.06, 0.14)
  shade = [(x - 0.6 * wide, top), (x + 0.6 * wide, top)]
  shade += [(x + wide, top + high), (x - wide, top + high)]
  light = np.array([255, 238, 205]) * rng.uniform(0.7, 1.0)
  scenery.polygon(picture, np.array(shade), light)


def clutter(
  rng: np.random.Generator, picture: np.ndarray, floor: float
) -> None:
  """Paints a heap of clothes, bags and boxes, or an unmade bed."""
  h, w = picture.shape[:2]
  x, y = rng.uniform(0, 1) * w, min(floor, h) - h * rng.uniform(0, 0.3)
  spread = np.array([w, h]) * rng.uniform((0.08, 0.03), (0.3, 0.1))
  family = [scenery.cloth_color(rng) for _ in range(4)]
  for _ in range(int(rng.integers(6, 22))):
    middle = np.array([x, y]) + spread * rng.normal(0, 1, 2)
    size = spread * rng.uniform(0.25, 0.8, 2)
    turn = np.sort(rng.uniform(0, 2 * np.pi, 7))
    lump = np.stack([np.cos(turn), np.sin(turn)], 1)
    shade = family[rng.integers(4)] * rng.uniform(0.6, 1.15)
    scenery.polygon(picture, middle + size * lump, shade)


# Weight of each thing, and the function that paints it.
THINGS = {
  'door': (2.0, door),
  'window': (2.5, window),
  'drapery': (2.0, drapery),
  'shelf': (2.0, shelf),
  'picture_frames': (2.5, picture_frames),
  'cabinet': (2.0, cabinet),
  'sofa': (1.5, sofa),
  'plant': (1.0, plant),
  'lamp': (0.8, lamp),
  'clutter': (1.5, clutter),
}
