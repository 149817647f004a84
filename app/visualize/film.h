// SPDX-License-Identifier: MIT
// Private to app/visualize: explanations of a video's frames as a video.
#ifndef APP_VISUALIZE_FILM_H
#define APP_VISUALIZE_FILM_H

#include "app/visualize/subject.h"

#include <cjson/cJSON.h>

// Writes the video `out`: heat over the frames, or frames beside their projections, above a line of
// words and the scale. Adds an object for each frame to `list`.
nn_status app_film_draw(app_subject *s, const char *video, const char *out, cJSON *list,
                        nn_error *err);

#endif
