// SPDX-License-Identifier: MIT
// The pictures of pages, from files or a video; the last ones are cached.
#ifndef APP_ANNOTATE_MEDIA_H
#define APP_ANNOTATE_MEDIA_H

#include "app/annotate/project.h"
#include "app/annotate/video.h"

typedef struct ui_media ui_media;

// Takes over `video`; NULL: the pages have picture files.
ui_media *ui_media_new(ui_video *video);
void ui_media_free(ui_media *m);
// Adds the frames that were counted since the last call; *done: all frames are counted.
nn_status ui_media_update(ui_media *m, ui_project *p, bool *done, nn_error *err);
void ui_media_wait(ui_media *m); // waits until all frames are counted
// The picture of a page, valid until the next call. NULL with `err` when it cannot be read.
const nn_image *ui_media_get(ui_media *m, const ui_project *p, int page, nn_error *err);
// Reads the picture that is likely to be needed next, in a thread of its own.
void ui_media_ahead(ui_media *m, const ui_project *p, int page);

#endif
