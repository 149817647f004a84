// SPDX-License-Identifier: MIT
// Frames of a video by number: reads on, or seeks to the time of the frame, which was noted while
// counting.
#include "app/annotate/video.h"

#include "nn/base/memory.h"
#include "pipeline/reader.h"

#include <glib.h>
#include <string.h>

// frames to read rather than seek; size of frames that are only counted, in pixels
enum { NEAR = 48, COUNTING = 16 };

struct ui_video {
    char *path;
    vp_reader *reader; // NULL after a failure
    int next;          // the frame that it returns next
    GThread *counter;
    GMutex lock;   // guards what follows
    GArray *times; // of gint64
    bool done, stop;
};

static gpointer count(gpointer data)
{
    ui_video *v = data;
    vp_reader *r = NULL;
    nn_frame frame;
    bool stop = vp_reader_open(&r, v->path, COUNTING, COUNTING, NULL) != NN_OK;
    while (!stop && vp_reader_next(r, &frame, NULL) == 1) {
        const gint64 time = vp_reader_time(r);
        g_mutex_lock(&v->lock);
        g_array_append_val(v->times, time);
        stop = v->stop;
        g_mutex_unlock(&v->lock);
    }
    vp_reader_close(r);
    g_mutex_lock(&v->lock);
    v->done = true;
    g_mutex_unlock(&v->lock);
    return NULL;
}

nn_status ui_video_open(ui_video **out, const char *path, nn_error *err)
{
    vp_reader *reader;
    *out = NULL;
    const nn_status status = vp_reader_open(&reader, path, 0, 0, err);
    if (status != NN_OK)
        return status;
    ui_video *v = g_new0(ui_video, 1);
    v->path = g_strdup(path);
    v->reader = reader;
    v->times = g_array_new(FALSE, FALSE, sizeof(gint64));
    g_mutex_init(&v->lock);
    v->counter = g_thread_new("counter", count, v);
    *out = v;
    return NN_OK;
}

void ui_video_wait(ui_video *v)
{
    if (v->counter)
        g_thread_join(v->counter);
    v->counter = NULL;
}

void ui_video_close(ui_video *v)
{
    if (!v)
        return;
    g_mutex_lock(&v->lock);
    v->stop = true;
    g_mutex_unlock(&v->lock);
    ui_video_wait(v);
    vp_reader_close(v->reader);
    g_array_unref(v->times);
    g_mutex_clear(&v->lock);
    g_free(v->path);
    g_free(v);
}

int ui_video_count(ui_video *v, bool *done)
{
    g_mutex_lock(&v->lock);
    const int n = (int)v->times->len;
    *done = v->done;
    g_mutex_unlock(&v->lock);
    return n;
}

// The time of a frame, if no other frame has the same; -1: it cannot be found by time.
static gint64 time_of(ui_video *v, int number)
{
    g_mutex_lock(&v->lock);
    const gint64 *t = (const gint64 *)(void *)v->times->data;
    const int n = (int)v->times->len;
    gint64 time = number < n ? t[number] : -1;
    if (time >= 0 &&
        ((number > 0 && t[number - 1] >= time) || (number + 1 < n && t[number + 1] <= time)))
        time = -1;
    g_mutex_unlock(&v->lock);
    return time;
}

// Reads up to frame `number` (included), from frame v->next on.
static nn_status read_on(ui_video *v, int number, nn_frame *frame, nn_error *err)
{
    while (v->next <= number) {
        const int got = vp_reader_next(v->reader, frame, err);
        if (got != 1) {
            g_clear_pointer(&v->reader, vp_reader_close);
            return got == 0
                       ? nn_fail(err, NN_ENOTFOUND, "the video ends before frame %d", number + 1)
                       : NN_EIO;
        }
        v->next++;
    }
    return NN_OK;
}

// Seeks to exactly this frame; false when that fails.
static bool wind(ui_video *v, int number, nn_frame *frame)
{
    const gint64 time = time_of(v, number);
    if (time < 0 || !v->reader || vp_reader_seek(v->reader, time, NULL) != NN_OK)
        return false;
    v->next = -1;
    for (int i = 0; i < NEAR; i++) {
        if (vp_reader_next(v->reader, frame, NULL) != 1 || vp_reader_time(v->reader) > time)
            return false;
        if (vp_reader_time(v->reader) < time)
            continue;
        v->next = number + 1;
        return true;
    }
    return false;
}

static nn_status find(ui_video *v, int number, nn_frame *frame, nn_error *err)
{
    const bool near = v->reader && v->next >= 0 && number >= v->next && number - v->next < NEAR;
    if (near)
        return read_on(v, number, frame, err);
    if (wind(v, number, frame))
        return NN_OK;
    g_clear_pointer(&v->reader, vp_reader_close); // reads from the start: slow, but always right
    v->next = 0;
    const nn_status status = vp_reader_open(&v->reader, v->path, 0, 0, err);
    return status == NN_OK ? read_on(v, number, frame, err) : status;
}

nn_status ui_video_read(ui_video *v, int number, nn_image *image, nn_error *err)
{
    nn_frame frame;
    const nn_status status = find(v, number, &frame, err);
    if (status != NN_OK)
        return status;
    const size_t row = (size_t)frame.width * 3;
    uint8_t *rgb = nn_calloc((size_t)frame.height, row);
    if (!rgb)
        return nn_fail(err, NN_ENOMEM, "no memory for a frame of %dx%d", frame.width, frame.height);
    for (int y = 0; y < frame.height; y++)
        memcpy(rgb + (size_t)y * row, frame.plane[0] + (ptrdiff_t)y * frame.stride[0], row);
    *image = (nn_image){frame.width, frame.height, rgb};
    return NN_OK;
}
