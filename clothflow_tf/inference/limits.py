# SPDX-License-Identifier: Apache-2.0
"""What the reader of photographs goes by, for exports that read in a graph."""

from clothflow_tf.data.photographs import agreement
from clothflow_tf.data.photographs import masks
from clothflow_tf.data.photographs import openpose

# Joints of less confidence are missing.
LEAST_CONFIDENCE = openpose.LEAST
# No person's joints all lie within so many pixels of the photo's corner.
CORNER = agreement.CORNER
# Joints, and the labels that they can lie on.
HEAD, ON_HEAD = tuple(agreement.HEAD), agreement.ON_HEAD
SHOULDERS, ON_SHOULDERS = tuple(agreement.SHOULDERS), agreement.ON_SHOULDERS
# Of a plain backdrop: rows it is measured at; levels that a channel may differ
# by; the largest share of a garment, of the picture and of its border.
BACKDROP_ROWS, BACKDROP_LEVELS = masks.SIDE, masks.LIKE
MOST_GARMENT, MOST_AT_BORDER = masks.MANY, masks.AT_BORDER
