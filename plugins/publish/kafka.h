// SPDX-License-Identifier: MIT
// A producer for Kafka, through librdkafka.
#ifndef PLUGINS_PUBLISH_KAFKA_H
#define PLUGINS_PUBLISH_KAFKA_H

#include "plugins/publish/sender.h"
#include "plugins/publish/server.h"

typedef struct NeroKafka NeroKafka; // settings of a producer that does not run yet

// `servers`: HOST:PORT, several with commas between. The topic is copied.
NeroKafka *nero_kafka_new(const char *servers, const char *topic, nn_error *err);
// Sets one of librdkafka's configuration properties (its CONFIGURATION.md). Errors do not quote
// secrets.
nn_status nero_kafka_set(NeroKafka *k, const char *key, const char *value, nn_error *err);
void nero_kafka_free(NeroKafka *k);

// Starts a sender; takes over `k`. `attempts`: failed ones in a row that are an error, -1: none.
// NULL when the properties do not fit together.
NeroSender *nero_kafka_open(NeroKafka *k, GstElement *element, int attempts, guint queue,
                            guint patience, nn_error *err);

#endif
