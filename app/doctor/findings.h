// SPDX-License-Identifier: MIT
// What 'neroscale doctor' finds out, one line a thing, and how it is printed.
#ifndef APP_DOCTOR_FINDINGS_H
#define APP_DOCTOR_FINDINGS_H

#include "nn/base/status.h"

#include <cjson/cJSON.h>
#include <glib.h>
#include <stdbool.h>
#include <stdio.h>

typedef enum app_state {
    APP_STATE_OK,
    APP_STATE_NOTE,    // worth knowing, nothing is wrong
    APP_STATE_MISSING, // something that only some runs need
    APP_STATE_FAILS,   // no run goes without it
} app_state;

typedef struct app_finding {
    const char *group; // "models"
    char *name;        // owned: "street"
    app_state state;
    char *text;     // owned: what is there, or what is wrong
    char *mend;     // owned: what to do about it; NULL: nothing
    char *packages; // owned: of Debian, that mend it, separated by blanks; NULL: none
} app_finding;

typedef struct app_findings {
    GPtrArray *list; // of app_finding
} app_findings;

void app_findings_init(app_findings *f);
void app_findings_release(app_findings *f); // a zeroed one is a no-op

// Adds a thing. `group` is borrowed. The result is valid until release.
app_finding *app_findings_add(app_findings *f, const char *group, const char *name, app_state state,
                              const char *format, ...) G_GNUC_PRINTF(5, 6);
// Says what to do; without words when packages are enough.
void app_finding_mend(app_finding *f, const char *packages, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

// How many things are in that state.
int app_findings_count(const app_findings *f, app_state state);
// Prints aligned lines and a last one that sums them up.
void app_findings_print(const app_findings *f, FILE *out, bool colour);
// {"ok": ..., "findings": [...]}; NULL without memory. cJSON_Delete.
cJSON *app_findings_json(const app_findings *f);

#endif
