#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the Debian packages and installs them into a bare Debian, first as a server has them, then whole.

package.py SOURCE FOLDER: exit status 77 where no bare Debian can be had. Prints how large what is installed is."""
import glob
import os
import shutil
import subprocess
import sys

source, folder = sys.argv[1:3]
HOOK = r'''
set -eu
top=$1
tell() { # TITLE: packages and MiB more than before
    set -- "$1" $(chroot "$top" dpkg-query -W -f '${Installed-Size}\n' | awk '{s += $1} END {print NR, int(s / 1024)}')
    echo "RESULT $1: $(($2 - ${count:-0})) packages, $(($3 - ${size:-0})) MiB"
    count=${count-$2} size=${size-$3}
}
in_there() { chroot "$top" env HOME=/root XDG_RUNTIME_DIR=/tmp "$@"; }
get() { in_there sh -c "DEBIAN_FRONTEND=noninteractive apt-get install -q -y $*"; } # its shell expands patterns
tell "a bare Debian"
get --no-install-recommends /packages/libneroscale0_*.deb /packages/neroscale-data_*.deb /packages/gstreamer1.0-neroscale_*.deb \
    gstreamer1.0-tools gstreamer1.0-plugins-base
tell "the elements on a server, gst-launch and base elements included"
! in_there dpkg-query -W -f '${Package}\n' | grep -E '^lib(sdl2|pango)'
in_there gst-inspect-1.0 neroinfer >/tmp/inspected 2>&1
grep -q inference-interval /tmp/inspected
rm /tmp/inspected
in_there gst-launch-1.0 -q videotestsrc num-buffers=3 ! neroinfer model=street ! neropublish add-empty-results=true \
    location=/tmp/lines.jsonl ! fakesink
[ "$(wc -l <"$top/tmp/lines.jsonl")" -eq 3 ]
get --no-install-recommends /packages/neroscale_*.deb /packages/gstreamer1.0-neroscale-display_*.deb gstreamer1.0-libav
tell "the program and what reads H.264, without recommended packages"
in_there neroscale --version
in_there neroscale --version | grep -q '^neroscale '
! in_there neroscale --version | grep 'this build'
in_there neroscale run /packages/demo.png --no-window --snapshot /tmp/drawn.png --json /tmp/found.jsonl
grep -q '"person"' "$top/tmp/found.jsonl"
[ -s "$top/tmp/drawn.png" ]
in_there gst-inspect-1.0 nerooverlay >/dev/null
in_there gst-inspect-1.0 nerosink >/dev/null
[ -s "$top/usr/share/bash-completion/completions/neroscale.bash" ]
in_there apt-get purge -q -y '?name(neroscale)'
[ ! -e "$top/usr/bin/neroscale" ] && [ -z "$(find "$top/usr" -path '*neroscale*' -type f)" ]
echo "RESULT all of it removed again"
'''


def run(*command, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **more)
    if done.returncode:
        sys.exit(f'{command[0]}: exit status {done.returncode}\n{done.stdout[-6000:]}')
    return done.stdout


def skip(why):
    print(f'skipped: {why}')
    sys.exit(77)


def mirrors():
    """apt's own sources of this Debian."""
    with open('/etc/os-release', encoding='utf-8') as file:
        release = dict(line.strip().split('=', 1) for line in file if '=' in line)
    name = release.get('VERSION_CODENAME', '')
    listed = run('apt-get', 'indextargets', '--format', '$(REPO_URI) $(RELEASE) $(COMPONENT)', 'Created-By: Packages',
                 'Origin: Debian')
    return name, sorted({f'deb {line}' for line in listed.splitlines() if f' {name}' in line})


def main():
    for tool in ('mmdebstrap', 'apt-get', 'dpkg-buildpackage', 'dh'):
        if not shutil.which(tool):
            skip(f'no {tool} here')
    if os.getuid() != 0:
        skip('only root can make a bare Debian')
    name, sources = mirrors()
    if not name or not sources:
        skip('apt has no sources of this Debian')
    packages = f'{folder}/packages'
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(packages)
    os.chmod(folder, 0o755)
    print(run(f'{source}/app/package', packages))
    debs = glob.glob(f'{packages}/*.deb')
    assert len(debs) == 7, debs
    if shutil.which('lintian'):
        print(run('lintian', '--allow-root', '--fail-on', 'error,warning', *debs))
    shutil.copy(f'{source}/assets/demo.png', packages)
    with open(f'{folder}/sources.list', 'w', encoding='utf-8') as out:
        out.write('\n'.join(sources) + '\n')
    with open(f'{folder}/hook', 'w', encoding='utf-8') as out:
        out.write(HOOK)
    bare = ['mmdebstrap', '--variant=apt', '--format=null', '--dpkgopt=force-unsafe-io']
    log = run(*bare, f'--customize-hook=copy-in {packages} /', f'--customize-hook=sh {folder}/hook "$1"', name, '-',
              f'{folder}/sources.list')
    results = [line for line in log.splitlines() if line.startswith('RESULT')]
    print('\n'.join(results))
    assert len(results) == 4, log[-4000:]
    shutil.rmtree(folder)


main()
