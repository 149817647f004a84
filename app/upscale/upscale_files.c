// SPDX-License-Identifier: MIT
// Files to enlarge.
#include "app/upscale/upscale_files.h"

#include "nn/base/memory.h"
#include "nn/data/folder.h"
#include "nn/io/image/image_alpha.h"
#include "pipeline/picture_list.h"
#include "pipeline/reader.h"
#include "pipeline/writer.h"

#include <glib.h>
#include <string.h>

bool app_upscale_is_picture(const char *out)
{
    return nn_folder_ends(out, ".png.jpg.jpeg");
}

bool app_upscale_is_video(const char *out)
{
    return nn_folder_ends(out, ".mp4.mkv");
}

static bool show_tile(void *ctx, int done, int total)
{
    app_upscale *u = ctx;
    app_progress_late(&u->progress, done, "tiles");
    (void)total;
    return !*u->stop;
}

// Alpha grows bicubically; NULL stays NULL.
static nn_status enlarge_alpha(uint8_t **alpha, const nn_image *from, const nn_image *to,
                               nn_error *err)
{
    uint8_t *large = *alpha ? nn_alloc((size_t)to->width * (size_t)to->height) : NULL;
    if (!*alpha)
        return NN_OK;
    if (!large)
        return nn_fail(err, NN_ENOMEM, "no memory for transparent pixels");
    const nn_byte_plane in = {*alpha, from->width, 1, from->width, from->height},
                        out = {large, to->width, 1, to->width, to->height};
    const nn_status status = nn_filter_resize_bytes(&in, &out, NN_FILTER_BICUBIC, err);
    nn_image_free_pixels(*alpha);
    *alpha = large;
    return status;
}

static nn_status enlarge(app_upscale *u, const char *in, const char *out, nn_error *err)
{
    nn_image small, large;
    uint8_t *alpha;
    nn_status status = nn_image_load_alpha(&small, &alpha, in, err);
    if (status != NN_OK)
        return status; // names the file
    status = nn_upscaler_picture(u->upscaler, &small, &large, err);
    if (status == NN_OK) {
        status = enlarge_alpha(&alpha, &small, &large, err);
        if (status == NN_OK)
            status = nn_folder_ends(out, ".png") ? nn_image_save_alpha(&large, alpha, out, err)
                                                 : nn_image_save_jpeg(&large, out, u->quality, err);
        nn_image_release(&large);
    } else {
        nn_fail_prefix(err, status, "%s", in);
    }
    nn_image_free_pixels(alpha);
    nn_image_release(&small);
    u->done += status == NN_OK;
    return status;
}

nn_status app_upscale_picture(app_upscale *u, const char *in, const char *out, nn_error *err)
{
    enum { TILES = 0 }; // their number is not known yet
    app_progress_begin(&u->progress, "", 0, TILES);
    nn_upscaler_watch(u->upscaler, show_tile, u);
    const nn_status status = enlarge(u, in, out, err);
    nn_upscaler_watch(u->upscaler, NULL, NULL);
    app_progress_clear(&u->progress);
    return status;
}

// DIR/NAME.jpg for JPEGs, else DIR/NAME.png (g_free); DIR/NAME.png.png where a picture of another
// kind has that name. `used`: those before.
static char *name_in(const char *dir, const char *picture, GHashTable *used)
{
    g_autofree char *base = g_path_get_basename(picture);
    const char *dot = strrchr(base, '.');
    const bool jpeg = nn_folder_ends(base, ".jpg.jpeg");
    const int length = dot && !jpeg ? (int)(dot - base) : (int)strlen(base);
    char *name = g_strdup_printf("%s/%.*s%s", dir, length, base, jpeg ? "" : ".png");
    if (g_hash_table_contains(used, name)) {
        g_free(name);
        name = g_strdup_printf("%s/%s.png", dir, base);
    }
    g_hash_table_add(used, g_strdup(name));
    return name;
}

nn_status app_upscale_folder(app_upscale *u, const char *in, const char *out, int *failed,
                             nn_error *err)
{
    char **names = NULL;
    nn_status status = vp_picture_list_find(&names, in, err);
    *failed = 0;
    if (status != NN_OK)
        return status;
    const int count = (int)g_strv_length(names);
    g_autoptr(GHashTable) used = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    app_progress_begin(&u->progress, "", 0, count);
    for (int i = 0; i < count && !*u->stop; i++) {
        g_autofree char *to = name_in(out, names[i], used);
        nn_error one = {0};
        if (enlarge(u, names[i], to, &one) != NN_OK && !*u->stop) {
            app_progress_note(one.text);
            ++*failed;
        }
        app_progress_late(&u->progress, i + 1, "pictures");
    }
    app_progress_clear(&u->progress);
    g_strfreev(names);
    return NN_OK;
}

static nn_status copy_frame(nn_image *image, const nn_frame *f, nn_error *err)
{
    const size_t row = 3 * (size_t)f->width;
    *image = (nn_image){f->width, f->height, nn_alloc(row * (size_t)f->height)};
    if (!image->rgb)
        return nn_fail(err, NN_ENOMEM, "no memory for a frame of %dx%d", f->width, f->height);
    for (int y = 0; y < f->height; y++)
        memcpy(image->rgb + row * (size_t)y, f->plane[0] + (ptrdiff_t)y * f->stride[0], row);
    return NN_OK;
}

// Frames after a change of the size get that of the first one.
static nn_status fit(nn_image *image, int width, int height, nn_error *err)
{
    nn_image fitted;
    if (image->width == width && image->height == height)
        return NN_OK;
    const nn_status status = nn_bicubic_picture(image, width, height, &fitted, err);
    if (status == NN_OK) {
        nn_image_release(image);
        *image = fitted;
    }
    return status;
}

// One frame into the video, which begins with the first.
static nn_status add_frame(app_upscale *u, vp_writer **writer, const vp_reader *reader,
                           const char *out, const nn_frame *frame, nn_error *err)
{
    nn_image small, large;
    nn_status status = copy_frame(&small, frame, err);
    if (status != NN_OK)
        return status;
    status = nn_upscaler_picture(u->upscaler, &small, &large, err);
    nn_image_release(&small);
    if (status != NN_OK)
        return status;
    if (!*writer) {
        u->width = large.width;
        u->height = large.height;
        status =
            vp_writer_open(writer, out, large.width, large.height, vp_reader_rate(reader), err);
    }
    if (status == NN_OK)
        status = fit(&large, u->width, u->height, err);
    if (status == NN_OK)
        status = vp_writer_add(*writer, large.rgb, vp_reader_time(reader), err);
    nn_image_release(&large);
    u->done += status == NN_OK;
    return status;
}

nn_status app_upscale_video(app_upscale *u, const char *in, const char *out, nn_error *err)
{
    vp_reader *reader;
    vp_writer *writer = NULL;
    nn_frame frame;
    int more = 0;
    nn_status status = vp_reader_open(&reader, in, 0, 0, err);
    for (int64_t n = 0; status == NN_OK && !*u->stop; n++) {
        more = vp_reader_next(reader, &frame, err);
        if (more <= 0)
            break;
        if (n == 0)
            app_progress_begin(&u->progress, "", 0, vp_reader_length(reader));
        status = add_frame(u, &writer, reader, out, &frame, err);
        app_progress_late(&u->progress, n + 1, "frames");
    }
    app_progress_clear(&u->progress);
    if (status == NN_OK && more < 0)
        status = err->status;
    if (status == NN_OK && !writer && !*u->stop)
        status = nn_fail(err, NN_EFORMAT, "%s: contains no frames", in);
    vp_reader_close(reader);
    return vp_writer_close(writer, status, err);
}
