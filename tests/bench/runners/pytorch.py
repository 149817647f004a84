#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Times torchvision's network of the file's name, traced, frozen and optimised for inference.

MODEL is NAME.safetensors with the parameters (Debian: python3-torch, python3-torchvision).
With --train as the first argument: NAME BATCH SIZE THREADS STEPS, training steps instead.
"""
import json
import pathlib
import sys
import time

import numpy
import torch
import torchvision


def build(name, **options):
    if name in ('googlenet', 'inception_v3'):
        options.update(aux_logits=False, init_weights=False)
        if name == 'inception_v3':
            options['transform_input'] = False
    return getattr(torchvision.models, name)(**options)


def load(net, path):
    """Parameters of a safetensors file of float32 tensors; what the network lacks is left out."""
    data = pathlib.Path(path).read_bytes()
    start = 8 + int.from_bytes(data[:8], 'little')
    state = net.state_dict()
    for name, entry in json.loads(data[8:start]).items():
        if name in state and entry.get('dtype') == 'F32':
            begin, end = entry['data_offsets']
            values = numpy.frombuffer(data[start + begin:start + end], 'f4').reshape(entry['shape'])
            state[name].copy_(torch.from_numpy(values.copy()))


def infer():
    from run import Job
    job = Job()
    torch.set_num_threads(job.threads)
    net = build(pathlib.Path(job.model).stem).eval()
    load(net, job.model)
    x = torch.from_numpy(job.input)
    with torch.no_grad():
        fast = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(net, x)))
        job.run(torch.__version__, lambda: fast(x).numpy())


def train():
    name, batch, size, threads, steps = sys.argv[2], *map(int, sys.argv[3:7])
    torch.set_num_threads(threads)
    net = build(name).train()
    optimiser = torch.optim.SGD(net.parameters(), 1e-3, momentum=0.9)
    x, y, took = torch.rand(batch, 3, size, size) * 2 - 1, torch.randint(1000, (batch,)), []
    for _ in range(steps + 2):
        start = time.perf_counter()
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(net(x), y).backward()
        optimiser.step()
        took.append(1e3 * (time.perf_counter() - start))
    took = sorted(took[2:])
    print(json.dumps({'version': torch.__version__, 'runs': steps, 'min_ms': took[0],
                      'median_ms': took[len(took) // 2]}))


if sys.argv[1] == '--train':
    train()
else:
    infer()
