// SPDX-License-Identifier: MIT
// Runs tasks for the streaming threads, and handles SDL's events in between, also while streams are
// paused.
#include "plugins/sink/sink_thread.h"
#include "plugins/sink/sink_display.h"

enum { PUMP_MS = 10 }; // interval between two checks for events

typedef struct Job {
    nero_ui_task *task;
    gpointer data;
    gboolean done;
} Job;

typedef struct Listener {
    nero_ui_listener *call;
    gpointer data;
} Listener;

static struct {
    GMutex lifetime; // guards refs and the thread's start and end
    int refs;
    GThread *thread;

    GMutex lock; // guards what follows
    GCond asked, answered;
    GQueue jobs; // Jobs, which live on the stacks of their callers
    gboolean quit;

    GArray *listeners; // Listeners; used by this thread only
    gboolean video;    // used by this thread only
    GThread *self;     // atomic: the running thread
} ui;

static void tell(const SDL_Event *event)
{
    for (guint i = 0; i < ui.listeners->len; i++) {
        Listener l = g_array_index(ui.listeners, Listener, i);
        l.call(event, l.data);
    }
}

static void pump_events(void)
{
    SDL_Event event;
    if (!ui.video)
        return;
    while (!nero_display_is_lost() && SDL_PollEvent(&event))
        tell(&event);
    if (nero_display_is_lost()) { // no more events, and windows are useless
        event = (SDL_Event){.type = NERO_UI_LOST};
        ui.video = FALSE;
        tell(&event);
        return;
    }
    tell(NULL);
}

static void run_job(Job *job)
{
    g_mutex_unlock(&ui.lock);
    job->task(job->data);
    g_mutex_lock(&ui.lock);
    job->done = TRUE;
    g_cond_broadcast(&ui.answered);
}

static gpointer run_thread(gpointer unused)
{
    (void)unused;
    g_atomic_pointer_set(&ui.self, g_thread_self());
    ui.listeners = g_array_new(FALSE, FALSE, sizeof(Listener));
    g_mutex_lock(&ui.lock);
    while (!ui.quit || !g_queue_is_empty(&ui.jobs)) {
        Job *job = g_queue_pop_head(&ui.jobs);
        if (job) {
            run_job(job);
        } else if (!ui.video) {
            g_cond_wait(&ui.asked, &ui.lock);
        } else {
            g_cond_wait_until(&ui.asked, &ui.lock,
                              g_get_monotonic_time() + PUMP_MS * G_TIME_SPAN_MILLISECOND);
        }
        g_mutex_unlock(&ui.lock);
        pump_events();
        g_mutex_lock(&ui.lock);
    }
    g_mutex_unlock(&ui.lock);
    nero_display_close();
    ui.video = FALSE;
    g_array_free(ui.listeners, TRUE);
    g_atomic_pointer_set(&ui.self, NULL);
    return NULL;
}

void nero_ui_ref(void)
{
    g_mutex_lock(&ui.lifetime);
    if (ui.refs++ == 0) {
        ui.quit = FALSE;
        ui.thread = g_thread_new("nerosink", run_thread, NULL);
    }
    g_mutex_unlock(&ui.lifetime);
}

void nero_ui_unref(void)
{
    g_mutex_lock(&ui.lifetime);
    if (--ui.refs == 0) {
        g_mutex_lock(&ui.lock);
        ui.quit = TRUE;
        g_cond_signal(&ui.asked);
        g_mutex_unlock(&ui.lock);
        g_thread_join(ui.thread);
        ui.thread = NULL;
    }
    g_mutex_unlock(&ui.lifetime);
}

void nero_ui_call(nero_ui_task *task, gpointer data)
{
    Job job = {task, data, FALSE};
    if (g_thread_self() == g_atomic_pointer_get(&ui.self)) {
        task(data); // an event handler that calls its own sink
        return;
    }
    g_mutex_lock(&ui.lock);
    g_queue_push_tail(&ui.jobs, &job);
    g_cond_signal(&ui.asked);
    while (!job.done)
        g_cond_wait(&ui.answered, &ui.lock);
    g_mutex_unlock(&ui.lock);
}

gboolean nero_ui_start_video(void)
{
    ui.video = nero_display_open();
    return ui.video;
}

void nero_ui_listen(nero_ui_listener *listener, gpointer data)
{
    Listener l = {listener, data};
    g_array_append_val(ui.listeners, l);
}

void nero_ui_unlisten(gpointer data)
{
    for (guint i = ui.listeners->len; i-- > 0;)
        if (g_array_index(ui.listeners, Listener, i).data == data)
            g_array_remove_index(ui.listeners, i);
}
