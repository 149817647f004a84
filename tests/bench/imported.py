#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Exports six networks of other people's shapes with PyTorch, for "peers --imported FOLDER".

Each has random weights, one picture as its input and one tensor as its output, as exports for
deployment have. The number in a file's name is the side of its picture.
"""
import argparse
import pathlib
import sys

import torch
import torch.nn.functional as F
from torch import nn

sys.dont_write_bytecode = True


class Conv(nn.Sequential):
    """Convolution, batch norm, activation."""

    def __init__(self, c_in, c_out, kernel=1, stride=1, act=nn.SiLU, groups=1):
        layers = [nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(c_out)]
        super().__init__(*layers, *([act()] if act else []))


class Bottleneck(nn.Module):
    def __init__(self, c, shortcut, first=3):
        super().__init__()
        self.a, self.b, self.shortcut = Conv(c, c, first), Conv(c, c, 3), shortcut

    def forward(self, x):
        return x + self.b(self.a(x)) if self.shortcut else self.b(self.a(x))


class C2f(nn.Module):
    """A stage of YOLOv8: every bottleneck's result goes to the end, too."""

    def __init__(self, c_in, c_out, n, shortcut=False):
        super().__init__()
        self.start, self.end = Conv(c_in, c_out), Conv((2 + n) * (c_out // 2), c_out)
        self.inner = nn.ModuleList(Bottleneck(c_out // 2, shortcut) for _ in range(n))

    def forward(self, x):
        parts = list(self.start(x).chunk(2, 1))
        for block in self.inner:
            parts.append(block(parts[-1]))
        return self.end(torch.cat(parts, 1))


class C3(nn.Module):
    """A stage of YOLOX: bottlenecks beside a shortcut."""

    def __init__(self, c_in, c_out, n, shortcut=True):
        super().__init__()
        self.a, self.b, self.end = Conv(c_in, c_out // 2), Conv(c_in, c_out // 2), Conv(c_out, c_out)
        self.inner = nn.Sequential(*(Bottleneck(c_out // 2, shortcut, 1) for _ in range(n)))

    def forward(self, x):
        return self.end(torch.cat([self.inner(self.a(x)), self.b(x)], 1))


class Pyramid(nn.Module):
    """Maximum pools of one kernel after the other (YOLOv8) or of three beside each other (YOLOX)."""

    def __init__(self, c_in, c_out, kernels, chained):
        super().__init__()
        self.start, self.end, self.chained = Conv(c_in, c_in // 2), Conv(c_in * 2, c_out), chained
        self.pools = nn.ModuleList(nn.MaxPool2d(k, 1, k // 2) for k in kernels)

    def forward(self, x):
        parts = [self.start(x)]
        for pool in self.pools:
            parts.append(pool(parts[-1] if self.chained else parts[0]))
        return self.end(torch.cat(parts, 1))


class Paths(nn.Module):
    """The neck of both YOLOs: down the maps and up again."""

    def __init__(self, widths, stage, n, reduce):
        super().__init__()
        a, b, c = widths
        lateral = (lambda i, o: Conv(i, o)) if reduce else (lambda i, o: nn.Identity())
        self.lat5, self.lat4 = lateral(c, b), lateral(b, a)
        top, middle = (b, a) if reduce else (c, b)
        self.down4, self.down3 = stage(top + b, b, n), stage(middle + a, a, n)
        self.up3, self.up4 = Conv(a, a, 3, 2), Conv(b, b, 3, 2)
        self.out4, self.out5 = stage(a + middle, b, n), stage(b + top, c, n)

    def forward(self, p3, p4, p5):
        p5 = self.lat5(p5)
        p4 = self.lat4(self.down4(torch.cat([F.interpolate(p5, scale_factor=2), p4], 1)))
        p3 = self.down3(torch.cat([F.interpolate(p4, scale_factor=2), p3], 1))
        m4 = self.out4(torch.cat([self.up3(p3), p4], 1))
        return p3, m4, self.out5(torch.cat([self.up4(m4), p5], 1))


def points(side, strides, centre):
    """Where the cells of all maps lie, in cells, and their strides: 2 x cells, 1 x cells."""
    xy, of = [], []
    for s in strides:
        line = torch.arange(side // s) + centre
        y, x = torch.meshgrid(line, line, indexing='ij')
        xy.append(torch.stack([x.flatten(), y.flatten()]).float())
        of.append(torch.full((1, x.numel()), float(s)))
    return torch.cat(xy, 1), torch.cat(of, 1)


class YoloV8n(nn.Module):
    """3.2 million parameters; boxes as distributions; 1 x 84 x 8400."""

    def __init__(self, side):
        super().__init__()
        self.stem = nn.Sequential(Conv(3, 16, 3, 2), Conv(16, 32, 3, 2), C2f(32, 32, 1, True))
        self.s3 = nn.Sequential(Conv(32, 64, 3, 2), C2f(64, 64, 2, True))
        self.s4 = nn.Sequential(Conv(64, 128, 3, 2), C2f(128, 128, 2, True))
        self.s5 = nn.Sequential(Conv(128, 256, 3, 2), C2f(256, 256, 1, True), Pyramid(256, 256, (5, 5, 5), True))
        self.neck = Paths((64, 128, 256), C2f, 1, False)
        widths = (64, 128, 256)
        self.box = nn.ModuleList(nn.Sequential(Conv(c, 64, 3), Conv(64, 64, 3), nn.Conv2d(64, 64, 1)) for c in widths)
        self.cls = nn.ModuleList(nn.Sequential(Conv(c, 80, 3), Conv(80, 80, 3), nn.Conv2d(80, 80, 1)) for c in widths)
        self.bins = nn.Conv2d(16, 1, 1, bias=False)
        self.bins.weight.data[:] = torch.arange(16.).view(1, 16, 1, 1)
        self.xy, self.stride = points(side, (8, 16, 32), 0.5)

    def forward(self, x):
        x3 = self.s3(self.stem(x))
        x4 = self.s4(x3)
        maps = self.neck(x3, x4, self.s5(x4))
        x = torch.cat([torch.cat([b(m), c(m)], 1).view(1, 144, -1)
                       for m, b, c in zip(maps, self.box, self.cls)], 2)
        box, cls = x.split((64, 80), 1)
        d = self.bins(box.view(1, 4, 16, -1).transpose(2, 1).softmax(1)).view(1, 4, -1)
        lt, rb = d.chunk(2, 1)
        a, b = self.xy.unsqueeze(0) - lt, self.xy.unsqueeze(0) + rb
        return torch.cat([torch.cat([(a + b) / 2, b - a], 1) * self.stride, cls.sigmoid()], 1)


class YoloXs(nn.Module):
    """9 million parameters, its decoding in the graph; 1 x 8400 x 85."""

    def __init__(self, side):
        super().__init__()
        self.stem = nn.Sequential(Conv(12, 32, 3), Conv(32, 64, 3, 2), C3(64, 64, 1))
        self.s3 = nn.Sequential(Conv(64, 128, 3, 2), C3(128, 128, 3))
        self.s4 = nn.Sequential(Conv(128, 256, 3, 2), C3(256, 256, 3))
        self.s5 = nn.Sequential(Conv(256, 512, 3, 2), Pyramid(512, 512, (5, 9, 13), False), C3(512, 512, 1, False))
        self.neck = Paths((128, 256, 512), lambda i, o, n: C3(i, o, n, False), 1, True)
        self.head = nn.ModuleList()
        for c in (128, 256, 512):
            self.head.append(nn.ModuleDict({
                'start': Conv(c, 128), 'a': nn.Sequential(Conv(128, 128, 3), Conv(128, 128, 3)),
                'b': nn.Sequential(Conv(128, 128, 3), Conv(128, 128, 3)), 'cls': nn.Conv2d(128, 80, 1),
                'box': nn.Conv2d(128, 4, 1), 'obj': nn.Conv2d(128, 1, 1)}))
        xy, stride = points(side, (8, 16, 32), 0.0)
        self.xy, self.stride = xy.t().unsqueeze(0), stride.t().unsqueeze(0)

    def forward(self, x):
        x = torch.cat([x[..., ::2, ::2], x[..., 1::2, ::2], x[..., ::2, 1::2], x[..., 1::2, 1::2]], 1)
        x3 = self.s3(self.stem(x))
        x4 = self.s4(x3)
        out = []
        for m, h in zip(self.neck(x3, x4, self.s5(x4)), self.head):
            m = h['start'](m)
            box = h['b'](m)
            out.append(torch.cat([h['box'](box), h['obj'](box).sigmoid(), h['cls'](h['a'](m)).sigmoid()], 1).flatten(2))
        x = torch.cat(out, 2).permute(0, 2, 1)
        return torch.cat([(x[..., :2] + self.xy) * self.stride, x[..., 2:4].exp() * self.stride, x[..., 4:]], 2)


class Attention(nn.Module):
    """As timm writes it: one layer makes queries, keys and values."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.scale = heads, (width // heads) ** -0.5
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x):
        n, c = x.shape[1:]
        q, k, v = self.qkv(x).reshape(1, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        x = (q @ k.transpose(-2, -1) * self.scale).softmax(-1) @ v
        return self.proj(x.transpose(1, 2).reshape(1, n, c))


class ViTBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width, 1e-6), nn.LayerNorm(width, 1e-6)
        self.attn = Attention(width, heads)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class ViTS(nn.Module):
    """12 blocks of 384, patches of 16."""

    def __init__(self, side):
        super().__init__()
        self.patch = nn.Conv2d(3, 384, 16, 16)
        self.token = nn.Parameter(torch.randn(1, 1, 384))
        self.place = nn.Parameter(torch.randn(1, 1 + (side // 16) ** 2, 384) * 0.02)
        self.blocks = nn.Sequential(*(ViTBlock(384, 6) for _ in range(12)))
        self.norm, self.head = nn.LayerNorm(384, 1e-6), nn.Linear(384, 1000)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = self.blocks(torch.cat([self.token, x], 1) + self.place)
        return self.head(self.norm(x)[:, 0])


class Residual(nn.Module):
    """A block of ResNet-18 D: a mean before the shortcut's convolution."""

    def __init__(self, c_in, c_out, stride):
        super().__init__()
        self.a, self.b = Conv(c_in, c_out, 3, stride, nn.ReLU), Conv(c_out, c_out, 3, 1, None)
        pool = [nn.AvgPool2d(2, 2)] if stride == 2 else []
        self.short = nn.Sequential(*pool, Conv(c_in, c_out, 1, 1, None)) if c_in != c_out else nn.Identity()

    def forward(self, x):
        return F.relu(self.b(self.a(x)) + self.short(x))


def heads_of(x, heads):
    return x.view(1, -1, heads, x.shape[-1] // heads).transpose(1, 2)


class Attend(nn.Module):
    """Attention between any queries, keys and values, each through its own layer."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.scale = heads, (width // heads) ** -0.5
        self.q, self.k, self.v, self.out = (nn.Linear(width, width) for _ in range(4))

    def forward(self, q, k, v):
        q, k, v = heads_of(self.q(q), self.heads), heads_of(self.k(k), self.heads), heads_of(self.v(v), self.heads)
        x = (q @ k.transpose(-2, -1) * self.scale).softmax(-1) @ v
        return self.out(x.transpose(1, 2).flatten(2))


class Deform(nn.Module):
    """Deformable attention: four points of three maps for each head and query."""

    def __init__(self, width, sides):
        super().__init__()
        self.sides = sides
        self.value, self.out = nn.Linear(width, width), nn.Linear(width, width)
        self.offset, self.weight = nn.Linear(width, 8 * 12 * 2), nn.Linear(width, 8 * 12)

    def forward(self, q, box, memory):
        value = self.value(memory).view(1, -1, 8, 32)
        offset = self.offset(q).view(1, -1, 8, 3, 4, 2)
        weight = self.weight(q).view(1, -1, 8, 12).softmax(-1)
        ref = box.view(1, -1, 1, 1, 1, 4)
        grid = 2 * (ref[..., :2] + offset / 4 * ref[..., 2:] * 0.5) - 1
        found = []
        for i, v in enumerate(value.split([s * s for s in self.sides], 1)):
            v = v.flatten(2).transpose(1, 2).reshape(8, 32, self.sides[i], self.sides[i])
            g = grid[:, :, :, i].transpose(1, 2).flatten(0, 1)
            found.append(F.grid_sample(v, g, align_corners=False))
        weight = weight.transpose(1, 2).reshape(8, 1, -1, 12)
        x = (torch.cat(found, -1) * weight).sum(-1).view(1, 256, -1)
        return self.out(x.transpose(1, 2))


class DecoderLayer(nn.Module):
    def __init__(self, sides):
        super().__init__()
        self.attend, self.deform = Attend(256, 8), Deform(256, sides)
        self.n1, self.n2, self.n3 = nn.LayerNorm(256), nn.LayerNorm(256), nn.LayerNorm(256)
        self.mlp = nn.Sequential(nn.Linear(256, 1024), nn.ReLU(), nn.Linear(1024, 256))

    def forward(self, x, place, box, memory):
        x = self.n1(x + self.attend(x + place, x + place, x))
        x = self.n2(x + self.deform(x + place, box, memory))
        return self.n3(x + self.mlp(x))


def mlp(c_in, hidden, c_out):
    inner = (nn.Linear(c_in, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU())
    return nn.Sequential(*inner, nn.Linear(hidden, c_out))


class RtDetrR18(nn.Module):
    """20 million parameters: ResNet-18, one layer of attention, three of the decoder; 1 x 300 x 84."""

    def __init__(self, side):
        super().__init__()
        self.stem = nn.Sequential(Conv(3, 32, 3, 2, nn.ReLU), Conv(32, 32, 3, 1, nn.ReLU), Conv(32, 64, 3, 1, nn.ReLU),
                                  nn.MaxPool2d(3, 2, 1), Residual(64, 64, 1), Residual(64, 64, 1))
        self.s3, self.s4, self.s5 = (nn.Sequential(Residual(c // 2, c, 2), Residual(c, c, 1)) for c in (128, 256, 512))
        self.lat3, self.lat4, self.lat5 = (Conv(c, 256, 1, 1, None) for c in (128, 256, 512))
        self.attend, self.n1, self.n2 = Attend(256, 8), nn.LayerNorm(256), nn.LayerNorm(256)
        self.feed = nn.Sequential(nn.Linear(256, 1024), nn.GELU(), nn.Linear(1024, 256))
        self.place = nn.Parameter(torch.randn(1, (side // 32) ** 2, 256))
        self.in5, self.in4 = Conv(256, 256), Conv(256, 256)
        self.down4, self.down3, self.up4, self.up5 = (C3(512, 256, 3, False) for _ in range(4))
        self.half3, self.half4 = Conv(256, 256, 3, 2), Conv(256, 256, 3, 2)
        self.proj = nn.ModuleList(Conv(256, 256, 1, 1, None) for _ in range(3))
        self.enc = nn.Sequential(nn.Linear(256, 256), nn.LayerNorm(256))
        self.enc_cls, self.enc_box = nn.Linear(256, 80), mlp(256, 256, 4)
        self.query_place = nn.Sequential(nn.Linear(4, 512), nn.ReLU(), nn.Linear(512, 256))
        sides = [side // s for s in (8, 16, 32)]
        self.layers = nn.ModuleList(DecoderLayer(sides) for _ in range(3))
        self.box, self.cls = nn.ModuleList(mlp(256, 256, 4) for _ in range(3)), nn.Linear(256, 80)
        xy, stride = points(side, (8, 16, 32), 0.5)
        xy = xy * stride / side
        wh = stride.expand(2, -1) / side * 1.6
        anchors = torch.cat([xy, wh]).t().unsqueeze(0)
        self.anchors = torch.log(anchors / (1 - anchors))

    def encode(self, x):
        x3 = self.s3(self.stem(x))
        x4 = self.s4(x3)
        x5 = self.lat5(self.s5(x4))
        side = x5.shape[-1]
        t = x5.flatten(2).permute(0, 2, 1)
        t = self.n1(t + self.attend(t + self.place, t + self.place, t))
        t = self.n2(t + self.feed(t))
        p5 = self.in5(t.permute(0, 2, 1).reshape(1, 256, side, side))
        p4 = self.in4(self.down4(torch.cat([F.interpolate(p5, scale_factor=2.), self.lat4(x4)], 1)))
        p3 = self.down3(torch.cat([F.interpolate(p4, scale_factor=2.), self.lat3(x3)], 1))
        m4 = self.up4(torch.cat([self.half3(p3), p4], 1))
        m5 = self.up5(torch.cat([self.half4(m4), p5], 1))
        return torch.cat([p(m).flatten(2).permute(0, 2, 1) for p, m in zip(self.proj, (p3, m4, m5))], 1)

    def forward(self, x):
        memory = self.encode(x)
        found = self.enc(memory)
        _, best = torch.topk(self.enc_cls(found).max(-1).values, 300, 1)
        box = self.enc_box(found) + self.anchors
        box = box.gather(1, best.unsqueeze(-1).repeat(1, 1, 4)).sigmoid()
        x = found.gather(1, best.unsqueeze(-1).repeat(1, 1, 256))
        for layer, head in zip(self.layers, self.box):
            x = layer(x, self.query_place(box), box, memory)
            near = box.clamp(1e-5, 1 - 1e-5)
            box = (head(x) + torch.log(near / (1 - near))).sigmoid()
        return torch.cat([box, self.cls(x).sigmoid()], 2)


class SsdLite(nn.Module):
    """torchvision's SSDLite on MobileNetV3-Large: the boxes' and classes' numbers of 3234 anchors."""
    settled_by = 2  # pictures; its smallest maps have one pixel

    def __init__(self, side):
        super().__init__()
        from torchvision.models.detection import ssdlite320_mobilenet_v3_large
        assert side == 320
        self.ssd = ssdlite320_mobilenet_v3_large(weights=None, weights_backbone=None)

    def forward(self, x):
        found = self.ssd.head(list(self.ssd.backbone(x).values()))
        return torch.cat([found['bbox_regression'], found['cls_logits'].softmax(-1)], 2)


class UNet(nn.Module):
    """The paper's, with padding and batch norms: 31 million parameters."""

    def __init__(self, _):
        super().__init__()
        def twice(i, o):
            return nn.Sequential(Conv(i, o, 3, 1, nn.ReLU), Conv(o, o, 3, 1, nn.ReLU))
        widths = (64, 128, 256, 512, 1024)
        self.down = nn.ModuleList(twice(i, o) for i, o in zip((3, *widths), widths))
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * c, c, 2, 2) for c in widths[3::-1])
        self.join = nn.ModuleList(twice(2 * c, c) for c in widths[3::-1])
        self.end = nn.Conv2d(64, 2, 1)

    def forward(self, x):
        kept = []
        for i, stage in enumerate(self.down):
            x = stage(x if i == 0 else F.max_pool2d(x, 2))
            kept.append(x)
        for up, join, left in zip(self.up, self.join, kept[3::-1]):
            x = join(torch.cat([left, up(x)], 1))
        return self.end(x)


NETWORKS = {'yolov8n-640': YoloV8n, 'yoloxs-640': YoloXs, 'rtdetr_r18-640': RtDetrR18, 'vits-224': ViTS,
            'ssdlite_mobilenetv3-320': SsdLite, 'unet-256': UNet}


def settle(model, side):
    """Batch norms take the statistics of noise, so that values neither vanish nor grow."""
    for m in model.modules():
        if isinstance(m, nn.BatchNorm2d):
            m.momentum = 1.0
    model.train()
    with torch.no_grad():
        model(torch.rand(getattr(model, 'settled_by', 1), 3, side, side) * 2 - 1)
    return model.eval()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('folder', type=pathlib.Path, help='is made; files that it has are kept')
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in NETWORKS.items():
        path, side = folder / f'{name}.onnx', int(name.split('-')[-1])
        if not path.exists():
            torch.manual_seed(1)
            torch.onnx.export(settle(make(side), side), torch.rand(1, 3, side, side), path, opset_version=16,
                              input_names=['images'], output_names=['output0'])
        print(path.stem)


main()
