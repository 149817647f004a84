#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints the tests that failed in a build directory, each with the end of what it wrote.

usage: failures.py BUILD [LINES]
"""
import json
import sys
from pathlib import Path

GOOD = ("OK", "SKIP", "EXPECTEDFAIL")


def results(build):
    """What meson wrote of each test of its last run."""
    log = Path(build, "meson-logs", "testlog.json")
    return [json.loads(line) for line in log.read_text(errors="replace").splitlines()] if log.exists() else []


def main():
    lines = int(sys.argv[2]) if len(sys.argv) > 2 else 30
    for test in results(sys.argv[1]):
        if test["result"] in GOOD:
            continue
        print(f"-- {test['name']}: {test['result']} after {test['duration']:.1f} s, status {test['returncode']}")
        for stream in ("stdout", "stderr"):
            for line in (test.get(stream) or "").splitlines()[-lines:]:
                print("   " + line[:300])


if __name__ == "__main__":
    main()
