#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the man page and the completions of bash and zsh from what `neroscale --help` says.

manual.py PROGRAM VERSION MAN BASH ZSH"""
import re
import subprocess
import sys

program, version, man_path, bash_path, zsh_path = sys.argv[1:6]
OPTION = re.compile(r'^  (?:-(\S), )?--([\w-]+)(?:=(\S+))?(?:\s{2,}(.*))?$')
FILES = {'FILE', 'PATH', 'MODEL', 'DIR', 'DATA', 'GLOB', 'NAMES'}


def ask(*words):
    return subprocess.run([program, *words], capture_output=True, text=True, check=True).stdout


class Option:
    def __init__(self, match):
        self.short, self.long, self.value, self.text = match.groups()

    def kind(self):
        """What a shell completes its value by."""
        if not self.value:
            return 'none'
        word = self.value.split(',')[0]
        return 'dir' if word == 'DIR' else 'file' if word in FILES else 'other'


class Command:
    def __init__(self, name, summary):
        self.name, self.summary = name, summary
        text = ask(name, '--help-all')
        self.usage, rest = re.match(r'Usage:\n  (.*)\n\n?', text).group(1), text.split('\n', 2)[2]
        self.about, rest = rest.split('Help Options:', 1)
        self.about = self.about.strip('\n')
        groups, rest = rest.split('\nApplication Options:\n', 1) if 'Application Options:' in rest else (rest, '')
        lines = rest.split('\n')
        self.groups = [('', [])]  # a title and its options; those of --help come first
        while lines and OPTION.match(lines[0]):
            self.groups[0][1].append(Option(OPTION.match(lines.pop(0))))
        self.more = '\n'.join(lines).strip('\n')
        for line in groups.split('\n'):
            match = OPTION.match(line)
            if match and not match.group(2).startswith('help'):
                self.groups[-1][1].append(Option(match))
            elif line.endswith(':') and not line.startswith(' '):
                self.groups.append((line.rstrip(':'), []))
        # What --method takes: the words of the list below the options.
        listed = re.search(r'^Methods.*:\n((?:  \S.*\n?)+)', self.more, re.M)
        self.methods = re.findall(r'^  (\S+) ', listed.group(1), re.M) if listed else []
        self.options = [o for _, options in self.groups for o in options]


def escape(text):
    text = text.replace('\\', '\\e').replace('-', '\\-').replace('…', '...')
    return re.sub(r"(?m)^([.'])", r'\\&\1', text)


def roff(text):
    """Paragraphs are filled, tables and examples stay as they are."""
    out = []
    for part in text.split('\n\n'):
        lines = part.split('\n')
        plain = not re.search(r'(?m)^ |\S {2,}\S', part)
        if lines[0].endswith(':') and len(lines) > 1:
            out += ['.PP', escape(lines.pop(0))]
        if plain:
            out += ['.PP', escape('\n'.join(lines))]
        else:
            out += ['.PP', '.nf', escape('\n'.join(lines)), '.fi']
    return '\n'.join(out) + '\n'


def write_man(top, commands, topics):
    about = top.split('\n\n')[1]
    examples = re.search(r'Examples:\n((?:  .*\n)+)', top).group(1).rstrip()
    with open(man_path, 'w', encoding='utf-8') as out:
        out.write(f'.TH NEROSCALE 1 "" "neroscale {version}" "User Commands"\n.SH NAME\n'
                  'neroscale \\- find objects in video with neural networks, and train them\n'
                  '.SH SYNOPSIS\n.B neroscale\n.I COMMAND\n[\\fIOPTIONS\\fR]\n.br\n.B neroscale\n'
                  f'\\-\\-help | \\-\\-version\n.SH DESCRIPTION\n{escape(about)}\n.SH COMMANDS\n')
        for c in commands:
            out.write(f'.TP\n.B {c.name}\n{escape(c.summary)}\n')
        for c in commands:
            out.write(f'.SH NEROSCALE {c.name.upper()}\n.B {escape(c.usage)}\n{roff(c.about)}')
            for title, options in c.groups:
                out.write(f'.SS {escape(title)}\n' if title else '')
                for o in options:
                    short = f'\\fB\\-{o.short}\\fR, ' if o.short else ''
                    value = f'=\\fI{escape(o.value)}\\fR' if o.value else ''
                    out.write(f'.TP\n{short}\\fB\\-\\-{escape(o.long)}\\fR{value}\n{escape(o.text or "")}\n')
            if c.more:
                out.write(roff(c.more))
        for word, title in topics:
            out.write(f'.SH {escape(title.upper())}\n.I neroscale help {escape(word)}\n{roff(ask("help", word))}')
        out.write(f'.SH EXAMPLES\n.nf\n{escape(examples)}\n.fi\n.SH EXIT STATUS\n'
                  '0, or 2 after one line on standard error; other values where a command says so.\n'
                  '.SH SEE ALSO\n.BR gst\\-inspect\\-1.0 (1)\n')


BASH = '''# Completion of neroscale in bash, made from its --help.
_neroscale()
{
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]} options= files= dirs= methods=
    if [ "$COMP_CWORD" -eq 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "@COMMANDS@ help --help --version" -- "$cur")
        return
    fi
    case $command in
    help) mapfile -t COMPREPLY < <(compgen -W "@COMMANDS@ @TOPICS@" -- "$cur"); return ;;
@CASES@    esac
    [ "$cur" = = ] && cur=
    [ "$prev" = = ] && prev=${COMP_WORDS[COMP_CWORD - 2]}
    case $prev in
    --layer)
        mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" visualize "${COMP_WORDS[2]}" --list-layers 2>/dev/null |
            sed -n '2,$s/ .*//p')" -- "$cur")
        return ;;
    --method) mapfile -t COMPREPLY < <(compgen -W "$methods" -- "$cur"); return ;;
    esac
    case " $files " in *" $prev "*) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;; esac
    case " $dirs " in *" $prev "*) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;; esac
    case $cur in
    -*) mapfile -t COMPREPLY < <(compgen -W "$options --help" -- "$cur") ;;
    *) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
    esac
}
complete -F _neroscale neroscale
'''


def words(options, kind=None):
    return ' '.join(('--' + o.long) + (f' -{o.short}' if o.short and kind else '')
                    for o in options if kind in (None, o.kind()))


def write_bash(commands, topics):
    cases = ''.join(f'    {c.name}) options="{words(c.options)}" files="{words(c.options, "file")}" '
                    f'dirs="{words(c.options, "dir")}" methods="{" ".join(c.methods)}" ;;\n' for c in commands)
    with open(bash_path, 'w', encoding='utf-8') as out:
        out.write(BASH.replace('@COMMANDS@', ' '.join(c.name for c in commands)).replace('@CASES@', cases)
                  .replace('@TOPICS@', ' '.join(word for word, _ in topics)))


def zsh_quote(text):
    return re.sub(r'([\[\]:\\])', r'\\\1', text).replace("'", "'\\''")


def zsh_option(option, command):
    action = {'none': '', 'file': ':_files', 'dir': ':_files -/', 'other': ': '}[option.kind()]
    if option.long == 'layer':
        action = ':_neroscale_layers'
    elif option.long == 'method':
        action = f':({" ".join(command.methods)})'
    value = f':{zsh_quote(option.value)}{action}' if option.value else ''
    names = [('--' + option.long) + ('=' if option.value else '')]
    if option.short:
        names.append('-' + option.short + ('+' if option.value else ''))
    return ' '.join(f"'*{name}[{zsh_quote(option.text or '')}]{value}'" for name in names)


def write_zsh(commands, topics):
    with open(zsh_path, 'w', encoding='utf-8') as out:
        out.write('#compdef neroscale\n# Completion of neroscale in zsh, made from its --help.\n'
                  '_neroscale_layers() {\n  compadd -- ${(f)"$(neroscale visualize $words[2] --list-layers 2>/dev/null |\n'
                  "    sed -n '2,$s/ .*//p')\"}\n}\n"
                  'local -a commands\ncommands=(\n')
        out.writelines(f"  '{c.name}:{zsh_quote(c.summary)}'\n" for c in commands)
        out.write(")\nif (( CURRENT == 2 )); then\n  _describe command commands\n  return\nfi\n"
                  'shift words\n(( CURRENT-- ))\ncase $words[1] in\n')
        for c in commands:
            out.write(f'{c.name})\n  _arguments \\\n')
            out.writelines(f'    {zsh_option(o, c)} \\\n' for o in c.options)
            out.write("    '--help[show help]' '*:file:_files' ;;\n")
        out.write(f"help)\n  _values topic {' '.join([c.name for c in commands] + [word for word, _ in topics])} ;;\n")
        out.write('esac\n')


help_text = ask('--help')
all_topics = re.findall(r'^      (\w+) +(.*)$', help_text, re.M)
listed = re.search(r'Commands:\n((?:  .*\n)+)', help_text).group(1)
all_commands = [Command(*line.split(None, 1)) for line in listed.splitlines()]
write_man(help_text, all_commands, all_topics)
write_bash(all_commands, all_topics)
write_zsh(all_commands, all_topics)
