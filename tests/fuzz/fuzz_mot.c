// SPDX-License-Identifier: MIT
// Fuzz target: video labels in the MOT text format, and their repair.
#include "nn/base/memory.h"
#include "nn/data/mot_clean.h"
#include "tests/fuzz/fuzz.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static void check_rows(const nn_mot *m)
{
    for (int i = 0; i < m->count; i++) {
        const nn_mot_row *row = &m->rows[i];
        const nn_truth *t = &row->truth;
        if (row->frame < m->first || row->frame > m->last ||
            (i > 0 && row->frame < m->rows[i - 1].frame) || isnan(row->score))
            abort();
        if (!row->broken && !(isfinite(t->x0) && isfinite(t->y0) && t->x0 < t->x1 && t->y0 < t->y1))
            abort();
    }
}

static void ask(const nn_mot *m)
{
    nn_truth *truths;
    int count;
    for (int i = 0; i < m->count && i < 8; i++) {
        const int frame = m->rows[i].frame;
        if (nn_mot_covers(m, frame, m->stride) && m->rows[i].broken)
            abort();
        if (nn_mot_truths(m, frame, 0.5f, &truths, &count, NULL) == NN_OK)
            nn_free(truths);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    nn_mot m;
    nn_error err;
    int file = memfd_create("labels", MFD_CLOEXEC);
    if (file < 0 || write(file, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (nn_mot_load(&m, path, (nn_notes){0}, &err) == NN_OK) {
        check_rows(&m);
        ask(&m);
        const nn_mot_clean_options options = {.fill_gaps = 3, .min_track = 2};
        if (nn_mot_clean(&m, &options, NULL, &err) == NN_OK && m.count > 0)
            check_rows(&m);
        nn_mot_release(&m);
    }
    close(file);
    return 0;
}
