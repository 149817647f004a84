// SPDX-License-Identifier: MIT
// The pixels of pages: pictures or frames, the last used ones kept.
#ifndef APP_ANNOTATE_MEDIA_H
#define APP_ANNOTATE_MEDIA_H

#include "app/annotate/project.h"
#include "app/annotate/video.h"

typedef struct ui_media ui_media;

// `video` is taken over; NULL: the pages' own pictures. The project's pages are looked at, and for
// a video made.
ui_media *ui_media_new(ui_video *video);
void ui_media_free(ui_media *m);
// Adds the frames counted since; *done: all are there.
nn_status ui_media_update(ui_media *m, ui_project *p, bool *done, nn_error *err);
void ui_media_wait(ui_media *m); // until all frames are counted
// The picture of a page, valid until the next call. NULL: it is broken, and err says why.
const nn_image *ui_media_get(ui_media *m, const ui_project *p, int page, nn_error *err);
// Reads the picture of a page that is likely to be wanted next, in a thread of its own.
void ui_media_ahead(ui_media *m, const ui_project *p, int page);

#endif
