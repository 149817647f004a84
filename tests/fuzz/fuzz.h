// SPDX-License-Identifier: MIT
// A fuzz target: called by libFuzzer, or by replay.c in the ordinary tests.
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

// Must survive any bytes; a crash, a leak or a sanitizer report is a finding. Returns 0.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
