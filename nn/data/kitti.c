// SPDX-License-Identifier: MIT
// KITTI's object detection (Geiger 2012): image_2/NAME.png, label_2/NAME.txt with lines "type
// truncated occluded alpha left top right bottom ...". Regions called DontCare do not count.
#include "nn/data/label_table.h"

#include <math.h>
#include <string.h>

static nn_status read_line(nn_annotation_reader *r, char *const *word, int words, const char *where,
                           nn_error *err)
{
    nn_annotation a = {.class_index = -1, .score = 1};
    float v[4];
    for (int i = 0; i < 4; i++)
        v[i] = 4 + i < words ? nn_label_table_number(word[4 + i]) : NAN;
    if (words < 8 || isnan(v[0]) || isnan(v[1]) || isnan(v[2]) || isnan(v[3])) {
        nn_annotation_skip(r, "%s: not 'type truncated occluded alpha left top right bottom ...'",
                           where);
        return NN_OK;
    }
    a.x0 = v[0], a.y0 = v[1], a.x1 = v[2], a.y1 = v[3];
    if (strcmp(word[0], "DontCare") == 0) {
        a.ignore = true;
        return nn_annotation_add(r, &a, err);
    }
    a.class_index = nn_annotation_class(r, word[0], strlen(word[0]), err);
    return a.class_index < 0 ? err->status : nn_annotation_add(r, &a, err);
}

static const char *const pictures[] = {"image_2", "image_02", NULL}, *const labels[] = {"label_2",
                                                                                        "label_02",
                                                                                        NULL};
static const nn_label_table table = {
    .pictures = pictures, .labels = labels, .line = read_line, .separators = " \t"};

NN_LABEL_TABLE(kitti, table, "KITTI", "image_2/ with label_2/ (KITTI)")
