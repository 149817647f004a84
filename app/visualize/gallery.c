// SPDX-License-Identifier: MIT
// Reads pictures by their number, and videos from their start.
#include "app/visualize/gallery.h"

#include "nn/data/folder.h"
#include "nn/io/image/image.h"
#include "pipeline/input.h"
#include "pipeline/reader.h"

#include <glib.h>
#include <string.h>

struct app_gallery {
    char *data;
    GPtrArray *names; // of pictures; NULL: a video
    nn_image image;   // the last picture
    vp_reader *reader;
    int64_t next, most; // frames: the next one that the reader gives; most pictures
    int interval;
};

static nn_status add_name(void *ctx, const char *path, nn_error *err)
{
    (void)err;
    g_ptr_array_add(ctx, g_strdup(path));
    return NN_OK;
}

static nn_status find(app_gallery *s, nn_error *err)
{
    vp_input in;
    if (g_file_test(s->data, G_FILE_TEST_IS_DIR)) {
        s->names = g_ptr_array_new_with_free_func(g_free);
        const nn_status status =
            nn_folder_walk(s->data, NN_WALK_DEPTH, NN_IMAGE_ENDINGS, add_name, s->names, err);
        if (status == NN_OK && s->names->len == 0)
            return nn_fail(err, NN_ENOTFOUND, "'%s': no pictures in this folder", s->data);
        return status;
    }
    nn_status status = vp_input_parse(&in, s->data, err);
    if (status != NN_OK)
        return status;
    if (in.kind == VP_INPUT_IMAGE) {
        s->names = g_ptr_array_new_with_free_func(g_free);
        for (int i = 0; in.names[i]; i++)
            g_ptr_array_add(s->names, g_strdup(in.names[i]));
    } else if (in.kind != VP_INPUT_FILE) {
        status =
            nn_fail(err, NN_EINVAL, "'%s': a folder, a pattern or a video file is needed", s->data);
    }
    vp_input_release(&in);
    return status;
}

nn_status app_gallery_open(app_gallery **out, const char *data, int interval, int64_t most,
                           nn_error *err)
{
    app_gallery *s = g_new0(app_gallery, 1);
    s->data = g_strdup(data);
    s->interval = MAX(1, interval);
    s->most = most;
    const nn_status status = find(s, err);
    *out = status == NN_OK ? s : NULL;
    if (status != NN_OK)
        app_gallery_close(s);
    return status;
}

void app_gallery_close(app_gallery *s)
{
    if (!s)
        return;
    if (s->names)
        g_ptr_array_free(s->names, TRUE);
    vp_reader_close(s->reader);
    nn_image_release(&s->image);
    g_free(s->data);
    g_free(s);
}

static int read_picture(app_gallery *s, int64_t number, nn_frame *frame, int64_t *time)
{
    if (number >= app_gallery_count(s))
        return NN_SOURCE_END;
    nn_image_release(&s->image);
    *time = -1;
    if (nn_image_load(&s->image, s->names->pdata[number], NULL) != NN_OK)
        return NN_SOURCE_SKIPPED;
    *frame = nn_image_frame(&s->image);
    return NN_SOURCE_FRAME;
}

// Frame number * interval of the video; an earlier one is read from the start.
static int read_frame(app_gallery *s, int64_t number, nn_frame *frame, int64_t *time, nn_error *err)
{
    const int64_t wanted = number * s->interval;
    if (s->most > 0 && wanted >= s->most)
        return NN_SOURCE_END;
    if (s->reader && wanted < s->next)
        g_clear_pointer(&s->reader, vp_reader_close);
    if (!s->reader) {
        s->next = 0;
        if (vp_reader_open(&s->reader, s->data, 0, 0, err) != NN_OK)
            return NN_SOURCE_FAILED;
    }
    int got = 1;
    while (got == 1 && s->next <= wanted) {
        got = vp_reader_next(s->reader, frame, err);
        s->next++;
    }
    *time = got == 1 ? vp_reader_time(s->reader) : -1;
    return got == 1 ? NN_SOURCE_FRAME : got == 0 ? NN_SOURCE_END : NN_SOURCE_FAILED;
}

static int read_next(void *ctx, int64_t number, nn_frame *frame, int64_t *time, nn_error *err)
{
    app_gallery *s = ctx;
    return s->names ? read_picture(s, number, frame, time)
                    : read_frame(s, number, frame, time, err);
}

int64_t app_gallery_count(const app_gallery *s)
{
    if (!s->names)
        return s->most > 0 ? (s->most + s->interval - 1) / s->interval : 0;
    return s->most > 0 ? MIN(s->most, (int64_t)s->names->len) : (int64_t)s->names->len;
}

nn_picture_source app_gallery_reader(app_gallery *s)
{
    return (nn_picture_source){.read = read_next, .ctx = s, .count = app_gallery_count(s)};
}

char *app_gallery_name(const app_gallery *s, int64_t number)
{
    if (!s->names)
        return g_strdup_printf("frame %lld", (long long)number * s->interval);
    const char *path = s->names->pdata[number], *base = path;
    for (const char *c = path; (c = strchr(c, '/')); c++)
        if (strchr(c + 1, '/'))
            base = c + 1; // the folder before the name stays
    return g_strdup(base);
}
