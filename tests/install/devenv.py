#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""In `meson devenv` the program and the elements are found. devenv.py BUILD REGISTRY MANUAL BASH ZSH: what was made
from --help as well."""
import os
import subprocess
import sys

build, registry, manual, bash, zsh = sys.argv[1:6]
env = dict(os.environ, GST_REGISTRY=registry)


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=env, check=False)
    if done.returncode:
        sys.exit(f'{" ".join(command)}: exit status {done.returncode}\n{done.stdout}{done.stderr}')
    return done.stdout


def complete(*words):
    """What bash offers behind these words."""
    line = ' '.join(f"'{w}'" for w in words)
    return run('bash', '-c', f'. {bash}; compopt() {{ :; }}; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; '
               'COMPREPLY=(); _neroscale; printf "%s\\n" "${COMPREPLY[@]}"').split()


assert run('meson', 'devenv', '-C', build, 'neroscale', '--version').startswith('neroscale ')
assert 'inference-interval' in run('meson', 'devenv', '-C', build, 'gst-inspect-1.0', 'neroinfer')
with open(manual, encoding='utf-8') as file:
    page = file.read()
with open(zsh, encoding='utf-8') as file:
    offers = file.read()
listed = [line.split()[0] for line in run(f'{build}/app/neroscale', '--help').split('Commands:')[1].split('\n\n')[0].splitlines()
          if line.strip()]
assert len(listed) >= 15 and complete('neroscale', 'r') == ['run'], listed
for command in listed:
    assert f'.SH NEROSCALE {command.upper()}\n' in page and f"'{command}:" in offers, command
assert complete('neroscale', 'run', '--no-w') == ['--no-window'], complete('neroscale', 'run', '--no-w')
assert complete('neroscale', 'run', '--model', build + '/app/neroscale.1') == [build + '/app/neroscale.1']
assert complete(f'{build}/app/neroscale', 'visualize', 'flowers17', '--layer', 'block7.s') == ['block7.silu']
assert complete(f'{build}/app/neroscale', 'visualize', 'flowers17', '--method', 'gradc')[:1] == ['gradcam']
assert '\\fB\\-\\-no\\-window\\fR' in page and '--no-window[' in offers
