// SPDX-License-Identifier: MIT
// Frames of a video by number, while a second reader counts them.
#ifndef APP_ANNOTATE_VIDEO_H
#define APP_ANNOTATE_VIDEO_H

#include "nn/io/image/image.h"

typedef struct ui_video ui_video;

// Opens a file and starts to count its frames in another thread.
nn_status ui_video_open(ui_video **out, const char *path, nn_error *err);
void ui_video_close(ui_video *v);
// Frames counted so far; *done: the count is complete.
int ui_video_count(ui_video *v, bool *done);
// Waits until the count is complete.
void ui_video_wait(ui_video *v);
// Copies frame `number`, from 0, into *image, which must be empty. One thread at a time.
nn_status ui_video_read(ui_video *v, int number, nn_image *image, nn_error *err);

#endif
