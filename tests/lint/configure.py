#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`meson setup` needs nothing that only tests need: cmocka and what else is hidden from it."""
import pathlib
import subprocess
import sys
import tempfile

source, compiler = sys.argv[1], sys.argv[2:]
HIDDEN = ['cmocka*', 'gstreamer-check-1.0', 'gstreamer-rtsp-server-1.0']


def configure(folder, name, *options):
    done = subprocess.run(['meson', 'setup', f'{folder}/{name}', source, '--native-file', f'{folder}/native.ini',
                           *options], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


with tempfile.TemporaryDirectory() as there:
    tool = pathlib.Path(there) / 'pkg-config'
    tool.write_text(f'#!/bin/sh\nfor a in "$@"; do case $a in {"|".join(HIDDEN)}) exit 1 ;; esac; done\n'
                    'exec /usr/bin/pkg-config "$@"\n')
    tool.chmod(0o755)
    words = ', '.join(f"'{w}'" for w in compiler)
    (pathlib.Path(there) / 'native.ini').write_text(
        f"[binaries]\nc = [{words}]\npkgconfig = '{tool}'\ncmake = '/bin/false'\n")
    failed = 0
    status, text = configure(there, 'run')
    if status != 0 or 'no tests' not in text:
        print(f'meson setup: exit status {status}\n{text[-2000:]}')
        failed += 1
    status, text = configure(there, 'test', '-Dtests=enabled')
    if status == 0 or 'cmocka' not in text:
        print(f'meson setup -Dtests=enabled: exit status {status}\n{text[-2000:]}')
        failed += 1
print(f'{failed} problems')
sys.exit(1 if failed else 0)
