# SPDX-License-Identifier: Apache-2.0
"""Training smaller networks, by TensorFlow Model Optimization.

In this order: `bodies` (which layers take part), `pruning` (weights become
zero), `clustering` (weights share a few values), `rounding` (the layers that
train with clustered or rounded weights), `compressed` (what trainers call).
"""
