// SPDX-License-Identifier: MIT
// The worker of inner views and the one frame that it works on.
#include "plugins/view/viewer.h"

#include "plugins/common/background.h"
#include "plugins/common/frame_copy.h"
#include "plugins/common/video.h"
#include "plugins/view/view_methods.h"
#include "plugins/view/view_network.h"

enum { PAUSE_US = 200000 }; // after a frame whose view failed

// The frame that is being looked into. It belongs to the worker while that is busy.
typedef struct Job {
    NeroFrameCopy copy;
    GstVideoRectangle area;
    NeroViewTarget target; // its model is owned
    GstClockTime pts, duration;
    gint64 arrival;
    gint generation;
} Job;

struct NeroViewer {
    NeroViewerCalls calls;
    gpointer data;
    GThread *thread;          // used by the thread that offers only
    NeroViewNetwork *network; // of the worker
    char *told;               // of the worker; owned: the last refusal
    gint stopped;             // atomic: what is being made is not wanted
    gint generation;          // atomic
    Job job;
    GMutex lock; // guards what follows; the worker may hold it for long: see offer()
    GCond changed;
    gboolean busy, quit, finish, passed;
    gint64 due;            // monotonic microseconds: no frame is taken before
    NeroViewChoice choice; // owned
    int steps;             // to other layers
};

NeroViewer *nero_viewer_new(const NeroViewerCalls *calls, gpointer data)
{
    NeroViewer *v = g_new0(NeroViewer, 1);
    v->calls = *calls;
    v->data = data;
    v->network = nero_view_network_new();
    g_mutex_init(&v->lock);
    g_cond_init(&v->changed);
    return v;
}

void nero_viewer_free(NeroViewer *v)
{
    if (!v)
        return;
    if (v->thread) {
        g_mutex_lock(&v->lock);
        v->quit = TRUE;
        g_atomic_int_set(&v->stopped, TRUE);
        g_cond_signal(&v->changed);
        g_mutex_unlock(&v->lock);
        g_thread_join(v->thread);
    }
    nero_view_network_free(v->network);
    g_free(v->told);
    nero_view_choice_release(&v->choice);
    nero_frame_copy_release(&v->job.copy);
    g_free((char *)v->job.target.model);
    g_mutex_clear(&v->lock);
    g_cond_clear(&v->changed);
    g_free(v);
}

// --- the worker ---

static NeroViewChoice read_choice(NeroViewer *v, int *steps)
{
    g_mutex_lock(&v->lock);
    const NeroViewChoice choice = nero_view_choice_copy(&v->choice);
    *steps = v->steps;
    v->steps = 0;
    g_mutex_unlock(&v->lock);
    return choice;
}

static nn_status look(NeroViewer *v, NeroInnerView *view, nn_error *err)
{
    GstVideoFrame frame;
    NeroView seen;
    if (!gst_video_frame_map(&frame, &v->job.copy.info, v->job.copy.pixels, GST_MAP_READ))
        return nn_fail(err, NN_ENOMEM, "cannot map the copy of a frame");
    nn_status status = nero_video_view(&frame, &v->job.area, &seen)
                           ? nero_view_network_look(v->network, &seen.frame, &v->job.target,
                                                    &v->stopped, view, err)
                           : nn_fail(err, NN_EUNSUPPORTED, "pixel format %s is not supported",
                                     GST_VIDEO_INFO_NAME(&frame.info));
    gst_video_frame_unmap(&frame);
    return status;
}

// What is told again and again is told once.
static void refuse(NeroViewer *v, const char *text)
{
    if (!text || g_strcmp0(text, v->told) == 0)
        return;
    g_free(v->told);
    v->told = g_strdup(text);
    v->calls.refused(text, v->data);
}

// Makes the view of the job and hands it over; FALSE when there is none, or it is not wanted any
// more.
static gboolean work_on_job(NeroViewer *v)
{
    gboolean given = FALSE;
    NeroInnerView view = {
        .pts = v->job.pts, .duration = v->job.duration, .arrival = v->job.arrival};
    nn_error err = {.status = NN_OK};
    int steps;
    const gint64 begin = g_get_monotonic_time();
    NeroViewChoice choice = read_choice(v, &steps);
    const gboolean wanted = !v->calls.prepare || v->calls.prepare(&choice, v->data);
    g_autofree char *told =
        wanted ? nero_view_network_choose(v->network, &choice, v->job.target.model) : NULL;
    nero_view_choice_release(&choice);
    refuse(v, told);
    if (!wanted || !nero_view_network_is_open(v->network))
        return FALSE;
    nero_view_network_step(v->network, steps);
    view.generation = v->job.generation;
    if (look(v, &view, &err) != NN_OK) {
        refuse(v, err.text);
    } else if (view.picture) {
        view.ms = (double)(g_get_monotonic_time() - begin) / 1000;
        given = view.generation == nero_viewer_generation(v);
        if (given)
            v->calls.ready(&view, v->data);
    }
    nero_inner_view_release(&view);
    return given;
}

// Runs a call without the lock.
static void call_out(NeroViewer *v, void (*call)(gpointer))
{
    g_mutex_unlock(&v->lock);
    if (call)
        call(v->data);
    g_mutex_lock(&v->lock);
}

static gpointer work(gpointer data)
{
    NeroViewer *v = data;
    nero_background(NERO_BACKGROUND_LOWEST);
    g_mutex_lock(&v->lock);
    while (!v->quit) {
        if (v->busy) {
            g_mutex_unlock(&v->lock);
            const gboolean given = work_on_job(v);
            g_mutex_lock(&v->lock);
            v->busy = FALSE;
            if (!given) { // others go by, too
                v->passed = TRUE;
                v->due = MAX(v->due, g_get_monotonic_time() + PAUSE_US);
            }
        } else if (v->finish) {
            v->finish = FALSE;
            call_out(v, v->calls.ended);
        } else if (v->passed) {
            v->passed = FALSE;
            call_out(v, v->calls.idle);
        } else {
            g_cond_wait(&v->changed, &v->lock);
        }
    }
    g_mutex_unlock(&v->lock);
    return NULL;
}

// --- the stream ---

void nero_viewer_choose(NeroViewer *v, const NeroViewChoice *choice)
{
    NeroViewChoice copy = nero_view_choice_copy(choice);
    g_mutex_lock(&v->lock);
    NeroViewChoice old = v->choice;
    v->choice = copy;
    v->due = 0;
    g_mutex_unlock(&v->lock);
    nero_view_choice_release(&old);
}

// The functions that each frame calls do not wait for the lock: the worker, which is of the lowest
// priority, may be held up by others while it has it.
gboolean nero_viewer_is_free(NeroViewer *v)
{
    if (!g_mutex_trylock(&v->lock))
        return FALSE;
    const gboolean is_free = !v->busy && g_get_monotonic_time() >= v->due;
    g_mutex_unlock(&v->lock);
    return is_free;
}

void nero_viewer_pass(NeroViewer *v)
{
    if (!g_mutex_trylock(&v->lock))
        return;
    v->passed = TRUE;
    g_cond_signal(&v->changed);
    g_mutex_unlock(&v->lock);
}

static void describe(Job *job, const NeroViewTarget *target, const GstVideoRectangle *area,
                     const GstBuffer *buffer)
{
    g_free((char *)job->target.model);
    job->target = *target;
    job->target.model = g_strdup(target->model);
    job->area = *area;
    job->pts = GST_BUFFER_PTS(buffer);
    job->duration = GST_BUFFER_DURATION(buffer);
    job->arrival = g_get_monotonic_time();
}

gboolean nero_viewer_offer(NeroViewer *v, const GstVideoFrame *frame, const GstVideoRectangle *area,
                           const NeroViewTarget *target, const GstBuffer *buffer)
{
    // Only this thread gives work to the worker: an idle one stays idle during the copy.
    if (!nero_viewer_is_free(v) || !nero_frame_copy(&v->job.copy, frame))
        return FALSE;
    describe(&v->job, target, area, buffer);
    g_mutex_lock(&v->lock);
    v->job.generation = nero_viewer_generation(v);
    v->busy = TRUE;
    if (v->choice.max_rate > 0)
        v->due = v->job.arrival + (gint64)(G_USEC_PER_SEC / v->choice.max_rate);
    g_cond_signal(&v->changed);
    g_mutex_unlock(&v->lock);
    if (!v->thread)
        v->thread = g_thread_new("neroview", work, v);
    return TRUE;
}

void nero_viewer_finish(NeroViewer *v)
{
    if (!v->thread) {
        v->calls.ended(v->data);
        return;
    }
    g_mutex_lock(&v->lock);
    v->finish = TRUE;
    g_cond_signal(&v->changed);
    g_mutex_unlock(&v->lock);
}

void nero_viewer_forget(NeroViewer *v)
{
    g_mutex_lock(&v->lock);
    g_atomic_int_inc(&v->generation);
    v->finish = v->passed = FALSE;
    v->due = 0;
    g_mutex_unlock(&v->lock);
}

gint nero_viewer_generation(NeroViewer *v)
{
    return g_atomic_int_get(&v->generation);
}

void nero_viewer_step_layer(NeroViewer *v, int steps)
{
    g_mutex_lock(&v->lock);
    v->steps += steps;
    g_mutex_unlock(&v->lock);
}

void nero_viewer_step_method(NeroViewer *v, int steps)
{
    const int count = nero_view_method_count();
    g_mutex_lock(&v->lock);
    v->choice.method = ((v->choice.method + steps) % count + count) % count;
    g_mutex_unlock(&v->lock);
}
