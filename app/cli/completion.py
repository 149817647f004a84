#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the completions of bash, zsh and fish from what `neroscale --help` says.

completion.py PROGRAM MODELS BASH ZSH FISH: MODELS is the folder of the installed models."""
import re
import sys

from help_text import MODEL_FILES, Tool

BASH = r'''# Completion of neroscale in bash, made from its --help.
_neroscale_models() {
    local dir file
    for dir in "$NEROSCALE_MODELS" @MODELS@; do
        for file in "$dir"/*.safetensors; do
            [ -e "$file" ] && file=${file##*/} && echo "${file%.safetensors}"
        done
    done
}
_neroscale_files() { # CURRENT ENDING...: folders, and files with these endings
    local cur=$1 ending
    shift
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -d -- "$cur"; for ending; do compgen -f -X "!*.$ending" -- "$cur"; done)
}
_neroscale()
{
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}
    if [ "$COMP_CWORD" -eq 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "@COMMANDS@ help --help --version" -- "$cur")
        return
    fi
    [ "$cur" = = ] && cur=
    [ "$prev" = = ] && prev=${COMP_WORDS[COMP_CWORD - 2]}
    case "$command $prev" in
    help\ *) mapfile -t COMPREPLY < <(compgen -W "@COMMANDS@ @TOPICS@" -- "$cur"); return ;;
@VALUES@    esac
    case $cur in
    -*)
        local options=
        case $command in
@OPTIONS@        esac
        mapfile -t COMPREPLY < <(compgen -W "$options --help" -- "$cur") ;;
    *) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
    esac
}
complete -F _neroscale neroscale
'''


def bash_value(option):
    """What completes the value."""
    kind, words = option.kind(), ' '.join(option.words)
    if words:
        return f'mapfile -t COMPREPLY < <(compgen -W "{words}" -- "$cur")'
    if kind == 'layer':
        return ('mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" visualize "${COMP_WORDS[2]}" --list-layers '
                "2>/dev/null | sed -n '2,$s/ .*//p')\" -- \"$cur\")")
    if kind == 'model':
        return (f'_neroscale_files "$cur" {" ".join(MODEL_FILES)}; '
                'mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -W "$(_neroscale_models)" -- "$cur")')
    if kind == 'dir':
        return 'compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur")'
    if kind == 'file' and option.endings():
        return f'_neroscale_files "$cur" {" ".join(option.endings())}'
    return 'compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")' if kind == 'file' else 'COMPREPLY=()'


def write_bash(path, tool, models):
    values = options = ''
    for c in tool.commands:
        options += f'        {c.name}) options="{" ".join("--" + o.long for o in c.options)}" ;;\n'
        for o in c.options:
            if o.value:
                words = f'{c.name}\\ --{o.long}' + (f' | {c.name}\\ -{o.short}' if o.short else '')
                values += f'    {words}) {bash_value(o)}; return ;;\n'
    with open(path, 'w', encoding='utf-8') as out:
        out.write(BASH.replace('@COMMANDS@', ' '.join(c.name for c in tool.commands)).replace('@VALUES@', values)
                  .replace('@OPTIONS@', options).replace('@MODELS@', models)
                  .replace('@TOPICS@', ' '.join(word for word, _ in tool.topics)))


ZSH = r'''#compdef neroscale
# Completion of neroscale in zsh, made from its --help.
_neroscale_layers() {
  compadd -- ${(f)"$(neroscale visualize $words[2] --list-layers 2>/dev/null | sed -n '2,$s/ .*//p')"}
}
_neroscale_models() {
  local -a models
  models=({$NEROSCALE_MODELS,@MODELS@}/*.safetensors(N:t:r))
  compadd -a models
  _files -g '*.(@MODEL_FILES@)(-.)'
}
local -a commands
commands=(
@COMMANDS@)
if (( CURRENT == 2 )); then
  _describe command commands
  return
fi
shift words
(( CURRENT-- ))
case $words[1] in
@CASES@help)
  _values topic @TOPICS@ ;;
esac
'''


def zsh_quote(text):
    return re.sub(r'([\[\]:\\])', r'\\\1', text).replace("'", "'\\''")


def zsh_option(option):
    kind, endings = option.kind(), option.endings()
    files = f':_files -g "*.({"|".join(endings)})(-.)"' if endings else ':_files'
    action = {'none': '', 'file': files, 'dir': ':_files -/', 'layer': ':_neroscale_layers',
              'model': ':_neroscale_models'}.get(kind, ': ')
    if option.words:
        action = f':({" ".join(option.words)})'
    value = f':{zsh_quote(option.value)}{action}' if option.value else ''
    names = [('--' + option.long) + ('=' if option.value else '')]
    if option.short:
        names.append('-' + option.short + ('+' if option.value else ''))
    return ' '.join(f"'*{name}[{zsh_quote(option.text)}]{value}'" for name in names)


def write_zsh(path, tool, models):
    cases = ''
    for c in tool.commands:
        cases += f'{c.name})\n  _arguments \\\n' + ''.join(f'    {zsh_option(o)} \\\n' for o in c.options)
        cases += "    '--help[show help]' '*:file:_files' ;;\n"
    with open(path, 'w', encoding='utf-8') as out:
        out.write(ZSH.replace('@COMMANDS@', ''.join(f"  '{c.name}:{zsh_quote(c.summary)}'\n" for c in tool.commands))
                  .replace('@CASES@', cases).replace('@MODELS@', models).replace('@MODEL_FILES@', '|'.join(MODEL_FILES))
                  .replace('@TOPICS@', ' '.join([c.name for c in tool.commands] + [word for word, _ in tool.topics])))


FISH = r'''# Completion of neroscale in fish, made from its --help.
function __neroscale_in
    set -l words (commandline -opc)
    test (count $words) -ge 2; and contains -- $words[2] $argv
end
function __neroscale_first
    test (count (commandline -opc)) -eq 1
end
function __neroscale_models
    for dir in $NEROSCALE_MODELS @MODELS@
        for file in $dir/*.safetensors
            string replace -r '.*/(.*)\.safetensors$' '$1' -- $file
        end
    end
end
function __neroscale_files # ENDING...: folders, and files with these endings
    set -l begin (string replace -r '^--[^=]*=' '' -- (commandline -ct))
    for file in $begin*/
        echo $file
    end
    for ending in $argv
        for file in $begin*.$ending
            echo $file
        end
    end
end
function __neroscale_layers
    set -l words (commandline -opc)
    neroscale visualize $words[3] --list-layers 2>/dev/null | sed -n '2,$s/ .*//p'
end
complete -c neroscale -n __neroscale_first -f -l version -d 'what this build has'
'''


def fish_quote(text):
    return "'" + text.replace('\\', '\\\\').replace("'", "\\'") + "'"


def fish_value(option):
    kind = option.kind()
    endings = ' '.join({'model': MODEL_FILES, 'file': option.endings()}.get(kind, []))
    if option.words:
        return f"-x -a {fish_quote(' '.join(option.words))}"
    if kind == 'model':
        return f"-x -k -a '(__neroscale_models) (__neroscale_files {endings})'"
    if kind == 'file':
        return f"-x -a '(__neroscale_files {endings})'" if endings else '-r'
    return {'none': '', 'dir': "-x -a '(__fish_complete_directories)'", 'layer': "-x -a '(__neroscale_layers)'"}.get(kind, '-x')


def write_fish(path, tool, models):
    text = FISH.replace('@MODELS@', models)
    for c in tool.commands:
        text += f'complete -c neroscale -n __neroscale_first -f -a {c.name} -d {fish_quote(c.summary)}\n'
    text += "complete -c neroscale -n __neroscale_first -f -a help -d 'explain a command or topic'\n"
    for word, title in [(c.name, c.summary) for c in tool.commands] + tool.topics:
        text += f"complete -c neroscale -n '__neroscale_in help' -f -a {word} -d {fish_quote(title)}\n"
    for c in tool.commands:
        for o in c.options:
            short = f' -s {o.short}' if o.short else ''
            text += f"complete -c neroscale -n '__neroscale_in {c.name}' -l {o.long}{short} {fish_value(o)} -d {fish_quote(o.text)}\n"
    with open(path, 'w', encoding='utf-8') as out:
        out.write(text)


def main():
    program, models, bash, zsh, fish = sys.argv[1:6]
    tool = Tool(program)
    write_bash(bash, tool, models)
    write_zsh(zsh, tool, models)
    write_fish(fish, tool, models)


if __name__ == '__main__':
    main()
