// SPDX-License-Identifier: MIT
// Loads the pictures of pages and caches the last ones.
#include "app/annotate/media.h"

#include <glib.h>

enum { KEPT = 64, LEAST = 3 };
static const size_t MOST_BYTES = (size_t)384 << 20;

typedef struct Picture {
    int page;
    nn_image image; // rgb NULL: the slot is free
    guint64 used;
} Picture;

// A picture that is read in advance.
typedef struct Ahead {
    GThread *thread; // NULL: none
    gint done;       // atomic
    int page;
    char *path;
    nn_image image; // rgb NULL: it could not be read
} Ahead;

struct ui_media {
    ui_video *video;
    Picture kept[KEPT];
    guint64 clock;
    Ahead ahead;
};

ui_media *ui_media_new(ui_video *video)
{
    ui_media *m = g_new0(ui_media, 1);
    m->video = video;
    return m;
}

// Waits for the picture that is read in advance; it then belongs to the caller.
static nn_image finish_ahead(Ahead *a)
{
    const nn_image image = a->thread ? (g_thread_join(a->thread), a->image) : (nn_image){0};
    g_free(a->path);
    *a = (Ahead){0};
    return image;
}

void ui_media_free(ui_media *m)
{
    if (!m)
        return;
    nn_image ahead = finish_ahead(&m->ahead);
    nn_image_release(&ahead);
    for (int i = 0; i < KEPT; i++)
        nn_image_release(&m->kept[i].image);
    ui_video_close(m->video);
    g_free(m);
}

nn_status ui_media_update(ui_media *m, ui_project *p, bool *done, nn_error *err)
{
    nn_status status = NN_OK;
    *done = true;
    const int count = m->video ? ui_video_count(m->video, done) : 0;
    while (p->count < count && status == NN_OK)
        status = ui_project_add(p, NULL, NULL, NULL, err);
    return status;
}

void ui_media_wait(ui_media *m)
{
    if (m->video)
        ui_video_wait(m->video);
}

static size_t bytes_of(const Picture *k)
{
    return k->image.rgb ? (size_t)k->image.width * (size_t)k->image.height * 3 : 0;
}

// A free slot; drops the oldest pictures while there are too many.
static Picture *make_room(ui_media *m)
{
    for (;;) {
        Picture *oldest = NULL, *empty = NULL;
        size_t bytes = 0;
        int count = 0;
        for (int i = 0; i < KEPT; i++) {
            Picture *k = &m->kept[i];
            bytes += bytes_of(k);
            count += k->image.rgb != NULL;
            if (!k->image.rgb)
                empty = k;
            else if (!oldest || k->used < oldest->used)
                oldest = k;
        }
        if (empty && (count < LEAST || bytes < MOST_BYTES))
            return empty;
        nn_image_release(&oldest->image);
    }
}

static Picture *find(ui_media *m, int page)
{
    for (int i = 0; i < KEPT; i++)
        if (m->kept[i].image.rgb && m->kept[i].page == page)
            return &m->kept[i];
    return NULL;
}

const nn_image *ui_media_get(ui_media *m, const ui_project *p, int page, nn_error *err)
{
    nn_status status = NN_OK;
    Picture *k = find(m, page);
    if (!k) {
        k = make_room(m);
        *k = (Picture){.page = page};
        if (m->ahead.thread && m->ahead.page == page)
            k->image = finish_ahead(&m->ahead);
        if (!k->image.rgb) // reads it again after a failure, for the reason
            status = p->pages[page].path ? nn_image_load(&k->image, p->pages[page].path, err)
                                         : ui_video_read(m->video, page, &k->image, err);
        if (status != NN_OK)
            k->image = (nn_image){0};
    }
    k->used = ++m->clock;
    return k->image.rgb ? &k->image : NULL;
}

static gpointer read_ahead(gpointer data)
{
    Ahead *a = data;
    if (nn_image_load(&a->image, a->path, NULL) != NN_OK)
        a->image = (nn_image){0};
    g_atomic_int_set(&a->done, 1);
    return NULL;
}

void ui_media_ahead(ui_media *m, const ui_project *p, int page)
{
    Ahead *a = &m->ahead;
    if (page < 0 || page >= p->count || !p->pages[page].path || find(m, page) ||
        (a->thread && (a->page == page || !g_atomic_int_get(&a->done))))
        return;
    nn_image old = finish_ahead(a); // it was not needed
    nn_image_release(&old);
    a->page = page;
    a->path = g_strdup(p->pages[page].path);
    a->thread = g_thread_new("ahead", read_ahead, a);
}
