// SPDX-License-Identifier: MIT
// A thread that sends lines to a server from a bounded queue, so that the stream never waits for
// it.
#include "plugins/publish/sender.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define MOST_BYTES (64u << 20) // of all lines that wait

struct NeroSender {
    gatomicrefcount refs; // of the element and of the thread
    NeroSenderBody body;
    gpointer link;
    guint limit;
    gint64 patience; // microseconds
    int wake[2];     // a pipe
    GThread *thread;
    GMutex lock; // guards what follows
    GCond changed;
    GstElement *element; // NULL: closed
    GQueue lines;
    gsize bytes;
    NeroSenderCounts counts;
    gint64 deadline; // of drain; 0: there was none since the last line
    gboolean quits, failed, ended;
    gboolean told; // that lines are left
};

static void unref(NeroSender *s)
{
    if (!g_atomic_ref_count_dec(&s->refs))
        return;
    g_queue_clear_full(&s->lines, g_free);
    close(s->wake[0]);
    close(s->wake[1]);
    g_mutex_clear(&s->lock);
    g_cond_clear(&s->changed);
    g_free(s);
}

static gpointer run(gpointer data)
{
    NeroSender *s = data;
    s->body(s, s->link);
    g_mutex_lock(&s->lock);
    s->ended = TRUE;
    g_cond_broadcast(&s->changed);
    g_mutex_unlock(&s->lock);
    unref(s);
    return NULL;
}

NeroSender *nero_sender_new(GstElement *element, guint limit, guint patience, NeroSenderBody body,
                            gpointer link)
{
    NeroSender *s = g_new0(NeroSender, 1);
    g_atomic_ref_count_init(&s->refs);
    g_atomic_ref_count_inc(&s->refs); // of the thread
    s->body = body;
    s->link = link;
    s->limit = limit;
    s->patience = (gint64)patience * G_USEC_PER_SEC;
    s->element = element;
    g_mutex_init(&s->lock);
    g_cond_init(&s->changed);
    g_queue_init(&s->lines);
    if (pipe2(s->wake, O_CLOEXEC | O_NONBLOCK) != 0)
        s->wake[0] = s->wake[1] = -1; // poll() then looks every time
    s->thread = g_thread_new("publish", run, s);
    return s;
}

static void wake(NeroSender *s)
{
    const char byte = 0;
    if (write(s->wake[1], &byte, 1) < 0)
        return; // the pipe is full: it is awake
}

// --- the streaming thread ---

static void drop_oldest(NeroSender *s)
{
    char *old = g_queue_pop_head(&s->lines);
    s->bytes -= strlen(old);
    s->counts.dropped++;
    g_free(old);
}

gboolean nero_sender_push(gpointer sender, const char *line)
{
    NeroSender *s = sender;
    g_mutex_lock(&s->lock);
    const gboolean ok = !s->failed;
    s->bytes += strlen(line);
    g_queue_push_tail(&s->lines, g_strdup(line));
    while (s->lines.length > s->limit || (s->bytes > MOST_BYTES && s->lines.length > 1))
        drop_oldest(s);
    s->deadline = 0;
    s->told = FALSE;
    g_mutex_unlock(&s->lock);
    wake(s);
    return ok;
}

void nero_sender_drain(gpointer sender)
{
    NeroSender *s = sender;
    g_mutex_lock(&s->lock);
    if (!s->deadline)
        s->deadline = g_get_monotonic_time() + s->patience;
    gboolean in_time = TRUE;
    while (in_time && !s->ended && !s->failed && (s->lines.length > 0 || s->counts.in_flight > 0))
        in_time = g_cond_wait_until(&s->changed, &s->lock, s->deadline);
    const guint left = s->lines.length + s->counts.in_flight;
    const gboolean tell = !in_time && !s->told;
    s->told = s->told || tell;
    g_mutex_unlock(&s->lock);
    if (tell)
        nero_sender_warn(s, "%u lines could not be sent within %d seconds", left,
                         (int)(s->patience / G_USEC_PER_SEC));
}

NeroSenderCounts nero_sender_counts(NeroSender *s)
{
    g_mutex_lock(&s->lock);
    NeroSenderCounts c = s->counts;
    c.queued = s->lines.length;
    g_mutex_unlock(&s->lock);
    return c;
}

void nero_sender_stats(gpointer sender, GstStructure *to)
{
    NeroSender *s = sender;
    const NeroSenderCounts c = nero_sender_counts(s);
    gst_structure_set(to, "sent", G_TYPE_UINT64, c.sent, "lost", G_TYPE_UINT64,
                      c.dropped + c.failed, "dropped", G_TYPE_UINT64, c.dropped, "queued",
                      G_TYPE_UINT64, (guint64)c.queued, "in-flight", G_TYPE_UINT64,
                      (guint64)c.in_flight, "connects", G_TYPE_UINT64, (guint64)c.connects,
                      "connected", G_TYPE_BOOLEAN, c.connected, NULL);
}

void nero_sender_close(gpointer sender)
{
    NeroSender *s = sender;
    const gint64 until = g_get_monotonic_time() + MIN(s->patience, 2 * G_USEC_PER_SEC);
    g_mutex_lock(&s->lock);
    s->quits = TRUE;
    s->element = NULL;
    wake(s);
    gboolean in_time = TRUE;
    while (in_time && !s->ended)
        in_time = g_cond_wait_until(&s->changed, &s->lock, until);
    const gboolean ended = s->ended;
    g_mutex_unlock(&s->lock);
    if (ended)
        g_thread_join(s->thread);
    else
        g_thread_unref(s->thread);
    unref(s);
}

// --- the thread ---

char *nero_sender_take(NeroSender *s)
{
    g_mutex_lock(&s->lock);
    char *line = g_queue_pop_head(&s->lines);
    if (line) {
        s->bytes -= strlen(line);
        s->counts.in_flight++;
    }
    g_mutex_unlock(&s->lock);
    return line;
}

void nero_sender_settle(NeroSender *s, guint sent, guint failed)
{
    g_mutex_lock(&s->lock);
    s->counts.in_flight -= MIN(sent + failed, s->counts.in_flight);
    s->counts.sent += sent;
    s->counts.failed += failed;
    g_cond_broadcast(&s->changed);
    g_mutex_unlock(&s->lock);
}

void nero_sender_set_connected(NeroSender *s, gboolean connected)
{
    g_mutex_lock(&s->lock);
    s->counts.connects += connected && !s->counts.connected;
    s->counts.connected = connected;
    g_mutex_unlock(&s->lock);
}

int nero_sender_wake_fd(const NeroSender *s)
{
    return s->wake[1];
}

gboolean nero_sender_quits(NeroSender *s)
{
    g_mutex_lock(&s->lock);
    const gboolean quits = s->quits;
    g_mutex_unlock(&s->lock);
    return quits;
}

short nero_sender_wait(NeroSender *s, int fd, short events, int milliseconds)
{
    char bytes[256];
    struct pollfd fds[2] = {{s->wake[0], POLLIN, 0}, {fd, events, 0}};
    if (poll(fds, 2, milliseconds) <= 0)
        return 0;
    if (fds[0].revents)
        while (read(s->wake[0], bytes, sizeof bytes) == (ssize_t)sizeof bytes)
            continue;
    return fd >= 0 ? fds[1].revents : 0;
}

// --- messages ---

static GstElement *get_element(NeroSender *s)
{
    g_mutex_lock(&s->lock);
    GstElement *e = s->element ? gst_object_ref(s->element) : NULL;
    g_mutex_unlock(&s->lock);
    return e;
}

void nero_sender_warn(NeroSender *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    g_autoptr(GstElement) e = get_element(s);
    if (e)
        GST_ELEMENT_WARNING(e, RESOURCE, WRITE, ("%s", text), (NULL));
}

void nero_sender_inform(NeroSender *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    g_autoptr(GstElement) e = get_element(s);
    if (e)
        GST_ELEMENT_INFO(e, RESOURCE, WRITE, ("%s", text), (NULL));
}

void nero_sender_give_up(NeroSender *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    g_mutex_lock(&s->lock);
    s->failed = TRUE;
    g_cond_broadcast(&s->changed);
    g_mutex_unlock(&s->lock);
    g_autoptr(GstElement) e = get_element(s);
    if (e)
        GST_ELEMENT_ERROR(e, RESOURCE, OPEN_WRITE, ("%s", text), (NULL));
}
