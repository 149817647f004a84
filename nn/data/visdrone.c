// SPDX-License-Identifier: MIT
// VisDrone-DET (Zhu 2021): images/NAME.jpg, annotations/NAME.txt with lines "left,top,width,height,
// score,category,truncation,occlusion". Score 0 and category 0 are ignored regions.
#include "nn/data/label_table.h"

#include <math.h>
#include <string.h>

static nn_status read_line(nn_annotation_reader *r, char *const *word, int words, const char *where,
                           nn_error *err)
{
    static const char *const names[] = {NULL,    "pedestrian", "people",   "bicycle",         "car",
                                        "van",   "truck",      "tricycle", "awning-tricycle", "bus",
                                        "motor", "others"};
    float v[6];
    for (int i = 0; i < 6; i++)
        v[i] = i < words ? nn_label_table_number(word[i]) : NAN;
    const int category = v[5] >= 0 && v[5] < 12 ? (int)v[5] : -1;
    if (isnan(v[0]) || isnan(v[1]) || isnan(v[2]) || isnan(v[3]) || category < 0) {
        nn_annotation_skip(r, "%s: not 'left,top,width,height,score,category,...'", where);
        return NN_OK;
    }
    nn_annotation a = {.class_index = -1,
                       .x0 = v[0],
                       .y0 = v[1],
                       .x1 = v[0] + v[2],
                       .y1 = v[1] + v[3],
                       .score = 1,
                       .ignore = v[4] == 0};
    if (category > 0) {
        a.class_index = nn_annotation_class(r, names[category], strlen(names[category]), err);
        if (a.class_index < 0)
            return err->status;
    }
    return nn_annotation_add(r, &a, err);
}

static const char *const pictures[] = {"images", NULL}, *const labels[] = {"annotations", NULL};
static const nn_label_table table = {.pictures = pictures,
                                     .labels = labels,
                                     .line = read_line,
                                     .separators = ", \t",
                                     .named_by_end = true};

NN_LABEL_TABLE(visdrone, table, "VisDrone", "images/ with annotations/*.txt (VisDrone)")
