// SPDX-License-Identifier: MIT
// Draws what a network sees in pictures and videos.
#ifndef APP_VISUALIZE_VISUALIZE_H
#define APP_VISUALIZE_VISUALIZE_H

#include "app/visualize/question.h"

// Draws the inputs, up to NULL: pictures, folders and patterns of pictures, or one video.
nn_status app_visualize_run(const app_visualize *job, char *const *inputs, nn_error *err);
// Prints the layers of the model.
nn_status app_visualize_list_layers(const app_visualize *job, nn_error *err);
// Prints how many channels of each layer are dead or saturated for the pictures of `data`.
nn_status app_visualize_channel_use(const app_visualize *job, const char *data, nn_error *err);

#endif
