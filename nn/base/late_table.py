#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints the header late_WORD.h of nn/base/late.h: late_table.py WORD HEADER FUNCTION... (*VARIABLE)."""
import sys
import zlib

word, header, names = sys.argv[1], sys.argv[2], sys.argv[3:]
table = f'late_{word}_table'
listed = f'{word} {zlib.crc32(" ".join([header, *names]).encode()):08x}'
print(f'''// SPDX-License-Identifier: MIT
// Functions of a library that is loaded late; made by nn/base/late_table.py from a list in meson.build.
#ifndef LATE_{word.upper()}_H
#define LATE_{word.upper()}_H

#include "nn/base/late.h"

#include <{header}>

#define LATE_{word.upper()}_LIST "{listed}" // of the functions, for nn_late.list

typedef struct {table} {{
    const char *list;''')
for name in names:
    plain = name.lstrip('*')
    print(f'    __typeof__({plain}) *{plain};')
print(f'''}} {table};

#ifdef NN_LATE_MODULE
__attribute__((visibility("default"))) extern const {table} neroscale_late_{word};
const {table} neroscale_late_{word} = {{
    .list = LATE_{word.upper()}_LIST,''')
for name in names:
    plain = name.lstrip('*')
    print(f'    .{plain} = {"&" if name[0] == "*" else ""}{plain},')
print(f'''}};
#else
extern nn_late late_{word};
#define LATE_{word.upper()} \\
    ((const {table} *)atomic_load_explicit(&late_{word}.table, memory_order_relaxed))''')
for name in names:
    plain = name.lstrip('*')
    print(f'#define {plain} ({"*" if name[0] == "*" else ""}LATE_{word.upper()}->{plain})')
print('#endif\n\n#endif')
