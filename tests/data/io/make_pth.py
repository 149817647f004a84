#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the PyTorch files of tests/data/corpus/pth (made with Debian 12's python3-torch 1.13)."""
import argparse
import collections
import os
import pathlib
import pickle
import sys

import torch

OUT = sys.argv[1]


def save(name, value, zipped=True, protocol=2):
    torch.save(value, os.path.join(OUT, name), pickle_protocol=protocol, _use_new_zipfile_serialization=zipped)


def values():
    """Every type, a transposed view, a view into a shared storage, a scalar, an empty tensor."""
    base = torch.arange(12, dtype=torch.float32).reshape(3, 4) / 4
    return collections.OrderedDict(
        weight=base, transposed=base.t(), part=base[1:, ::2], double=base[0].double() / 3,
        half=base[2].half(), bf16=base[2].bfloat16(), i64=torch.tensor([-5, 1 << 40]),
        i32=torch.tensor([7, -7], dtype=torch.int32), i16=torch.tensor([-300], dtype=torch.int16),
        i8=torch.tensor([-3, 3], dtype=torch.int8), u8=torch.tensor([200], dtype=torch.uint8),
        flag=torch.tensor([True, False]), scalar=torch.tensor(1.5), empty=torch.zeros(0, 3),
        wide=torch.ones(1).expand(2, 3))


torch.manual_seed(1)
save('types.pth', values())
save('types_legacy.pth', values(), False)
save('types_framed.pth', values(), False, 5)
save('types_decimal.pth', {**values(), 'steps': 1 << 40, 'best': True, 'seed': 1 << 70}, False, 1)
linear = torch.nn.Linear(2, 3)
with torch.no_grad():
    linear.weight.copy_(torch.arange(6).reshape(3, 2) / 8)
    linear.bias.copy_(torch.tensor([1., 2., 3.]))
wrapped = torch.nn.DataParallel(linear)
save('nested.pth', {'epoch': 3, 'lr': 0.1, 'state_dict': wrapped.state_dict(), 'best': None,
                    'history': [1.0, (2, 'x')], 'torch': True})
save('nested_legacy.pth', {'model': dict(linear.state_dict()), 'parameter': linear.weight}, False)
save('deep.pth', {'run': {'epoch': 3, 'lr': 0.1}, 'model_state': {'net': {'student': linear.state_dict()}}})
# what protocols 4 and 5 write besides: frames, sets, bytes, arrays of bytes, long integers, texts over 255 bytes
for protocol in 4, 5:
    save(f'framed{protocol}.pth',
         {'notes': [{1, 2}, frozenset('ab'), b'x' * 300, bytearray(b'yz'), 1 << 70, 'long' * 100, linear.weight.shape],
          'model': linear.state_dict(), 'optimizer': argparse.Namespace(lr=0.1)}, False, protocol)
save('parameters.pth', dict(linear.named_parameters()))
save('module.pth', linear)  # a whole module: its class is a global that must be refused


class Call:
    def __reduce__(self):
        return (os.system, ('echo run by a pickle > /tmp/neroscale-pickle-ran',))


save('call.pth', {'weight': torch.zeros(1), 'x': Call()})
save('call_legacy.pth', {'weight': torch.zeros(1), 'x': Call()}, False)
save('call_framed.pth', {'weight': torch.zeros(1), 'x': Call()}, False, 4)

# What trainers write: prefixes, averages, options and optimisers beside the weights.
state = linear.state_dict()
save('prefixes.pth', {'_orig_mod.module._orig_mod.' + k: v for k, v in state.items()})
averaged = torch.optim.swa_utils.AveragedModel(linear)
save('averaged.pth', averaged.state_dict())
adam = torch.optim.Adam(linear.parameters())
linear(torch.ones(1, 2)).sum().backward()
adam.step()
with torch.no_grad():
    linear.weight.copy_(torch.arange(6).reshape(3, 2) / 8)
    linear.bias.copy_(torch.tensor([1., 2., 3.]))
save('lightning.pth', {'epoch': 1, 'pytorch-lightning_version': '2.0', 'callbacks': {},
                       'state_dict': {**{'model.net.' + k: v for k, v in linear.state_dict().items()},
                                      'loss.weight': torch.ones(2)},
                       'hyper_parameters': argparse.Namespace(lr=0.1, path=pathlib.PurePosixPath('/data')),
                       'optimizer_states': [adam.state_dict()]})
zeros = {k: torch.zeros_like(v) for k, v in state.items()}
save('ema.pth', {'model': zeros, 'model_ema': linear.state_dict(), 'optimizer': adam.state_dict(),
                 'args': argparse.Namespace(batch=8), 'seen': {1, 2}, 'order': collections.Counter('ab')})
save('named.pth', {'optimizer': adam.state_dict(), 'generator': linear.state_dict()})
torch.jit.script(linear).save(os.path.join(OUT, 'script.pt'))
