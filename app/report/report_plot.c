// SPDX-License-Identifier: MIT
// Draws charts with PLplot, and prevents it from ending the program or asking questions.
#include "app/report/report_plot.h"

#include "app/late_plplot.h"

#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 1000, HEIGHT = 960, MAX_DEVICES = 80, MARK_POINTS = 45 };
enum { PAPER, INK, QUIET, FRAME, GRID, FIRST_LINE }; // colours

nn_late late_plplot = {.folder = "app", .word = "plplot", .list = LATE_PLPLOT_LIST};

static jmp_buf escape;
static nn_error failure;

// Called before PLplot ends the program, so it must not return.
static int leave(const char *text)
{
    nn_fail(&failure, NN_EIO, "PLplot: %s", text ? text : "failed");
    longjmp(escape, 1);
}

// Called for errors after which PLplot goes on.
static void take_note(const char *text)
{
    nn_fail(&failure, NN_EIO, "PLplot: %s", text ? text : "failed");
}

// Checks that the driver exists; without it PLplot would ask for another one on the terminal.
static nn_status check_driver(const char *driver, nn_error *err)
{
    const char *menu_room[MAX_DEVICES], *name_room[MAX_DEVICES];
    const char **menu = menu_room, **name = name_room;
    int count = MAX_DEVICES;
    plgFileDevs(&menu, &name, &count);
    for (int i = 0; i < count; i++)
        if (strcmp(name[i], driver) == 0)
            return NN_OK;
    return nn_fail(err, NN_EUNSUPPORTED,
                   "PLplot has no driver '%s': install plplot-driver-cairo for curves", driver);
}

static void set_colours(void)
{
    static const int rgb[][3] = {{255, 255, 255}, {31, 41, 55},  {107, 114, 128}, {176, 182, 192},
                                 {232, 235, 240}, {37, 99, 235}, {234, 108, 15},  {18, 148, 88},
                                 {147, 70, 210},  {200, 40, 60}, {20, 150, 170}};
    plscolbg(255, 255, 255);
    for (int i = 0; i < (int)(sizeof rgb / sizeof *rgb); i++)
        plscol0(i, rgb[i][0], rgb[i][1], rgb[i][2]);
}

// Draws the legend in one row above the panel, from the right end.
static void draw_legend(const app_panel *p, double height)
{
    double right = 0, below;
    plschr(0, 0.75);
    for (int i = p->count - 1; i >= 0; i--) {
        const int option = PL_LEGEND_LINE, colour = FIRST_LINE + i, style = 1;
        const double thick = 2.5;
        const char *text = p->series[i].label;
        double width;
        pllegend(&width, &below, 0, PL_POSITION_TOP | PL_POSITION_RIGHT | PL_POSITION_INSIDE, right,
                 -0.03 / height, 0.02, PAPER, PAPER, 1, 1, 1, 1, &option, 0.5, 0.72, 1.4, 0,
                 &colour, &text, NULL, NULL, NULL, NULL, &colour, &style, &thick, NULL, NULL, NULL,
                 NULL);
        right += width + 0.006;
    }
}

// Writes numbers in their shortest form, without powers of ten beside the axis.
static void write_number(PLINT axis, PLFLT value, char *text, PLINT size, PLPointer data)
{
    (void)axis;
    (void)data;
    snprintf(text, (size_t)size, "%.6g", fabs(value) < 1e-12 ? 0 : value);
}

static void draw_series(const app_series *s, int colour)
{
    plcol0(colour);
    plwidth(2.2);
    if (s->count > 1)
        plline(s->count, s->x, s->y);
    plwidth(1);
    plssym(0, s->count <= MARK_POINTS ? 0.55 : 0.3);
    if (s->count <= MARK_POINTS)
        plstring(s->count, s->x, s->y, "#(850)");
    if (s->marked >= 0) {
        plssym(0, 1.2);
        plstring(1, s->x + s->marked, s->y + s->marked, "#(850)");
    }
}

// The smallest round step that divides a range into at most `most` parts.
static double choose_step(double range, int most)
{
    const double least = range / most, ten = pow(10, floor(log10(least)));
    return least <= ten ? ten : least <= 2 * ten ? 2 * ten : least <= 5 * ten ? 5 * ten : 10 * ten;
}

static void draw_panel(const app_chart *c, const app_panel *p, double bottom, double top, bool last)
{
    const double x_range = c->x_high - c->x_low;
    const double x_step =
        c->low ? choose_step(x_range, 12) : fmax(choose_step(x_range, 16), 1); // whole epochs
    const double y_step = choose_step(p->high - p->low, top - bottom > 0.2 ? 7 : 4);
    plvpor(0.085, 0.975, bottom, top);
    plwind(c->x_low, c->x_high, p->low, p->high);
    plwidth(1);
    plcol0(GRID);
    plbox("g", x_step, 0, "g", y_step, 0);
    plcol0(FRAME);
    plbox("bc", 0, 0, "bc", 0, 0);
    plcol0(QUIET);
    plschr(0, 0.75);
    plsmaj(0, 0); // numbers without ticks
    plslabelfunc(write_number, NULL);
    plbox(last ? "ont" : "", x_step, 0, "onvt", y_step, 0);
    for (int i = 0; i < p->count; i++)
        draw_series(&p->series[i], FIRST_LINE + i);
    plcol0(INK);
    plschr(0, 0.95);
    plmtex("t", 0.7, 0, 0, p->title);
    draw_legend(p, top - bottom);
}

// Draws the title; '#' is PLplot's escape character and is doubled.
static void draw_title(const char *title)
{
    char text[512];
    size_t used = 0;
    for (const char *c = title; *c && used + 3 < sizeof text; c++) {
        text[used++] = *c;
        if (*c == '#')
            text[used++] = '#';
    }
    text[used] = '\0';
    plvpor(0.085, 0.975, 0, 1);
    plwind(0, 1, 0, 1);
    plcol0(INK);
    plschr(0, 1.15);
    plptex(0, 0.975, 1, 0, 0, text);
}

static void draw_chart(const app_chart *c)
{
    double total = 0, top = c->title ? 0.905 : 0.945;
    const double low = c->low ? 0.115 : 0.075, gap = c->low ? 0.08 : 0.058;
    for (int i = 0; i < c->count; i++)
        total += c->panel[i].height;
    const double room = top - low - gap * (c->count - 1);
    pladv(0);
    if (c->title)
        draw_title(c->title);
    for (int i = 0; i < c->count; i++) {
        const double height = room * c->panel[i].height / total;
        draw_panel(c, &c->panel[i], top - height, top, i + 1 == c->count);
        top -= height + gap;
    }
    plcol0(QUIET);
    plschr(0, 0.8);
    plmtex("b", 3.2, 0.5, 0.5, c->x_title);
}

static void draw(const app_chart *chart, const char *driver, FILE *stream)
{
    plsdev(driver);
    plsfile(stream);
    plspage(0, 0, WIDTH, chart->low ? HEIGHT * 2 / 3 : HEIGHT, 0, 0);
    set_colours();
    plinit();
    draw_chart(chart);
    plend(); // closes the stream
}

nn_status app_plot_draw(const app_chart *chart, app_plot_format format, char **bytes, size_t *size,
                        nn_error *err)
{
    const nn_status loaded = nn_late_open(&late_plplot, err);
    const char *driver = format == APP_PLOT_PNG ? "pngcairo" : "svgcairo";
    *bytes = NULL;
    *size = 0;
    if (loaded != NN_OK)
        return loaded;
    failure = (nn_error){0};
    plsexit(leave);
    plsabort(take_note);
    if (setjmp(escape) == 0) {
        nn_status status = check_driver(driver, err);
        if (status != NN_OK)
            return status;
        FILE *stream = open_memstream(bytes, size);
        if (!stream)
            return nn_fail(err, NN_ENOMEM, "no memory for a chart");
        draw(chart, driver, stream);
    } else if (setjmp(escape) == 0) {
        plend(); // closes the stream if one is open; failure is ignored
    }
    if (failure.status == NN_OK && *size > 0)
        return NN_OK;
    free(*bytes);
    *bytes = NULL;
    return nn_fail(err, NN_EIO, "%s", failure.status ? failure.text : "PLplot drew nothing");
}
