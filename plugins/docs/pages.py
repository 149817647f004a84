#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes a page for each element beside this script, from the SECTION comment of its source and from gst-inspect-1.0.

Usage: pages.py PLUGIN_DIR [--check]. --check writes nothing and fails when a page is not up to date; 77: no gst-inspect-1.0.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PLUGINS = HERE.parent


def sections():
    """The SECTION comments: {element: (short description, lines)}, lines without the margin of the comment."""
    found = {}
    for path in sorted(PLUGINS.glob('*/nero*.c')):
        match = re.search(r'/\*\*\n \* SECTION:element-(\w+)\n(.*?)\n \*/', path.read_text(encoding='utf-8'), re.S)
        if match:
            lines = [re.sub(r'^ \* ?', '', line) for line in match.group(2).split('\n')]
            short = next(line.split(': ', 1)[1] for line in lines if line.startswith('@short_description'))
            found[match.group(1)] = (short, [line for line in lines if not line.startswith('@')])
    return found


def launch_lines(lines):
    """The command lines of the `|[ ]|` parts, each as one line."""
    blocks = re.findall(r'\|\[\n(.*?)\n\]\|', '\n'.join(lines), re.S)
    commands = []
    for block in blocks:
        for part in re.split(r'(?=gst-launch-1\.0 )', block):
            if part.startswith('gst-launch-1.0 '):
                commands.append(' '.join(part.split()))
    return commands


def inspect(element, plugin_dir, registry):
    """The text of gst-inspect-1.0 for an element of ours, or of GStreamer."""
    env = dict(os.environ, GST_PLUGIN_PATH=str(plugin_dir), GST_REGISTRY=str(registry), LC_ALL='C')
    done = subprocess.run(['gst-inspect-1.0', '--no-colors', element], capture_output=True, text=True, env=env, check=False)
    if done.returncode:
        sys.exit(f'gst-inspect-1.0 {element}: {done.stderr.strip() or done.stdout.strip()}')
    return done.stdout


def properties(text):
    """The properties of an inspected element: a list of (name, blurb, flags, the lines about type and values)."""
    part = re.search(r'^Element Properties:\n(.*?)(?=^\S|\Z)', text, re.S | re.M)
    rows = []
    for line in part.group(1).split('\n') if part else []:
        start = re.match(r'  (\S+?)\s*: (.*)', line)
        if start and not line.startswith('   '):
            rows.append((start.group(1), start.group(2), [], []))
        elif rows and line.strip().startswith('flags:'):
            rows[-1][2].append(line.strip())
        elif rows and line.strip():
            rows[-1][3].append(line.strip())
    return [(name, blurb, ' '.join(flags), kind) for name, blurb, flags, kind in rows]


def value_cells(kind):
    """Type with range, and default, of the lines about a value."""
    first = re.sub(r'\s+', ' ', kind[0]).strip() if kind else ''
    default = re.search(r'Default: (.*?)( Write only)?$', first)
    default = default.group(1).strip() if default else ''
    limits = re.search(r'Range: (\S+) - (\S+)', first)
    if first.startswith('Enum'):
        return 'one of', re.sub(r'.*"(.*)"', r'\1', default)
    if limits:
        return f'{limits.group(1)} .. {limits.group(2)}', default
    word = re.match(r'String|Boolean|Boxed pointer', first)
    words = {'String': 'text', 'Boolean': 'true, false', 'Boxed pointer': 'GstStructure'}
    return words.get(word.group(0), '') if word else first, default.strip('"') if default != 'null' else 'unset'


def when(flags):
    """When a property may be set."""
    if 'writable' not in flags:
        return 'read only'
    return 'any time' if 'PLAYING' in flags else 'before start'


def own(text, inherited):
    """Properties of ours: those that say when they may be changed, and figures that GStreamer does not have."""
    names = {(name, blurb) for other in inherited for name, blurb, _, _ in properties(other)}
    return [p for p in properties(text) if 'changeable' in p[2] or ('writable' not in p[2] and p[:2] not in names)]


def cell(text):
    return text.replace('|', r'\|').replace('<', '&lt;')


def table(rows):
    lines = ['| property | values | default | set | what it does |', '|---|---|---|---|---|']
    for name, blurb, flags, kind in rows:
        values, default = value_cells(kind)
        lines.append(f'| `{name}` | {cell(values)} | {cell(default)} | {when(flags)} | {cell(blurb)} |')
        for line in kind[1:]:
            value = re.match(r'\(-?\d+\): (\S+)\s+- (.*)', line)
            if value:
                lines.append(f'| | `{value.group(1)}` | | | {cell(value.group(2))} |')
    return lines


def signals(text):
    """The parts of gst-inspect-1.0 about signals and actions, as they are."""
    lines = []
    for title in ('Signals', 'Actions'):
        part = re.search(rf'^Element {title}:\n(.*?)(?=^\S|\Z)', text, re.S | re.M)
        if part:
            body = [line.rstrip() for line in part.group(1).strip('\n').split('\n')]
            lines += ['', f'## {title}', '', *[('  ' + line).rstrip() for line in body]]
    return lines


def prose(element, lines, names):
    """The comment as Markdown."""
    text, code, linked = [], False, {element}

    def link(match):
        name = match.group(1)
        if name not in names or name in linked:
            return name
        linked.add(name)
        return f'[{name}]({name}.md)'

    for line, following in zip(lines, lines[1:] + [']|']):
        if line == '|[':
            code = True
        elif line == ']|':
            code = False
        elif code:
            goes_on = text and re.match(r'    (gst-launch|.*\\$)', text[-1] + ' ') or line.startswith('gst-launch')
            last = following == ']|' or following.startswith('gst-launch') or not goes_on
            text.append('    ' + line + ('' if last else ' \\'))
        else:
            line = re.sub(r'#(\w+):([\w-]+)', r'`\2`', line)
            line = re.sub(r'#(\w+)', r'`\1`', line)
            line = re.sub(r'(?<![\w`/])(nero\w+)(?![\w`])', link, line)
            text.append(re.sub(r'^ - ', '- ', line))
    return '\n'.join(text).strip('\n').split('\n')


def page(element, short, lines, text, inherited, names):
    klass = re.search(r'^  Klass\s+(.*)$', text, re.M).group(1)
    plugin = re.search(r'^  Filename\s+(.*)$', text, re.M).group(1).rsplit('/', 1)[-1]
    out = [f'<!-- Made by pages.py from {element}.c and gst-inspect-1.0: change those. -->', f'# {element}: {short}', '',
           f'Class `{klass}`, in `{plugin}`.', '', *prose(element, lines, names), '', '## Properties', '',
           *table(own(text, inherited)), *signals(text)]
    return '\n'.join(line.rstrip() for line in out) + '\n'


def main():
    if len(sys.argv) < 2 or sys.argv[1].startswith('-'):
        sys.exit(__doc__)
    if not shutil.which('gst-inspect-1.0'):
        print('there is no gst-inspect-1.0')
        sys.exit(77)
    plugin_dir, check = pathlib.Path(sys.argv[1]).resolve(), '--check' in sys.argv[2:]
    registry = plugin_dir / 'pages_registry.bin'
    inherited = [inspect(other, plugin_dir, registry) for other in ('identity', 'fakesink')]
    known, stale = sections(), []
    for element, (short, lines) in known.items():
        made = page(element, short, lines, inspect(element, plugin_dir, registry), inherited, set(known))
        path = HERE / f'{element}.md'
        if not path.exists() or path.read_text(encoding='utf-8') != made:
            stale.append(path.name)
            if not check:
                path.write_text(made, encoding='utf-8')
    stale += [path.name for path in HERE.glob('*.md') if path.stem not in known] if check else []
    print(f'{len(known)} pages, {len(stale)} {"not up to date" if check else "written"}', *stale)
    if check and stale:
        sys.exit(f'run: plugins/docs/pages.py {plugin_dir}')


if __name__ == '__main__':
    main()
