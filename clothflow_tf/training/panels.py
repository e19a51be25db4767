# SPDX-License-Identifier: Apache-2.0
"""Panels in TensorBoard: a stage's inputs and outputs, as it learns.

The examples are the same from the first epoch to the last, over restarts too,
so that a person can follow them: the first of the split 'validation', or of
'train' where there is none. The network runs on them as in evaluation, with
moving statistics and averaged weights. Drawing changes nothing of the training:
every variable that it writes is put back, and it draws no random number that
training would draw.
"""

import numpy as np
import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf.data import pipeline
from clothflow_tf.evaluation import pictures
from clothflow_tf.inputs import batch as batch_lib
from clothflow_tf.models import layout as layout_lib
from clothflow_tf.models import try_on
from clothflow_tf.training import averages
from clothflow_tf.training import callbacks
from clothflow_tf.training import trainers

Tensors = dict[str, tf.Tensor]


def examples(config: config_lib.Config, count: int) -> Tensors:
  """Returns the records [count, ..] that panels of a run show."""
  held_out = pipeline.has_examples(config.data, 'validation')
  split = 'validation' if held_out else 'train'
  return next(iter(pipeline.evaluation(config.data, split, count, count)))


class Panels(tf.keras.callbacks.Callback):
  """Writes a stage's panel as an image summary, at the end of epochs."""

  def __init__(self, trainer: trainers.Trainer, folder: str):
    super().__init__()
    settings = trainer.config.train_of(trainer.stage)
    self._every = settings.panel_epochs
    self._record = examples(trainer.config, settings.panel_examples)
    self._folder = folder
    strategy = trainer.distribute_strategy
    # In a replica: between them, reading a moving average needs all workers,
    # but one of them alone draws.
    self._shown = tf.function(
      lambda record: strategy.run(_shown, (trainer, record)), autograph=False
    )

  def on_train_begin(self, logs: callbacks.Logs = None) -> None:
    self._writer = tf.summary.create_file_writer(self._folder)

  def on_epoch_end(self, epoch: int, logs: callbacks.Logs = None) -> None:
    if (epoch + 1) % self._every:
      return
    picture = self.picture()
    with self._writer.as_default():
      tf.summary.image(
        self.model.stage, picture[np.newaxis], step=epoch, max_outputs=1
      )
    self._writer.flush()

  def on_train_end(self, logs: callbacks.Logs = None) -> None:
    self._writer.close()

  def picture(self) -> np.ndarray:
    """Returns the panel as it is now, uint8 [H', W', 3]."""
    trainer = self.model
    with averages.averaged(trainer):
      replicas = self._shown(self._record)
    first = trainer.distribute_strategy.experimental_local_results(replicas)[0]
    batch, result = (
      {key: value.numpy() for key, value in part.items()} for part in first
    )
    columns = pictures.stage_columns(trainer.stage, batch)
    count = len(batch['target_image'])
    rows = [pictures.row(batch, result, i, columns) for i in range(count)]
    return pictures.panel(rows, columns)


def _shown(trainer: trainers.Trainer, record: Tensors) -> list[Tensors]:
  """Returns a stage's batch of records, and its result."""
  batch = batch_lib.from_record(record, trainer.config.data)
  return [batch, _RESULTS[trainer.stage](trainer, batch)]


def _layout(trainer: trainers.Trainer, batch: Tensors) -> Tensors:
  drawn = trainer.results(batch, learning=False)
  layout = trainer.config.layout
  logits = layout_lib.at_full_size(drawn['logits'], batch, layout)
  return {'layout': try_on.predicted_layout(logits, layout)['target_layout']}


def _flow(trainer: trainers.Trainer, batch: Tensors) -> Tensors:
  result = trainer.results(batch, learning=False)
  return {k: result[k] for k in ('flow', 'warped_garment', 'warped_clothing')}


def _render(trainer: trainers.Trainer, batch: Tensors) -> Tensors:
  seen = trainer.seen(batch, learning=False)
  image = trainer.predict_network(seen, learning=False)['image']
  return {'warped_garment': seen['warped_garment'], 'image': image}


_RESULTS = {
  'layout': _layout,
  'flow': _flow,
  'render': _render,
  'joint': lambda trainer, batch: trainer.network.infer(batch),
}
