#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""In `meson devenv` the program and the elements are found; app/demo tells its input from values of options.

devenv.py BUILD REGISTRY"""
import os
import shutil
import subprocess
import sys
import tempfile

build, registry = sys.argv[1:3]
env = dict(os.environ, GST_REGISTRY=registry)


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=env, check=False)
    if done.returncode:
        sys.exit(f'{" ".join(command)}: exit status {done.returncode}\n{done.stdout}{done.stderr}')
    return done.stdout


version = run('meson', 'devenv', '-C', build, 'neroscale', '--version')
assert version.startswith('neroscale ')
assert 'inference-interval' in run('meson', 'devenv', '-C', build, 'gst-inspect-1.0', 'neroinfer')

if '+sdl2' not in version or '+pango' not in version:
    sys.exit()
with tempfile.TemporaryDirectory() as there:  # the script beside a setup that does nothing
    os.mkdir(os.path.join(there, 'app'))
    demo = shutil.copy(os.path.join(os.path.dirname(__file__), '..', '..', 'app', 'demo'), os.path.join(there, 'app'))
    shutil.copy(shutil.which('true'), os.path.join(there, 'app', 'setup'))
    os.symlink(os.path.abspath(build), os.path.join(there, 'build'))
    env['XDG_CONFIG_HOME'] = there
    for word in 'DISPLAY', 'WAYLAND_DISPLAY', 'SDL_VIDEODRIVER':
        env.pop(word, None)
    for words, frames in (['--line', 'door:0,0.6,1,0.6', '-n', '2'], 2), (['-n', '3', '--', 'test'], 3):
        done = subprocess.run([demo, *words], cwd=there, capture_output=True, text=True, timeout=60, env=env, check=False)
        if done.returncode == 2 and 'vtest.avi is not there' in done.stderr:
            continue  # Debian's opencv-doc is not installed
        with open(os.path.join(there, 'neroscale-demo.jsonl'), encoding='utf-8') as file:
            assert len(file.readlines()) == frames, done.stdout + done.stderr
