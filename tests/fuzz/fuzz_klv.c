// SPDX-License-Identifier: MIT
// Fuzz target: telemetry packets of MISB ST 0601.
#include "nn/io/klv.h"
#include "tests/fuzz/fuzz.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nn_klv k;
    if (nn_klv_parse(&k, data, size, NULL) != NN_OK)
        return 0;
    for (int i = 0; i < NN_KLV_NUMBERS; i++)
        if (k.has[i] && !(fabs(k.numbers[i]) <= 5e6))
            abort();
    for (int i = 0; i < NN_KLV_TEXTS; i++)
        if (!memchr(k.texts[i], 0, NN_KLV_TEXT_SIZE))
            abort();
    return 0;
}
