#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes NAME.safetensors here: what PyTorch says to the cases of tests/nn/explain_reference.c.

    make.py FOLDER      the folder with zoo.py (the networks in PyTorch) and weights.py (the rule of their parameters)

Rectifiers and local response norms are replaced by functions whose backward is that of the method; the rest is
PyTorch's autograd, in float64. Of pictures some values are kept, with the norm of all; heat is kept whole.
"""
import json
import os
import sys

import numpy as np
import torch
import torch.nn.functional as F

sys.path.insert(0, sys.argv[1])
import weights  # noqa: E402
import zoo  # noqa: E402

# Height, width, which of the rectifiers with maps the channel is of.
CASES = {'zfnet': (224, 224, -1), 'resnet18': (64, 96, -1), 'neroscale_alexpp': (96, 128, 5)}
CLASS, CHANNEL, STRONGEST, KEPT, STEPS, BASELINE, PATCH, STRIDE, COVER = 7, 5, 3, 300, 4, 0.5, 56, 48, 0.5
SAMPLES, NOISE, SEED = 2, 0.15, 4
MEAN, STD = np.array([0.485, 0.456, 0.406], np.float32), np.array([0.229, 0.224, 0.225], np.float32)

state = {'rule': 'own', 'maps': []}
plain = {'relu': F.relu, 'gelu': F.gelu, 'silu': F.silu, 'lrn': F.local_response_norm}


class Rule(torch.autograd.Function):
    """f forward; backward by the rule of the method."""

    @staticmethod
    def forward(ctx, x, f):
        ctx.f, ctx.rule = f, state['rule']
        ctx.save_for_backward(x)
        with torch.no_grad():
            return f(x)

    @staticmethod
    def backward(ctx, gy):
        x, = ctx.saved_tensors
        if ctx.rule == 'deconv':
            return gy.clamp(min=0), None
        if ctx.rule == 'guided':
            gy = gy.clamp(min=0)
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            return torch.autograd.grad(ctx.f(x), x, gy)[0], None


class Pass(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, f):
        with torch.no_grad():
            return f(x)

    @staticmethod
    def backward(ctx, gy):
        return gy, None


def rectifier(name):
    def call(x, *args, **kwargs):
        y = Rule.apply(x, plain[name])
        if y.dim() == 4:
            state['maps'].append(y)
            if y.requires_grad:
                y.retain_grad()
        return y
    return call


def local_response_norm(x, *args, **kwargs):
    f = lambda v: plain['lrn'](v, *args, **kwargs)  # noqa: E731
    return Pass.apply(x, f) if state['rule'] == 'deconv' else f(x)


F.relu, F.gelu, F.silu = rectifier('relu'), rectifier('gelu'), rectifier('silu')
F.local_response_norm = local_response_norm


def picture(h, w):
    """Bytes R, G, B of each pixel: the highest of the hash that weights.uniform takes 24 bits of."""
    return np.floor(weights.uniform('picture', h * w * 3) * 256).astype(np.uint8).reshape(h, w, 3)


def prepare(rgb):
    x = (rgb.astype(np.float32) / np.float32(255) - MEAN) / STD
    return torch.from_numpy(x.transpose(2, 0, 1)[None].astype(np.float64))


def run(net, x, rule='own'):
    state['rule'], state['maps'] = rule, []
    x = x.clone().requires_grad_()
    return x, net(x)


def pixels(net, x, rule):
    x, y = run(net, x, rule)
    y[0, CLASS].backward()
    return x.grad


def project(net, x, which):
    """The strongest values of a channel of maps, back to the pixels."""
    x, _ = run(net, x, 'deconv')
    maps = state['maps'][which]
    chosen = maps[0, CHANNEL].detach().flatten()
    best = torch.argsort(-chosen, stable=True)[:STRONGEST]
    start = torch.zeros_like(maps)
    start[0, CHANNEL].view(-1)[best] = chosen[best]
    maps.backward(start)
    return x.grad, chosen[best].sum()


def heat(net, x):
    _, y = run(net, x)
    y[0, CLASS].backward()
    a, g = state['maps'][-1].detach()[0], state['maps'][-1].grad[0]
    cam = (g.mean((1, 2), True) * a).sum(0)
    total = a.sum((1, 2), True)
    below = 2 * g ** 2 + total * g ** 3
    alpha = g ** 2 / torch.where(below != 0, below, torch.ones_like(below))
    plus = ((alpha * g.clamp(min=0)).sum((1, 2), True) * a).sum(0)
    layer = (g.clamp(min=0) * a).sum(0)
    return {'gradcam': cam.clamp(min=0), 'gradcam++': plus.clamp(min=0), 'layercam': layer.clamp(min=0)}


def integrated(net, x):
    base = torch.from_numpy(((BASELINE - MEAN) / STD).astype(np.float64))[None, :, None, None].expand_as(x)
    total = sum(pixels(net, base + (k + 0.5) / STEPS * (x - base), 'own') for k in range(STEPS))
    return (x - base) * total / STEPS


def mix(z):
    z = z + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def normal(seed, stream, count):
    """The numbers of nn_rng_stream and nn_rng_normal (nn/base/rng.c)."""
    with np.errstate(over='ignore'):
        start = mix(mix(np.uint64(seed)) ^ mix(np.uint64(2 * stream + 1)))
        bits = mix(start + np.arange(2 * count, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    parts = (bits >> np.uint64(11)).astype(np.float64) * 2.0 ** -53
    return (np.sqrt(-2 * np.log(1 - parts[::2])) * np.cos(2 * np.pi * parts[1::2])).astype(np.float32)


def smoothgrad(net, x):
    wide = NOISE * float(x.max() - x.min())
    total = sum(pixels(net, x + wide * torch.from_numpy(normal(SEED, k, x.numel()).astype(np.float64)).reshape(x.shape),
                       'own') for k in range(SAMPLES))
    return total / SAMPLES


def occlusion(net, x):
    h, w = x.shape[2:]
    count = lambda n: (max(0, n - PATCH) + STRIDE - 1) // STRIDE + 1  # noqa: E731
    drops = torch.zeros(count(h), count(w), dtype=x.dtype)
    grey = torch.from_numpy(((COVER - MEAN) / STD).astype(np.float64))[:, None, None]
    with torch.no_grad():
        score = net(x)[0, CLASS]
        for i in range(drops.shape[0]):
            for j in range(drops.shape[1]):
                covered = x.clone()
                covered[0, :, i * STRIDE:i * STRIDE + PATCH, j * STRIDE:j * STRIDE + PATCH] = grey
                drops[i, j] = score - net(covered)[0, CLASS]
    return drops


def save(path, tensors):
    header, data = {}, b''
    for name, a in tensors.items():
        a = np.ascontiguousarray(a, np.float32)
        header[name] = {'dtype': 'F32', 'shape': list(a.shape), 'data_offsets': [len(data), len(data) + a.nbytes]}
        data += a.tobytes()
    head = json.dumps(header, separators=(',', ':')).encode()
    head += b' ' * (-len(head) % 8)
    with open(path, 'wb') as f:
        f.write(len(head).to_bytes(8, 'little') + head + data)


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    for name, (h, w, which) in CASES.items():
        net = weights.fill(zoo.build(name)).double()
        for p in net.parameters():
            p.requires_grad_(False)
        x = prepare(picture(h, w))
        out = {'score': net(x)[0, CLASS].detach().reshape(1)}
        maps, total = project(net, x, which)
        found = {'gradient': pixels(net, x, 'own'), 'guided': pixels(net, x, 'guided'),
                 'deconv': pixels(net, x, 'deconv'), 'deconv.channel': maps, 'integrated': integrated(net, x),
                 'smoothgrad': smoothgrad(net, x)}
        out['deconv.channel.score'] = total.reshape(1)
        for key, value in found.items():
            value = value.flatten()
            out[key] = value[::max(1, len(value) // KEPT)]
            out[key + '.norm'] = value.norm().reshape(1)
            out[key + '.largest'] = value.abs().max().reshape(1)
        out.update(heat(net, x))
        out['occlusion'] = occlusion(net, x)
        save(f'{here}/{name}.safetensors', {k: v.numpy() for k, v in out.items()})
        print(name, {k: round(float(v.abs().max()), 5) for k, v in out.items()})


main()
