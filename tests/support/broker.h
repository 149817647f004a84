// SPDX-License-Identifier: MIT
// An MQTT broker for tests, a real mosquitto on this machine that tests can kill, and a listener
// that keeps what it hears.
#ifndef TESTS_SUPPORT_BROKER_H
#define TESTS_SUPPORT_BROKER_H

#include <glib.h>

typedef struct broker broker;
typedef struct listener listener;

gboolean broker_possible(void); // mosquitto is installed
int broker_free_port(void);     // nobody listens there now

// Makes a broker with more lines of mosquitto.conf ("" for none); it does not run yet. It keeps
// sessions and their messages over restarts: what there is when it ends, or at broker_save.
broker *broker_new(const char *more);
void broker_start(broker *b); // returns when it listens
void broker_save(broker *b);  // returns when the file is written: then SIGKILL takes nothing away
void broker_kill(broker *b, int signal);
void broker_free(broker *b);
int broker_port(const broker *b);

// Subscribes to "#" with QoS 1 in a session that outlives connections. `user` and `password`: NULL
// for none.
listener *listener_new(const broker *b, const char *user, const char *password);
// Waits until `count` messages of a topic came, or for `seconds`; returns their number.
guint listener_wait(listener *l, const char *topic, guint count, int seconds);
// Returns when the broker has seen the confirmations of what came until now.
void listener_settle(listener *l);
// The text of a message of that topic, counted from 0; NULL when there is none (g_free).
char *listener_text(listener *l, const char *topic, guint i);
void listener_free(listener *l);

#endif
