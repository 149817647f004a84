#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every file in assets/ is listed in SOURCES, and models have the checksum that stands there."""
import hashlib
import pathlib
import re
import sys

folder = pathlib.Path(sys.argv[1]) / 'assets'
text = (folder / 'SOURCES').read_text()
sums = dict(re.findall(r'^(models/\S+)\n(?: .*\n)*? +sha256 ([0-9a-f]{64})$', text, re.M))
failed = 0
for path in sorted(p for p in folder.rglob('*') if p.is_file()):
    name = path.relative_to(folder).as_posix()
    if name in ('SOURCES', 'meson.build', 'MODELS.md', 'EDGE.md'):
        continue
    if not re.search(rf'^{re.escape(name)}$', text, re.M):
        print(f'{name} is not listed in SOURCES')
        failed += 1
    elif name.startswith('models/') and sums.get(name) != hashlib.sha256(path.read_bytes()).hexdigest():
        print(f'{name} is not the file whose sha256 SOURCES gives')
        failed += 1
print(f'{len(sums)} models checked, {failed} problems')
sys.exit(1 if failed or not sums else 0)
