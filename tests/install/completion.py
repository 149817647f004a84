#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The shells offer what the program takes. completion.py PROGRAM MODELS BASH ZSH FISH; a shell that is not here is left out."""
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

program, models, bash_file, zsh_file, fish_file = map(os.path.abspath, sys.argv[1:6])
work = tempfile.TemporaryDirectory()
env = dict(os.environ, NEROSCALE_MODELS=models, PATH=os.path.dirname(program) + ':' + os.environ['PATH'], HOME=work.name,
           XDG_CONFIG_HOME=work.name, XDG_DATA_HOME=work.name, XDG_CACHE_HOME=work.name, LC_ALL='C.UTF-8', TERM='dumb')


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=env, cwd=work.name, check=False)
    if done.returncode:
        sys.exit(f'{command[0]}: exit status {done.returncode}\n{done.stdout}{done.stderr}')
    return done.stdout


def bash(*words):
    line = ' '.join(f"'{w}'" for w in words)
    return run('bash', '-c', f'. {bash_file}; compopt() {{ :; }}; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; '
               'COMPREPLY=(); _neroscale; printf "%s\\n" "${COMPREPLY[@]}"').split()


def fish(*words):
    line = ' '.join(words)
    out = run('fish', '--no-config', '-c', f'source {fish_file}; complete -C {line!r}')
    return [row.split('\t')[0].split('=')[-1] if '=' in words[-1] else row.split('\t')[0] for row in out.splitlines()]


class Zsh:
    """An interactive zsh, whose list of choices is read from its terminal."""

    def __init__(self):
        self.pid, self.tty = pty.fork()
        if self.pid == 0:
            os.chdir(work.name)
            os.execvpe('zsh', ['zsh', '-f', '-i'], env)
        self.say('PS1= PS2= RPS1=; stty cols 300 -echo; unsetopt zle_bracketed_paste prompt_cr prompt_sp\n')
        self.say(f'fpath=({os.path.dirname(zsh_file)} $fpath); autoload -U compinit; compinit -u -D; LISTMAX=10000\n')
        self.say('bindkey "^X" complete-word; listed() { zle -R; print -r -- " $BUFFER LIS""TED" }; zle -N listed; '
                 'unsetopt list_beep; setopt no_always_last_prompt; bindkey "^Y" listed; print REA""DY\n')
        self.read('READY')

    def say(self, text):
        os.write(self.tty, text.encode())

    def read(self, end):
        text, start = '', time.monotonic()
        while end not in text and time.monotonic() - start < 60:
            if select.select([self.tty], [], [], 1)[0]:
                text += os.read(self.tty, 65536).decode(errors='replace')
        if end not in text:
            sys.exit(f'zsh said only: {text!r}')
        return text

    def choices(self, *words):
        self.say(' '.join(words) + '\x18\x19\x15')
        return re.sub(r'\x1b\[[0-9;?]*[A-Za-z]', ' ', self.read('LISTED')).split()


for name in ('mine.safetensors', 'a.json', 'b.mp4', 'c.txt'):
    with open(os.path.join(work.name, name), 'w', encoding='utf-8'):
        pass
os.mkdir(os.path.join(work.name, 'clips'))
# The words that are typed, what must be offered, and what must not.
CASES = [
    (['neroscale', 'r'], ['run'], ['train']),
    (['neroscale', 'run', '--no-w'], ['--no-window'], ['--model']),
    (['neroscale', 'run', '--print-c'], ['--print-config'], []),
    (['neroscale', 'run', '--color-by', ''], ['track', 'class'], ['a.json']),
    (['neroscale', 'train', '--schedule', 'on'], ['one-cycle'], ['cosine']),
    (['neroscale', 'train', '--network', 'resnet1'], ['resnet18'], ['vgg16']),
    (['neroscale', 'run', '--model', ''], ['person', 'street-nano', 'mine.safetensors'], ['c.txt']),
    (['neroscale', 'run', '--json', ''], ['a.json'], ['c.txt']),
    (['neroscale', 'run', '--record', ''], ['b.mp4'], ['a.json']),
    (['neroscale', 'visualize', 'flowers17', '--method', 'gradc'], ['gradcam'], ['occlusion']),
    (['neroscale', 'visualize', 'flowers17', '--layer', 'block7.s'], ['block7.silu'], []),
    (['neroscale', 'help', 'layo'], ['layouts'], ['run']),
]
shells = {'bash': bash, 'fish': fish if shutil.which('fish') else None, 'zsh': Zsh().choices if shutil.which('zsh') else None}
for shell, offer in shells.items():
    if not offer:
        print(f'no {shell} here')
        continue
    for words, expected, others in CASES:
        offered = [w.rstrip('/') for w in offer(*words)]
        missing = [w for w in expected if w not in offered]
        wrong = [w for w in others if w in offered]
        if missing or wrong:
            sys.exit(f'{shell}: {" ".join(words)}: offers {offered[:40]}, not {missing}, and wrongly {wrong}')
print('completion: ' + ', '.join(s for s, offer in shells.items() if offer))
