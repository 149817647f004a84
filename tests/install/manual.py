#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The man pages say what --help says, and groff and mandoc have nothing against them. manual.py PROGRAM PAGE..."""
import os
import re
import shutil
import subprocess
import sys

program, *pages = sys.argv[1:]
env = dict(os.environ, LC_ALL='C.UTF-8', COLUMNS='1000')


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env, timeout=60, check=False)
    if done.returncode:
        sys.exit(f'{" ".join(command)}: exit status {done.returncode}\n{done.stdout}')
    return done.stdout


commands = [line.split()[0] for line in run(program, '--help').split('Commands:')[1].split('\n\n')[0].splitlines() if line]
names = {os.path.basename(page)[:-2]: page for page in pages}
assert set(names) == {'neroscale'} | {f'neroscale-{c}' for c in commands}, names
with open(names['neroscale'], encoding='utf-8') as file:
    text = file.read()
for command in commands:
    assert f'neroscale\\-{command.replace("-", chr(92) + "-")} (1)' in text, command
    with open(names['neroscale-' + command], encoding='utf-8') as file:
        page = file.read()
    for option in re.findall(r'^  (?:-\S, )?--([\w-]+)', run(program, command, '--help-all'), re.M):
        assert option.startswith('help') or f'\\-\\-{option}'.replace('-', '\\-').replace('\\\\-', '\\-') in page, (command, option)
tools = [t for t in ('groff', 'mandoc') if shutil.which(t)]
for page in pages:
    said = run('groff', '-man', '-Tutf8', '-ww', '-z', page) if 'groff' in tools else ''
    said += run('mandoc', '-Tlint', '-Wwarning', page) if 'mandoc' in tools else ''
    if said:
        sys.exit(said)
print(f'{len(pages)} pages, {" and ".join(tools) or "no tool to check them"}')
