// SPDX-License-Identifier: MIT
// Solves for the homography of four pairs of points.
#include "nn/vision/analytics/ground.h"

#include "nn/base/option_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { UNKNOWNS = 8 };

// Gaussian elimination with the largest pivot of each column; the solution is in the last column.
static bool eliminate(double m[UNKNOWNS][UNKNOWNS + 1])
{
    for (int c = 0; c < UNKNOWNS; c++) {
        int best = c;
        for (int r = c + 1; r < UNKNOWNS; r++)
            best = fabs(m[r][c]) > fabs(m[best][c]) ? r : best;
        if (!(fabs(m[best][c]) > 1e-12))
            return false;
        for (int k = 0; k <= UNKNOWNS; k++) {
            const double swap = m[c][k];
            m[c][k] = m[best][k];
            m[best][k] = swap;
        }
        for (int r = 0; r < UNKNOWNS; r++) {
            const double factor = m[r][c] / m[c][c];
            for (int k = c; k <= UNKNOWNS && r != c; k++)
                m[r][k] -= factor * m[c][k];
        }
    }
    for (int r = 0; r < UNKNOWNS; r++)
        m[r][UNKNOWNS] /= m[r][r];
    return true;
}

static double weight(const nn_ground *g, double x, double y)
{
    return g->h[6] * (x - g->x) + g->h[7] * (y - g->y) + g->h[8];
}

// Relative to their middle, which never lies on the horizon as the corner of the frame may.
bool nn_ground_solve(nn_ground *g, const nn_ground_points *p, int width, int height)
{
    double m[UNKNOWNS][UNKNOWNS + 1], at[4][2];
    *g = (nn_ground){.h = {[8] = 1}};
    for (int i = 0; i < 4; i++) {
        at[i][0] = (double)p->image.point[i].x / (p->image.pixels ? width : 1);
        at[i][1] = (double)p->image.point[i].y / (p->image.pixels ? height : 1);
        g->x += at[i][0] / 4;
        g->y += at[i][1] / 4;
    }
    for (int i = 0; i < 4; i++) {
        const double x = at[i][0] - g->x, y = at[i][1] - g->y;
        const double X = p->metres[i][0], Y = p->metres[i][1];
        const double rows[2][UNKNOWNS + 1] = {{x, y, 1, 0, 0, 0, -x * X, -y * X, X},
                                              {0, 0, 0, x, y, 1, -x * Y, -y * Y, Y}};
        memcpy(m[2 * i], rows, sizeof rows);
    }
    if (!eliminate(m))
        return false;
    for (int i = 0; i < UNKNOWNS; i++) {
        g->h[i] = m[i][UNKNOWNS];
        if (!isfinite(g->h[i]))
            return false;
    }
    for (int i = 0; i < 4; i++)
        if (!(weight(g, at[i][0], at[i][1]) > 0)) // on both sides of the horizon
            return false;
    return true;
}

bool nn_ground_place(const nn_ground *g, nn_point at, double metres[2])
{
    const double x = (double)at.x - g->x, y = (double)at.y - g->y, *h = g->h;
    const double w = weight(g, (double)at.x, (double)at.y);
    if (!(w > 1e-6))
        return false;
    metres[0] = (h[0] * x + h[1] * y + h[2]) / w;
    metres[1] = (h[3] * x + h[4] * y + h[5]) / w;
    return isfinite(metres[0]) && isfinite(metres[1]);
}

// Twice the area of the triangle of three points, of their bounding box's.
static double flatness(const double p[3][2])
{
    const double ax = p[1][0] - p[0][0], ay = p[1][1] - p[0][1];
    const double bx = p[2][0] - p[0][0], by = p[2][1] - p[0][1];
    const double size = fmax(fmax(fabs(ax), fabs(bx)), fmax(fabs(ay), fabs(by)));
    return size > 0 ? fabs(ax * by - bx * ay) / (size * size) : 0;
}

nn_status nn_ground_check(const nn_ground_points *p, nn_error *err)
{
    for (int skip = 0; skip < 4; skip++) {
        double image[3][2], metres[3][2];
        for (int i = 0, n = 0; i < 4; i++) {
            if (i == skip)
                continue;
            image[n][0] = (double)p->image.point[i].x;
            image[n][1] = (double)p->image.point[i].y;
            memcpy(metres[n++], p->metres[i], sizeof metres[0]);
        }
        if (flatness(image) < 1e-3 || flatness(metres) < 1e-3)
            return nn_fail(err, NN_EINVAL,
                           "three of the four ground points lie on a line; take the corners of a "
                           "rectangle on the ground");
    }
    nn_ground g;
    if (!nn_ground_solve(&g, p, 1000, 1000))
        return nn_fail(err, NN_EINVAL,
                       "no ground plane fits the four points; are both lists in the same order?");
    return NN_OK;
}

// Reads numbers with commas between them; false when they are not `count`.
static bool read_numbers(const char *text, size_t length, double *out, int count)
{
    char copy[256];
    if (length >= sizeof copy || memchr(text, 0, length))
        return false;
    memcpy(copy, text, length);
    copy[length] = 0;
    const locale_t before = nn_option_enter_plain();
    char *at = copy;
    bool ok = true;
    for (int i = 0; i < count && ok; i++) {
        char *end;
        out[i] = strtod(at, &end);
        ok = end != at && isfinite(out[i]) && fabs(out[i]) <= 1e6;
        end += strspn(end, " ");
        ok = ok && *end == (i + 1 < count ? ',' : 0);
        at = end + 1;
    }
    nn_option_leave_plain(before);
    return ok;
}

nn_status nn_ground_parse(nn_ground_points *out, const char *text, size_t length, nn_error *err)
{
    const char *slash = memchr(text, '/', length);
    if (!slash)
        return nn_fail(err, NN_EINVAL,
                       "a ground plane is x0,y0,x1,y1,x2,y2,x3,y3/X0,Y0,X1,Y1,X2,Y2,X3,Y3: four "
                       "points of the picture, then the same in metres");
    nn_status status = nn_points_parse(&out->image, text, (size_t)(slash - text), 4, 4, err);
    if (status == NN_OK &&
        !read_numbers(slash + 1, (size_t)(text + length - slash - 1), &out->metres[0][0], 8))
        status = nn_fail(err, NN_EINVAL, "behind the '/' there must be eight numbers, in metres");
    return status == NN_OK ? nn_ground_check(out, err) : status;
}
