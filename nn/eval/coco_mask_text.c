// SPDX-License-Identifier: MIT
// Turns runs along rows into runs down columns, and packs them.
#include "nn/eval/coco_mask_text.h"

#include "nn/base/memory.h"
#include "nn/eval/mask_runs.h"

#include <string.h>

// Packs a number: five bits a character, lowest first; bit 5 tells that more follow, and bit 4 of
// the last one is the sign.
static void pack(nn_buffer *out, int64_t v)
{
    bool more = true;
    while (more) {
        char letter = (char)(v & 31);
        v >>= 5;
        more = letter & 16 ? v != -1 : v != 0;
        letter = (char)(48 + (more ? letter | 32 : letter));
        if (letter == '\\')
            nn_buffer_add(out, "\\", 1); // of JSON
        nn_buffer_add(out, &letter, 1);
    }
}

// The runs so far; the last two give the difference that is written.
typedef struct packing {
    nn_buffer *out;
    int64_t before[2]; // the last run, the one before it
    int64_t at, count;
} packing;

// Ends a run at a place.
static void end_run(packing *p, int64_t place)
{
    const int64_t run = place - p->at;
    pack(p->out, p->count > 2 ? run - p->before[1] : run);
    p->before[1] = p->before[0];
    p->before[0] = run;
    p->at = place;
    p->count++;
}

// Walks down the columns of rows y0 .. y1 - 1, outside of which nothing is inside.
static void pack_columns(nn_buffer *out, const uint8_t *inside, int width, int height, int y0,
                         int y1)
{
    packing p = {.out = out};
    bool now = false;
    for (int64_t x = 0; x < width; x++) {
        if (now && y0 > 0) {
            end_run(&p, x * height);
            now = false;
        }
        for (int64_t y = y0; y < y1; y++)
            if ((inside[y * width + x] != 0) != now) {
                end_run(&p, x * height + y);
                now = !now;
            }
        if (now && y1 < height) {
            end_run(&p, x * height + y1);
            now = false;
        }
    }
    end_run(&p, (int64_t)width * height);
}

nn_status nn_coco_print_mask(nn_buffer *out, const nn_details *d, const nn_detail *one, int width,
                             int height)
{
    nn_mask_runs *runs = nn_mask_runs_new(width, height);
    nn_status status = runs ? nn_mask_runs_add(runs, d, one) : NN_ENOMEM;
    if (status == NN_OK) {
        const nn_mask_run_list *list = &runs->mask[0];
        const uint64_t *place = runs->place + list->first;
        const uint64_t w = (uint64_t)width;
        for (int i = 0; i < list->count; i++)
            memset(runs->row + place[2 * i], 1, (size_t)(place[2 * i + 1] - place[2 * i]));
        const int y0 = list->count > 0 ? (int)(place[0] / w) : 0;
        const int y1 = list->count > 0 ? (int)((place[2 * list->count - 1] - 1) / w) + 1 : 0;
        nn_buffer_print(out, "{\"size\": [%d, %d], \"counts\": \"", height, width);
        pack_columns(out, runs->row, width, height, y0, y1);
        nn_buffer_print(out, "\"}");
    }
    nn_mask_runs_free(runs);
    return status;
}
