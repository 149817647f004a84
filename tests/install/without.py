#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Builds with all features off, first the engine alone, then with the program; runs the tests that are left.

without.py SOURCE FOLDER"""
import os
import shutil
import subprocess
import sys

source, build = sys.argv[1:3]
ENGINE_TESTS = ['features', 'api', 'darknet_files', 'image', 'image_kinds', 'ncnn_layers', 'picture_hash', 'safetensors',
                'train_folders', 'train_labels', 'exif_labels', 'vision_nms']
MEDIA_TESTS = ['annotate', 'learn_parts', 'meta', 'neroinfer', 'neropublish', 'reader', 'swap']


def run(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    if done.returncode:
        sys.exit(f'{" ".join(command)}: exit status {done.returncode}\n{(done.stdout + done.stderr)[-6000:]}')
    return done.stdout


def build_and_test(*tests):
    """Builds what these tests take, the whole library among it."""
    text = run('nice', 'meson', 'test', '-C', build, *tests)
    assert 'warning:' not in text, text


def refused(message, *command):
    """The reason and what to do on stderr, and exit status 2."""
    done = subprocess.run((f'{build}/app/neroscale', *command), capture_output=True, text=True, check=False)
    assert done.returncode == 2 and message in done.stderr and done.stderr.count('\n') <= 2, (command, done)


def main():
    shutil.rmtree(build, ignore_errors=True)
    run('meson', 'setup', build, source, '-Dauto_features=disabled', '-Dtests=enabled', '-Dbuildtype=plain',
        '-Doptimization=1')
    build_and_test(*ENGINE_TESTS)
    run('meson', 'configure', build, '-Dmedia=enabled')
    text = run('nice', 'ninja', '-C', build, 'app/neroscale')
    assert 'warning:' not in text, text
    build_and_test(*MEDIA_TESTS)
    said = run(f'{build}/app/neroscale', '--version')
    for name in ('onnx', 'pytorch', 'keras', 'xml', 'csv', 'yaml', 'gif', 'tiff', 'webp', 'mpi', 'pango', 'sdl2', 'x11', 'plplot',
                 'mqtt', 'kafka'):
        assert f'-{name}: this build' in said, said
    assert '+media' in said and not os.path.exists(f'{build}/plugins/libgstneroscalesink.so'), said
    picture, model = f'{source}/assets/demo.png', f'{source}/assets/models/street.safetensors'
    found = run(f'{build}/app/neroscale', 'run', picture, '--model', model, '--no-window', '--json', '-')
    assert '"person"' in found, found
    refused('-Dsdl2=enabled', 'run', picture, '--model', model)
    refused('-Dsdl2=enabled', 'annotate', os.path.dirname(picture))
    refused('-Dpango=enabled', 'run', picture, '--model', model, '--no-window', '--record', f'{build}/never.mkv')
    refused('-Donnx=enabled', 'convert', model, f'{build}/never.onnx')
    refused('-Dkeras=enabled', 'convert', 'vgg16', f'{build}/never.h5')
    assert not os.path.exists(f'{build}/never.mkv') and not os.path.exists(f'{build}/never.onnx')
    shutil.rmtree(build)


main()
