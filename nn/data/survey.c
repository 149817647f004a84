// SPDX-License-Identifier: MIT
// What a reader found, by itself.
#include "nn/data/survey.h"

#include <stdio.h>
#include <string.h>

void nn_data_survey_release(nn_data_survey *s)
{
    nn_names_release(&s->classes);
    *s = (nn_data_survey){0};
}

void nn_data_survey_take(nn_data_survey *s, nn_annotation_reader *r)
{
    *s = (nn_data_survey){.classes = r->classes,
                          .numbered = r->numbered,
                          .ordered = r->ordered,
                          .unnamed = r->unnamed,
                          .named = r->named,
                          .fell_back = r->fell_back,
                          .pictures = r->pictures,
                          .skipped = r->skipped,
                          .rotated = r->rotated,
                          .outlines = r->outlines};
    memcpy(s->split, r->split, sizeof s->split);
    memcpy(s->first_skip, r->first_skip, sizeof s->first_skip);
    snprintf(s->called, sizeof s->called, "%s", r->called ? r->called : "");
    r->classes = (nn_names){0};
}

nn_status nn_data_survey_give(const nn_data_survey *s, nn_annotation_reader *r, nn_error *err)
{
    r->numbered = s->numbered;
    r->ordered = s->ordered;
    r->unnamed = s->unnamed;
    r->named = s->named;
    r->fell_back = s->fell_back;
    r->pictures = s->pictures;
    r->skipped = s->skipped;
    r->rotated = s->rotated;
    r->outlines = s->outlines;
    r->called = s->called[0] ? s->called : NULL;
    memcpy(r->split, s->split, sizeof r->split);
    memcpy(r->first_skip, s->first_skip, sizeof r->first_skip);
    return nn_names_copy(&r->classes, (const char *const *)s->classes.name, s->classes.count, err);
}
