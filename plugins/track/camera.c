// SPDX-License-Identifier: MIT
// Measures the camera's movement on each frame, and remembers some seconds of it for results that
// come late.
#include "plugins/track/camera.h"

#include "plugins/common/video.h"

enum { KEPT = 128 }; // frames

struct NeroCamera {
    nn_camera_motion *eye;
    // The last frames in a ring, and the movement to each from the one before.
    GstClockTime pts[KEPT];
    nn_motion moved[KEPT];
    guint frames;
};

NeroCamera *nero_camera_new(void)
{
    nn_camera_motion *eye = nn_camera_motion_new();
    if (!eye)
        return NULL;
    NeroCamera *c = g_new0(NeroCamera, 1);
    c->eye = eye;
    return c;
}

void nero_camera_free(NeroCamera *c)
{
    if (!c)
        return;
    nn_camera_motion_free(c->eye);
    g_free(c);
}

void nero_camera_forget(NeroCamera *c)
{
    nn_camera_motion_forget(c->eye);
    c->frames = 0;
}

static nn_motion measure(NeroCamera *c, GstBuffer *frame, const GstVideoInfo *info,
                         const GArray *objects)
{
    nn_motion motion = nn_motion_none;
    GstVideoFrame video;
    NeroView view;
    if (!gst_video_frame_map(&video, info, frame, GST_MAP_READ))
        return motion;
    const GstVideoRectangle area = nero_video_area(&video, info);
    if (nero_video_view(&video, &area, &view))
        nn_camera_motion_measure(c->eye, &view.frame, (const nn_box *)(const void *)objects->data,
                                 (int)objects->len, &motion);
    gst_video_frame_unmap(&video);
    return motion;
}

nn_motion nero_camera_look(NeroCamera *c, GstBuffer *frame, const GstVideoInfo *info,
                           const GArray *objects)
{
    const nn_motion motion = measure(c, frame, info, objects);
    c->pts[c->frames % KEPT] = GST_BUFFER_PTS(frame);
    c->moved[c->frames % KEPT] = motion;
    c->frames++;
    return motion;
}

void nero_camera_bring(const NeroCamera *c, GstClockTime pts, GArray *boxes)
{
    nn_motion since = nn_motion_none;
    for (guint back = 0; back < MIN(c->frames, KEPT); back++) {
        const guint at = (c->frames - 1 - back) % KEPT;
        if (c->pts[at] == pts) {
            for (guint i = 0; i < boxes->len; i++)
                nn_motion_box(&since, &g_array_index(boxes, nn_box, i));
            return;
        }
        since = nn_motion_chain(&c->moved[at], &since);
    }
}
