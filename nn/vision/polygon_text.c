// SPDX-License-Identifier: MIT
// Reads points and areas from text, and refuses those that cannot be meant.
#include "nn/vision/polygon.h"

#include "nn/base/memory.h"

#include <string.h>

#define MOST 1e6 // pixels

// What is left of the text.
typedef struct reader {
    const char *at, *end;
} reader;

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void skip_blanks(reader *r)
{
    while (r->at < r->end && is_blank(*r->at))
        r->at++;
}

// The word at the reader, for an error text.
static int word_length(const reader *r)
{
    int n = 0;
    while (r->at + n < r->end && n < 40 && r->at[n] != ',' && r->at[n] != ';' &&
           !is_blank(r->at[n]))
        n++;
    return n;
}

// Digits with at most one point, whatever the locale; false for anything else.
static bool take_number(reader *r, double *v)
{
    double scale = 1;
    int digits = 0;
    bool point = false;
    const char *p = r->at;
    *v = 0;
    for (; p < r->end && (is_digit(*p) || (*p == '.' && !point)); p++) {
        if (*p == '.') {
            point = true;
            continue;
        }
        scale *= point ? 0.1 : 1;
        *v = point ? *v + scale * (*p - '0') : 10 * *v + (*p - '0');
        *v = *v < 1e9 ? *v : 1e9; // stays finite
        digits++;
    }
    if (digits == 0 || (p < r->end && *p != ',' && !is_blank(*p)))
        return false;
    r->at = p;
    return true;
}

static nn_status refuse_number(const reader *r, nn_error *err)
{
    const int n = word_length(r);
    if (n > 1 && r->at[0] == '-' && is_digit(r->at[1]))
        return nn_fail(err, NN_EINVAL, "\"%.*s\" is negative: points lie in the frame", n, r->at);
    return n > 0 ? nn_fail(err, NN_EINVAL, "\"%.*s\" is not a number; points are x,y,x,y,...", n,
                           r->at)
                 : nn_fail(err, NN_EINVAL, "a number is missing; points are x,y,x,y,...");
}

// Reads up to 2 * NN_POLYGON_POINTS numbers.
static nn_status take_numbers(reader *r, double *number, int *count, nn_error *err)
{
    *count = 0;
    for (;;) {
        double v;
        skip_blanks(r);
        if (!take_number(r, &v))
            return refuse_number(r, err);
        if (v > MOST)
            return nn_fail(err, NN_EINVAL, "%.0f pixels: no frame is so large", v);
        if (*count == 2 * NN_POLYGON_POINTS)
            return nn_fail(err, NN_EINVAL, "more than %d points", NN_POLYGON_POINTS);
        number[(*count)++] = v;
        skip_blanks(r);
        if (r->at == r->end)
            return NN_OK;
        if (*r->at != ',')
            return nn_fail(err, NN_EINVAL, "a comma is missing before \"%.*s\"", word_length(r),
                           r->at);
        r->at++;
    }
}

// Numbers above 1 are pixels; then a broken number below 1 was meant as a fraction.
static nn_status find_unit(const double *number, int count, bool *pixels, nn_error *err)
{
    double most = 0, broken = 0;
    for (int i = 0; i < count; i++) {
        most = number[i] > most ? number[i] : most;
        broken = number[i] > 0 && number[i] < 1 ? number[i] : broken;
    }
    *pixels = most > 1;
    if (*pixels && broken > 0)
        return nn_fail(err, NN_EINVAL,
                       "%g and %g: fractions of the frame (0..1) and pixels are mixed", broken,
                       most);
    return NN_OK;
}

nn_status nn_points_parse(nn_polygon *out, const char *text, size_t length, int least, int most,
                          nn_error *err)
{
    double number[2 * NN_POLYGON_POINTS];
    reader r = {text, text + length};
    int count;
    *out = (nn_polygon){.count = 0};
    nn_status status = take_numbers(&r, number, &count, err);
    if (status == NN_OK && count % 2)
        status = nn_fail(err, NN_EINVAL, "%d numbers: each point has an x and a y", count);
    if (status == NN_OK && count / 2 < least)
        status = nn_fail(err, NN_EINVAL, "%d of at least %d points", count / 2, least);
    if (status == NN_OK && count / 2 > most)
        status = nn_fail(err, NN_EINVAL, "%d points; at most %d", count / 2, most);
    if (status == NN_OK)
        status = find_unit(number, count, &out->pixels, err);
    if (status != NN_OK)
        return status;
    out->count = count / 2;
    for (int i = 0; i < out->count; i++)
        out->point[i] = (nn_point){(float)number[2 * i], (float)number[2 * i + 1]};
    return NN_OK;
}

// On which side of the line through a and b the point lies: -1, 0, 1.
static int turn(nn_point a, nn_point b, nn_point p)
{
    const double v = ((double)b.x - (double)a.x) * ((double)p.y - (double)a.y) -
                     ((double)b.y - (double)a.y) * ((double)p.x - (double)a.x);
    return v > 0 ? 1 : v < 0 ? -1 : 0;
}

// Whether the insides of two edges cross; edges that only touch do not.
static bool cross(nn_point a, nn_point b, nn_point c, nn_point d)
{
    return turn(a, b, c) * turn(a, b, d) < 0 && turn(c, d, a) * turn(c, d, b) < 0;
}

static nn_status check_area(const nn_polygon *p, nn_error *err)
{
    for (int i = 0; i < p->count; i++)
        for (int k = i + 2; k < p->count; k++)
            if (cross(p->point[i], p->point[i + 1], p->point[k], p->point[(k + 1) % p->count]))
                return nn_fail(err, NN_EINVAL,
                               "the edges behind points %d and %d cross; give the corners in their "
                               "order around the area",
                               i + 1, k + 1);
    if (!(nn_polygon_area(p) > 0))
        return nn_fail(err, NN_EINVAL, "the area has no width or no height");
    return NN_OK;
}

static void complete_rectangle(nn_polygon *p)
{
    const nn_point a = p->point[0], c = p->point[1];
    p->point[1] = (nn_point){c.x, a.y};
    p->point[2] = c;
    p->point[3] = (nn_point){a.x, c.y};
    p->count = 4;
    p->rectangle = true;
}

nn_status nn_polygon_parse(nn_polygon *out, const char *text, size_t length, nn_error *err)
{
    nn_status status = nn_points_parse(out, text, length, 2, NN_POLYGON_POINTS, err);
    if (status != NN_OK)
        return status;
    if (out->count == 2)
        complete_rectangle(out);
    return check_area(out, err);
}

static bool blank_text(const char *text)
{
    while (text && is_blank(*text))
        text++;
    return !text || !*text;
}

nn_status nn_polygon_parse_list(nn_polygon **out, int *count, const char *text, nn_error *err)
{
    *out = NULL;
    *count = 0;
    if (blank_text(text))
        return NN_OK;
    int shapes = 1;
    for (const char *p = text; *p; p++)
        shapes += *p == ';' && !blank_text(p + 1); // one behind the last area is no area
    if (shapes > NN_POLYGONS)
        return nn_fail(err, NN_EINVAL, "%d areas; at most %d", shapes, NN_POLYGONS);
    nn_polygon *list = nn_calloc((size_t)shapes, sizeof *list);
    if (!list)
        return nn_fail(err, NN_ENOMEM, "no memory for %d areas", shapes);
    nn_status status = NN_OK;
    for (int i = 0; i < shapes && status == NN_OK; i++) {
        const size_t length = strcspn(text, ";");
        status = nn_polygon_parse(&list[i], text, length, err);
        if (status != NN_OK && shapes > 1)
            nn_fail_prefix(err, status, "area %d", i + 1);
        text += length + (text[length] == ';');
    }
    if (status != NN_OK) {
        nn_free(list);
        return status;
    }
    *out = list;
    *count = shapes;
    return NN_OK;
}
