# SPDX-License-Identifier: MIT
"""What the runners in Python share: arguments, the input, timing, the line that says it all.

Arguments of each: MODEL THREADS SECONDS SIZE INPUT OUTPUT; INPUT holds 1x3xSIZExSIZE floats.
"""
import json
import sys
import time

import numpy


class Job:
    def __init__(self):
        if len(sys.argv) != 7:
            sys.exit(f'{sys.argv[0]}: MODEL THREADS SECONDS SIZE INPUT OUTPUT are wanted')
        self.model, self.output = sys.argv[1], sys.argv[6]
        self.threads, self.size, self.seconds = int(sys.argv[2]), int(sys.argv[4]), float(sys.argv[3])
        self.input = numpy.fromfile(sys.argv[5], 'f4').reshape(1, 3, self.size, self.size)

    def run(self, version, step):
        """Runs step() until the seconds are over, five times at least; three before do not count."""
        for _ in range(3):
            y = step()
        took, end = [], time.perf_counter() + self.seconds
        while len(took) < 5 or time.perf_counter() < end:
            start = time.perf_counter()
            y = step()
            took.append(1e3 * (time.perf_counter() - start))
        took.sort()
        numpy.asarray(y, 'f4').tofile(self.output)
        print(json.dumps({'version': version, 'runs': len(took), 'min_ms': took[0],
                          'median_ms': took[len(took) // 2]}))
