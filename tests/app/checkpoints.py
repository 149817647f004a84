#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checkpoints as training programs write them, made by PyTorch, with both containers and pickle protocols: 'convert' must
read the names and values that PyTorch has. checkpoints.py PROGRAM; exit status 77 without PyTorch."""
import argparse
import collections
import copy
import json
import os
import struct
import subprocess
import sys
import tempfile
import types

try:
    import torch
    from torch import nn
except ImportError:
    print('skipped: no PyTorch in this Python (Debian: python3-torch)')
    sys.exit(77)

program = os.path.abspath(sys.argv[1])
work = tempfile.TemporaryDirectory()
torch.manual_seed(0)


def elsewhere(module, cls):
    """Lets a class look as if it were of a package that the reader does not have."""
    names = module.split('.')
    for i in range(len(names)):
        sys.modules.setdefault('.'.join(names[:i + 1]), types.ModuleType('.'.join(names[:i + 1])))
    setattr(sys.modules[module], cls.__name__, cls)
    cls.__module__, cls.__qualname__ = module, cls.__name__


class Conv(nn.Module):
    def __init__(self, a, b, k):
        super().__init__()
        self.conv, self.bn, self.act = nn.Conv2d(a, b, k, bias=False), nn.BatchNorm2d(b), nn.SiLU()

    def forward(self, x):
        return self.act(self.bn(self.conv(x)))


class Detect(nn.Module):
    def __init__(self):
        super().__init__()
        self.stride = torch.tensor([8., 16., 32.])
        self.cv2 = nn.ModuleList(nn.Sequential(Conv(8, 8, 3), nn.Conv2d(8, 6, 1)) for _ in range(2))
        self.register_buffer('kept', torch.arange(6.).view(2, 3))
        self.register_buffer('transient', torch.arange(3), persistent=False)
        self.register_parameter('nothing', None)


class DetectionModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(Conv(3, 8, 1), Conv(8, 8, 1), Detect())
        self.names, self.yaml = {0: 'a'}, {'backbone': [[-1, 1, 'Conv', [8, 1]]]}
        self.args = Namespace(lr=0.1)


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.table, self.out = nn.Embedding(5, 4), nn.Linear(4, 5, bias=False)
        self.out.weight = self.table.weight


class Namespace(types.SimpleNamespace):
    pass


class Script(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4))
        self.rest = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 2)])
        self.register_buffer('shift', torch.randn(2))

    def forward(self, x):
        x = self.a(x).mean((2, 3))
        for part in self.rest:
            x = part(x)
        return x + self.shift if x.dim() == 0 else x


for module, cls in (('ultralytics.nn.modules', Conv), ('ultralytics.nn.tasks', Detect), ('ultralytics.nn.tasks', DetectionModel),
                    ('ultralytics.utils', Namespace), ('models', Tied)):
    elsewhere(module, cls)


def filled(model):
    for t in model.state_dict().values():
        t.data.normal_() if t.is_floating_point() else t.data.random_(0, 1000)
    return model


def renamed(state, prefix, also=None):
    return collections.OrderedDict([(prefix + k, v) for k, v in state.items()] + list((also or {}).items()))


def views():
    base, line, odd = torch.randn(6, 8), torch.arange(100.), torch.arange(12).view(3, 4)
    return {'whole': base, 'turned': base.t(), 'part': base[1:4, 2:6], 'steps': base[::2, ::3], 'row': base[2],
            'wide': torch.randn(1, 4).expand(3, 4), 'a': line[10:20], 'b': line[15:40].view(5, 5), 'i64': odd.t() - (1 << 40),
            'permuted': torch.randn(2, 3, 4).permute(2, 0, 1), 'i32': odd.int()[:, 1:3], 'u8': odd.byte(), 'flag': odd > 5,
            'last': torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last), 'parameter': nn.Parameter(line[:3]),
            'half': base.half().t(), 'bf16': base.bfloat16()[:, 1:3], 'scalar': torch.tensor(3.5), 'none': torch.zeros(0, 3)}


def checkpoints():
    model, mean = filled(DetectionModel()), filled(DetectionModel())
    state, ema, half = model.state_dict(), mean.state_dict(), copy.deepcopy(mean).half()
    optimizer = torch.optim.SGD(model.parameters(), lr=.1, momentum=.9)
    for p in model.parameters():
        p.grad = torch.ones_like(p)
    optimizer.step()
    steps, options = optimizer.state_dict(), argparse.Namespace(model='x')
    parts = renamed(state, 'backbone.', {'bbox_head.w': torch.randn(4, 3)})
    yield 'ultralytics', {'epoch': -1, 'model': half, 'ema': None, 'train_args': {'a': None}}, half.state_dict()
    yield 'ultralytics_last', {'model': model, 'ema': half, 'updates': 3, 'optimizer': steps, 'opt': options}, half.state_dict()
    yield 'timm', {'arch': 'x', 'state_dict': state, 'optimizer': steps, 'args': options, 'metric': .7}, state
    yield 'timm_ema', {'state_dict': state, 'state_dict_ema': ema, 'optimizer': steps, 'version': 2}, ema
    yield 'lightning', {'state_dict': renamed(state, 'net.'), 'hyper_parameters': {'lr': .1}, 'optimizer_states': [steps],
                        'callbacks': {'Best': {'score': torch.tensor(.5)}}}, renamed(state, 'net.')
    yield 'openmmlab', {'meta': {'CLASSES': ('a',)}, 'state_dict': parts, 'optimizer': steps}, parts
    yield 'mmengine', {'meta': {}, 'state_dict': parts,
                       'ema_state_dict': renamed(parts, 'module.', {'steps': torch.tensor(5)})}, parts
    yield 'ddp', renamed(state, 'module.'), state
    yield 'ddp_compiled', {'state_dict': renamed(state, 'module._orig_mod.'), 'epoch': 1}, state
    yield 'swa', {'state_dict': renamed(state, 'module.', {'n_averaged': torch.tensor(2)})}, state
    yield 'rtdetr', {'model': state, 'ema': {'module': ema, 'updates': 3}}, ema
    yield 'whole', nn.DataParallel(model), state
    yield 'double', copy.deepcopy(model).double(), state
    yield 'tied', {'model': Tied()}, None
    yield 'views', views(), None


TYPES = {'F32': torch.float32, 'F16': torch.float16, 'BF16': torch.bfloat16, 'I64': torch.int64, 'I32': torch.int32, 'U8': torch.uint8}


def read_safetensors(path):
    with open(path, 'rb') as file:
        data = file.read()
    end = 8 + struct.unpack('<Q', data[:8])[0]
    tensors = {}
    for name, entry in json.loads(data[8:end]).items():
        a, b = entry.get('data_offsets', (0, 0))
        if b > a:
            tensors[name] = torch.frombuffer(bytearray(data[end + a:end + b]), dtype=TYPES[entry['dtype']]).view(entry['shape'])
        elif 'shape' in entry:
            tensors[name] = torch.zeros(entry['shape'], dtype=TYPES[entry['dtype']])
    return tensors


def compare(name, path, want):
    out = os.path.join(work.name, 'out.safetensors')
    done = subprocess.run([program, 'convert', path, out, '--force'], capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        sys.exit(f'{name}: {done.stderr}')
    have = read_safetensors(out)
    if have.keys() != want.keys():
        sys.exit(f'{name}: missing {sorted(want.keys() - have.keys())[:3]}, more {sorted(have.keys() - want.keys())[:3]}')
    for key, t in want.items():
        if t.dtype in (torch.float16, torch.bfloat16, torch.float32) and t.dtype != have[key].dtype:
            sys.exit(f'{name}: {key} is {have[key].dtype}, not {t.dtype}')
        if not torch.equal(t.detach().float(), have[key].float()):
            sys.exit(f'{name}: {key} has other values')


def compare_scripts():
    for how in ('script', 'trace'):
        model = filled(Script()).eval()
        path = os.path.join(work.name, how + '.pt')
        made = torch.jit.script(model) if how == 'script' else torch.jit.trace(model, torch.randn(1, 3, 8, 8))
        torch.jit.save(made, path)
        compare('torch.jit.' + how, path, model.state_dict())


count = 0
for name, saved, want in checkpoints():
    if want is None:
        want = saved['model'].state_dict() if 'model' in saved else saved
    for zipped in (True, False):
        for protocol in (2, 4):
            path = os.path.join(work.name, 'in.pt')
            torch.save(saved, path, _use_new_zipfile_serialization=zipped, pickle_protocol=protocol)
            compare(f'{name}, {"zip" if zipped else "legacy"}, protocol {protocol}', path, want)
            count += 1
compare_scripts()
print(f'{count} checkpoints and 2 of TorchScript have the values of PyTorch {torch.__version__}')
