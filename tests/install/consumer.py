#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Installs into an empty folder, and builds and runs the examples there with nothing but pkg-config.

consumer.py BUILD SOURCE PREFIX: exit status 77 where a tool is missing."""
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

build, source, prefix = sys.argv[1:4]
top = tempfile.mkdtemp(prefix='neroscale-consumer-')
installed = top + prefix


def run(command, **more):
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, **more)
    if done.returncode:
        sys.exit(f'{" ".join(command)}: exit status {done.returncode}\n{done.stdout}{done.stderr}')
    return done.stdout


def move_packages():
    """pkg-config files name the prefix; this copy lies elsewhere."""
    folders = set()
    for folder, _, files in os.walk(installed):
        for name in files:
            if name.endswith('.pc'):
                path = os.path.join(folder, name)
                text = open(path, encoding='utf-8').read()
                open(path, 'w', encoding='utf-8').write(re.sub(r'(?m)^prefix=.*$', 'prefix=' + installed, text))
                folders.add(folder)
    return folders


def compile_example(compiler, path, packages, env):
    flags = run(['pkg-config', '--cflags', '--libs'] + packages, env=env).split()
    out = os.path.join(top, os.path.basename(path).replace('.', '_'))
    run([compiler, '-Wall', '-Wextra', '-Werror', path, '-o', out] + flags)
    return out


def paint(path, red, green, blue):
    """A PNG of 40x40 with a square of that colour on grey."""
    side, x, y = 40, random.randrange(20), random.randrange(20)
    rows = b''
    for v in range(side):
        row = bytearray(random.randrange(90, 140) for _ in range(3 * side))
        if y <= v < y + 16:
            row[3 * x:3 * (x + 16)] = bytes((red, green, blue)) * 16
        rows += b'\0' + row

    def chunk(kind, data):
        return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
    with open(path, 'wb') as out:
        out.write(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', side, side, 8, 2, 0, 0, 0)) +
                  chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b''))


def train_classifier(examples, env):
    random.seed(5)
    folder, model = os.path.join(top, 'colours'), os.path.join(top, 'colours.safetensors')
    for name, colour in (('red', (230, 40, 40)), ('blue', (40, 40, 230))):
        os.makedirs(os.path.join(folder, name))
        for i in range(30):
            paint(os.path.join(folder, name, f'{i}.png'), *colour)
    program = compile_example('cc', os.path.join(examples, 'train_classifier.c'), ['neroscale'], env)
    said = run([program, folder, model, 'quick'], env=env)
    right = re.search(r': ([\d.]+) of 60 pictures right', said)
    assert said.count('epoch ') == 12 and right and float(right.group(1)) > 0.9, said
    wrong = subprocess.run([program, '/nonexistent', model], env=env, capture_output=True, text=True)
    assert wrong.returncode == 1 and '/nonexistent' in wrong.stderr, wrong


def read_buffers(env, picture):
    folders = [folder for folder, _, files in os.walk(top) if 'libgstneroscale.so' in files]
    if not folders:
        return  # a build of the engine alone
    program = compile_example('cc', os.path.join(source, 'plugins/examples/read_detections.c'),
                              ['neroscale-meta', 'gstreamer-app-1.0'], env)
    env = dict(env, GST_PLUGIN_PATH=folders[0], GST_REGISTRY=os.path.join(top, 'registry.bin'))
    found = run([program, 'street', picture], env=env)
    assert ' person ' in found, found
    wrong = subprocess.run([program, 'street', '/nonexistent.png'], env=env, capture_output=True, text=True)
    assert wrong.returncode == 1 and wrong.stderr, wrong


def main():
    for tool in ('meson', 'pkg-config', 'cc', 'c++'):
        if not shutil.which(tool):
            print(f'skipped: no {tool} here')
            return 77
    run(['meson', 'install', '-C', build, '--no-rebuild'], env=dict(os.environ, DESTDIR=top))
    packages = move_packages()
    env = dict(os.environ, PKG_CONFIG_PATH=':'.join(packages), NEROSCALE_MODELS=os.path.join(source, 'assets/models'))
    libraries = run(['pkg-config', '--variable=libdir', 'neroscale'], env=env).strip()
    env['LD_LIBRARY_PATH'] = libraries
    picture = os.path.join(source, 'assets/demo.png')
    examples = os.path.join(source, 'nn/examples')
    headers = [os.path.join(folder, name) for folder, _, files in os.walk(installed + '/include') for name in files]
    assert 1 <= len([h for h in headers if '/neroscale/nn/' in h]) <= 12, headers
    for compiler, name in (('cc', 'detect.c'), ('c++', 'detect.cpp')):
        program = compile_example(compiler, os.path.join(examples, name), ['neroscale'], env)
        found = run([program, 'street', picture], env=env)
        assert found.startswith('person '), found
        wrong = subprocess.run([program, 'street', '/nonexistent.jpg'], env=env, capture_output=True, text=True)
        assert wrong.returncode == 1 and '/nonexistent.jpg' in wrong.stderr, wrong
    camera = compile_example('cc', os.path.join(examples, 'camera.c'), ['neroscale'], env)
    frames = subprocess.run([camera, 'street', '64', '48'], input=bytes(2 * 64 * 48 * 3), env=env, capture_output=True)
    assert frames.returncode == 0 and frames.stdout.count(b'0 found') == 2, frames
    train_classifier(examples, env)
    read_buffers(env, picture)
    shutil.rmtree(top)
    return 0


sys.exit(main())
