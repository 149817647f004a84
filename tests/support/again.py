#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Repeats the tests that failed in a build directory, where a failure may come from a busy machine.

usage: again.py BUILD

Those are tests with sockets, cameras, windows and clocks. Each must pass three times in a row; the
first failure stays in the log and is told. A crash, a report of a sanitizer, and a failure of any
other test are never repeated, nor are more than two tests. Exit status 0: all passed.
"""
import json
import subprocess
import sys
from pathlib import Path

from failures import GOOD, results

SUITES = ("app", "pipeline", "plugins")
REPORTS = ("AddressSanitizer", "LeakSanitizer", "ThreadSanitizer", "runtime error:")
MOST, TIMES = 2, 3


def refusal(test):
    """Why the test is not repeated; None when it is."""
    suites = test["name"].split(" / ")[0].split(":")[-1].split("+")
    text = (test.get("stdout") or "") + (test.get("stderr") or "")
    if not set(suites) & set(SUITES):
        return "it does the same on each machine"
    if any(report in text for report in REPORTS):
        return "a sanitizer reported a fault"
    if test["result"] != "TIMEOUT" and (test["returncode"] < 0 or test["returncode"] > 128):
        return "it crashed"
    return None


def main():
    build = Path(sys.argv[1])
    failed = [test for test in results(build) if test["result"] not in GOOD]
    refused = [(test["name"], why) for test in failed if (why := refusal(test))]
    for name, why in refused:
        print(f"{name} is not repeated: {why}")
    if not failed or refused or len(failed) > MOST:
        return 1
    names = [test["name"].split(" / ")[-1] for test in failed]
    command = ["meson", "test", "-C", str(build), "--no-rebuild", "--repeat", str(TIMES), "--logbase", "again", *names]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0
    for name in names:
        print(f"unsteady: {name} failed once in {build}; repeated {TIMES} times it "
              + ("passed" if done else "failed again, or another with it"))
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main())
