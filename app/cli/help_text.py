# SPDX-License-Identifier: MIT
"""What `neroscale --help` says, as objects: for the man pages and the completions of shells."""
import os
import re
import subprocess

OPTION = re.compile(r'^  (?:-(\S), )?--([\w-]+)(?:=(\S+))?(?:\s{2,}(.*))?$')
NARROW = 72  # columns of text in a man page
MODEL_FILES = ['safetensors', 'onnx', 'param', 'cfg', 'pth', 'h5']
# How a help line names the files that an option takes.
FORMATS = {'PNG': ['png'], 'JSON': ['json', 'jsonl'], 'CSV': ['csv'], 'Graphviz': ['dot'], 'safetensors': ['safetensors'],
           'tensors': ['safetensors'], '.ini': ['ini'], '.mp4': ['mp4'], '.mkv': ['mkv']}


class Option:
    def __init__(self, match):
        self.short, self.long, self.value, self.text = match.groups()
        self.text = self.text or ''
        self.words = self.value.split('|') if self.value and '|' in self.value else []

    def kind(self):
        """What a shell completes its value by: none, words, model, dir, file, layer, other."""
        if not self.value:
            return 'none'
        first = re.split(r'[,=:]', self.value)[0]
        kinds = {'MODEL': 'model', 'DIR': 'dir', 'LAYER': 'layer', 'FILE': 'file', 'PATH': 'file', 'DATA': 'file',
                 'NAMES': 'file'}
        return 'words' if self.words else kinds.get(first, 'other')

    def endings(self):
        """Of the files that it takes; []: any."""
        return sorted({e for word, ends in FORMATS.items() if re.search(rf'(?<!\w){re.escape(word)}\b', self.text) for e in ends})


class Command:
    def __init__(self, tool, name, summary):
        self.name, self.summary = name, summary
        # Prose and examples as a narrow terminal shows them, options in one line each.
        self.about = tool.ask(name, '--help-all', columns=NARROW).split('\n', 2)[2].split('Help Options:', 1)[0].strip('\n')
        text = tool.ask(name, '--help-all')
        self.usage, rest = re.match(r'Usage:\n  (.*)\n\n?', text).group(1), text.split('Help Options:', 1)[1]
        groups, rest = rest.split('\nApplication Options:\n', 1) if 'Application Options:' in rest else (rest, '')
        lines = rest.split('\n')
        self.groups = [('', [])]  # a title and its options; those of --help come first
        while lines and OPTION.match(lines[0]):
            self.groups[0][1].append(Option(OPTION.match(lines.pop(0))))
        more = '\n'.join(lines).strip('\n')
        narrow = tool.ask(name, '--help-all', columns=NARROW)
        self.more = narrow[narrow.index(more.split('\n')[0][:NARROW // 2]):].strip('\n') if more else ''
        for line in groups.split('\n'):
            match = OPTION.match(line)
            if match and not match.group(2).startswith('help'):
                self.groups[-1][1].append(Option(match))
            elif line.endswith(':') and not line.startswith(' '):
                self.groups.append((line.rstrip(':'), []))
        self.options = [o for _, options in self.groups for o in options]
        # Words that are listed elsewhere: below the options, or by the program.
        listed = re.search(r'^Methods.*:\n((?:  \S.*\n?)+)', more, re.M)
        lists = {'METHOD': re.findall(r'^  (\S+) ', listed.group(1), re.M) if listed else [], 'HEAD': tool.heads}
        for o in self.options:
            o.words = o.words or lists.get(o.value, []) or (tool.networks if o.long == 'network' else [])


class Tool:
    """The program."""

    def __init__(self, program):
        self.program = program
        self.text = self.ask('--help')
        self.topics = re.findall(r'^      (\w+) +(.*)$', self.text, re.M)
        self.heads = re.findall(r'^  (\w+) ', self.ask('list', 'heads'), re.M)
        self.networks = [line.split()[0] for line in self.ask('list').splitlines()[1:] if line]
        listed = re.search(r'Commands:\n((?:  .*\n)+)', self.text).group(1)
        self.commands = [Command(self, *line.split(None, 1)) for line in listed.splitlines()]

    def ask(self, *words, columns=1000):
        env = dict(os.environ, COLUMNS=str(columns), LC_ALL='C.UTF-8', LANGUAGE='')
        return subprocess.run([self.program, *words], capture_output=True, text=True, check=True, env=env,
                              stdin=subprocess.DEVNULL).stdout
