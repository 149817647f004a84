#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trains on what the usual tools export, each in its true form, with no option but --data.

exports.py PROGRAM [--only NAME,...] [--keep DIR] [--minutes N] [--epochs N]

Draws pictures of balls, crates and poles, writes them as each tool exports them (a table below), and for each
export runs `data`, `train`, `eval` and `run`. A row passes when eval finds AP50 >= BAR and run finds a box where one
is. Ends with exit status 1 when a row fails. A training takes about two minutes on two quiet cores; --epochs makes it
shorter, ten times --minutes end it."""
import argparse
import json
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib

WIDTH, HEIGHT = 160, 120
CLASSES = ['ball', 'crate', 'pole']
COUNTS = {'train': 72, 'val': 18, 'test': 10}
BAR = 0.5


# --- pictures ---

def write_png(path, pixels):
    rows = b''.join(b'\0' + bytes(pixels[y * WIDTH * 3:(y + 1) * WIDTH * 3]) for y in range(HEIGHT))

    def chunk(kind, data):
        return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as out:
        out.write(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', WIDTH, HEIGHT, 8, 2, 0, 0, 0)) +
                  chunk(b'IDAT', zlib.compress(rows, 6)) + chunk(b'IEND', b''))


def inside(kind, x, y, box):
    x0, y0, x1, y1 = box
    if kind == 'ball':
        return ((2 * x + 1 - x0 - x1) / (x1 - x0)) ** 2 + ((2 * y + 1 - y0 - y1) / (y1 - y0)) ** 2 <= 1
    return True


SIZES = {'ball': (22, 40, 1), 'crate': (24, 44, 1), 'pole': (10, 14, 4)}
COLOURS = {'ball': (220, 60, 50), 'crate': (60, 90, 210), 'pole': (60, 180, 80)}


def draw(rng):
    """A picture: its pixels and [(class, box)]."""
    grey = rng.randrange(90, 160)
    noise = [rng.randrange(-12, 13) for _ in range(1021)]
    pixels = bytearray(WIDTH * HEIGHT * 3)
    for i in range(len(pixels)):
        pixels[i] = grey + noise[(i * 7 + i // 480) % 1021]
    objects = []
    for _ in range(rng.randrange(1, 4)):
        kind = rng.choice(CLASSES)
        least, most, tall = SIZES[kind]
        w = rng.randrange(least, most)
        h = min(w * tall, HEIGHT - 10)
        x0, y0 = rng.randrange(0, WIDTH - w), rng.randrange(0, HEIGHT - h)
        box = (x0, y0, x0 + w, y0 + h)
        if any(box[0] < b[2] + 3 and b[0] < box[2] + 3 and box[1] < b[3] + 3 and b[1] < box[3] + 3
               for _, b in objects):
            continue
        for y in range(y0, y0 + h):
            for x in range(x0, x0 + w):
                if inside(kind, x, y, box):
                    for c in range(3):
                        value = COLOURS[kind][c] + noise[(x * 31 + y * 17) % 1021]
                        pixels[(y * WIDTH + x) * 3 + c] = max(0, min(255, value))
        objects.append((kind, box))
    return pixels, objects


class Picture:
    def __init__(self, split, number, pixels, objects):
        self.split, self.name, self.pixels, self.objects = split, f'{split}_{number:03d}', pixels, objects


def draw_all():
    rng = random.Random(14)
    return [Picture(split, i, *draw(rng)) for split, n in COUNTS.items() for i in range(n)]


# --- exports: each writes the pictures below `root` and returns what --data gets ---

def text(path, lines):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as out:
        out.write('\n'.join(lines) + '\n' if lines else '')


def yolo_lines(p):
    return [f'{CLASSES.index(k)} {(b[0] + b[2]) / 2 / WIDTH:.6f} {(b[1] + b[3]) / 2 / HEIGHT:.6f} '
            f'{(b[2] - b[0]) / WIDTH:.6f} {(b[3] - b[1]) / HEIGHT:.6f}' for k, b in p.objects]


def corners(kind, b):
    """An outline whose hull is the box."""
    if kind != 'ball':
        return [(b[0], b[1]), (b[2], b[1]), (b[2], b[3]), (b[0], b[3])]
    cx, cy = (b[0] + b[2]) / 2, (b[1] + b[3]) / 2
    return [(cx, b[1]), (b[2], cy), (cx, b[3]), (b[0], cy)]


def roboflow_yolo(root, pictures):
    word = {'train': 'train', 'val': 'valid', 'test': 'test'}
    for p in pictures:
        write_png(f'{root}/{word[p.split]}/images/{p.name}_png.rf.0a1b2c.png', p.pixels)
        text(f'{root}/{word[p.split]}/labels/{p.name}_png.rf.0a1b2c.txt', yolo_lines(p))
    text(f'{root}/data.yaml', ['train: ../train/images', 'val: ../valid/images', 'test: ../test/images', '', 'nc: 3',
                               f'names: {CLASSES}', '', 'roboflow:', '  workspace: yard', '  project: yard-1',
                               '  version: 1', '  license: CC BY 4.0'])
    text(f'{root}/README.roboflow.txt', ['yard - v1', 'This dataset was exported via roboflow.com'])
    return root


def roboflow_zip(root, pictures):
    roboflow_yolo(f'{root}/yard', pictures)
    with zipfile.ZipFile(f'{root}/yard.v1i.yolov8.zip', 'w') as out:
        for folder, _, files in os.walk(f'{root}/yard'):
            for name in files:
                path = os.path.join(folder, name)
                out.write(path, os.path.relpath(path, f'{root}/yard'))
    shutil.rmtree(f'{root}/yard')
    return f'{root}/yard.v1i.yolov8.zip'


def ultralytics(root, pictures):
    for p in pictures:
        write_png(f'{root}/yard/images/{p.split}/{p.name}.png', p.pixels)
        text(f'{root}/yard/labels/{p.split}/{p.name}.txt', yolo_lines(p))
    text(f'{root}/yard.yaml', ['path: yard  # dataset root dir', 'train: images/train', 'val: images/val',
                               'test: images/test', 'names:'] + [f'  {i}: {c}' for i, c in enumerate(CLASSES)])
    return f'{root}/yard.yaml'


def voc_xml(p, filename):
    return ([f'<annotation>', '\t<folder>images</folder>', f'\t<filename>{filename}</filename>',
             f'\t<path>C:\\Users\\me\\images\\{filename}</path>', '\t<source><database>Unknown</database></source>',
             f'\t<size><width>{WIDTH}</width><height>{HEIGHT}</height><depth>3</depth></size>',
             '\t<segmented>0</segmented>'] +
            [f'\t<object><name>{k}</name><pose>Unspecified</pose><truncated>0</truncated><difficult>0</difficult>'
             f'<bndbox><xmin>{b[0] + 1}</xmin><ymin>{b[1] + 1}</ymin><xmax>{b[2]}</xmax><ymax>{b[3]}</ymax></bndbox>'
             '</object>' for k, b in p.objects] + ['</annotation>'])


def label_img(root, pictures):
    for p in pictures:
        write_png(f'{root}/{p.name}.png', p.pixels)
        text(f'{root}/{p.name}.xml', voc_xml(p, f'{p.name}.png'))
    return root


def voc(root, pictures):
    for p in pictures:
        write_png(f'{root}/JPEGImages/{p.name}.png', p.pixels)
        text(f'{root}/Annotations/{p.name}.xml', voc_xml(p, f'{p.name}.png'))
    for split in COUNTS:
        text(f'{root}/ImageSets/Main/{split}.txt', [p.name for p in pictures if p.split == split])
    return root


def coco(root, pictures):
    for split in COUNTS:
        images, annotations = [], []
        for i, p in enumerate(q for q in pictures if q.split == split):
            write_png(f'{root}/{split}2017/{p.name}.png', p.pixels)
            images.append({'id': i + 1, 'file_name': f'{p.name}.png', 'width': WIDTH, 'height': HEIGHT})
            for k, b in p.objects:
                annotations.append({'id': len(annotations) + 1, 'image_id': i + 1,
                                    'category_id': CLASSES.index(k) + 1, 'iscrowd': 0,
                                    'bbox': [b[0], b[1], b[2] - b[0], b[3] - b[1]],
                                    'area': (b[2] - b[0]) * (b[3] - b[1]), 'segmentation': []})
        categories = [{'id': i + 1, 'name': c, 'supercategory': 'thing'} for i, c in enumerate(CLASSES)]
        text(f'{root}/annotations/instances_{split}2017.json',
             [json.dumps({'info': {'year': 2026}, 'licenses': [], 'images': images, 'annotations': annotations,
                          'categories': categories})])
    return root


def cvat_xml(root, pictures):
    lines = ['<?xml version="1.0" encoding="utf-8"?>', '<annotations>', '  <version>1.1</version>',
             '  <meta><task><id>7</id><name>yard</name><labels>'] + \
            [f'    <label><name>{c}</name><color>#33ddff</color></label>' for c in CLASSES] + \
            ['  </labels></task></meta>']
    for i, p in enumerate(pictures):
        write_png(f'{root}/images/{p.name}.png', p.pixels)
        lines.append(f'  <image id="{i}" name="{p.name}.png" width="{WIDTH}" height="{HEIGHT}">')
        for k, b in p.objects:
            if k == 'ball':
                points = ';'.join(f'{x:.2f},{y:.2f}' for x, y in corners(k, b))
                lines.append(f'    <polygon label="{k}" source="manual" occluded="0" points="{points}" z_order="0"/>')
            else:
                lines.append(f'    <box label="{k}" source="manual" occluded="0" xtl="{b[0]:.2f}" ytl="{b[1]:.2f}" '
                             f'xbr="{b[2]:.2f}" ybr="{b[3]:.2f}" z_order="0"></box>')
        lines.append('  </image>')
    text(f'{root}/annotations.xml', lines + ['</annotations>'])
    return root


def cvat_yolo(root, pictures):
    for p in pictures:
        write_png(f'{root}/obj_train_data/{p.name}.png', p.pixels)
        text(f'{root}/obj_train_data/{p.name}.txt', yolo_lines(p))
    text(f'{root}/train.txt', [f'data/obj_train_data/{p.name}.png' for p in pictures])
    text(f'{root}/obj.names', CLASSES)
    text(f'{root}/obj.data', ['classes = 3', 'train = data/train.txt', 'names = data/obj.names', 'backup = backup/'])
    return root


def label_studio(root, pictures):
    tasks = []
    for i, p in enumerate(pictures):
        write_png(f'{root}/images/{i:08x}-{p.name}.png', p.pixels)
        results = [{'id': f'r{j}', 'type': 'rectanglelabels', 'from_name': 'label', 'to_name': 'image',
                    'original_width': WIDTH, 'original_height': HEIGHT, 'image_rotation': 0,
                    'value': {'x': 100 * b[0] / WIDTH, 'y': 100 * b[1] / HEIGHT, 'width': 100 * (b[2] - b[0]) / WIDTH,
                              'height': 100 * (b[3] - b[1]) / HEIGHT, 'rotation': 0, 'rectanglelabels': [k]}}
                   for j, (k, b) in enumerate(p.objects)]
        tasks.append({'id': i + 1, 'annotations': [{'id': i + 1, 'completed_by': 1, 'result': results,
                                                    'was_cancelled': False}],
                      'data': {'image': f'/data/upload/1/{i:08x}-{p.name}.png'}, 'project': 1})
    text(f'{root}/project-1-at-2026-11-29.json', [json.dumps(tasks)])
    return root


def labelme(root, pictures):
    for p in pictures:
        write_png(f'{root}/{p.name}.png', p.pixels)
        shapes = [{'label': k, 'points': corners(k, b) if k == 'ball' else [b[:2], b[2:]], 'group_id': None,
                   'shape_type': 'polygon' if k == 'ball' else 'rectangle', 'flags': {}} for k, b in p.objects]
        text(f'{root}/{p.name}.json', [json.dumps({'version': '5.4.1', 'flags': {}, 'shapes': shapes,
                                                   'imagePath': f'{p.name}.png', 'imageData': None,
                                                   'imageHeight': HEIGHT, 'imageWidth': WIDTH}, indent=2)])
    return root


def kitti(root, pictures):
    for i, p in enumerate(pictures):
        write_png(f'{root}/training/image_2/{i:06d}.png', p.pixels)
        text(f'{root}/training/label_2/{i:06d}.txt',
             [f'{k} 0.00 0 -1.57 {b[0]:.2f} {b[1]:.2f} {b[2]:.2f} {b[3]:.2f} 1.5 0.6 0.8 -1 1 8 -1.5'
              for k, b in p.objects])
    return f'{root}/training'


VISDRONE = {'ball': 1, 'crate': 4, 'pole': 9}  # pedestrian, car, bus


def visdrone(root, pictures):
    for p in pictures:
        write_png(f'{root}/images/{p.name}.png', p.pixels)
        text(f'{root}/annotations/{p.name}.txt',
             [f'{b[0]},{b[1]},{b[2] - b[0]},{b[3] - b[1]},1,{VISDRONE[k]},0,0' for k, b in p.objects])
    return root


def dota(root, pictures):
    for p in pictures:
        write_png(f'{root}/images/{p.name}.png', p.pixels)
        text(f'{root}/labelTxt/{p.name}.txt', ['imagesource:GoogleEarth', 'gsd:0.13'] +
             [f'{b[0]}.0 {b[1]}.0 {b[2]}.0 {b[1]}.0 {b[2]}.0 {b[3]}.0 {b[0]}.0 {b[3]}.0 {k} 0' for k, b in p.objects])
    return root


def mot(root, pictures):
    """Sequences of people only: balls, which others leave alone."""
    for s in range(4):
        frames = [p for p in pictures if any(k == 'ball' for k, _ in p.objects)][s::4]
        lines = []
        for f, p in enumerate(frames):
            write_png(f'{root}/train/YARD-{s + 1:02d}/img1/{f + 1:06d}.png', p.pixels)
            lines += [f'{f + 1},{i + 1},{b[0]},{b[1]},{b[2] - b[0]},{b[3] - b[1]},1,1,1'
                      for i, (k, b) in enumerate(p.objects) if k == 'ball']
        text(f'{root}/train/YARD-{s + 1:02d}/gt/gt.txt', lines)
        text(f'{root}/train/YARD-{s + 1:02d}/seqinfo.ini',
             ['[Sequence]', f'name=YARD-{s + 1:02d}', 'imDir=img1', 'frameRate=30', f'seqLength={len(frames)}',
              f'imWidth={WIDTH}', f'imHeight={HEIGHT}', 'imExt=.png'])
    return f'{root}/train'


def open_images(root, pictures):
    rows = ['ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,'
            'IsInside']
    for i, p in enumerate(pictures):
        write_png(f'{root}/images/{i:016x}.png', p.pixels)
        rows += [f'{i:016x},xclick,/m/0{CLASSES.index(k)},1,{b[0] / WIDTH:.6f},{b[2] / WIDTH:.6f},'
                 f'{b[1] / HEIGHT:.6f},{b[3] / HEIGHT:.6f},0,0,0,0,0' for k, b in p.objects]
    text(f'{root}/train-annotations-bbox.csv', rows)
    text(f'{root}/class-descriptions-boxable.csv', [f'/m/0{i},{c}' for i, c in enumerate(CLASSES)])
    return root


def supervisely(root, pictures):
    for p in pictures:
        folder = f'{root}/{p.split}'
        write_png(f'{folder}/img/{p.name}.png', p.pixels)
        objects = [{'id': j, 'classTitle': k, 'geometryType': 'rectangle', 'tags': [],
                    'points': {'exterior': [list(b[:2]), list(b[2:])], 'interior': []}}
                   for j, (k, b) in enumerate(p.objects)]
        text(f'{folder}/ann/{p.name}.png.json',
             [json.dumps({'description': '', 'tags': [], 'size': {'height': HEIGHT, 'width': WIDTH},
                          'objects': objects})])
    text(f'{root}/meta.json', [json.dumps({'classes': [{'title': c, 'shape': 'rectangle', 'color': '#00FF00'}
                                                       for c in CLASSES], 'tags': []})])
    return root


EXPORTS = [roboflow_yolo, roboflow_zip, ultralytics, label_img, voc, coco, cvat_xml, cvat_yolo, label_studio, labelme,
           kitti, visdrone, dota, mot, open_images, supervisely]


# --- the proof ---

class Failure(Exception):
    pass


def call(program, folder, *words, minutes=10.0):
    """Runs the program, with its caches in the folder, and returns all that it says."""
    env = dict(os.environ, XDG_CACHE_HOME=f'{folder}/cache')
    for name in ('DISPLAY', 'WAYLAND_DISPLAY', 'SDL_VIDEODRIVER'):
        env.pop(name, None)
    done = subprocess.run([program, *words], cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors='replace', timeout=60 * minutes, check=False)
    with open(f'{folder}/log.txt', 'a', encoding='utf-8') as log:
        log.write(f'$ neroscale {" ".join(words)}\n{done.stdout}\n')
    if done.returncode != 0:
        raise Failure(f'{words[0]}: exit status {done.returncode}: {done.stdout.strip().splitlines()[-1:]}')
    return done.stdout


def iou(a, b):
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    both = max(w, 0) * max(h, 0)
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def found_boxes(path):
    boxes = []
    with open(path, encoding='utf-8') as lines:
        for line in lines:
            x, y, w, h = (float(v) for v in line.split()[1:5])
            boxes.append(((x - w / 2) * WIDTH, (y - h / 2) * HEIGHT, (x + w / 2) * WIDTH, (y + h / 2) * HEIGHT))
    return boxes


def prove(program, make, pictures, folder, minutes, more):
    os.makedirs(folder)
    data = make(f'{folder}/export', pictures)
    call(program, folder, 'data', data)
    began = time.monotonic()
    call(program, folder, 'train', '--data', data, '--out', 'model.safetensors', *more, minutes=10 * minutes)
    seconds = time.monotonic() - began
    said = call(program, folder, 'eval', 'model.safetensors', '--data', data)
    score = re.search(r'AP50\D*(\d\.\d+)', said)
    if not score:
        raise Failure('eval says no AP50')
    for p in pictures:
        if p.split == 'test':
            write_png(f'{folder}/new/{p.name}.png', p.pixels)
    call(program, folder, 'run', 'new', '--model', 'model.safetensors', '--save-txt', 'found')
    hits = total = 0
    for p in pictures:
        if p.split == 'test':
            boxes = found_boxes(f'{folder}/found/{p.name}.txt')
            wanted = [b for k, b in p.objects if make is not mot or k == 'ball']
            total += len(wanted)
            hits += sum(any(iou(b, f) >= 0.5 for f in boxes) for b in wanted)
    if float(score.group(1)) < BAR:
        raise Failure(f'AP50 {score.group(1)} after {seconds:.0f} s')
    if 2 * hits < total:
        raise Failure(f'run finds {hits} of {total} objects')
    return f'AP50 {score.group(1)}, run finds {hits} of {total}, trained in {seconds:.0f} s'


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('program')
    parser.add_argument('--only', help='names of exports: ' + ', '.join(e.__name__ for e in EXPORTS))
    parser.add_argument('--keep', help='folder to work in, which stays')
    parser.add_argument('--minutes', type=float, default=2, help='that a training should take (2)')
    parser.add_argument('--epochs', help='of each training, instead of its default')
    options = parser.parse_args()
    wanted = options.only.split(',') if options.only else [e.__name__ for e in EXPORTS]
    unknown = set(wanted) - {e.__name__ for e in EXPORTS}
    if unknown:
        parser.error('no such export: ' + ', '.join(unknown))
    root = os.path.abspath(options.keep) if options.keep else tempfile.mkdtemp(prefix='neroscale-proof-')
    pictures = draw_all()
    program = os.path.abspath(options.program)
    more = ['--epochs', options.epochs] if options.epochs else []
    failed = 0
    for make in EXPORTS:
        if make.__name__ not in wanted:
            continue
        folder = f'{root}/{make.__name__}'
        shutil.rmtree(folder, ignore_errors=True)
        try:
            said = prove(program, make, pictures, folder, options.minutes, more)
            print(f'{make.__name__:14} {said}', flush=True)
        except (Failure, OSError, subprocess.TimeoutExpired) as why:
            failed += 1
            print(f'{make.__name__:14} FAILED: {why}', flush=True)
    if not options.keep:
        shutil.rmtree(root)
    print(f'{len(wanted) - failed} of {len(wanted)} exports')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
