// SPDX-License-Identifier: MIT
// A producer for Kafka, through librdkafka, which connects, batches, retries and reports in threads
// of its own. A thread of ours hands it a limited number of lines, so that the others wait in our
// queue, which drops the oldest.
#include "plugins/publish/kafka.h"

#include <librdkafka/rdkafka.h>
#include <string.h>

enum {
    IN_FLIGHT = 500, // lines in librdkafka
    TICK = 1000      // milliseconds
};

struct NeroKafka {
    rd_kafka_conf_t *conf; // NULL when `handle` has it
    rd_kafka_t *handle;
    rd_kafka_queue_t *events;
    NeroSender *sender;
    char *servers, *topic;
    int attempts, failures;
    gboolean told;                 // the outage was reported
    rd_kafka_resp_err_t told_line; // why lines were refused, as reported
};

// --- reports, inside of rd_kafka_poll on our thread ---

static void on_delivery(rd_kafka_t *handle, const rd_kafka_message_t *m, void *data)
{
    NeroKafka *k = data;
    (void)handle;
    nero_sender_settle(k->sender, m->err == 0, m->err != 0);
    if (m->err == 0) {
        k->failures = 0;
        nero_sender_set_connected(k->sender, TRUE);
        if (k->told)
            nero_sender_inform(k->sender, "Kafka at %s is there again", k->servers);
        k->told = FALSE;
    } else if (m->err != k->told_line && m->err != RD_KAFKA_RESP_ERR__PURGE_QUEUE &&
               m->err != RD_KAFKA_RESP_ERR__PURGE_INFLIGHT) {
        k->told_line = m->err;
        nero_sender_warn(k->sender, "Kafka does not take lines for the topic \"%s\": %s", k->topic,
                         rd_kafka_err2str(m->err));
    }
}

// librdkafka's error, which names the broker; about certificates in plain words first.
static char *explain(const char *error)
{
    const char *known = nero_server_explain(error);
    return known ? g_strdup_printf("%s (%s)", known, error) : g_strdup(error);
}

static void on_error(rd_kafka_t *handle, int code, const char *reason, void *data)
{
    NeroKafka *k = data;
    char fatal[256];
    if (code == RD_KAFKA_RESP_ERR__FATAL) {
        rd_kafka_fatal_error(handle, fatal, sizeof fatal);
        nero_sender_give_up(k->sender, "Kafka at %s: %s", k->servers, fatal);
        return;
    }
    nero_sender_set_connected(k->sender, FALSE);
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
        return; // it follows those of the brokers
    k->failures++;
    g_autofree char *why = explain(reason);
    if (k->attempts >= 0 && k->failures >= MAX(k->attempts, 1)) {
        nero_sender_give_up(k->sender, "Cannot connect to Kafka at %s: %s", k->servers, why);
        return;
    }
    if (!k->told)
        nero_sender_warn(k->sender,
                         "No connection to Kafka at %s: %s; lines wait until there is one",
                         k->servers, why);
    k->told = TRUE;
}

// librdkafka would write to standard error; what matters comes to on_error, too.
static void on_log(const rd_kafka_t *handle, int level, const char *facility, const char *text)
{
    (void)handle;
    (void)level;
    (void)facility;
    (void)text;
}

// --- the thread ---

static void send_lines(NeroKafka *k)
{
    while (nero_sender_counts(k->sender).in_flight < IN_FLIGHT) {
        char *line = nero_sender_take(k->sender);
        if (!line)
            return;
        const rd_kafka_resp_err_t code = rd_kafka_producev(
            k->handle, RD_KAFKA_V_TOPIC(k->topic), RD_KAFKA_V_VALUE(line, strlen(line)),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
        g_free(line);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
            continue;
        nero_sender_settle(k->sender, 0, 1);
        if (code != k->told_line)
            nero_sender_warn(k->sender, "Kafka does not take a line: %s", rd_kafka_err2str(code));
        k->told_line = code;
    }
}

static void body(NeroSender *s, gpointer data)
{
    NeroKafka *k = data;
    k->sender = s;
    rd_kafka_queue_io_event_enable(k->events, nero_sender_wake_fd(s), "", 1);
    while (!nero_sender_quits(s)) {
        send_lines(k);
        rd_kafka_poll(k->handle, 0);
        nero_sender_wait(s, -1, 0, TICK);
    }
    rd_kafka_purge(k->handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_poll(k->handle, 0);
    for (char *line; (line = nero_sender_take(s)); g_free(line))
        nero_sender_settle(s, 0, 1);
    nero_kafka_free(k);
}

// --- opening ---

static gboolean is_secret(const char *key)
{
    static const char *const words[] = {"password", "secret", "key", "jaas", "oauthbearer", "pem"};
    gboolean any = FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        any = any || strstr(key, words[i]);
    return any;
}

nn_status nero_kafka_set(NeroKafka *k, const char *key, const char *value, nn_error *err)
{
    char why[256];
    if (!value)
        return NN_OK;
    if (rd_kafka_conf_set(k->conf, key, value, why, sizeof why) == RD_KAFKA_CONF_OK)
        return NN_OK;
    return nn_fail(err, NN_EINVAL, "Kafka's property %s cannot be set: %s", key,
                   is_secret(key) ? "its value is not a good one" : why);
}

NeroKafka *nero_kafka_new(const char *servers, const char *topic, nn_error *err)
{
    static const char *const first[][2] = {
        {"client.id", "neroscale"},
        {"enable.idempotence", "true"}, // in order, and none twice
        {"message.timeout.ms", "0"},    // lines wait for as long as there is room
    };
    NeroKafka *k = g_new0(NeroKafka, 1);
    k->conf = rd_kafka_conf_new();
    k->servers = g_strdup(servers);
    k->topic = g_strdup(topic);
    rd_kafka_conf_set_opaque(k->conf, k);
    rd_kafka_conf_set_dr_msg_cb(k->conf, on_delivery);
    rd_kafka_conf_set_error_cb(k->conf, on_error);
    rd_kafka_conf_set_log_cb(k->conf, on_log);
    nn_status status = nero_kafka_set(k, "bootstrap.servers", servers, err);
    for (gsize i = 0; i < G_N_ELEMENTS(first) && status == NN_OK; i++)
        status = nero_kafka_set(k, first[i][0], first[i][1], err);
    if (status != NN_OK)
        g_clear_pointer(&k, nero_kafka_free);
    return k;
}

void nero_kafka_free(NeroKafka *k)
{
    if (!k)
        return;
    g_clear_pointer(&k->events, rd_kafka_queue_destroy);
    g_clear_pointer(&k->handle, rd_kafka_destroy);
    g_clear_pointer(&k->conf, rd_kafka_conf_destroy);
    g_free(k->servers);
    g_free(k->topic);
    g_free(k);
}

NeroSender *nero_kafka_open(NeroKafka *k, GstElement *element, int attempts, guint queue,
                            guint patience, nn_error *err)
{
    char why[256];
    k->attempts = attempts;
    k->handle = rd_kafka_new(RD_KAFKA_PRODUCER, k->conf, why, sizeof why);
    if (!k->handle) {
        g_autofree char *text = explain(why);
        nn_fail(err, NN_EINVAL, "the settings of Kafka cannot be used: %s", text);
        nero_kafka_free(k);
        return NULL;
    }
    k->conf = NULL;
    k->events = rd_kafka_queue_get_main(k->handle);
    return nero_sender_new(element, queue, patience, body, k);
}
