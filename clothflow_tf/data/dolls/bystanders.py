# SPDX-License-Identifier: Apache-2.0
"""Another person at the photo's edge: an arm, a shoulder, half a body.

She is drawn into the backdrop before the person is, and her label stays
background: a model must leave her as she is. Her body and pose are drawn as
any doll's; her paint is plain, as she is close to the edge and often blurred.
"""

import dataclasses

import cv2
import numpy as np

from clothflow_tf.data.dolls import body as bodies
from clothflow_tf.data.dolls import flesh
from clothflow_tf.data.dolls import frames
from clothflow_tf.data.dolls import places
from clothflow_tf.data.dolls import pose as poses
from clothflow_tf.data.dolls import puppet as puppets
from clothflow_tf.data.dolls import scenery
from clothflow_tf.data.dolls import streams
from clothflow_tf.data.dolls import textures

SHARE = 0.06  # Of the pictures have a bystander.
_HEM = 0.35  # How far below the torso a top hangs, body units.


def add(rng: np.random.Generator, ground: np.ndarray) -> np.ndarray:
  """Returns the backdrop [h, w, 3] float32, six in a hundred with a bystander.

  The others are returned as they are.
  """
  return draw(rng, ground) if streams.chance(rng, SHARE) else ground


def draw(rng: np.random.Generator, ground: np.ndarray) -> np.ndarray:
  """Draws a bystander at the left or the right edge of a backdrop."""
  frame = frames.Frame(*ground.shape[:2])
  picture, mask = cv2.convertScaleAbs(ground), np.zeros(frame, np.uint8)
  puppet = puppets.Puppet(bodies.sample(rng), _pose(rng, frame))
  cloth = scenery.cloth_color(rng), scenery.cloth_color(rng)
  sleeve = rng.choice([0.0, 0.8, 9.0], p=[0.2, 0.4, 0.4])
  for polygon, color in _shapes(puppet, cloth, sleeve):
    scenery.polygon(picture, polygon, color)
    scenery.polygon(mask, polygon, np.full(1, 255.0))
  _shade(rng, picture, mask)
  sigma = 0.012 * frame.width * rng.random() ** 2
  if sigma > 0.5:
    picture = cv2.GaussianBlur(picture, (0, 0), sigma)
    mask = cv2.GaussianBlur(mask, (0, 0), sigma)
  alpha = cv2.merge([mask * np.float32(1 / 255)] * 3)
  return ground + alpha * (picture - ground)


def _pose(rng: np.random.Generator, frame: frames.Frame) -> poses.Pose:
  """Draws a pose whose body is mostly beyond the left or the right edge."""
  record = frame.times(0.5)
  pose = poses.sample(rng, record, full=False)
  unit = pose.unit * rng.uniform(0.75, 1.3)
  # An arm alone, or half of a body.
  outside = rng.uniform(0.9, 1.45)
  if streams.chance(rng, 0.45):
    outside = rng.uniform(-0.1, 0.9)
  y = pose.neck.y + record.height * rng.uniform(-0.12, 0.15)
  x = -outside * unit
  if streams.chance(rng, 0.5):
    x = record.width - x
  return dataclasses.replace(pose, unit=unit, neck=places.Point(x, y))


def _shapes(
  puppet: puppets.Puppet, cloth: tuple[np.ndarray, np.ndarray], sleeve: float
) -> list[tuple[np.ndarray, np.ndarray]]:
  """Returns (polygon, colour) of a person, back to front.

  `sleeve` is how far from the shoulder the sleeves reach, in body units.
  """
  body, (top, trousers) = puppet.body, cloth
  shapes = []
  for side in puppets.SIDES:
    legs = flesh.pieces(puppet, 'leg', side)
    shapes += [(piece, trousers) for piece in legs]
  y = np.linspace(-0.5, body.torso + _HEM, 24)
  for low, color in ((-0.5, body.skin), (-0.16, top)):
    rows = y[y >= low]
    half = np.stack([body.half_width(rows), rows], 1)
    outline = np.concatenate([half, half[::-1] * (-1, 1)])
    shapes.append((puppet.torso(outline), color))
  shapes += _head(puppet)
  for side in puppets.SIDES:
    arms = flesh.pieces(puppet, 'arm', side)
    shapes += [(piece, body.skin) for piece in arms]
    shapes.append((_hand(puppet, side), body.skin))
    sleeves = flesh.pieces(puppet, 'arm', side, 0, sleeve)
    shapes += [(piece, 0.96 * top) for piece in sleeves]
  return shapes


def _head(puppet: puppets.Puppet) -> list[tuple[np.ndarray, np.ndarray]]:
  """Returns hair and face, without features: heads are mostly cut."""
  body = puppet.body
  turn = np.linspace(0, 2 * np.pi, 28)
  circle = np.stack([np.sin(turn), np.cos(turn)], 1)
  middle = puppets.CHIN - 0.5 * body.head
  hair = (0, middle - 0.12) + circle * (1.2 * body.face, 0.56 * body.head)
  face = (0, middle + 0.1) + circle * (body.face, 0.45 * body.head)
  neck = np.array([(-1, 0), (1, 0), (1, -0.9), (-1, -0.9)]) * (body.neck, 1)
  shapes = [(hair, body.hair), (neck, 0.92 * body.skin), (face, body.skin)]
  return [(puppet.head(shape), color) for shape, color in shapes]


def _hand(puppet: puppets.Puppet, side: int) -> np.ndarray:
  """Returns a hand with closed fingers beyond the wrist."""
  elbow, wrist = (puppet.joint(name, side) for name in ('elbow', 'wrist'))
  along = (wrist - elbow) / max(np.linalg.norm(wrist - elbow), 1e-6)
  across = along[::-1] * (-1, 1)
  turn = np.linspace(0, 2 * np.pi, 16, endpoint=False)[:, None]
  tip = 0.3 + 0.4 * np.cos(turn)
  return wrist + puppet.unit * (tip * along + 0.19 * np.sin(turn) * across)


def _shade(
  rng: np.random.Generator, picture: np.ndarray, mask: np.ndarray
) -> None:
  """Darkens a person towards the outline, and gives cloth soft folds."""
  h, w = mask.shape
  size = int(0.09 * w) | 1
  soft = cv2.blur(mask, (size, size)).astype(np.float32) * np.float32(1 / 255)
  folds = textures.noise(rng, (h // 4, w // 4), 0.012 * w)
  gain = 0.55 + 0.45 * soft + 0.03 * cv2.resize(folds, (w, h))
  lit = picture * cv2.merge([np.clip(gain, 0, 1.1)] * 3)
  cv2.convertScaleAbs(lit, picture)
