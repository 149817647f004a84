#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs every gst-launch line of the elements' pages and of the main README, on a generated clip in the place of
cameras and files, without windows: it ends well, no CRITICAL, no leak. Usage: launch.py ROOT PLUGIN_DIR."""
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

root, plugin_dir = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
sys.path.insert(0, str(root / 'plugins' / 'docs'))
sys.dont_write_bytecode = True
import pages  # noqa: E402

MAKE = 'videotestsrc num-buffers=8 pattern=ball ! video/x-raw,width=320,height=240,framerate=25/1 ! jpegenc ! avimux ! filesink'
INPUTS = (r'((filesrc|rtspsrc) [^!]*! decodebin|(uridecodebin|v4l2src)[^!]*(?=!))', 'filesrc location=clip.avi ! decodebin ')
# Outputs that need a display are replaced, a window of ours draws in memory.
# A classifier of a reader's own is replaced by one that is there, servers by a port where nobody listens.
OTHERS = [(r'\bmodel=coats\.safetensors', 'model=flowers17'), (r'\baddress=\S+', 'address=127.0.0.1:9 drain-timeout=1'),
          (r'\bautovideosink\b', 'fakesink'), (r'\bnerosink\b', 'nerosink offscreen=yes')]


def readme_lines():
    text = (root / 'README.md').read_text(encoding='utf-8').replace('\\\n', ' ')
    return [' '.join(line.split()) for line in text.split('\n') if line.strip().startswith('gst-launch-1.0 ')]


def fit(line):
    line = re.sub(*INPUTS, line)
    for pattern, by in OTHERS:
        line = re.sub(pattern, by, line)
    return re.sub(r'^gst-launch-1\.0( -m)? ', '', line)


def run(line, folder):
    env = dict(os.environ, GST_PLUGIN_PATH=str(plugin_dir), GST_REGISTRY=str(folder / 'registry.bin'),
               GST_PRESET_PATH=str(root / 'plugins' / 'infer' / 'presets'), G_DEBUG='fatal-criticals', GST_TRACERS='leaks',
               GST_DEBUG='GST_TRACER:7', GST_DEBUG_NO_COLOR='1')
    done = subprocess.run(['gst-launch-1.0', '-q', *shlex.split(line, comments=True)], cwd=folder, env=env, capture_output=True, text=True,
                          timeout=120, check=False)
    text = done.stdout + done.stderr
    leaks = re.findall(r'object-alive, type-name=\(string\)(\w+)', text)
    if done.returncode or leaks or 'CRITICAL' in text:
        print(f'gst-launch-1.0 {line}\nexit status {done.returncode}, leaks {leaks}\n{text[-2000:]}')
        return False
    return True


def main():
    if not shutil.which('gst-launch-1.0'):
        print('there is no gst-launch-1.0')
        sys.exit(77)
    lines = readme_lines()
    for element, (_, section) in pages.sections().items():
        found = pages.launch_lines(section)
        if not any(re.search(rf'\b{element}\b', line) for line in found):
            sys.exit(f'{element}: no gst-launch line with it in its SECTION comment')
        lines += found
    with tempfile.TemporaryDirectory() as name:
        folder, bad = pathlib.Path(name), 0
        (folder / 'secret').write_text('secret\n', encoding='utf-8')  # of password-file
        subprocess.run(['gst-launch-1.0', '-q', *MAKE.split(), 'location=clip.avi'], cwd=folder, check=True)
        for line in dict.fromkeys(lines):
            fitted = fit(line)
            if 'clip.avi' not in fitted:
                sys.exit(f'no input that this test can replace: {line}')
            bad += not run(fitted, folder)
        print(f'{len(set(lines))} lines, {bad} failed')
        sys.exit(1 if bad else 0)


if __name__ == '__main__':
    main()
