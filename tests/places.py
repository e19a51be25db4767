# SPDX-License-Identifier: Apache-2.0
"""Where tests find the project, and files that are not part of it.

`SHARED` holds photographs and feature networks that the project may not ship.
It is the folder `shared` beside the project, or what the environment variable
CLOTHFLOW_SHARED names. Tests that need it skip where it is absent.
"""

import os
import pathlib

REPO = pathlib.Path(__file__).resolve().parent.parent
SHARED = pathlib.Path(os.environ.get('CLOTHFLOW_SHARED') or REPO / '../shared')
VITON_HD = SHARED / 'realdata/viton_hd'
ALEXNET = SHARED / 'weights/alexnet_conv_lpips_v0.1.npz'
