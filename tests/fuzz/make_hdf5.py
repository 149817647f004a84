#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the small files of tests/data/corpus/hdf5: whole networks of libhdf5 (Debian 12's python3-h5py 3.7).

A fuzzer cuts its inputs at 4096 bytes. Nodes of groups are as small as the library makes them, layers
of the same kind are one group that is named again and again, and every network is one channel wide.
"""
import ctypes
import os
import sys

import h5py
import numpy as np

OUT = sys.argv[1]
LIBRARY = ctypes.CDLL('libhdf5_serial.so.103')  # the one that h5py has loaded; it sets what h5py does not
FLOWERS = 'CNCNCNCNCN'
NETWORKS = {'alexnet_flowers': FLOWERS + 'DNDND', 'vgg16': 'C' * 13 + 'DDD', 'vgg19': 'C' * 16 + 'DDD',
            'features': FLOWERS}
SHAPES = {'C': ((1, 1, 1, 1), (1,)), 'D': ((1, 1), (1,)), 'N': ((1,), (1,), (1,), (1,))}
WORDS = {'C': 'kb', 'D': 'kb', 'N': ('gamma', 'beta', 'mean', 'var')}


def set_size(plist, what, *sizes):
    """Sets what h5py has no call for."""
    call = getattr(LIBRARY, 'H5Pset_' + what)
    call.argtypes = [ctypes.c_int64] + [ctypes.c_uint if what == 'sym_k' else ctypes.c_uint64] * len(sizes)
    assert call(plist.id, *sizes) >= 0


def create(name):
    """A file whose group nodes hold one entry or two, so that larger groups are trees of some levels."""
    how = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    set_size(how, 'sym_k', 1, 1)
    set_size(access, 'small_data_block_size', 0)
    set_size(access, 'meta_block_size', 0)
    return h5py.File(h5py.h5f.create(os.path.join(OUT, name).encode(), h5py.h5f.ACC_TRUNC, how, access))


def add_group(parent, name):
    """A group whose heap of names is no larger than it has to be."""
    plist = h5py.h5p.create(h5py.h5p.GROUP_CREATE)
    set_size(plist, 'local_heap_size_hint', 48)
    return h5py.Group(h5py.h5g.create(parent.id, name.encode(), gcpl=plist))


def strings(values, variable):
    return list(values) if variable else np.array(list(values), 'S')


def add_layer(root, kind, variable):
    group = add_group(root, kind)
    group.attrs['weight_names'] = strings(WORDS[kind], variable)
    for word, shape in zip(WORDS[kind], SHAPES[kind]):
        group.create_dataset(word, data=np.full(shape, 1 + ord(word[0]) % 7, '<f4'), track_times=False)


def write(name, layers, variable=False, whole=False, card=None):
    with create(name) as f:
        root = add_group(f, 'model_weights') if whole else f
        for kind in sorted(set(layers)):
            add_layer(root, kind, variable)
        root.attrs['layer_names'] = strings(layers, variable)
        if card:
            f.attrs['neroscale'] = np.bytes_(card)


for network, kinds in NETWORKS.items():
    write(f'small-{network}.h5', kinds)
write('small-variable.h5', FLOWERS, variable=True)
write('small-whole.h5', FLOWERS, whole=True)
write('small-card.h5', FLOWERS + 'DNDND', card='{"version":1}')

# What the reader refuses, each for a reason of its own.
with create('odd-chunks.h5') as f:
    group = f.create_group('C')
    group.attrs['weight_names'] = strings('k', False)
    group.create_dataset('k', data=np.ones((1, 1, 1, 1), '<f4'), chunks=(1, 1, 1, 1))
    f.attrs['layer_names'] = strings('C', False)
with create('odd-double.h5') as f:
    group = f.create_group('C')
    group.attrs['weight_names'] = strings('k', False)
    group.create_dataset('k', data=np.ones((1, 1, 1, 1), '<f8'))
    f.attrs['layer_names'] = strings('C', False)
with create('odd-links.h5') as f:
    f['C'] = h5py.SoftLink('/nowhere')
    f.attrs['layer_names'] = strings('C', False)
with create('odd-empty.h5') as f:
    f.create_group('C').attrs['weight_names'] = h5py.Empty('S1')
    f.attrs['layer_names'] = strings('C', False)
with create('odd-keras3.h5') as f:
    f.create_group('layers').create_group('dense')
with create('odd-many.h5') as f:  # attributes that do not fit the header: a block that continues it
    for i in range(12):
        f.attrs[f'a{i}'] = np.arange(4, dtype='<i4')
    f.attrs['layer_names'] = strings('CND', False)
