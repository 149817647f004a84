#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the man pages from what `neroscale --help` says: neroscale(1), and neroscale-COMMAND(1) of each command.

manual.py PROGRAM VERSION FOLDER"""
import os
import re
import sys
import time

from help_text import NARROW, Tool


DATE = time.strftime('%Y-%m-%d', time.gmtime(int(os.environ.get('SOURCE_DATE_EPOCH', time.time()))))


def escape(text):
    text = text.replace('\\', '\\e').replace('-', '\\-').replace('…', '...').replace("'", '\\(aq')
    return re.sub(r'(?m)^\.', r'\\&.', text)


def fill(lines):
    """Prose: a sentence begins a line, as roff likes it."""
    return escape(re.sub(r'(?<=[a-z)])([.:]) (?=[A-Z])', r'\1\n', ' '.join(lines)))


def roff(text):
    """Paragraphs are filled, tables and examples stay as they are."""
    out, prose, verbatim = [], [], []

    def end():
        if prose:
            out.extend(['.PP', fill(prose)])
        if any(verbatim):
            out.extend(['.PP', '.EX', *verbatim, '.EE'])
        prose.clear()
        verbatim.clear()

    for line in text.split('\n'):
        stays = line.startswith(' ') or re.search(r'\S {2,}\S', line)
        if not line or (stays and prose) or (not stays and verbatim):
            end()
        if line:
            (verbatim if stays else prose).append(' ' + escape(line) if stays else line)
    end()
    return '\n'.join(out) + '\n'


def head(name, about, version):
    title = name.upper()
    return (f'.TH {escape(title)} 1 "{DATE}" "neroscale {version}" "User Commands"\n.SH NAME\n{escape(name)} \\- {escape(about)}\n'
            '.SH SYNOPSIS\n')


def references(names):
    return '.SH SEE ALSO\n' + ''.join(f'.BR {escape(n)} (1){"," if n != names[-1] else ""}\n' for n in names)


def options(command):
    out = ''
    for title, listed in command.groups:
        if not listed:
            continue
        out += f'.SS {escape(title)}\n' if title else ''
        for o in listed:
            short = f'\\fB\\-{o.short}\\fR, ' if o.short else ''
            word, text = o.value, o.text
            if word and len(word) > 50 and '|' in word:  # no line ends within it
                word, text = 'WORD', f'{text}. WORD is one of {", ".join(word.split("|"))}'
            value = f'=\\fI{escape(word)}\\fR' if word else ''
            out += f'.TP\n{short}\\fB\\-\\-{escape(o.long)}\\fR{value}\n{escape(text)}\n'
    return out


def command_page(c, version):
    words = c.usage.split(' ')
    about, _, examples = c.about.partition('\nExamples:\n')
    shown, _, more = examples.partition('\n\n')
    page = head(f'neroscale-{c.name}', c.summary, version)
    page += f'.B {escape(" ".join(words[:2]))}\n' + (escape(' '.join(words[2:])) + '\n' if words[2:] else '')
    page += f'.SH DESCRIPTION\n{roff(about).removeprefix(".PP" + chr(10))}'
    if more:
        page += roff(more)
    page += f'.SH OPTIONS\n{options(c)}'
    if c.more:
        page += roff(c.more)
    if shown:
        page += f'.SH EXAMPLES\n.EX\n{escape(shown)}\n.EE\n'
    page += '.SH EXIT STATUS\n0, or 2 after one line on standard error; other values where the text says so.\n'
    return page + references(['neroscale'])


def main_page(tool, version):
    about = tool.text.split('\n\n')[1]
    narrow = tool.ask('--help', columns=NARROW)
    examples = re.search(r'Examples:\n((?:\S.*\n|  .*\n)+)', narrow).group(1).rstrip()
    page = head('neroscale', 'find objects in video with neural networks, and train them', version)
    page += ('.B neroscale\n.I COMMAND\n[\\fIOPTIONS\\fR]\n.br\n.B neroscale help\n.I TOPIC\n.br\n.B neroscale\n'
             f'\\-\\-help | \\-\\-version\n.SH DESCRIPTION\n{fill(about.split(chr(10)))}\n.SH COMMANDS\n')
    for c in tool.commands:
        page += f'.TP\n.BR neroscale\\-{escape(c.name)} (1)\n{escape(c.summary)}\n'
    for word, title in tool.topics:
        text = roff(tool.ask('help', word, columns=NARROW))
        page += f'.SH {escape(title.upper())}\n.I neroscale help {escape(word)}\n{text}'
    page += f'.SH EXAMPLES\n.EX\n{escape(examples)}\n.EE\n'
    page += ('.SH FILES\n.TP\n.I $XDG_CONFIG_HOME/neroscale/neroscale.ini\nOptions that count without being typed.\n'
             '.SH EXIT STATUS\n0, or 2 after one line on standard error; other values where a command says so.\n')
    return page + references([f'neroscale-{c.name}' for c in tool.commands] + ['gst-inspect-1.0'])


def main():
    program, version, folder = sys.argv[1:4]
    tool = Tool(program)
    pages = {'neroscale': main_page(tool, version)}
    pages.update({f'neroscale-{c.name}': command_page(c, version) for c in tool.commands})
    for name, text in pages.items():
        with open(os.path.join(folder, name + '.1'), 'w', encoding='utf-8') as out:
            out.write(text)


if __name__ == '__main__':
    main()
