// SPDX-License-Identifier: MIT
// The file of detections. A picture is a line "page NUMBER WIDTH HEIGHT COUNT NAME", followed by
// COUNT lines "LABEL X0 Y0 X1 Y1 SCORE FOUND LOOKED MODELS".
#include "app/label/detections.h"

#include "nn/io/file.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

enum { MAX_SIDE = 1 << 15, MAX_BOXES = 1 << 14, MAX_NUMBER = 1 << 30, MAX_LINE = 8192 };

static const char HEAD[] = "neroscale finds 1: ";

static void clear_picture(void *p)
{
    label_picture *picture = p;
    g_free(picture->name);
    g_free(picture->boxes);
    g_free(picture->thumb);
}

static void need_pictures(label_detections *f)
{
    if (f->pictures)
        return;
    f->pictures = g_array_new(FALSE, FALSE, sizeof(label_picture));
    g_array_set_clear_func(f->pictures, clear_picture);
}

void label_detections_release(label_detections *f)
{
    if (f->file)
        fclose(f->file);
    if (f->pictures)
        g_array_unref(f->pictures);
    g_free(f->path);
    *f = (label_detections){0};
}

label_picture *label_detections_at(const label_detections *f, int index)
{
    return &g_array_index(f->pictures, label_picture, index);
}

// Index of the picture with this number, or the index at which it would be inserted.
static int place_of(const label_detections *f, int number)
{
    int low = 0, high = (int)f->pictures->len;
    while (low < high) {
        const int middle = low + (high - low) / 2;
        if (label_detections_at(f, middle)->number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int label_detections_find(const label_detections *f, int number)
{
    const int at = place_of(f, number);
    return at < (int)f->pictures->len && label_detections_at(f, at)->number == number ? at : -1;
}

// The bytes being read.
typedef struct reading {
    const char *at, *end;
    int line;
    char text[MAX_LINE];
} reading;

// The next whole line without its newline; NULL at the end.
static const char *next_line(reading *r)
{
    const char *end = memchr(r->at, '\n', (size_t)(r->end - r->at));
    const size_t n = end ? (size_t)(end - r->at) : 0;
    if (!end || n >= sizeof r->text)
        return NULL;
    memcpy(r->text, r->at, n);
    r->text[n] = '\0';
    r->at = end + 1;
    r->line++;
    return r->text;
}

static nn_status fail(const reading *r, const char *what, nn_error *err)
{
    return nn_fail(err, NN_EFORMAT, "line %d: %s", r->line, what);
}

// Parses a number from `low` to `high` and moves on; NAN when there is none.
static double number(const char **text, double low, double high)
{
    char *end;
    const double v = g_ascii_strtod(*text, &end);
    if (end == *text || !(v >= low && v <= high))
        return NAN;
    *text = end;
    return v;
}

static bool parse_box(const char *line, int classes, const label_picture *picture, nn_fused_box *b)
{
    const double low[] = {0, -1, -1, -1, -1, 0, 1, 1, 0};
    const double high[] = {classes - 1,        picture->width + 1,  picture->height + 1,
                           picture->width + 1, picture->height + 1, 1,
                           NN_FUSE_PASSES,     NN_FUSE_PASSES,      UINT32_MAX};
    double v[9];
    for (int i = 0; i < 9; i++) {
        v[i] = number(&line, low[i], high[i]);
        if (isnan(v[i]))
            return false;
    }
    *b = (nn_fused_box){.box = {.label = (int32_t)v[0],
                                .x0 = (float)v[1],
                                .y0 = (float)v[2],
                                .x1 = (float)v[3],
                                .y1 = (float)v[4],
                                .score = (float)v[5]},
                        .found = (int)v[6],
                        .looked = (int)v[7],
                        .models = (uint32_t)v[8]};
    return b->box.x1 > b->box.x0 && b->box.y1 > b->box.y0 && *line == '\0';
}

// An odd number of backslashes at the end is half an escape sequence.
static bool ends_in_escape(const char *text)
{
    size_t n = strlen(text), slashes = 0;
    while (n > slashes && text[n - 1 - slashes] == '\\')
        slashes++;
    return slashes % 2;
}

static bool parse_head(const char *line, label_picture *p)
{
    if (!g_str_has_prefix(line, "page "))
        return false;
    line += 5;
    const double high[] = {MAX_NUMBER, MAX_SIDE, MAX_SIDE, MAX_BOXES};
    double v[4];
    for (int i = 0; i < 4; i++) {
        v[i] = number(&line, i < 3 ? 1 : 0, high[i]);
        if (isnan(v[i]) || v[i] != floor(v[i]))
            return false;
    }
    *p = (label_picture){
        .number = (int)v[0], .width = (int)v[1], .height = (int)v[2], .count = (int)v[3]};
    if (*line++ != ' ' || !*line || ends_in_escape(line))
        return false;
    p->name = strcmp(line, "-") == 0 ? NULL : g_strcompress(line);
    return true;
}

// Parses a picture; *there is false at the end of the file and for an incomplete picture.
static nn_status parse_picture(label_detections *f, reading *r, int classes, bool *there,
                               nn_error *err)
{
    label_picture picture = {0};
    const char *line = next_line(r);
    *there = false;
    if (!line)
        return NN_OK;
    if (!parse_head(line, &picture))
        return fail(r, "not 'page NUMBER WIDTH HEIGHT COUNT NAME'", err);
    nn_status status = NN_OK;
    GArray *boxes = g_array_new(FALSE, FALSE, sizeof(nn_fused_box));
    while (status == NN_OK && (int)boxes->len < picture.count && (line = next_line(r))) {
        nn_fused_box b;
        if (parse_box(line, classes, &picture, &b))
            g_array_append_val(boxes, b);
        else
            status = fail(r, "not a box on its picture", err);
    }
    *there = status == NN_OK && (int)boxes->len == picture.count;
    const int at = place_of(f, picture.number);
    if (*there && label_detections_find(f, picture.number) >= 0)
        status = fail(r, "a duplicate picture", err);
    picture.boxes = (nn_fused_box *)(void *)g_array_free(boxes, FALSE);
    if (*there && status == NN_OK)
        g_array_insert_val(f->pictures, at, picture);
    else
        clear_picture(&picture);
    return status;
}

nn_status label_detections_parse(label_detections *f, const char *bytes, size_t size,
                                 const char *settings, int classes, size_t *whole, nn_error *err)
{
    reading r = {.at = bytes, .end = bytes + size};
    const char *line = size ? next_line(&r) : NULL;
    *whole = 0;
    need_pictures(f);
    if (!line) // the run was stopped before it wrote anything
        return memchr(bytes ? bytes : "", '\n', size) ? fail(&r, "too long", err) : NN_OK;
    if (!g_str_has_prefix(line, HEAD))
        return fail(&r, "not a file of detections", err);
    if (strcmp(line + strlen(HEAD), settings) != 0)
        return nn_fail(err, NN_EINVAL,
                       "made with other settings: take another --out, or remove it; they were: "
                       "%.200s",
                       line + strlen(HEAD));
    nn_status status = NN_OK;
    bool there = true;
    while (status == NN_OK && there) {
        *whole = (size_t)(r.at - bytes);
        status = parse_picture(f, &r, classes, &there, err);
    }
    return status;
}

static nn_status read_file(label_detections *f, const char *settings, int classes, size_t *whole,
                           nn_error *err)
{
    nn_file file;
    *whole = 0;
    if (access(f->path, F_OK) != 0) {
        need_pictures(f);
        return NN_OK;
    }
    nn_status status = nn_file_map(&file, f->path, err);
    if (status != NN_OK)
        return status;
    status = label_detections_parse(f, file.bytes, file.size, settings, classes, whole, err);
    nn_file_unmap(&file);
    return status == NN_OK ? status : nn_fail_prefix(err, status, "%s", f->path);
}

static nn_status cannot_write(const label_detections *f, nn_error *err)
{
    return nn_fail(err, NN_EIO, "%s: cannot write: %s", f->path, strerror(errno));
}

nn_status label_detections_open(label_detections *f, const char *path, const char *settings,
                                int classes, nn_error *err)
{
    size_t whole;
    *f = (label_detections){.path = g_strdup(path)};
    nn_status status = read_file(f, settings, classes, &whole, err);
    if (status == NN_OK && whole > 0 && truncate(path, (off_t)whole) != 0)
        status = cannot_write(f, err);
    if (status == NN_OK && !(f->file = fopen(path, whole ? "a" : "w")))
        status = cannot_write(f, err);
    if (status == NN_OK && whole == 0 &&
        (fprintf(f->file, "%s%s\n", HEAD, settings) < 0 || fflush(f->file) != 0))
        status = cannot_write(f, err);
    if (status != NN_OK)
        label_detections_release(f);
    return status;
}

static void write_picture(GString *text, const label_picture *p)
{
    g_autofree char *name = p->name ? g_strescape(p->name, NULL) : g_strdup("-");
    g_string_append_printf(text, "page %d %d %d %d %s\n", p->number, p->width, p->height, p->count,
                           name);
    for (int i = 0; i < p->count; i++) {
        const nn_fused_box *b = &p->boxes[i];
        g_string_append_printf(text, "%d %.3f %.3f %.3f %.3f %.6f", b->box.label, (double)b->box.x0,
                               (double)b->box.y0, (double)b->box.x1, (double)b->box.y1,
                               (double)b->box.score);
        g_string_append_printf(text, " %d %d %u\n", b->found, b->looked, b->models);
    }
}

nn_status label_detections_add(label_detections *f, int number, const char *name, int width,
                               int height, const nn_fused_box *boxes, int count, nn_error *err)
{
    label_picture picture = {.number = number,
                             .name = g_strdup(name),
                             .width = width,
                             .height = height,
                             .boxes = g_new(nn_fused_box, count),
                             .count = 0};
    for (int i = 0; i < count && picture.count < MAX_BOXES; i++)
        if (boxes[i].box.x1 - boxes[i].box.x0 > 0.01f && boxes[i].box.y1 - boxes[i].box.y0 > 0.01f)
            picture.boxes[picture.count++] = boxes[i];
    g_autoptr(GString) text = g_string_new("");
    write_picture(text, &picture);
    const int at = place_of(f, number);
    g_array_insert_val(f->pictures, at, picture);
    if (fwrite(text->str, 1, text->len, f->file) != text->len || fflush(f->file) != 0)
        return cannot_write(f, err);
    return NN_OK;
}

void label_picture_shrink(label_picture *p, const nn_frame *f, int thumb_w, int thumb_h)
{
    g_free(p->thumb);
    p->thumb = g_new(uint8_t, (gsize)thumb_w * (gsize)thumb_h);
    for (int ty = 0; ty < thumb_h; ty++)
        for (int tx = 0; tx < thumb_w; tx++) {
            const int x0 = (int)((int64_t)tx * f->width / thumb_w);
            const int x1 = MAX((int)((int64_t)(tx + 1) * f->width / thumb_w), x0 + 1);
            const int y0 = (int)((int64_t)ty * f->height / thumb_h);
            const int y1 = MAX((int)((int64_t)(ty + 1) * f->height / thumb_h), y0 + 1);
            uint32_t sum = 0;
            for (int y = y0; y < y1; y++) {
                const uint8_t *rgb = f->plane[0] + (size_t)f->stride[0] * (size_t)y + 3 * x0;
                for (int x = x0; x < x1; x++, rgb += 3)
                    sum += rgb[0] + 2u * rgb[1] + rgb[2];
            }
            p->thumb[ty * thumb_w + tx] =
                (uint8_t)(sum / (4u * (uint32_t)(x1 - x0) * (uint32_t)(y1 - y0)));
        }
}
