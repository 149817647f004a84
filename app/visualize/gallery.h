// SPDX-License-Identifier: MIT
// Private to app/visualize: the pictures of a data set, or the frames of a video, one after the
// other.
#ifndef APP_VISUALIZE_GALLERY_H
#define APP_VISUALIZE_GALLERY_H

#include "nn/explain/picture_source.h"

typedef struct app_gallery app_gallery;

// `data`: a folder with pictures in it or below it, a pattern of pictures, or a video, of which
// every `interval`th frame counts and at most `most` frames are read (0: all).
nn_status app_gallery_open(app_gallery **out, const char *data, int interval, int64_t most,
                           nn_error *err);
void app_gallery_close(app_gallery *s); // NULL is a no-op
// For nn_top_over; valid until the close.
nn_picture_source app_gallery_reader(app_gallery *s);
// "tulip/a.jpg" of a picture; "frame 12" of a video (g_free).
char *app_gallery_name(const app_gallery *s, int64_t number);
// How many pictures there are; 0: not known.
int64_t app_gallery_count(const app_gallery *s);

#endif
