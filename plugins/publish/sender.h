// SPDX-License-Identifier: MIT
// A thread that sends lines to a server from a bounded queue, so that the stream never waits for
// it.
#ifndef PLUGINS_PUBLISH_SENDER_H
#define PLUGINS_PUBLISH_SENDER_H

#include <gst/gst.h>

typedef struct NeroSender NeroSender;

// Lines are in one of these places; the sum is the number that came.
typedef struct NeroSenderCounts {
    guint64 sent;    // the server has them, or for QoS 0 the network
    guint64 dropped; // the queue was full
    guint64 failed;  // refused by the server, or not delivered at the end
    guint queued, in_flight;
    gboolean connected;
    guint connects; // how often a connection was made
} NeroSenderCounts;

// The body of the thread: sends lines until nero_sender_quits. It then has `link` to itself, frees
// it and returns.
typedef void (*NeroSenderBody)(NeroSender *s, gpointer link);

// Starts the thread. `limit`: the most lines that wait. `patience`: seconds for nero_sender_drain
// and for the thread's end.
NeroSender *nero_sender_new(GstElement *element, guint limit, guint patience, NeroSenderBody body,
                            gpointer link);

// --- for targets: the rest of their table when they are a sender; on the streaming thread ---

#define NERO_SENDER_TARGET                                                                         \
    .send = nero_sender_push, .stats = nero_sender_stats, .drain = nero_sender_drain,              \
    .close = nero_sender_close

// Never waits. When the queue is full, the oldest line goes. FALSE when the thread has given up
// with an error.
gboolean nero_sender_push(gpointer sender, const char *line);
// Waits until all lines are sent, `patience` seconds at most in all calls since the last line.
void nero_sender_drain(gpointer sender);
NeroSenderCounts nero_sender_counts(NeroSender *s);
// Adds "sent", "lost" and others.
void nero_sender_stats(gpointer sender, GstStructure *to);
// Ends the thread. One that hangs in the network is left alone and ends by itself.
void nero_sender_close(gpointer sender);

// --- for the body ---

// The next line (g_free), which is then in flight; NULL when there is none.
char *nero_sender_take(NeroSender *s);
// A number of lines in flight were sent or have failed.
void nero_sender_settle(NeroSender *s, guint sent, guint failed);
void nero_sender_set_connected(NeroSender *s, gboolean connected);
int nero_sender_wake_fd(const NeroSender *s); // a byte into it ends nero_sender_wait
gboolean nero_sender_quits(NeroSender *s);    // asks the body to end soon
// Waits until something changes: a line came, nero_sender_quits became true, `fd` (-1: none) is
// ready for `events` of poll(), or the time is over. Returns the events of `fd`.
short nero_sender_wait(NeroSender *s, int fd, short events, int milliseconds);

// Post messages in the name of the element, unless it is closed.
void nero_sender_warn(NeroSender *s, const char *format, ...) G_GNUC_PRINTF(2, 3);
void nero_sender_inform(NeroSender *s, const char *format, ...) G_GNUC_PRINTF(2, 3);
// An error: lines are no longer taken.
void nero_sender_give_up(NeroSender *s, const char *format, ...) G_GNUC_PRINTF(2, 3);

#endif
