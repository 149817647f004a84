#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the linker's version script: symbols.py OUTPUT PUBLIC_HEADER... What those mark with NN_API is promised."""
import re
import sys

promised = set()
for path in sys.argv[2:]:
    text = re.sub(r'/\*.*?\*/|//[^\n]*', ' ', open(path, encoding='utf-8').read(), flags=re.S)
    hidden = re.search(r'^(?!.*\bNN_API\b)(?!typedef|static|#)[A-Za-z_][\w *]*\bnn_\w+\(', text, flags=re.M)
    if hidden:
        sys.exit(f'{path}: a public header declares what is not NN_API: {hidden.group(0)}')
    promised.update(re.findall(r'\bNN_API\b[^;{]*?\b(nn_\w+)\s*[(;\[]', text))
with open(sys.argv[1], 'w', encoding='utf-8') as out:
    out.write('NEROSCALE_0 {\n  global:\n' + ''.join(f'    {name};\n' for name in sorted(promised)) + '};\n')
    out.write('NEROSCALE_PRIVATE {\n  global:\n    nn_*;\n  local:\n    *;\n};\n')
