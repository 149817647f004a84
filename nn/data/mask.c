// SPDX-License-Identifier: MIT
// Packs masks into runs, and walks over the runs.
#include "nn/data/mask.h"

#include "nn/base/memory.h"

#include <string.h>

enum { LONGEST = 255 };

static size_t run_length(const uint8_t *labels, size_t left)
{
    size_t n = 1;
    while (n < left && n < LONGEST && labels[n] == labels[0])
        n++;
    return n;
}

nn_status nn_mask_pack(nn_mask *m, const uint8_t *labels, int width, int height, nn_error *err)
{
    const size_t pixels = (size_t)width * height;
    size_t count = 0;
    for (size_t i = 0; i < pixels; i += run_length(labels + i, pixels - i))
        count++;
    *m = (nn_mask){width, height, nn_alloc(2 * count), count};
    if (!m->runs)
        return nn_fail(err, NN_ENOMEM, "no memory for a mask of %dx%d", width, height);
    uint8_t *run = m->runs;
    for (size_t i = 0; i < pixels; run += 2) {
        const size_t n = run_length(labels + i, pixels - i);
        run[0] = (uint8_t)n;
        run[1] = labels[i];
        i += n;
    }
    return NN_OK;
}

void nn_mask_unpack(const nn_mask *m, uint8_t *labels)
{
    for (size_t i = 0; i < m->run_count; i++) {
        const uint8_t *run = m->runs + 2 * i;
        memset(labels, run[1], run[0]);
        labels += run[0];
    }
}

void nn_mask_release(nn_mask *m)
{
    nn_free(m->runs);
    *m = (nn_mask){0};
}

void nn_mask_count(const nn_mask *m, int64_t *counts)
{
    for (size_t i = 0; i < m->run_count; i++)
        counts[m->runs[2 * i + 1]] += m->runs[2 * i];
}

bool nn_mask_pick(const nn_mask *m, int label, nn_rng *rng, float *x, float *y)
{
    int64_t counts[256] = {0}, at = 0;
    nn_mask_count(m, counts);
    if (counts[label] == 0)
        return false;
    int64_t wanted = nn_rng_below(rng, counts[label]);
    for (size_t i = 0; i < m->run_count; i++) {
        const uint8_t *run = m->runs + 2 * i;
        if (run[1] == label && wanted < run[0]) {
            at += wanted;
            break;
        }
        wanted -= run[1] == label ? run[0] : 0;
        at += run[0];
    }
    *x = (float)(at % m->width) + 0.5f;
    *y = (float)(at / m->width) + 0.5f;
    return true;
}
