# SPDX-License-Identifier: MIT
"""Finds files that need each other in a circle.

A file needs another one when it includes it or uses a function that the other one defines. Files that
need each other in a circle can only be read together, so that a reader does not know where to begin;
what both need belongs into a third one. x.c, x.h and x_internal.h count as one, unless the header
declares what several files define: then it is of a family, and counts apart.
"""
import re

# Folders and headers that count apart, and why.
APART = {
    'nn/kernels/': 'the header of a kernel has the type of its table; the files of the processor levels fill it, the .c chooses',
    'plugins/meta/nerometa_internal.h': 'the struct of the meta, which its registration and what moves its boxes share',
}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.M)
DEFINITION = re.compile(r'^(?!.*\bstatic\b|typedef\b)[A-Za-z_][\w \t*]*?\b(\w+)[ \t]*\([^;{}]*\)\s*\{', re.M)
WORD = re.compile(r'\b[A-Za-z_]\w+\b')


def find_units(bodies, defined):
    """{path: unit}: what counts as one."""
    units = {}
    for path, body in bodies.items():
        units[path] = path
        if not path.startswith(tuple(APART)):
            owners = {o for name in WORD.findall(body) for o in defined.get(name, ())} if path.endswith('.h') else ()
            stem = re.sub(r'(_internal)?\.[ch]$', '', path)
            if not owners or owners == {stem + '.c'}:
                units[path] = stem
    return units


def find_needs(texts, bodies):
    """{unit: {unit that it needs: (file, why)}}; texts and bodies: with and without comments."""
    defined = {}
    for path, body in bodies.items():
        if path.endswith('.c'):
            for name in DEFINITION.findall(body):
                defined.setdefault(name, set()).add(path)
    units = find_units(bodies, defined)
    needs = {}

    def add(path, other, why):
        if units[path] != units[other]:
            needs.setdefault(units[path], {}).setdefault(units[other], (path, why))

    for path in sorted(texts):
        for name in INCLUDE.findall(texts[path]):
            if name in texts:
                add(path, name, 'includes its header')
        if path.endswith('.c'):
            # The same name in two files is a choice of the build, or no function at all.
            for name in sorted(set(WORD.findall(bodies[path]))):
                if len(defined.get(name, ())) == 1:
                    add(path, next(iter(defined[name])), f'uses {name}')
    return needs


def find_circles(needs):
    """Tarjan's strongly connected components of more than one unit."""
    order, low, stack, circles = {}, {}, [], []

    def visit(unit):
        order[unit] = low[unit] = len(order)
        stack.append(unit)
        for other in needs.get(unit, ()):
            if other not in order:
                visit(other)
            if other in stack:
                low[unit] = min(low[unit], low[other])
        if low[unit] == order[unit]:
            at = stack.index(unit)
            if len(stack) - at > 1:
                circles.append(stack[at:])
            del stack[at:]

    for unit in sorted(needs):
        if unit not in order:
            visit(unit)
    return circles


def check(texts, bodies, report):
    needs = find_needs(texts, bodies)
    for circle in find_circles(needs):
        for unit in circle:
            for other, (path, why) in sorted(needs[unit].items()):
                if other in circle:
                    report(path, 1, f'circle of {len(circle)} files: needs {other}: {why}')
