#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes what words are split by: ranges of letters and numbers, and lower case, of Python's Unicode database."""
import sys
import unicodedata


def ranges(prefix):
    found = []
    for code in range(sys.maxunicode + 1):
        if not unicodedata.category(chr(code)).startswith(prefix):
            continue
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return found


def lower_rows():
    """Runs of code points, one or two apart, whose lower case is as far away."""
    rows = []
    for code in range(sys.maxunicode + 1):
        low = chr(code).lower()
        if len(low) != 1 or low == chr(code):
            continue
        away = ord(low) - code
        last = rows[-1] if rows else None
        if last and last[3] == away and (code - last[1] == last[2] or (last[0] == last[1] and code - last[1] <= 2)):
            last[2] = code - last[1]
            last[1] = code
        else:
            rows.append([code, code, 1, away])
    return rows


with open(sys.argv[1], 'w', encoding='ascii') as out:
    for name, prefix in (('letters', 'L'), ('numbers', 'N')):
        out.write(f'static const code_range {name}[] = {{\n')
        out.writelines(f'    {{{first}, {last}}},\n' for first, last in ranges(prefix))
        out.write('};\n')
    out.write('static const lower_row lower_rows[] = {\n')
    out.writelines(f'    {{{first}, {last}, {step}, {away}}},\n' for first, last, step, away in lower_rows())
    out.write('};\n')
