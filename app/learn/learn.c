// SPDX-License-Identifier: MIT
// Waits for frames, runs rounds of training, and decides which model is used.
#include "app/learn/learn.h"

#include "app/cli/folder.h"
#include "app/learn/run.h"

#include <glib/gstdio.h>
#include <stdarg.h>
#include <string.h>

enum {
    LEAST_FRAMES = 48,  // one run of each purpose (app/learn/frames.c)
    LONG_SIDE = 384,    // longer side of a specialist's input, pixels
    LOOK_MS = 500,      // interval between counts of the frames
    PATIENCE_S = 60,    // longest time until a requested model is in use
    FRESH = 6,          // held-back pictures that a check needs
    TRAIN = 16,         // pictures that a training needs
    LONG_LOG = 1 << 20, // bytes of the log from which it is cut
};

#define BETTER 0.01   // AP50 that a specialist must gain
#define AS_GOOD 0.005 // AP50 that a faster specialist may lose
#define FASTER 0.7    // factor on the other model's time that counts as faster
#define WORSE 0.02    // loss of AP50 on new pictures at which the previous model comes back

const app_learn_options app_learn_defaults = {.frames = 240, .epochs = 24, .most = 2000};

void learn_say(app_learn *l, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *line = g_strdup_vprintf(format, args);
    va_end(args);
    l->o.say(l->o.user, line);
}

static bool is_stopping(app_learn *l)
{
    g_mutex_lock(&l->lock);
    const bool stop = l->stop;
    g_mutex_unlock(&l->lock);
    return stop;
}

// --- the model in use ---

void app_learn_answer(app_learn *l, const char *model, const char *refused)
{
    g_mutex_lock(&l->lock);
    if (l->asked && strcmp(l->asked, model) == 0) {
        g_clear_pointer(&l->asked, g_free);
        g_free(l->why);
        l->why = g_strdup(refused);
        l->refused = refused != NULL;
        g_cond_broadcast(&l->changed);
    }
    g_mutex_unlock(&l->lock);
}

nn_status learn_use(app_learn *l, const char *model, nn_error *err)
{
    const gint64 end = g_get_monotonic_time() + PATIENCE_S * G_TIME_SPAN_SECOND;
    g_mutex_lock(&l->lock);
    g_free(l->asked);
    l->asked = g_strdup(model);
    l->refused = false;
    g_mutex_unlock(&l->lock);
    l->o.use(l->o.user, model);
    nn_status status = NN_OK;
    g_mutex_lock(&l->lock);
    while (l->asked && !l->stop && g_cond_wait_until(&l->changed, &l->lock, end))
        continue;
    if (l->asked)
        status = nn_fail(err, NN_EIO, "no frame came at which the model could change");
    else if (l->refused)
        status = nn_fail(err, NN_EFORMAT, "%s", l->why);
    g_clear_pointer(&l->asked, g_free);
    g_mutex_unlock(&l->lock);
    if (status == NN_OK) {
        g_free(l->model);
        l->model = g_strdup(model);
    }
    return status;
}

// --- rounds ---

static nn_status set_phase(app_learn *l, learn_phase phase, nn_error *err)
{
    l->state.phase = phase;
    return learn_state_save(&l->state, l->o.dir, err);
}

static nn_status begin_round(app_learn *l, nn_error *err)
{
    bool thinned;
    learn_state *s = &l->state;
    s->round++;
    nn_status status = learn_frames_take(&l->frames, s->round, l->o.most, &thinned, err);
    l->counts = learn_frames_count(&l->frames, s->round);
    g_mutex_lock(&l->lock);
    if (s->width == 0) {
        s->width = l->width;
        s->height = l->height;
    }
    g_mutex_unlock(&l->lock);
    if (status == NN_OK && thinned) { // pictures are identified by their position in the list
        g_autofree char *path = g_build_filename(l->o.dir, "labelled", "teacher-boxes.txt", NULL);
        g_unlink(path);
    }
    if (status != NN_OK)
        return status;
    if (l->counts.train < TRAIN || l->counts.choose < 1 || l->counts.held < FRESH)
        return learn_state_save(s, l->o.dir, err); // waits for more pictures
    learn_say(l, "round %d: %d pictures to learn from, %d held back; the teacher looks at them",
              s->round, l->counts.train + l->counts.choose, l->counts.held);
    return set_phase(l, LEARN_LABEL, err);
}

// Checks the model in use on pictures that are newer than the decision for it.
static nn_status check_best(app_learn *l, nn_error *err)
{
    learn_state *s = &l->state;
    const int rounds[] = {s->best, s->before};
    learn_score scores[2];
    if (s->best == 0 || s->checked >= s->round || l->counts.fresh < FRESH)
        return NN_OK;
    g_autofree char *match = g_strdup_printf("*-h%04d.jpg", s->round);
    nn_status status = learn_compare(l, match, rounds, 2, scores, err);
    if (status != NN_OK)
        return status;
    s->checked = s->round;
    if (scores[0].ap50 >= scores[1].ap50 - WORSE) {
        learn_say(l, "checked on %d new pictures: AP50 %.3f, the one before %.3f",
                  scores[0].pictures, scores[0].ap50, scores[1].ap50);
        return NN_OK;
    }
    g_autofree char *before = learn_model_of(l, s->before);
    status = learn_use(l, before, err);
    if (status != NN_OK)
        return status;
    learn_say(l, "goes back: on %d new pictures AP50 %.3f, %s %.3f", scores[0].pictures,
              scores[0].ap50, before, scores[1].ap50);
    s->best = s->before;
    s->before = 0;
    return NN_OK;
}

static void remove_work(app_learn *l)
{
    g_autofree char *out = learn_model_of(l, l->state.round);
    g_autofree char *work = g_strdup_printf("%s.work", out);
    GDir *folder = g_dir_open(work, 0, NULL);
    for (const char *name; folder && (name = g_dir_read_name(folder));) {
        g_autofree char *path = g_build_filename(work, name, NULL);
        g_unlink(path);
    }
    if (folder)
        g_dir_close(folder);
    g_rmdir(work); // fails and stays when it contains a folder
}

// Removes what later rounds do not need: models other than the current and the previous one, their
// scores, and a long old log.
static void tidy(app_learn *l)
{
    const learn_state *s = &l->state;
    g_autofree char *rounds = g_build_filename(l->o.dir, "rounds", NULL);
    g_autofree char *log = g_build_filename(l->o.dir, "learn.log", NULL);
    GDir *folder = g_dir_open(rounds, 0, NULL);
    for (const char *name; folder && (name = g_dir_read_name(folder));) {
        const guint64 round = g_ascii_strtoull(name, NULL, 10);
        const bool needed = round == (guint64)s->best || round == (guint64)s->before;
        g_autofree char *path = g_build_filename(rounds, name, NULL);
        if (round > 0 && round <= (guint64)s->round &&
            (!needed || !g_str_has_suffix(name, ".safetensors")))
            g_unlink(path);
    }
    if (folder)
        g_dir_close(folder);
    GStatBuf about;
    if (g_stat(log, &about) == 0 && about.st_size > LONG_LOG)
        g_unlink(log);
}

// Compares the round's specialist with the model in use.
static nn_status judge(app_learn *l, nn_error *err)
{
    learn_state *s = &l->state;
    const int rounds[] = {s->round, s->best};
    learn_score scores[2];
    g_autofree char *own = learn_model_of(l, s->round);
    nn_status status = learn_compare(l, "*-h*.jpg", rounds, 2, scores, err);
    if (status != NN_OK)
        return status;
    const bool better = scores[0].ap50 > scores[1].ap50 + BETTER;
    const bool wins = better || (scores[0].ap50 > scores[1].ap50 - AS_GOOD &&
                                 scores[0].infer_ms < FASTER * scores[1].infer_ms);
    g_autofree char *figures = g_strdup_printf(
        "AP50 %.3f and %.1f ms, the model in use %.3f and %.1f ms, on %d pictures held back",
        scores[0].ap50, scores[0].infer_ms, scores[1].ap50, scores[1].infer_ms, scores[0].pictures);
    if (wins)
        status = learn_use(l, own, err);
    if (status != NN_OK)
        return status;
    learn_say(l, "round %d %s: %s", s->round,
              better ? "is better and runs now"
              : wins ? "is as good and faster, it runs now"
                     : "is not better",
              figures);
    if (wins) {
        s->before = s->best;
        s->best = s->checked = s->round;
    }
    remove_work(l);
    tidy(l);
    return NN_OK;
}

static nn_status go_on(app_learn *l, nn_error *err)
{
    nn_status status = NN_OK;
    if (l->state.phase == LEARN_COLLECT)
        status = begin_round(l, err);
    if (status == NN_OK && l->state.phase == LEARN_LABEL) {
        status = learn_label(l, err);
        if (status == NN_OK)
            status = check_best(l, err);
        if (status == NN_OK)
            status = set_phase(l, LEARN_TRAIN, err);
        if (status == NN_OK)
            learn_say(l, "round %d: training, %d epochs", l->state.round, l->o.epochs);
    }
    if (status == NN_OK && l->state.phase == LEARN_TRAIN) {
        status = learn_train(l, err);
        if (status == NN_OK)
            status = set_phase(l, LEARN_JUDGE, err);
    }
    if (status == NN_OK && l->state.phase == LEARN_JUDGE) {
        status = judge(l, err);
        if (status == NN_OK)
            status = set_phase(l, LEARN_COLLECT, err);
    }
    return status;
}

// Number of pictures that the next round waits for; it grows with the number seen.
static int wanted(const app_learn *l)
{
    const int seen = l->counts.train + l->counts.choose + l->counts.held;
    return MAX(l->o.frames >> (l->state.round > 0), MIN(seen, l->o.most) / 4);
}

static bool is_ready(app_learn *l)
{
    nn_error err;
    const int waiting = learn_frames_waiting(&l->frames, &err);
    if (err.status != NN_OK)
        learn_say(l, "a picture is not kept: %s", err.text);
    return l->state.phase != LEARN_COLLECT || waiting >= wanted(l);
}

static gpointer work(gpointer data)
{
    app_learn *l = data;
    while (!is_stopping(l)) {
        nn_error err = {0};
        if (is_ready(l) && go_on(l, &err) != NN_OK && !is_stopping(l)) {
            // Keeps the pictures; the next round tries again.
            learn_say(l, "round %d failed: %s (see %s/learn.log)", l->state.round, err.text,
                      l->o.dir);
            remove_work(l);
            tidy(l);
            set_phase(l, LEARN_COLLECT, &err);
        }
        g_mutex_lock(&l->lock);
        if (!l->stop)
            g_cond_wait_until(&l->changed, &l->lock,
                              g_get_monotonic_time() + LOOK_MS * G_TIME_SPAN_MILLISECOND);
        g_mutex_unlock(&l->lock);
    }
    return NULL;
}

// --- opening and closing ---

static void copy_options(app_learn *l, const app_learn_options *o)
{
    l->o = *o;
    l->o.dir = g_strdup(o->dir);
    l->o.model = g_strdup(o->model);
    l->o.teacher = g_strdup(o->teacher ? o->teacher : o->model);
    l->o.head = g_strdup(o->head);
    l->o.classes = g_strdup(o->classes);
    l->o.labels_file = g_strdup(o->labels_file);
}

static bool is_there(const app_learn *l, int round)
{
    g_autofree char *path = learn_model_of(l, round);
    return round == 0 || g_file_test(path, G_FILE_TEST_EXISTS);
}

// Continues an earlier run with the same model and teacher. With others it only uses the pictures.
static nn_status adopt(app_learn *l, nn_error *err)
{
    learn_state *s = &l->state;
    nn_status status = learn_state_load(s, l->o.dir, err);
    if (status != NN_OK)
        return status;
    const bool same = strcmp(s->model, l->o.model) == 0 && strcmp(s->teacher, l->o.teacher) == 0;
    if (!same || !is_there(l, s->best) || !is_there(l, s->before)) {
        g_autofree char *path = g_build_filename(l->o.dir, "labelled", "teacher-boxes.txt", NULL);
        g_unlink(path);
        *s = (learn_state){.round = s->round, .width = s->width, .height = s->height};
    }
    if (g_strlcpy(s->model, l->o.model, sizeof s->model) >= sizeof s->model ||
        g_strlcpy(s->teacher, l->o.teacher, sizeof s->teacher) >= sizeof s->teacher)
        return nn_fail(err, NN_EINVAL, "the names of model and teacher are too long");
    l->model = learn_model_of(l, s->best);
    return NN_OK;
}

nn_status app_learn_open(app_learn **out, const app_learn_options *o, nn_error *err)
{
    *out = NULL;
    if (o->frames < LEAST_FRAMES || o->epochs < 1 || o->most / 2 < o->frames)
        return nn_fail(err, NN_EINVAL,
                       "--learn needs at least %d frames (--learn-frames), one epoch, and twice as "
                       "many frames on disk (--learn-most)",
                       LEAST_FRAMES);
    app_learn *l = g_new0(app_learn, 1);
    copy_options(l, o);
    g_mutex_init(&l->lock);
    g_cond_init(&l->changed);
    learn_child_init(&l->child);
    l->child.urgent = o->urgent;
    g_autofree char *rounds = g_build_filename(o->dir, "rounds", NULL);
    nn_status status = app_folder_make(NULL, rounds, err);
    if (status == NN_OK)
        status = learn_frames_open(&l->frames, o->dir, o->most, err);
    if (status == NN_OK)
        status = adopt(l, err);
    if (status != NN_OK)
        app_learn_close(l);
    else
        *out = l;
    return status;
}

const char *app_learn_model(const app_learn *l)
{
    return l->model;
}

void app_learn_start(app_learn *l)
{
    l->counts = learn_frames_count(&l->frames, l->state.round);
    if (l->state.phase != LEARN_COLLECT)
        learn_say(l, "goes on with round %d", l->state.round);
    else
        learn_say(l, "%d of %d frames for the next round", l->frames.waiting, wanted(l));
    l->thread = g_thread_new("learn", work, l);
}

// Input side of specialists: the shape of the stream, in multiples that a network can take.
static int side_of(int pixels, int longer)
{
    return MAX((int)((double)pixels * LONG_SIDE / longer / 32 + 0.5), 2) * 32;
}

void app_learn_offer(app_learn *l, const vp_still *still)
{
    const int w = still->picture->width, h = still->picture->height;
    g_mutex_lock(&l->lock);
    l->width = side_of(w, MAX(w, h));
    l->height = side_of(h, MAX(w, h));
    g_mutex_unlock(&l->lock);
    learn_frames_offer(&l->frames, still);
}

void app_learn_stop(app_learn *l)
{
    g_mutex_lock(&l->lock);
    l->stop = true;
    g_cond_broadcast(&l->changed);
    g_mutex_unlock(&l->lock);
    learn_child_stop(&l->child);
    if (l->thread)
        g_thread_join(l->thread);
    l->thread = NULL;
}

void app_learn_close(app_learn *l)
{
    if (!l)
        return;
    app_learn_stop(l);
    learn_frames_close(&l->frames);
    learn_child_clear(&l->child);
    const char *texts[] = {l->o.dir,  l->o.model,       l->o.teacher,
                           l->o.head, l->o.labels_file, l->o.classes};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free((char *)texts[i]);
    g_free(l->model);
    g_free(l->asked);
    g_free(l->why);
    g_mutex_clear(&l->lock);
    g_cond_clear(&l->changed);
    g_free(l);
}
