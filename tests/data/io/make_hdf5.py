#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the Keras files of tests/data/corpus/hdf5 (made with Debian 12's python3-h5py 3.7)."""
import os
import sys

import h5py
import numpy as np

OUT = sys.argv[1]
KINDS = 'CNCNCNCNCN'


def values(name, shape):
    """Whole numbers that tell the name and the place apart."""
    start = sum(name.encode()) % 50
    return (start + np.arange(np.prod(shape))).astype('<f4').reshape(shape)


def write(name, variable=False, whole=False):
    """The convolutions and norms of alexnet_flowers, one or two channels wide."""
    with h5py.File(os.path.join(OUT, name), 'w') as f:
        root = f.create_group('model_weights') if whole else f
        layers, channels = [], 3
        for i, kind in enumerate(KINDS):
            layer = f'{kind}{i}'
            layers.append(layer)
            out = 1 + i % 2 if kind == 'C' else channels
            shapes = ({f'{layer}_W_1:0': (1, 2, channels, out), f'{layer}_b_1:0': (out,)} if kind == 'C' else
                      {f'{layer}_{w}:0': (out,) for w in ('gamma', 'beta', 'moving_mean', 'moving_variance')})
            channels = out
            group = root.create_group(layer)
            names = list(shapes)
            group.attrs['weight_names'] = names if variable else np.array(names, 'S')
            for n, shape in shapes.items():
                group.create_dataset(n, data=values(n, shape))
        flatten = root.create_group('flatten')
        flatten.attrs['weight_names'] = np.array([])
        layers.append('flatten')
        root.attrs['layer_names'] = layers if variable else np.array(layers, 'S')
        root.attrs['keras_version'] = '2.9.0'


write('features.h5')
write('variable.h5', variable=True, whole=True)
