#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks what no compiler does: who includes whom, circles, banned calls, file heads, sizes, stray text, paths
that comments name."""
import os
import re
import subprocess
import sys

import circles
import paths

ROOT = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else '.')

# Inside nn: each folder may include itself and those listed.
NN = {
    'base': [],
    'tensor': ['base'],
    'kernels': ['base'],
    'ops': ['base', 'tensor', 'kernels'],
    'graph': ['base', 'tensor', 'kernels', 'ops'],
    'vision': ['base', 'tensor', 'kernels'],
    'quantize': ['base', 'tensor', 'kernels', 'ops', 'graph'],
    'prune': ['base', 'tensor', 'kernels', 'ops', 'graph'],
    'zoo': ['base', 'tensor', 'kernels', 'ops', 'graph'],
    'io': ['base', 'tensor', 'kernels', 'ops', 'graph', 'zoo', 'vision'],
    'export_c': ['base', 'tensor', 'kernels', 'ops', 'graph', 'io'],
    'text': ['base', 'io'],
    'data': ['base', 'tensor', 'kernels', 'io', 'vision'],
    'predict': ['base', 'tensor', 'kernels', 'ops', 'graph', 'quantize', 'zoo', 'io', 'text', 'vision'],
    'explain': ['base', 'tensor', 'kernels', 'ops', 'graph', 'zoo', 'io', 'vision', 'data', 'predict'],
    'eval': ['base', 'tensor', 'kernels', 'graph', 'io', 'text', 'vision', 'data', 'predict'],
    'api': ['base', 'tensor', 'kernels', 'ops', 'graph', 'zoo', 'io', 'vision', 'data', 'predict', 'explain', 'eval', 'train'],
    'train': ['base', 'tensor', 'kernels', 'ops', 'graph', 'quantize', 'zoo', 'io', 'text', 'vision', 'data', 'predict', 'explain', 'eval'],
}
TOP = {
    'nn': ['nn'],
    'plugins': ['nn', 'plugins'],
    'po': ['nn/base', 'po'],
    'pipeline': ['pipeline', 'plugins/meta', 'nn/vision', 'nn/base', 'nn/io'],
    'app': ['app', 'pipeline', 'plugins/text', 'nn'],
}
# System headers that belong to some folders only.
OWNED = {
    r'gst/|glib|gio/': ['plugins', 'pipeline', 'app', 'tests'],
    r'SDL': ['plugins', 'app/annotate', 'tests'],
    r'cblas': ['nn/kernels'],
    r'mpi\.h': ['nn/train/ranks_mpi.c'],
    r'cjson|hdf5|zip\.h|turbojpeg|png\.h|tiffio|webp/|gif_lib|protobuf': ['nn/io', 'plugins', 'tests', 'app'],
}
BANNED = r'\b(strcpy|strcat|sprintf|vsprintf|strtok|gets|atoi|atof|alloca)\s*\('
BANNED_NN = r'\b(printf|fprintf|puts|exit|abort|assert|malloc|calloc|realloc|free)\s*\('
STRAY = r'/work/|TODO|FIXME|\bXXX\b|\.debian\.org|registry\.npmjs'
MAX_HEADER, MAX_README = 160, 40

problems = []


def report(path, line, text):
    problems.append(f'{path}:{line}: {text}')


def folder_of(path):
    parts = path.split('/')
    return '/'.join(parts[:2]) if parts[0] == 'nn' and len(parts) > 2 else parts[0]


def check_include(path, number, name):
    folder, top = folder_of(path), path.split('/')[0]
    if top == 'tests':
        return
    if name.endswith('.inc') and not name.startswith('nn/'):
        return
    for pattern, owners in OWNED.items():
        if re.match(pattern, name) and not any(path == o or path.startswith(o + '/') for o in owners):
            report(path, number, f'{folder} may not include <{name}>')
    target = folder_of(name)
    if target.split('/')[0] not in ('nn', 'plugins', 'pipeline', 'app'):
        return
    if not any(name.startswith(a + '/') for a in TOP.get(top, [])):
        report(path, number, f'{top} may not include "{name}"')
    if top == 'nn' and '/' in folder and '/' in target:
        mine, theirs = folder.split('/')[1], target.split('/')[1]
        if mine in NN and theirs != mine and theirs not in NN[mine]:
            report(path, number, f'nn/{mine} may not include nn/{theirs}')


def without_comments(text):
    blank = lambda m: re.sub(r'[^\n]', ' ', m.group(0))
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(\\.|[^"\\\n])*"', blank, text, flags=re.S)


def check_source(path, text):
    lines = text.split('\n')
    if lines[0] != '// SPDX-License-Identifier: MIT':
        report(path, 1, 'the first line must be the SPDX line')
    elif not lines[1].startswith('//'):
        report(path, 2, 'the second line must say what the file is for')
    for number, line in enumerate(lines, 1):
        match = re.match(r'\s*#\s*include\s*["<]([^">]+)[">]', line)
        if match:
            check_include(path, number, match.group(1))
        if len(line) > 120:
            report(path, number, 'the line is longer than 120 columns')
    for number, line in enumerate(without_comments(text).split('\n'), 1):
        for match in re.finditer(BANNED, line):
            report(path, number, f'{match.group(1)} is banned')
        if path.startswith('nn/') and not path.startswith('nn/examples/') and path != 'nn/base/memory.c':
            for match in re.finditer(BANNED_NN, line):
                report(path, number, f'{match.group(1)} is banned inside nn')
    if path.endswith('.h') and len(lines) > MAX_HEADER and not path.startswith('tests/'):
        report(path, 1, f'{len(lines)} lines: a header has at most {MAX_HEADER}')


def check_types(headers):
    """Two headers with types of one name cannot be included together."""
    first = {}
    for path, text in headers.items():
        for number, line in enumerate(without_comments(text).split('\n'), 1):
            match = re.match(r'\} ((?:nn_|vp_|app_|Nero)\w+);$', line)
            if match and first.setdefault(match.group(1), path) != path:
                report(path, number, f'{first[match.group(1)]} has a type {match.group(1)}, too')


def check_text(path, text):
    if path.startswith('tests/lint/'):
        return
    for number, line in enumerate(text.split('\n'), 1):
        if re.search(STRAY, line):
            report(path, number, 'stray text: ' + re.search(STRAY, line).group(0))
        if line != line.rstrip():
            report(path, number, 'trailing white space')
        if '\t' in line and not path.endswith('/debian/rules'):  # make wants them
            report(path, number, 'tab')
    if text and not text.endswith('\n'):
        report(path, text.count('\n') + 1, 'no newline at the end')
    if path.endswith('/README.md') and text.count('\n') > MAX_README:
        report(path, 1, f'a folder README has at most {MAX_README} lines')


def list_files():
    """What git knows or would add; without git, everything that does not lie in a build folder."""
    try:
        listed = subprocess.run(['git', '-C', ROOT, 'ls-files', '-co', '--exclude-standard'],
                                capture_output=True, text=True)
        if listed.returncode == 0:
            return listed.stdout.split('\n')
    except FileNotFoundError:
        pass
    paths = []
    for folder, names, files in os.walk(ROOT):
        names[:] = [n for n in names if n != '.git' and not n.startswith('build') and n != '__pycache__']
        paths += [os.path.relpath(os.path.join(folder, f), ROOT) for f in files]
    return [p for p in paths if not os.path.basename(p).startswith('neroscale-demo')]


def main():
    texts = {}
    known = [p for p in sorted(set(list_files())) if p and os.path.isfile(os.path.join(ROOT, p))]
    for path in known:
        full = os.path.join(ROOT, path)
        if path.startswith('tests/data/'):
            continue
        try:
            text = open(full, encoding='utf-8').read()
        except UnicodeDecodeError:
            continue
        texts[path] = text
        check_text(path, text)
        if path.endswith(('.c', '.h')):
            check_source(path, text)
    sources = {p: t for p, t in texts.items() if p.endswith(('.c', '.h')) and not p.startswith('tests/')}
    check_types({p: t for p, t in sources.items() if p.endswith('.h')})
    circles.check(sources, {p: without_comments(t) for p, t in sources.items()}, report)
    paths.check({p: t for p, t in texts.items() if not p.startswith('tests/lint/')}, known, report)
    print('\n'.join(problems))
    print(f'{len(texts)} files, {len(problems)} problems')
    return 1 if problems else 0


sys.exit(main())
