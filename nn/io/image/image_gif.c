// SPDX-License-Identifier: MIT
// GIF through giflib: each picture is composed with those before it (GIF89a specification, 23
// "Graphic Control Extension").
#include "nn/base/memory.h"
#include "nn/io/image/image_format.h"

#include <gif_lib.h>
#include <string.h>

enum { LEAST_MS = 20, USUAL_MS = 100 }; // shorter times are shown as the usual one, as in browsers

typedef struct gif {
    GifFileType *file;
    const uint8_t *bytes;
    size_t size, at;
    nn_image canvas; // the composed picture
    uint8_t *before; // the canvas before the last picture, if that must be restored; else NULL
    GifByteType *row;
    GraphicsControlBlock how; // of the next picture
    GifImageDesc last;
    int disposal; // of the last picture
    int pictures;
} gif;

static int read_bytes(GifFileType *file, GifByteType *to, int count)
{
    gif *g = file->UserData;
    const size_t left = g->size - g->at, n = (size_t)count < left ? (size_t)count : left;
    memcpy(to, g->bytes + g->at, n);
    g->at += n;
    return (int)n;
}

static nn_status fail(int error, nn_error *err)
{
    const char *text = GifErrorString(error);
    if (error == D_GIF_ERR_NOT_ENOUGH_MEM)
        return nn_fail(err, NN_ENOMEM, "GIF: out of memory");
    return nn_fail(err, NN_EFORMAT, "GIF: %s", text ? text : "damaged");
}

static void forget_control(gif *g)
{
    g->how = (GraphicsControlBlock){.TransparentColor = NO_TRANSPARENT_COLOR};
}

static void close_gif(void *state)
{
    gif *g = state;
    if (!g)
        return;
    if (g->file)
        DGifCloseFile(g->file, NULL);
    nn_image_release(&g->canvas);
    nn_free(g->before);
    nn_free(g->row);
    nn_free(g);
}

static nn_status open_gif(void **state, const nn_image_input *in, nn_error *err)
{
    int error = 0;
    *state = NULL;
    gif *g = nn_calloc(1, sizeof *g);
    if (!g)
        return nn_fail(err, NN_ENOMEM, "GIF: out of memory");
    g->bytes = in->bytes;
    g->size = in->size;
    forget_control(g);
    g->file = DGifOpen(g, read_bytes, &error);
    nn_status status = g->file ? NN_OK : fail(error, err);
    if (status == NN_OK)
        status = nn_image_allocate(&g->canvas, g->file->SWidth, g->file->SHeight, in->size, err);
    if (status == NN_OK) {
        memset(g->canvas.rgb, 0, 3 * (size_t)g->canvas.width * (size_t)g->canvas.height);
        *state = g;
    } else {
        close_gif(g);
    }
    return status;
}

static nn_status read_extension(gif *g, nn_error *err)
{
    int code;
    GifByteType *block;
    if (DGifGetExtension(g->file, &code, &block) != GIF_OK)
        return fail(g->file->Error, err);
    if (code == GRAPHICS_EXT_FUNC_CODE && block && block[0] >= 4)
        DGifExtensionToGCB(block[0], block + 1, &g->how);
    while (block)
        if (DGifGetExtensionNext(g->file, &block) != GIF_OK)
            return fail(g->file->Error, err);
    return NN_OK;
}

static uint8_t *at(const gif *g, int x, int y)
{
    return g->canvas.rgb + 3 * ((size_t)y * (size_t)g->canvas.width + (size_t)x);
}

// Removes the last picture if it asked for that.
static void dispose(gif *g)
{
    const GifImageDesc *d = &g->last;
    const size_t all = 3 * (size_t)g->canvas.width * (size_t)g->canvas.height;
    if (g->disposal == DISPOSE_PREVIOUS && g->before)
        memcpy(g->canvas.rgb, g->before, all);
    if (g->disposal != DISPOSE_BACKGROUND || d->Left >= g->canvas.width)
        return;
    const int width = d->Left + d->Width < g->canvas.width ? d->Width : g->canvas.width - d->Left;
    for (int y = d->Top; y < d->Top + d->Height && y < g->canvas.height; y++)
        memset(at(g, d->Left, y), 0, 3 * (size_t)width);
}

static nn_status keep_before(gif *g, nn_error *err)
{
    const size_t all = 3 * (size_t)g->canvas.width * (size_t)g->canvas.height;
    if (g->how.DisposalMode != DISPOSE_PREVIOUS)
        return NN_OK;
    if (!g->before)
        g->before = nn_alloc(all);
    if (!g->before)
        return nn_fail(err, NN_ENOMEM, "GIF: no memory for %dx%d pixels", g->canvas.width,
                       g->canvas.height);
    memcpy(g->before, g->canvas.rgb, all);
    return NN_OK;
}

// The row number of the i-th row of an interlaced picture (appendix E).
static int interlaced_row(int i, int height)
{
    static const int first[] = {0, 4, 2, 1}, step[] = {8, 8, 4, 2};
    for (int pass = 0; pass < 4; pass++) {
        const int rows = height > first[pass] ? (height - first[pass] - 1) / step[pass] + 1 : 0;
        if (i < rows)
            return first[pass] + i * step[pass];
        i -= rows;
    }
    return 0;
}

static void put_row(gif *g, const GifImageDesc *d, const ColorMapObject *map, int y)
{
    if (y >= g->canvas.height)
        return;
    for (int x = 0; x < d->Width && d->Left + x < g->canvas.width; x++) {
        const int index = g->row[x];
        if (index == g->how.TransparentColor || index >= map->ColorCount)
            continue;
        const GifColorType *c = &map->Colors[index];
        memcpy(at(g, d->Left + x, y), (const uint8_t[]){c->Red, c->Green, c->Blue}, 3);
    }
}

static nn_status read_picture(gif *g, nn_error *err)
{
    if (DGifGetImageDesc(g->file) != GIF_OK)
        return fail(g->file->Error, err);
    const GifImageDesc *d = &g->file->Image;
    const ColorMapObject *map = d->ColorMap ? d->ColorMap : g->file->SColorMap;
    if (!map)
        return nn_fail(err, NN_EFORMAT, "GIF: picture %d has no colours", g->pictures + 1);
    if (d->Width <= 0 || d->Height <= 0)
        return nn_fail(err, NN_EFORMAT, "GIF: picture %d has no pixels", g->pictures + 1);
    nn_status status = nn_image_check_size(d->Width, d->Height, g->size, err);
    if (status != NN_OK)
        return status;
    dispose(g);
    status = keep_before(g, err);
    nn_free(g->row);
    g->row = nn_alloc((size_t)d->Width);
    if (status == NN_OK && !g->row)
        status = nn_fail(err, NN_ENOMEM, "GIF: out of memory");
    for (int i = 0; i < d->Height && status == NN_OK; i++) {
        if (DGifGetLine(g->file, g->row, d->Width) != GIF_OK)
            status = fail(g->file->Error, err);
        else
            put_row(g, d, map, d->Top + (d->Interlace ? interlaced_row(i, d->Height) : i));
    }
    g->disposal = g->how.DisposalMode;
    g->last = *d;
    g->pictures++;
    return status;
}

// 1: a picture was composed; 0: the end.
static int advance(gif *g, nn_error *err)
{
    for (;;) {
        GifRecordType type;
        if (g->pictures > 0 && g->at == g->size)
            return 0; // some writers omit the end
        if (DGifGetRecordType(g->file, &type) != GIF_OK)
            return fail(g->file->Error, err) == NN_OK ? 0 : -1;
        if (type == IMAGE_DESC_RECORD_TYPE)
            return read_picture(g, err) == NN_OK ? 1 : -1;
        if (type == EXTENSION_RECORD_TYPE && read_extension(g, err) != NN_OK)
            return -1;
        if (type == TERMINATE_RECORD_TYPE) {
            if (g->pictures == 0)
                nn_fail(err, NN_EFORMAT, "GIF: no picture in it");
            return g->pictures == 0 ? -1 : 0;
        }
    }
}

static int next_gif(void *state, nn_image *image, int *ms, nn_error *err)
{
    gif *g = state;
    const int got = advance(g, err);
    if (got != 1)
        return got;
    *ms = 10 * g->how.DelayTime;
    *ms = *ms < LEAST_MS ? USUAL_MS : *ms;
    forget_control(g);
    if (nn_image_allocate(image, g->canvas.width, g->canvas.height, g->size, err) != NN_OK)
        return -1;
    memcpy(image->rgb, g->canvas.rgb, 3 * (size_t)image->width * (size_t)image->height);
    return 1;
}

const nn_image_movie nn_image_movie_gif = {open_gif, next_gif, close_gif};
