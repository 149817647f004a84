# SPDX-License-Identifier: MIT
"""Finds files and folders that comments and READMEs name, but that do not exist."""
import fnmatch
import os
import re

TOPS = ('nn', 'app', 'plugins', 'pipeline', 'tests', 'assets')
# Files of other projects, and such as the program writes.
FOREIGN = {
    'src/parser.c': 'Darknet', 'docs/developer-guide/param-and-model-file-structure.md': 'ncnn',
    'docs/IR.md': 'ONNX', 'docs/Operators.md': 'ONNX', 'Lib/pickletools.py': 'CPython',
    'torch/serialization.py': 'PyTorch', 'X11/keysymdef.h': 'X', 'onnxruntime_c_api.h': 'ONNX Runtime',
    'report.md': 'written by eval --report',
}
NAME = re.compile(r'(?<![\w/.:$~<{-])[\w.*-]+(?:/[\w.*-]+)*')


def comments_of(path, text):
    if path.endswith(('.c', '.h')):
        strings = re.sub(r'"(\\.|[^"\\\n])*"', lambda m: ' ' * len(m.group(0)), text)
        for match in re.finditer(r'//([^\n]*)', strings):
            yield text.count('\n', 0, match.start()) + 1, text[match.start(1):match.end(1)]
    elif path.endswith('README.md'):
        yield from enumerate(text.split('\n'), 1)
    elif path.endswith(('.py', 'meson.build')):
        for number, line in enumerate(text.split('\n'), 1):
            match = re.search(r'(?:^|\s)#\s(.*)', line)
            if match:
                yield number, match.group(1)


def names_in(comment):
    """What looks like a path of this tree. Capitals stand for what a reader puts there: NAME.c."""
    for match in NAME.finditer(comment):
        name = match.group(0).rstrip('./-')
        if re.search(r'[A-Z]{2}', name.replace('README.md', '')) or name in FOREIGN:
            continue
        if re.search(r'[\w*]\.(c|h|py|md|build)$', name) or (name.split('/')[0] in TOPS and '/' in name):
            yield name


def check(texts, paths, report):
    known = set(paths)
    for path in paths:
        while os.path.dirname(path):
            path = os.path.dirname(path)
            known.add(path)
    tails = {'/'.join(path.split('/')[i:]) for path in known for i in range(path.count('/') + 1)}
    for path, text in texts.items():
        for number, comment in comments_of(path, text):
            for name in names_in(comment):
                beside = os.path.normpath(os.path.join(os.path.dirname(path), name))
                if name in tails or beside in known or ('*' in name and fnmatch.filter(tails, name)):
                    continue
                report(path, number, f'names {name}, which does not exist')
