// SPDX-License-Identifier: MIT
// The mouse: drawing, selecting, moving, resizing, panning, zooming.
#include "app/annotate/editor.h"

#include <math.h>

enum { CLICK = 3 }; // pixels that the mouse may move in a click

static double to_x(const ui_editor *e, double x)
{
    return (x - e->left) / e->zoom;
}

static double to_y(const ui_editor *e, double y)
{
    return (y - e->top) / e->zoom;
}

static bool near(double a, double b, double most)
{
    return fabs(a - b) <= most;
}

// Eight handles: corners and middles of edges.
int ui_editor_handle(const ui_editor *e, double x, double y)
{
    const ui_sheet s = ui_editor_sheet(e);
    if (e->selected < 0 || e->selected >= s.count)
        return 0;
    const ui_box *b = &s.boxes[e->selected];
    const double px = to_x(e, x), py = to_y(e, y), most = e->unit * 0.45 / e->zoom;
    const double w = b->x1 - b->x0, h = b->y1 - b->y0;
    if (px < b->x0 - most || px > b->x1 + most || py < b->y0 - most || py > b->y1 + most)
        return 0;
    // A box smaller than its handles is moved by its middle.
    const double mx = fmin(most, w / 4 + (px < b->x0 || px > b->x1 ? most : 0));
    const double my = fmin(most, h / 4 + (py < b->y0 || py > b->y1 ? most : 0));
    int edges = 0;
    edges |= near(px, b->x0, mx) ? UI_LEFT : near(px, b->x1, mx) ? UI_RIGHT : 0;
    edges |= near(py, b->y0, my) ? UI_TOP : near(py, b->y1, my) ? UI_BOTTOM : 0;
    const bool corner = (edges & (UI_LEFT | UI_RIGHT)) && (edges & (UI_TOP | UI_BOTTOM));
    const bool middle = near(px, (b->x0 + b->x1) / 2, most) || near(py, (b->y0 + b->y1) / 2, most);
    return corner || middle ? edges : 0;
}

static void start(ui_editor *e, ui_drag drag, double x, double y)
{
    ui_pointer *p = &e->pointer;
    p->drag = drag;
    p->from_x = to_x(e, x);
    p->from_y = to_y(e, y);
    p->draw = drag == UI_DRAWING ? false : p->draw;
    p->box = (ui_box){p->from_x, p->from_y, p->from_x, p->from_y, 1, e->label, 0, -1, 0, 0, 0};
    const ui_sheet s = ui_editor_sheet(e);
    if (drag != UI_DRAWING && e->selected >= 0 && e->selected < s.count)
        p->box = s.boxes[e->selected];
}

void ui_editor_press(ui_editor *e, double x, double y, int button, bool shift)
{
    ui_pointer *p = &e->pointer;
    e->help = false;
    if (e->list.title) {
        ui_list_close(e);
        return;
    }
    if (p->drag != UI_IDLE || e->page < 0)
        return;
    p->x = x;
    p->y = y;
    if (button != 1 || p->space) {
        start(e, UI_PANNING, x, y);
        return;
    }
    if (!e->image)
        return;
    const int edges = shift || p->draw ? 0 : ui_editor_handle(e, x, y);
    const ui_sheet s = ui_editor_sheet(e);
    const bool over = e->selected >= 0 && e->selected < s.count &&
                      ui_box_contains(&s.boxes[e->selected], to_x(e, x), to_y(e, y));
    const int under = over ? e->selected : ui_editor_at(e, to_x(e, x), to_y(e, y));
    if (edges) {
        p->edges = edges;
        start(e, UI_RESIZING, x, y);
    } else if (under >= 0 && !shift && !p->draw) {
        e->selected = under;
        start(e, UI_PRESSED, x, y);
    } else if (ui_editor_may_edit(e)) {
        e->selected = -1;
        start(e, UI_DRAWING, x, y);
    }
}

// Rounds to a pixel border.
static double snap(double v)
{
    return floor(v + 0.5);
}

static void move_box(ui_editor *e, double x, double y)
{
    ui_pointer *p = &e->pointer;
    const ui_box *b = &ui_editor_sheet(e).boxes[e->selected];
    double dx = snap(to_x(e, x) - p->from_x), dy = snap(to_y(e, y) - p->from_y);
    dx = fmax(fmin(dx, e->image->width - b->x1), -b->x0);
    dy = fmax(fmin(dy, e->image->height - b->y1), -b->y0);
    p->box.x0 = b->x0 + dx;
    p->box.x1 = b->x1 + dx;
    p->box.y0 = b->y0 + dy;
    p->box.y1 = b->y1 + dy;
}

static void resize_box(ui_editor *e, double x, double y)
{
    ui_pointer *p = &e->pointer;
    const double px = fmax(fmin(snap(to_x(e, x)), e->image->width), 0);
    const double py = fmax(fmin(snap(to_y(e, y)), e->image->height), 0);
    p->box = ui_editor_sheet(e).boxes[e->selected];
    if (p->edges & UI_LEFT)
        p->box.x0 = px;
    if (p->edges & UI_RIGHT)
        p->box.x1 = px;
    if (p->edges & UI_TOP)
        p->box.y0 = py;
    if (p->edges & UI_BOTTOM)
        p->box.y1 = py;
    ui_box_order(&p->box);
}

static void draw_box(ui_editor *e, double x, double y)
{
    ui_pointer *p = &e->pointer;
    p->box.x0 = snap(p->from_x);
    p->box.y0 = snap(p->from_y);
    p->box.x1 = snap(to_x(e, x));
    p->box.y1 = snap(to_y(e, y));
    ui_box_order(&p->box);
    ui_box_clip(&p->box, e->image->width, e->image->height);
}

void ui_editor_move(ui_editor *e, double x, double y)
{
    ui_pointer *p = &e->pointer;
    const double moved = fmax(fabs(to_x(e, x) - p->from_x), fabs(to_y(e, y) - p->from_y)) * e->zoom;
    p->inside = true;
    if (p->drag == UI_PANNING) {
        e->left += x - p->x;
        e->top += y - p->y;
        e->fitted = false;
    } else if (p->drag == UI_PRESSED && moved > CLICK) {
        p->drag = ui_editor_may_edit(e) ? UI_MOVING : UI_IDLE;
    }
    if (p->drag == UI_MOVING)
        move_box(e, x, y);
    else if (p->drag == UI_RESIZING)
        resize_box(e, x, y);
    else if (p->drag == UI_DRAWING)
        draw_box(e, x, y);
    p->x = x;
    p->y = y;
}

// Replaces the selected box by the dragged one.
static void finish_change(ui_editor *e)
{
    const ui_sheet s = ui_editor_sheet(e);
    ui_box box = e->pointer.box;
    if (box.x1 - box.x0 < 1 || box.y1 - box.y0 < 1)
        return;
    g_autofree ui_box *boxes = g_memdup2(s.boxes, sizeof(ui_box) * (gsize)s.count);
    box.filled = false;
    boxes[e->selected] = box;
    ui_editor_put(e, boxes, s.count, 0);
}

void ui_editor_release(ui_editor *e, double x, double y, int button)
{
    ui_pointer *p = &e->pointer;
    if (p->drag == UI_IDLE || (p->drag == UI_PANNING) != (button != 1 || p->space)) {
        if (p->drag == UI_PANNING && button == 1)
            p->drag = UI_IDLE; // the space key was released first
        return;
    }
    ui_editor_move(e, x, y);
    const ui_drag drag = p->drag;
    const ui_box was = p->box;
    p->drag = UI_IDLE;
    if (drag == UI_MOVING || drag == UI_RESIZING)
        finish_change(e);
    else if (drag == UI_PRESSED) // a click selects the smallest box
        e->selected = ui_editor_at(e, to_x(e, x), to_y(e, y));
    else if (drag == UI_DRAWING && (was.x1 - was.x0) * e->zoom > CLICK &&
             (was.y1 - was.y0) * e->zoom > CLICK && was.x1 - was.x0 >= 1 && was.y1 - was.y0 >= 1)
        ui_editor_add(e, was);
}

void ui_editor_wheel(ui_editor *e, double x, double y, double steps)
{
    if (e->list.title || e->page < 0)
        return;
    if (e->help)
        e->help_at -= (int)(steps * 3);
    else
        ui_editor_zoom(e, x, y, pow(1.25, steps));
}

void ui_editor_space(ui_editor *e, bool down)
{
    e->pointer.space = down;
}
