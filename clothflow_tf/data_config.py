# SPDX-License-Identifier: Apache-2.0
"""The settings of data: what records are, and what networks see of them."""

import dataclasses

from clothflow_tf import config_values as values

# Data sets of photographs, which have no true flow, and the task of each.
PHOTOGRAPHS = {
  'viton': 'try_on',
  'viton_hd': 'try_on',
  'dress_code': 'try_on',
  'acgpn': 'try_on',
  'deepfashion': 'pose_transfer',
}


@dataclasses.dataclass
class DataConfig:
  """What the records are, and how a record becomes what networks see.

  Attributes:
    dataset: 'paper_doll', or one of `PHOTOGRAPHS`.
    data_dir: folder that `clothflow_tf.prepare` wrote the data set to.
    task: 'try_on' or 'pose_transfer'.
    height: rows of every image, a multiple of 2 ** (levels of a stage).
    width: columns of every image, likewise.
    heat_map_sigma: standard deviation of a keypoint's Gaussian, as a share of
      the height. Open; 0.0235 is 6 pixels at 256.
    agnostic: what try-on removes from the person: 'garment_and_skin', for
      pairs, which show the garment to be put on (the field's way), or
      'garment', for exact triplets, which show another outfit.
    ends: measure where the worn garment ends (hem, sleeves), for a stage 1 that
      decides it first. Not in the paper.
    agnostic_margin: how far, as a share of the height, the removed garment's
      region is grown before its pixels are taken out of the person image, so
      that the hole's outline does not tell the garment's. Open.
    agnostic_fill: continue the background into that hole, and kept parts by
      some pixels, instead of leaving it 0. Open.
    pairs: train as if triplets were pairs: the person wears the garment to be
      put on already. Evaluation still shows the other garment, so that what
      such a training leaves out is measured.
  """

  dataset: str = values.choice('paper_doll', *PHOTOGRAPHS)
  data_dir: str = 'data'
  task: str = values.choice('try_on', 'pose_transfer')
  height: int = values.number(256, least=1)
  width: int = values.number(192, least=1)
  heat_map_sigma: float = values.number(0.0235, least=1e-6, most=1)
  agnostic: str = values.choice('garment_and_skin', 'garment')
  ends: bool = False
  agnostic_margin: float = values.number(0.025, least=0, most=1)
  agnostic_fill: bool = False
  pairs: bool = False
