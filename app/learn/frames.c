// SPDX-License-Identifier: MIT
// Chooses frames that show something new, writes them, and limits the size of their folder.
#include "app/learn/frames.h"

#include "app/cli/folder.h"
#include "nn/io/image/image.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SMALL_W = 32, // width of the thumbnail, pixels
    SMALL_H = 24,
    RUN = 6,         // consecutive pictures for the same purpose
    QUALITY = 92,    // of the JPEGs
    ENOUGH = 10,     // seconds after which a picture is kept although nothing changed
    LEAST_MOST = 16, // smallest limit on the number of pictures
};

// mean difference of grey levels, slightly more than the noise of a camera
static const float CHANGED = 1.5f;

// Purposes of consecutive runs of pictures (frames.h).
static const char KINDS[] = "ttthttvh";

static void shrink(const nn_frame *f, uint8_t *small)
{
    for (int y = 0; y < SMALL_H; y++)
        for (int x = 0; x < SMALL_W; x++) {
            const int x0 = x * f->width / SMALL_W, x1 = MAX((x + 1) * f->width / SMALL_W, x0 + 1);
            const int y0 = y * f->height / SMALL_H, y1 = MAX((y + 1) * f->height / SMALL_H, y0 + 1);
            int64_t sum = 0;
            for (int v = y0; v < y1; v++)
                for (int u = x0; u < x1; u++)
                    sum += f->plane[0][(int64_t)v * f->stride[0] + 3 * u + 1];
            small[y * SMALL_W + x] = (uint8_t)(sum / ((int64_t)(x1 - x0) * (y1 - y0)));
        }
}

static float difference(const uint8_t *a, const uint8_t *b)
{
    int sum = 0;
    for (int i = 0; i < SMALL_W * SMALL_H; i++)
        sum += abs(a[i] - b[i]);
    return (float)sum / (SMALL_W * SMALL_H);
}

// Parses a name such as 000123-t.jpg. Returns the number, *kind gets the letter; -1 for other
// files.
static int64_t parse_name(const char *name, char *kind)
{
    char *end;
    if (!g_ascii_isdigit(name[0]))
        return -1;
    const guint64 n = g_ascii_strtoull(name, &end, 10);
    if (n >= (guint64)1 << 40 || end[0] != '-' || !strchr("tvh", end[1]) || !end[1] ||
        !g_str_has_suffix(name, ".jpg"))
        return -1;
    *kind = end[1];
    return (int64_t)n;
}

typedef struct entry {
    char *name; // owned
    int64_t number;
    char kind;
} entry;

static gint compare(gconstpointer a, gconstpointer b)
{
    const int64_t x = ((const entry *)a)->number, y = ((const entry *)b)->number;
    return x < y ? -1 : x > y;
}

static void free_entry(gpointer e)
{
    g_free(((entry *)e)->name);
}

// The pictures of DIR/NAME/images, oldest first.
static GArray *list(const char *dir, const char *name)
{
    g_autofree char *path = g_build_filename(dir, name, "images", NULL);
    GArray *all = g_array_new(FALSE, FALSE, sizeof(entry));
    g_array_set_clear_func(all, free_entry);
    GDir *folder = g_dir_open(path, 0, NULL);
    for (const char *file; folder && (file = g_dir_read_name(folder));) {
        entry e = {.number = parse_name(file, &e.kind)};
        if (e.number < 0)
            continue;
        e.name = g_strdup(file);
        g_array_append_val(all, e);
    }
    if (folder)
        g_dir_close(folder);
    g_array_sort(all, compare);
    return all;
}

static nn_status make_folder(const char *dir, const char *name, nn_error *err)
{
    g_autofree char *path = g_build_filename(dir, name, "images", NULL);
    return app_folder_make(NULL, path, err);
}

nn_status learn_frames_open(learn_frames *f, const char *dir, int most, nn_error *err)
{
    static const char *const folders[] = {"new", "stream", "labelled"};
    *f = (learn_frames){.dir = g_strdup(dir), .most = MAX(most, LEAST_MOST)};
    g_mutex_init(&f->lock);
    nn_status status = NN_OK;
    for (int i = 0; i < 3 && status == NN_OK; i++) {
        status = make_folder(dir, folders[i], err);
        g_autoptr(GArray) all = list(dir, folders[i]);
        if (all->len > 0)
            f->next = MAX(f->next, g_array_index(all, entry, all->len - 1).number + 1);
        if (i == 0)
            f->waiting = (int)all->len;
    }
    if (status != NN_OK)
        learn_frames_close(f);
    return status;
}

void learn_frames_close(learn_frames *f)
{
    if (!f->dir)
        return;
    g_free(f->seen);
    g_free(f->dir);
    g_mutex_clear(&f->lock);
    *f = (learn_frames){0};
}

// Seconds between kept pictures when `waiting` of them wait: rounds may be slow on a busy machine.
static double gap_at(int waiting, int most)
{
    const double crowd = MAX(waiting - most / 2, 0);
    return crowd * crowd / most;
}

// Whether the frame shows something new; if so, its thumbnail is kept.
static bool is_new(learn_frames *f, const vp_still *still)
{
    uint8_t small[SMALL_W * SMALL_H];
    const gint64 now = g_get_monotonic_time();
    const int boxes = still->result ? still->result->count : 0;
    shrink(still->picture, small);
    if (f->seen && boxes == f->boxes && difference(small, f->seen) < CHANGED &&
        now - f->kept < (gint64)ENOUGH * G_USEC_PER_SEC)
        return false;
    if (!f->seen)
        f->seen = g_malloc(sizeof small);
    memcpy(f->seen, small, sizeof small);
    f->boxes = boxes;
    f->kept = now;
    return true;
}

bool learn_frames_offer(learn_frames *f, const vp_still *still)
{
    const nn_frame *p = still->picture;
    nn_error err = {0};
    g_mutex_lock(&f->lock);
    const int64_t number = f->next;
    const int waiting = f->waiting;
    g_mutex_unlock(&f->lock);
    const double passed = (double)(g_get_monotonic_time() - f->kept) / G_USEC_PER_SEC;
    if (waiting >= f->most || (f->seen && passed < gap_at(waiting, f->most)) || !is_new(f, still))
        return false;
    const char kind = KINDS[number / RUN % (int64_t)(sizeof KINDS - 1)];
    g_autofree char *path =
        g_strdup_printf("%s/new/images/%06lld-%c.jpg", f->dir, (long long)number, kind);
    const nn_image image = {p->width, p->height, (uint8_t *)p->plane[0]}; // only read
    const nn_status status = nn_image_save_jpeg(&image, path, QUALITY, &err);
    g_mutex_lock(&f->lock);
    if (status == NN_OK) {
        f->waiting++;
        f->next++;
    } else if (!f->failing) {
        f->error = err;
    }
    f->failing = status != NN_OK;
    g_mutex_unlock(&f->lock);
    return status == NN_OK;
}

int learn_frames_waiting(learn_frames *f, nn_error *err)
{
    g_mutex_lock(&f->lock);
    const int waiting = f->waiting;
    *err = f->error;
    f->error = (nn_error){.status = NN_OK};
    g_mutex_unlock(&f->lock);
    return waiting;
}

// Links the file to a second name, because `label` copies pictures from one folder to another.
static nn_status move(learn_frames *f, const entry *e, int round, nn_error *err)
{
    g_autofree char *name = e->kind == 'h'
                                ? g_strdup_printf("%06lld-h%04d.jpg", (long long)e->number, round)
                                : g_strdup(e->name);
    g_autofree char *from = g_build_filename(f->dir, "new", "images", e->name, NULL);
    g_autofree char *to = g_build_filename(f->dir, "stream", "images", name, NULL);
    g_autofree char *again = g_build_filename(f->dir, "labelled", "images", name, NULL);
    if (g_rename(from, to) != 0)
        return nn_fail(err, NN_EIO, "%s: cannot be moved to %s: %s", from, to, strerror(errno));
    if (link(to, again) != 0)
        errno = 0; // where links are impossible `label` copies
    return NN_OK;
}

static nn_status move_all(learn_frames *f, int round, nn_error *err)
{
    nn_status status = NN_OK;
    g_autoptr(GArray) fresh = list(f->dir, "new");
    for (guint i = 0; i < fresh->len && status == NN_OK; i++)
        status = move(f, &g_array_index(fresh, entry, i), round, err);
    g_mutex_lock(&f->lock);
    f->waiting = MAX(f->waiting - (int)fresh->len, 0);
    g_mutex_unlock(&f->lock);
    return status;
}

static void drop_file(const learn_frames *f, const char *folder, const char *kind, const char *name)
{
    g_autofree char *path = g_build_filename(f->dir, folder, kind, name, NULL);
    g_unlink(path);
}

// Removes a picture and its label files.
static void drop(const learn_frames *f, const entry *e)
{
    g_autofree char *stem = g_strndup(e->name, strlen(e->name) - strlen(".jpg"));
    g_autofree char *labels = g_strconcat(stem, ".txt", NULL);
    drop_file(f, "stream", "images", e->name);
    drop_file(f, "labelled", "images", e->name);
    drop_file(f, "labelled", "labels", labels);
}

nn_status learn_frames_take(learn_frames *f, int round, int most, bool *thinned, nn_error *err)
{
    *thinned = false;
    nn_status status = move_all(f, round, err);
    if (status != NN_OK)
        return status;
    g_autoptr(GArray) all = list(f->dir, "stream");
    guint stay = all->len;
    for (guint i = 1; i < all->len / 2 && stay > (guint)MAX(most, LEAST_MOST); i += 2) {
        drop(f, &g_array_index(all, entry, i));
        stay--;
        *thinned = true;
    }
    return NN_OK;
}

learn_counts learn_frames_count(const learn_frames *f, int round)
{
    learn_counts c = {0};
    g_autofree char *fresh = g_strdup_printf("-h%04d.jpg", round);
    g_autoptr(GArray) all = list(f->dir, "stream");
    for (guint i = 0; i < all->len; i++) {
        const entry *e = &g_array_index(all, entry, i);
        c.train += e->kind == 't';
        c.choose += e->kind == 'v';
        c.held += e->kind == 'h';
        c.fresh += g_str_has_suffix(e->name, fresh);
    }
    return c;
}
