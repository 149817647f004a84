// SPDX-License-Identifier: MIT
// DOTA (Xia 2018): images/NAME.png, labelTxt/NAME.txt with lines "x1 y1 x2 y2 x3 y3 x4 y4 class
// difficult", behind lines such as "imagesource:" and "gsd:". The upright boxes around the rotated
// ones are read.
#include "nn/data/label_table.h"

#include <math.h>
#include <string.h>

static nn_status read_line(nn_annotation_reader *r, char *const *word, int words, const char *where,
                           nn_error *err)
{
    nn_annotation a = {.score = 1, .rotated = true};
    float xy[8];
    if (words == 1 && strchr(word[0], ':'))
        return NN_OK;
    for (int i = 0; i < 8; i++)
        xy[i] = i < words ? nn_label_table_number(word[i]) : NAN;
    for (int i = 0; i < 8; i++)
        if (isnan(xy[i]) || words < 9) {
            nn_annotation_skip(r, "%s: not 'x1 y1 x2 y2 x3 y3 x4 y4 class difficult'", where);
            return NN_OK;
        }
    a.ignore = words > 9 && strcmp(word[9], "1") == 0;
    a.class_index = nn_annotation_class(r, word[8], strlen(word[8]), err);
    return a.class_index < 0 ? err->status : nn_annotation_add_outline(r, &a, xy, 4, err);
}

static const char *const pictures[] = {"images", "images", "images", NULL}, *const labels[] = {
                                                                                "labelTxt",
                                                                                "labelTxt-v1.5",
                                                                                "labelTxt-v1.0",
                                                                                NULL};
static const nn_label_table table = {
    .pictures = pictures, .labels = labels, .line = read_line, .separators = " \t"};

NN_LABEL_TABLE(dota, table, "DOTA", "images/ with labelTxt/ (DOTA)")
