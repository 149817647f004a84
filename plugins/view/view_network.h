// SPDX-License-Identifier: MIT
// The network of an inner view: opened, asked and painted as a choice says.
#ifndef PLUGINS_VIEW_VIEW_NETWORK_H
#define PLUGINS_VIEW_VIEW_NETWORK_H

#include "nn/vision/frame.h"
#include "plugins/view/inner_view.h"
#include "plugins/view/view_choice.h"

// One thread at a time; nothing here is quick.
typedef struct NeroViewNetwork NeroViewNetwork;

NeroViewNetwork *nero_view_network_new(void);
void nero_view_network_free(NeroViewNetwork *n); // NULL is a no-op

// Takes over a choice, for frames on which `model` runs (NULL: unknown), and opens the network when
// it is another one. What cannot be used is left as it was, and the text says why; the caller frees
// it. NULL: all is well, or was told before.
char *nero_view_network_choose(NeroViewNetwork *n, const NeroViewChoice *choice, const char *model);
// Whether there is a network to look into.
gboolean nero_view_network_is_open(const NeroViewNetwork *n);
// Goes to another of the layers that are maps.
void nero_view_network_step(NeroViewNetwork *n, int steps);

// Makes the view of a frame: picture, words, score. There is no picture when the atomic `stopped`
// was set meanwhile.
nn_status nero_view_network_look(NeroViewNetwork *n, const nn_frame *frame,
                                 const NeroViewTarget *target, const gint *stopped,
                                 NeroInnerView *view, nn_error *err);

#endif
