// SPDX-License-Identifier: MIT
// What the card of a model tells in a few words.
#ifndef APP_MODELS_FACTS_H
#define APP_MODELS_FACTS_H

#include "app/models/installed.h"
#include "nn/graph/card.h"

#include <cjson/cJSON.h>

typedef struct app_model_facts {
    char *task;    // owned, as all of them: "detect"
    char *classes; // "person, bicycle"
    int class_count;
    char *score; // "AP50 0.66"; "" when the card has none
    char *score_set; // the pictures it is of: "60 of vtest.avi"; "" when the card does not say
    char score_name[16];
    double score_value;
    char *licence; // "Apache-2.0"; "" when the card does not say
    int input_width, input_height;
} app_model_facts;

void app_model_facts_of(app_model_facts *f, const nn_card *card, const app_installed *m);
void app_model_facts_release(app_model_facts *f); // a zeroed one is a no-op

#endif
