// SPDX-License-Identifier: MIT
// Loads pictures: recognises the format, decodes, and rotates by the Exif orientation.
#include "nn/io/image/image.h"

#include "nn/base/features.h"
#include "nn/base/memory.h"
#include "nn/io/file.h"
#include "nn/io/image/exif_orientation.h"
#include "nn/io/image/image_format.h"

struct nn_image_player {
    const nn_image_format *format;
    nn_image_input in;
    void *movie; // NULL: a still picture
    bool done;   // the still picture was returned
    int orientation;
    nn_file file; // mapped; bytes NULL: the caller's memory
};

const char *nn_image_kind(const void *bytes, size_t size)
{
    const nn_image_format *format = nn_image_find_format(bytes, size);
    return format ? format->name : NULL;
}

// --- one picture after the other ---

static nn_status begin(nn_image_player *p, const void *bytes, size_t size, int width, int height,
                       nn_error *err)
{
    p->format = nn_image_find_format(bytes, size);
    if (!p->format)
        return nn_fail(err, NN_EFORMAT, "no picture of a kind that is read (%s)", NN_IMAGE_KINDS);
    if (p->format->why_not)
        return nn_fail(err, NN_EUNSUPPORTED, "%s %s", p->format->name, p->format->why_not);
    if (!p->format->decode && !p->format->movie)
        return nn_fail_without(err, p->format->feature);
    p->orientation = nn_exif_orientation(bytes, size);
    // the requested size is that of the rotated picture
    const bool turns = nn_exif_swaps_axes(p->orientation);
    p->in = (nn_image_input){.bytes = bytes,
                             .size = size,
                             .width = turns ? height : width,
                             .height = turns ? width : height};
    return p->format->movie ? p->format->movie->open(&p->movie, &p->in, err) : NN_OK;
}

static void end(nn_image_player *p)
{
    if (p->format && p->format->movie)
        p->format->movie->close(p->movie);
}

static int next(nn_image_player *p, nn_image *image, int *ms, nn_error *err)
{
    int got = p->done ? 0 : 1;
    *image = (nn_image){0};
    *ms = 0;
    if (p->format->movie)
        got = p->format->movie->next(p->movie, image, ms, err);
    else if (!p->done && p->format->decode(image, &p->in, err) != NN_OK)
        got = -1;
    p->done = true;
    if (got == 1 && nn_exif_apply(image, p->orientation, err) != NN_OK)
        got = -1;
    if (got != 1)
        nn_image_release(image);
    return got;
}

nn_status nn_image_player_open(nn_image_player **out, const char *path, nn_error *err)
{
    nn_file file;
    *out = NULL;
    nn_status status = nn_file_map(&file, path, err);
    if (status != NN_OK)
        return status;
    status = nn_image_player_parse(out, file.bytes, file.size, err);
    if (status == NN_OK) {
        (*out)->file = file;
        return NN_OK;
    }
    nn_file_unmap(&file);
    return nn_fail_prefix(err, status, "%s", path);
}

nn_status nn_image_player_parse(nn_image_player **out, const void *bytes, size_t size,
                                nn_error *err)
{
    *out = NULL;
    nn_image_player *p = nn_calloc(1, sizeof *p);
    if (!p)
        return nn_fail(err, NN_ENOMEM, "no memory for a picture");
    const nn_status status = begin(p, bytes, size, 0, 0, err);
    if (status == NN_OK)
        *out = p;
    else
        nn_image_player_close(p);
    return status;
}

int nn_image_player_next(nn_image_player *p, nn_image *image, int *ms, nn_error *err)
{
    return next(p, image, ms, err);
}

void nn_image_player_close(nn_image_player *p)
{
    if (!p)
        return;
    end(p);
    if (p->file.bytes)
        nn_file_unmap(&p->file);
    nn_free(p);
}

// --- the first one ---

static nn_status decode(nn_image *image, const void *bytes, size_t size, int width, int height,
                        int *full_w, int *full_h, nn_error *err)
{
    nn_error why = {0};
    nn_image_player p = {0};
    int ms;
    *image = (nn_image){0};
    nn_status status = begin(&p, bytes, size, width, height, &why);
    if (status == NN_OK) {
        const int got = next(&p, image, &ms, &why);
        status = got == 1 ? NN_OK : got < 0 ? why.status : NN_EFORMAT;
    }
    end(&p);
    if (status != NN_OK)
        return nn_fail(err, status, "%s", why.text[0] ? why.text : "no picture in it");
    const bool turns = nn_exif_swaps_axes(p.orientation), told = p.in.full_w > 0;
    if (full_w)
        *full_w = !told ? image->width : turns ? p.in.full_h : p.in.full_w;
    if (full_h)
        *full_h = !told ? image->height : turns ? p.in.full_w : p.in.full_h;
    return NN_OK;
}

nn_status nn_image_parse(nn_image *image, const void *bytes, size_t size, nn_error *err)
{
    return decode(image, bytes, size, 0, 0, NULL, NULL, err);
}

nn_status nn_image_load_at_least(nn_image *image, const char *path, int width, int height,
                                 int *full_w, int *full_h, nn_error *err)
{
    *image = (nn_image){0};
    nn_file file;
    nn_status status = nn_file_map(&file, path, err);
    if (status != NN_OK)
        return status;
    status = decode(image, file.bytes, file.size, width, height, full_w, full_h, err);
    nn_file_unmap(&file);
    return status == NN_OK ? NN_OK : nn_fail_prefix(err, status, "%s", path);
}

nn_status nn_image_load(nn_image *image, const char *path, nn_error *err)
{
    return nn_image_load_at_least(image, path, 0, 0, NULL, NULL, err);
}
