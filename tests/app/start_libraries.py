#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the program and a run without a window load: start_libraries.py PROGRAM PICTURE.

Every library costs a part of a millisecond at each start, and those of windows, plots, archives and brokers bring
dozens of others. They are loaded by what needs them (nn/base/late.h, pipeline/start.h)."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

MOST = 36  # Debian 12: 31
LATE = r'lib(SDL2|cairo|pango|plplot|hdf5|zip|tiff|openblas|blas|mosquitto|rdkafka|curl|ssl|crypto|X11|pulse|stdc\+\+)\b'


def loaded(*command):
    """The libraries that the linker loads for a command, by its own account."""
    with tempfile.TemporaryDirectory() as folder:
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL,
                                 env={**os.environ, 'LD_DEBUG': 'files', 'LD_DEBUG_OUTPUT': f'{folder}/ld'})
        if child.wait():
            sys.exit(f'{" ".join(map(str, command))}: status {child.returncode}')
        # Children, such as the one that looks for plug-ins of GStreamer, have files of their own.
        text = pathlib.Path(folder, f'ld.{child.pid}').read_text(errors='replace')
    return {pathlib.Path(p).name for p in re.findall(r'calling init: (\S+)', text)}


program, picture = (pathlib.Path(a).resolve() for a in sys.argv[1:3])
wrong = []
for arguments in (['--version'], ['--help'], ['list'], ['run', str(picture), '--model', 'person', '--no-window']):
    libraries = loaded(program, *arguments)
    late = sorted(l for l in libraries if re.match(LATE, l))
    if late:
        wrong.append(f'{" ".join(arguments)}: loads {", ".join(late)}')
    # A run loads GStreamer's plug-ins, too.
    if len(libraries) > MOST + (10 if arguments[0] == 'run' else 0):
        wrong.append(f'{" ".join(arguments)}: loads {len(libraries)} libraries: {" ".join(sorted(libraries))}')
    print(f'{len(libraries):3} libraries: neroscale {" ".join(arguments)}')
sys.exit('\n'.join(wrong) or 0)
