// SPDX-License-Identifier: MIT
// A connection to an MQTT broker, through libmosquitto.
#ifndef PLUGINS_PUBLISH_MQTT_H
#define PLUGINS_PUBLISH_MQTT_H

#include "plugins/publish/sender.h"
#include "plugins/publish/server.h"

// What a connection is made with. All texts are owned; NULL: not given.
typedef struct NeroMqttOptions {
    NeroServer server; // host, port, user, password, TLS
    char *topic, *state_topic, *client_id;
    char *ca, *cert, *key;
    int version, qos;            // version: 4 for 3.1.1, 5
    guint keep_alive;            // seconds
    int attempts;                // -1: for ever
    guint interval;              // most seconds between them
    gboolean any_name, any_cert; // do not check that name or certificate of the broker
} NeroMqttOptions;

void nero_mqtt_options_clear(NeroMqttOptions *o);

// Starts a sender to the broker; takes over the contents of `o`. Connecting goes on in the
// background; only settings that cannot work are an error: NULL.
NeroSender *nero_mqtt_open(GstElement *element, NeroMqttOptions *o, guint queue, guint patience,
                           nn_error *err);

#endif
