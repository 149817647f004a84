// SPDX-License-Identifier: MIT
// An open target. Elements of this process with the same settings share one: several streams write
// whole lines into one file, or use one connection.
#ifndef PLUGINS_PUBLISH_OUTPUT_H
#define PLUGINS_PUBLISH_OUTPUT_H

#include "plugins/publish/settings.h"
#include "plugins/publish/target.h"

typedef struct NeroOutput NeroOutput;

// Opens the target that the settings name, or joins an element that has it open. NULL on failure,
// and `err` says why.
NeroOutput *nero_output_open(GstElement *element, const NeroSettings *settings, nn_error *err);
void nero_output_close(NeroOutput *o); // the last one closes the target

// As the functions of NeroTarget, on any thread.
void nero_output_frame(NeroOutput *o);
gboolean nero_output_send(NeroOutput *o, const char *line);
void nero_output_stats(NeroOutput *o, GstStructure *to);
void nero_output_drain(NeroOutput *o); // nothing while other elements use it

#endif
