#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Texts in the user's language, numbers with a point in every language: commands and elements under a locale with decimal
commas, which is made in a temporary folder. languages.py PROGRAM PICTURE LOCALES PLUGINS SANITIZER; exit status 77 without localedef."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

program, picture, locales, plugins = (os.path.abspath(path) for path in sys.argv[1:5])  # commands run elsewhere
sanitizer = sys.argv[5]
work = tempfile.TemporaryDirectory()


def skip(why):
    print(why)
    sys.exit(77)


def run(language, *command):
    env = dict(os.environ, LC_ALL=language, LOCPATH=work.name, NEROSCALE_LOCALES=locales, COLUMNS='80', LANGUAGE='',
               GST_PLUGIN_PATH=plugins, GST_REGISTRY=os.path.join(work.name, 'registry.bin'), XDG_CONFIG_HOME=work.name,
               ASAN_OPTIONS='detect_leaks=0')  # a new registry loads all plug-ins of the system
    return subprocess.run(command, capture_output=True, text=True, timeout=100, env=env, cwd=work.name, check=False)


def expect(language, status, words, *command):
    done = run(language, program, *command)
    text = done.stdout + done.stderr
    if done.returncode != status or words not in text:
        sys.exit(f'{language} {" ".join(command)}: exit status {done.returncode}, without {words!r}\n{text[:3000]}')
    return text


def same(*command):
    """The same to the byte in both locales, but for comments."""
    plain, comma = (run(language, *command) for language in ('C.UTF-8', 'de_DE.UTF-8'))
    lines = [[line for line in done.stdout.split('\n') if not line.startswith('#')] for done in (plain, comma)]
    if plain.returncode or comma.returncode or lines[0] != lines[1]:
        sys.exit(f'{" ".join(command)}: {plain.stdout[:2000]}\n--- with decimal commas: {comma.returncode}\n'
                 f'{comma.stdout[:2000]}{comma.stderr}')
    return plain.stdout


def without_times(path):
    """The lines of JSON of a run, without what a clock says."""
    with open(os.path.join(work.name, path), encoding='utf-8') as file:
        lines = [json.loads(line) for line in file]
    return [{k: v for k, v in line.items() if k not in ('time', 'run', 'age_ms')} for line in lines]


if not shutil.which('localedef') or not os.path.exists('/usr/share/i18n/locales/de_DE'):
    skip('no localedef, or no locales to make one of (Debian: locales)')
for name in ('de_DE', 'es_ES'):
    done = subprocess.run(['localedef', '-i', name, '-f', 'UTF-8', os.path.join(work.name, name + '.UTF-8')], check=False,
                          capture_output=True)
    if done.returncode > 1:
        skip(f'localedef: {done.stderr}')
check = run('de_DE.UTF-8', sys.executable, '-c', 'import locale; locale.setlocale(locale.LC_ALL, ""); print(locale.str(1.5))')
if check.stdout.strip() != '1,5':
    skip(f'this system does not take the locale: {check.stdout}{check.stderr}')

if os.path.exists(os.path.join(locales, 'de', 'LC_MESSAGES', 'neroscale.mo')):
    for language, words in (('de_DE.UTF-8', ('Befehle:', 'Score, ab dem', 'ähnlich ist --threshold', 'zu groß')),
                            ('es_ES.UTF-8', ('Órdenes:', 'Puntuación desde', '--threshold se parece', ''))):
        texts = [expect(language, 0, words[0], '--help'), expect(language, 0, words[1], 'run', '--help-all')]
        expect(language, 2, words[2], 'run', '--tresholt', '1')
        for line in '\n'.join(texts).split('\n'):
            if len(line) > 80 and ' ' in line.strip():
                sys.exit(f'{language}: longer than 80 columns: {line}')
    expect('de_DE.UTF-8', 0, 'Eine Datei mit Optionen', 'help', 'config')

# The command line, tables, files of options and JSON.
assert '\nthreshold = 0.35\n' in same(program, 'run', '--print-config', '-t', '0.35')
expect('de_DE.UTF-8', 2, '0,35', 'run', 'x.avi', '-t', '0,35')
same(program, 'list')
same(program, 'info', 'street-nano')
for language in ('C.UTF-8', 'de_DE.UTF-8'):
    with open(os.path.join(work.name, 'a.ini'), 'w', encoding='utf-8') as file:
        file.write('[run]\nthreshold = 0.3\nzone = yard:0.1,0.2,0.9,0.95\nno-window = true\n')
    expect(language, 0, '', 'run', picture, '--config', 'a.ini', '--model', 'street-nano', '--json', language + '.jsonl', '--force')
plain, comma = (without_times(language + '.jsonl') for language in ('C.UTF-8', 'de_DE.UTF-8'))
assert plain and plain[0]['objects'] and plain == comma, (plain, comma)

# Elements in a program that has taken over all of the locale, as gst-launch does; it cannot load what is sanitized.
if shutil.which('gst-launch-1.0') and sanitizer == 'none':
    for language in ('C.UTF-8', 'de_DE.UTF-8'):
        done = run(language, 'gst-launch-1.0', '-q', 'filesrc', f'location={picture}', '!', 'pngdec', '!', 'videoconvert', '!',
                   'neroinfer', 'model=street-nano', 'thresholds=person=0.35', 'iou-threshold=0.55', '!', 'nerotrack', '!',
                   'neroanalytics', 'zones=yard:0.1,0.2,0.9,0.95:max-objects=5', 'lines=gate:0,0.5,1,0.5', '!',
                   'neropublish', f'location={language}-gst.jsonl', '!', 'fakesink')
        if done.returncode:
            sys.exit(f'gst-launch-1.0 under {language}: {done.stdout}{done.stderr}')
    plain, comma = (without_times(language + '-gst.jsonl') for language in ('C.UTF-8', 'de_DE.UTF-8'))
    assert plain and plain[0]['objects'] and plain == comma, (plain, comma)
print('languages: texts and numbers')
