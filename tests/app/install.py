#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What is installed runs, and knows nothing of the folders where it was made."""
import os
import pathlib
import subprocess
import sys
import tempfile

source, build, debug = sys.argv[1:]
if debug == 'true':
    print('skipped: debug information names the sources')
    sys.exit(77)


def run(program, libraries, *args, models=None):
    env = {k: v for k, v in os.environ.items() if not k.startswith('NEROSCALE_')}
    env['LD_LIBRARY_PATH'] = libraries  # not where they were to be installed
    if models:
        env['NEROSCALE_MODELS'] = str(models)
    return subprocess.run([program, *args], capture_output=True, text=True, env=env, check=False)


with tempfile.TemporaryDirectory() as there:
    subprocess.run(['meson', 'install', '-C', build, '--no-rebuild', '--quiet', '--destdir', there], check=True,
                   stdout=subprocess.DEVNULL)
    files = [p for p in pathlib.Path(there).rglob('*') if p.is_file()]
    failed = 0
    for path in files:
        text = path.read_bytes()
        for folder in (source, build):
            if folder.encode() in text:
                at = text.index(folder.encode())
                print(f'{path.name} holds {text[at:at + 100].split(bytes(1))[0]!r}')
                failed += 1
    program = next(p for p in files if p.name == 'neroscale')
    libraries = str(next(p for p in files if p.name.startswith('libneroscale-meta.so')).parent)
    person = next(p for p in files if p.name == 'person.safetensors')
    shown = run(program, libraries, 'info', 'person', models=person.parent)
    if shown.returncode != 0 or 'person' not in shown.stdout:
        print(f'the installed program does not find its models: {shown.stderr}')
        failed += 1
    missing = run(program, libraries, 'info', 'no-such-model')
    if missing.returncode != 2 or build in missing.stderr or source in missing.stderr:
        print(f'no-such-model: {missing.returncode}: {missing.stderr}')
        failed += 1
    print(f'{len(files)} files installed, {failed} problems')
sys.exit(1 if failed or len(files) < 7 else 0)
