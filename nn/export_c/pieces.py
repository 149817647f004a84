#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints the table of the pieces of the runtime: pieces.py FILE... Each row has a name, the rows that it includes and
the text without them. A piece stands behind those that it includes."""
import pathlib
import re
import sys

files = {pathlib.Path(f).stem: pathlib.Path(f).read_text(encoding='utf-8') for f in sys.argv[1:]}
order = []


def includes(name):
    return re.findall(r'#include "nn/export_c/runtime/(\w+)\.c"\n', files[name])


def visit(name):
    for other in includes(name):
        visit(other)
    if name not in order:
        order.append(name)


def quote(line):
    return '"' + line.replace('\\', '\\\\').replace('"', '\\"') + '\\n"'


for name in sorted(files):
    visit(name)
print('// Made by nn/export_c/pieces.py from nn/export_c/runtime.')
for name in order:
    text = re.sub(r'#include .*\n', '', files[name].split('\n', 1)[1]).strip()
    lines = [line for line in text.split('\n')]
    needs = ', '.join(f'"{n}"' for n in includes(name))
    print(f'{{"{name}", {{{needs + ", " if needs else ""}NULL}},')
    print('\n'.join('    ' + quote(line) for line in lines) + '},')
