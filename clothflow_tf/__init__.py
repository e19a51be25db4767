# SPDX-License-Identifier: Apache-2.0
"""ClothFlow (Han et al., ICCV 2019) for TensorFlow: the map of the code.

A garment is put on a person, or a person into a new pose, in three stages:
predict the layout of the result, estimate the flow that carries the garment's
pixels there, render. Reading order:

1. `config`, `runs`: everything a run needs to know, and where it is kept;
   `files`: how anything is written, and bad input refused.
2. `ops.warp`, `ops.flow`: what a flow means and how it is applied.
3. `inputs.labels`, `inputs.record`, `inputs.raw`, `inputs.batch`: from stored
   examples, or an application's pictures, to what networks see.
4. `data.pipeline`: the examples of a training; `data.order`, when each comes;
   `data.augment`, how it varies. `data.dolls` draws examples with true flow;
   `data.photographs.reader` reads a person's and a garment's files.
5. `models.layout`, `models.flow`, `models.render`: the stages;
   `models.try_on`: all three, from raw inputs to an image;
   `models.composition`: what of a photo may change.
6. `losses`, `training`: how they learn. `training.objectives` says what each
   stage minimises, `training.trainers` and `training.joint` how one is trained,
   or all together. `evaluation`: what is measured and drawn.
7. `results`: the paper's comparison of methods, trained and measured.
8. `inference`: a person's files, or a folder of them, dressed. `inputs.window`
   places what the model sees in a photo, `compose` puts the result back.
9. `prepare`, `train`, `evaluate`, `try_on`, `find_pose`, `demo`: the programs.
   `export` beside this package: SavedModel, TFLite, the device runtime.

Five conventions hold everywhere:

1. Images are float32 [B, H, W, 3] in [-1, 1]; uint8 only in files and at the
   exported edge. Layouts are uint8 labels in files, one-hot in networks.
2. A flow is float32 [B, H, W, 2], (x, y), in pixels of its own grid, target to
   source; `ops.warp` alone knows its sign and channels. Resizing a flow scales
   its vectors. Outside an image its border repeats.
3. Pyramids and lists of flows are finest first.
4. A batch is a flat dict; `inputs.batch` declares its keys, shapes and ranges.
5. A run is a folder; whatever reads a run reads its configuration from there.
"""
