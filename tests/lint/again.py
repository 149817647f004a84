#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks which failures tests/support/again.py forgives, in a small project of its own.

usage: again.py SOURCE_ROOT
"""
import subprocess
import sys
import tempfile
from pathlib import Path

# All but the first fail the first time, or always. Each run has that one too.
TESTS = {
    "good": ("lint", "exit 0"),
    "once": ("app", "[ -e $0.seen ] || { touch $0.seen; exit 1; }"),
    "always": ("pipeline", "exit 1"),
    "report": ("plugins", "[ -e $0.seen ] || { touch $0.seen; echo ERROR: AddressSanitizer: x; exit 1; }"),
    "crash": ("app", "[ -e $0.seen ] || { touch $0.seen; kill -SEGV $$; }"),
    "engine": ("nn", "[ -e $0.seen ] || { touch $0.seen; exit 1; }"),
}
CASES = {("once",): 0, ("always",): 1, ("report",): 1, ("crash",): 1, ("engine",): 1, ("once", "engine"): 1}


def forgives(again, names):
    """The exit status of again.py after a run of the tests `names`."""
    with tempfile.TemporaryDirectory() as folder:
        lines = ["project('t')"]
        for name in ("good", *names):
            suite, script = TESTS[name]
            Path(folder, name).write_text("#!/bin/sh\n" + script + "\n")
            Path(folder, name).chmod(0o755)
            lines.append(f"test('{name}', find_program('./{name}'), suite: '{suite}')")
        Path(folder, "meson.build").write_text("\n".join(lines) + "\n")
        build = Path(folder, "build")
        for command in (["meson", "setup", build, folder], ["meson", "test", "-C", build]):
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        return subprocess.run([sys.executable, again, build], stdout=subprocess.DEVNULL, check=False).returncode


def main():
    again = Path(sys.argv[1], "tests", "support", "again.py")
    wrong = [names for names, status in CASES.items() if forgives(again, names) != status]
    for names in wrong:
        print(f"again.py: wrong exit status after {' and '.join(names)}")
    return 1 if wrong else 0


sys.exit(main())
