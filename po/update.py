#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Collects the texts that people read into po/neroscale.pot, and merges them into the translations.

update.py SOURCE [--check]: --check writes nothing, and tells what the translations lack: texts that are new or changed
count as warnings, a broken translation is an error."""
import ast
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

# Where help lines stand in the macros of tables of options, and texts in calls.
KEYWORDS = ['_', 'N_', 'nn_fail:3', 'ROW:4', 'SHORT:5', 'FLAG:2', 'FLAG:3', 'TEXT:3', 'INT:4', 'REAL:4', 'NUMBER:6', 'NUMBER:7', 'NN_TEXT', 'WORD:5',
            'NERO_KEY:5', 'NERO_KEY:6', 'OF:5', 'RANGE:6', 'PART:4', 'APP_OPTION:3', 'APP_OPTION_CALLBACK:4', 'g_option_group_new:2', 'g_option_group_new:3']
# The program, its window and the elements; of the engine the options that the program shows.
FOLDERS = ['app', 'pipeline', 'plugins']
TABLES = ['nn/train/options.c', 'nn/data/augment/augment_options.c']
SUMMARY = re.compile(r'static const char (?:SUMMARY|\w+_text)\[\] =\s*((?:"(?:[^"\\\n]|\\.)*"\s*)+);')
LANGUAGES = ['de', 'es']


def run(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    if done.returncode:
        sys.exit(f'{command[0]}: {done.stderr}')
    return done.stdout


def parts(text):
    """What app_help_translate translates by itself: runs of lines of prose, and of indented lines, but no commands."""
    found, lines = [], text.split('\n')
    for i, line in enumerate(lines):
        if i and line and lines[i - 1] and line.startswith(' ') == lines[i - 1].startswith(' '):
            found[-1] += '\n' + line
        else:
            found.append(line)
    # Neither names of keys, nor beginnings of texts that macros make longer: those are never shown alone.
    return [p for p in found if re.search(r'[^\W\d_]{2}', p) and not re.match(r'  (neroscale|mpirun) ', p) and not re.search(r"\('?$|^%$", p)]


def quote(text):
    lines = text.replace('\\', '\\\\').replace('"', '\\"').split('\n')
    lines = [f'{line}\\n' for line in lines[:-1]] + [lines[-1]]
    return ('""\n' if len(lines) > 1 else '') + '\n'.join(f'"{line}"' for line in lines if line or len(lines) == 1)


def split(pot):
    """Texts of several paragraphs become their parts."""
    head, *entries = pot.split('\n\n')
    out, seen = [head], set()
    for entry in entries:
        strings = re.search(r'^msgid ((?:".*"\n?)+)', entry, re.M)
        text = ''.join(ast.literal_eval(line) for line in strings.group(1).split('\n') if line) if strings else ''
        for part in parts(text) if text else ['']:
            if part not in seen:
                seen.add(part)
                out.append(entry.strip() if part == text else f'msgid {quote(part)}\nmsgstr ""')
    return '\n\n'.join(out) + '\n'


def collect(source, pot):
    files = sorted(os.path.relpath(f, source) for folder in FOLDERS for ending in ('c', 'h', 'inc')
                   for f in glob.glob(os.path.join(source, folder, '**', '*.' + ending), recursive=True)) + TABLES
    with open(os.path.join(source, 'app', 'meson.build'), encoding='utf-8') as build:
        words = re.search(r'command_words = \{\n(.*?)\n\}', build.read(), re.S).group(1)
    with tempfile.TemporaryDirectory() as work:
        commands = os.path.join(work, 'commands.c')
        with open(commands, 'w', encoding='utf-8') as out:
            for line in re.findall(r"^  '[\w-]+': '(.*)',$", words, re.M):
                out.write(f'N_("{line}")\n')
            for path in files:  # what a command says of itself needs no mark
                with open(os.path.join(source, path), encoding='utf-8') as file:
                    out.writelines(f'N_({text})\n' for text in SUMMARY.findall(file.read()))
        run('xgettext', '--language=C', '--from-code=UTF-8', '--no-location', '--package-name=neroscale', '--keyword',
            *[f'--keyword={k}' for k in KEYWORDS], '--flag=nn_fail:3:c-format', '--flag=_:1:pass-c-format',
            f'--output={pot}', commands, *files, cwd=source)
    with open(pot, encoding='utf-8') as file:
        text = file.read()
    text = text[text.index('msgid ""'):]
    text = re.sub(r'"POT-Creation-Date:.*\n', '', text)  # would change from day to day
    text = re.sub(r'(#.*\n)*msgid "[-0-9.x:]*"\nmsgstr ""\n\n', lambda m: m.group(0) if 'msgid ""' in m.group(0) else '', text)
    with open(pot, 'w', encoding='utf-8') as file:
        file.write('# SPDX-License-Identifier: MIT\n' + split(text))


def unmarked(source):
    """Errors and warnings of elements, which GStreamer's applications show, that are not marked."""
    found = False
    for path in sorted(glob.glob(os.path.join(source, 'p*', '**', '*.c'), recursive=True)):
        with open(path, encoding='utf-8') as file:
            text = file.read()
        for call in re.finditer(r'GST_ELEMENT_(?:ERROR|WARNING)\w*\(\s*[^,]+,\s*\w+,\s*\w+,\s*\(\s*"(?!%s")', text):
            line = text.count('\n', 0, call.end()) + 1
            print(f'{os.path.relpath(path, source)}:{line}: a text of an element is not marked by _()')
            found = True
    return found


def check(source, pot):
    wrong = unmarked(source)
    for language in LANGUAGES:
        po = os.path.join(source, 'po', language, 'LC_MESSAGES', 'neroscale.po')
        with tempfile.NamedTemporaryFile(suffix='.po') as merged:
            run('msgmerge', '--quiet', '--no-fuzzy-matching', '-o', merged.name, po, pot)
            lacking = run('msgattrib', '--untranslated', '--no-obsolete', '--no-wrap', merged.name)
            done = subprocess.run(['msgfmt', '--check-format', '-o', os.devnull, merged.name], capture_output=True, text=True, check=False)
        texts = re.findall(r'^msgid (.*(?:\n".*)*)', lacking, re.M)[1:]
        print(f'{language}: {len(texts)} texts lack a translation')
        for text in texts:
            print('  warning: ' + text.replace('\n', ' ')[:120])
        if done.returncode:
            print(done.stderr)
            wrong = True
    return wrong


def main():
    source, checks = sys.argv[1], '--check' in sys.argv
    if not shutil.which('xgettext'):
        print('no gettext here')
        return 77
    with tempfile.TemporaryDirectory() as work:
        pot = os.path.join(work, 'neroscale.pot') if checks else os.path.join(source, 'po', 'neroscale.pot')
        collect(source, pot)
        if checks:
            return check(source, pot)
        for language in LANGUAGES:
            po = os.path.join(source, 'po', language, 'LC_MESSAGES', 'neroscale.po')
            run('msgmerge', '--quiet', '--update', '--backup=none', '--no-fuzzy-matching', '--no-location', po, pot)
    return False


if __name__ == '__main__':
    sys.exit(main())
