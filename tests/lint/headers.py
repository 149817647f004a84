#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every header of the engine must compile alone. Usage: headers.py ROOT BUILD CC..., BUILD for generated files."""
import pathlib
import subprocess
import sys

root, build, cc = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
failed = 0
generated = pathlib.Path(build) / 'nn/io/onnx'
schema = 'onnx.pb-c.h'  # a build without ONNX does not make it
headers = [h for h in sorted((root / 'nn').rglob('*.h'))
           if (generated / schema).exists() or f'"{schema}"' not in h.read_text(encoding='utf-8')]
for header in headers:
    done = subprocess.run(cc + ['-std=c11', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror', f'-I{root}', f'-I{build}',
                                f'-I{generated}', '-fsyntax-only', '-x', 'c', str(header)],
                          capture_output=True, text=True)
    if done.returncode:
        failed += 1
        print(done.stderr)
print(f'{len(headers)} headers, {failed} do not compile alone')
sys.exit(1 if failed else 0)
