#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""In `meson devenv` the program and the elements are found. devenv.py BUILD REGISTRY"""
import os
import subprocess
import sys

build, registry = sys.argv[1:3]
env = dict(os.environ, GST_REGISTRY=registry)


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=env, check=False)
    if done.returncode:
        sys.exit(f'{" ".join(command)}: exit status {done.returncode}\n{done.stdout}{done.stderr}')
    return done.stdout


assert run('meson', 'devenv', '-C', build, 'neroscale', '--version').startswith('neroscale ')
assert 'inference-interval' in run('meson', 'devenv', '-C', build, 'gst-inspect-1.0', 'neroinfer')
