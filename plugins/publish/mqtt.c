// SPDX-License-Identifier: MIT
// A connection to an MQTT broker, through libmosquitto. One thread has it to itself: it connects,
// sends, reads the broker's answers, and connects again after growing pauses. Lines of QoS 1 that
// the broker has not confirmed are sent again by libmosquitto after a reconnect (MQTT 3.1.1, 4.4).
#include "plugins/publish/mqtt.h"

#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <poll.h>
#include <string.h>

enum {
    IN_FLIGHT = 20,    // lines that wait for the broker's answer; libmosquitto's default
    TICK = 1000,       // milliseconds between looks at the keep-alive timer
    GREETING = 15,     // seconds that a broker may take to answer CONNECT
    SYSTEM_CERTS_V = 1 // MOSQ_OPT_TLS_USE_OS_CERTS
};

typedef struct Link {
    NeroMqttOptions o;
    struct mosquitto *mosq;
    NeroSender *sender;
    GHashTable *states; // ids of messages of the state topic that are not confirmed
    gboolean started;   // mosquitto_connect was called once
    gboolean greeted;   // the broker has accepted the connection
    int refused;        // its code when it has not
    gboolean lost;
    char *cause;   // owned: why TLS failed in this attempt; NULL: it did not
    gboolean told; // the outage was reported
    int failures;  // attempts since the last connection
    guint in_flight;
} Link;

void nero_mqtt_options_clear(NeroMqttOptions *o)
{
    nero_server_clear(&o->server);
    g_free(o->topic);
    g_free(o->state_topic);
    g_free(o->client_id);
    g_free(o->ca);
    g_free(o->cert);
    g_free(o->key);
    *o = (NeroMqttOptions){0};
}

// --- what the broker says; on the thread, inside of libmosquitto's functions ---

static void on_connect(struct mosquitto *m, void *data, int code, int flags,
                       const mosquitto_property *props)
{
    Link *l = data;
    (void)m;
    (void)flags;
    (void)props;
    l->greeted = code == 0;
    l->refused = code;
    l->lost = code != 0;
}

static void on_disconnect(struct mosquitto *m, void *data, int code,
                          const mosquitto_property *props)
{
    Link *l = data;
    (void)m;
    (void)code;
    (void)props;
    l->lost = TRUE;
}

static void on_publish(struct mosquitto *m, void *data, int id, int reason,
                       const mosquitto_property *props)
{
    Link *l = data;
    (void)m;
    (void)props;
    if (g_hash_table_remove(l->states, GINT_TO_POINTER(id)) || l->in_flight == 0)
        return;
    l->in_flight--;
    nero_sender_settle(l->sender, reason < 0x80, reason >= 0x80); // MQTT 5, 2.4: errors from 0x80
}

// The cause of a failed handshake stands in libmosquitto's log only; its first line says most.
static void on_log(struct mosquitto *m, void *data, int level, const char *text)
{
    Link *l = data;
    (void)m;
    if (level != MOSQ_LOG_ERR || l->cause)
        return;
    const char *known = nero_server_explain(text);
    l->cause = g_strdup(known ? known : text + (g_str_has_prefix(text, "Error: ") ? 7 : 0));
}

// An encrypted key would make OpenSSL ask on the terminal.
static int no_password(char *text, int size, int write, void *data)
{
    (void)text;
    (void)size;
    (void)write;
    (void)data;
    return 0;
}

// --- sending ---

static void send_state(Link *l, const char *state)
{
    int id;
    if (l->o.state_topic && mosquitto_publish(l->mosq, &id, l->o.state_topic, (int)strlen(state),
                                              state, 1, true) == MOSQ_ERR_SUCCESS)
        g_hash_table_add(l->states, GINT_TO_POINTER(id));
}

// Whether libmosquitto did not take a message at all; after other errors it keeps those of QoS 1.
static gboolean is_refusal(int code)
{
    return code == MOSQ_ERR_INVAL || code == MOSQ_ERR_NOMEM || code == MOSQ_ERR_PAYLOAD_SIZE ||
           code == MOSQ_ERR_OVERSIZE_PACKET || code == MOSQ_ERR_QOS_NOT_SUPPORTED ||
           code == MOSQ_ERR_NOT_SUPPORTED || code == MOSQ_ERR_MALFORMED_UTF8;
}

static void send_lines(Link *l)
{
    while (!l->lost && l->in_flight < IN_FLIGHT) {
        g_autofree char *line = nero_sender_take(l->sender);
        if (!line)
            return;
        l->in_flight++; // on_publish may come before the call returns
        const int code =
            mosquitto_publish(l->mosq, NULL, l->o.topic, (int)strlen(line), line, l->o.qos, false);
        if (is_refusal(code)) {
            l->in_flight--;
            nero_sender_settle(l->sender, 0, 1);
            nero_sender_warn(l->sender, "MQTT broker %s:%u does not take a line of %d bytes: %s",
                             l->o.server.host, l->o.server.port, (int)strlen(line),
                             mosquitto_strerror(code));
        } else if (code != MOSQ_ERR_SUCCESS) {
            l->lost = TRUE;
        }
    }
}

// Reads and writes until the connection is lost or the stream ends.
static void serve(Link *l)
{
    const gint64 due = g_get_monotonic_time() + GREETING * G_USEC_PER_SEC;
    gboolean welcome = FALSE;
    while (!l->lost && !nero_sender_quits(l->sender)) {
        const int fd = mosquitto_socket(l->mosq);
        const short events = POLLIN | (mosquitto_want_write(l->mosq) ? POLLOUT : 0);
        const short ready = fd >= 0 ? nero_sender_wait(l->sender, fd, events, TICK) : 0;
        int code = fd >= 0 ? mosquitto_loop_misc(l->mosq) : MOSQ_ERR_NO_CONN;
        if (code == MOSQ_ERR_SUCCESS && ready & ~POLLOUT)
            code = mosquitto_loop_read(l->mosq, 1);
        if (code == MOSQ_ERR_SUCCESS && (ready & POLLOUT || mosquitto_want_write(l->mosq)))
            code = mosquitto_loop_write(l->mosq, 1);
        l->lost =
            l->lost || code != MOSQ_ERR_SUCCESS || (!l->greeted && g_get_monotonic_time() > due);
        if (l->lost || !l->greeted)
            continue;
        if (!welcome) {
            welcome = TRUE;
            l->failures = 0;
            nero_sender_set_connected(l->sender, TRUE);
            send_state(l, "online");
            if (l->told)
                nero_sender_inform(l->sender, "MQTT broker %s:%u is there again", l->o.server.host,
                                   l->o.server.port);
            l->told = FALSE;
        }
        send_lines(l);
    }
}

// What was written without an acknowledgement may be lost; of QoS 1 nothing is.
static void note_end(Link *l)
{
    nero_sender_set_connected(l->sender, FALSE);
    if (l->o.qos == 0) {
        nero_sender_settle(l->sender, 0, l->in_flight);
        l->in_flight = 0;
    }
}

// --- connecting ---

static const char *reason_of(const Link *l, int code)
{
    if (l->refused)
        return l->o.version == 5 ? mosquitto_reason_string(l->refused)
                                 : mosquitto_connack_string(l->refused);
    if (l->cause)
        return l->cause;
    if (code == MOSQ_ERR_ERRNO && errno == EPROTO)
        return "it broke TLS off; does it accept cert-file, or want one?";
    return code == MOSQ_ERR_ERRNO     ? g_strerror(errno)
           : code == MOSQ_ERR_SUCCESS ? "the connection was lost"
                                      : mosquitto_strerror(code);
}

static int connect_once(Link *l)
{
    l->greeted = l->lost = FALSE;
    l->refused = 0;
    g_clear_pointer(&l->cause, g_free);
    errno = 0;
    const int code = l->started ? mosquitto_reconnect(l->mosq)
                                : mosquitto_connect(l->mosq, l->o.server.host,
                                                    (int)l->o.server.port, (int)l->o.keep_alive);
    l->started = TRUE;
    return code;
}

// Tells about the outage once; FALSE when the attempts are used up.
static gboolean note_failure(Link *l, int code)
{
    g_autofree char *reason = g_strdup(reason_of(l, code));
    if (g_str_has_suffix(reason, "."))
        reason[strlen(reason) - 1] = 0;
    l->failures++;
    if (l->o.attempts >= 0 && l->failures >= MAX(l->o.attempts, 1)) {
        nero_sender_give_up(l->sender, "Cannot connect to MQTT broker %s:%u: %s", l->o.server.host,
                            l->o.server.port, reason);
        return FALSE;
    }
    if (!l->told)
        nero_sender_warn(l->sender,
                         "No connection to MQTT broker %s:%u: %s; lines wait until there is one",
                         l->o.server.host, l->o.server.port, reason);
    l->told = TRUE;
    return TRUE;
}

// 1, 2, 4, ... seconds, up to the longest pause.
static void pause_before(Link *l)
{
    const guint shift = (guint)CLAMP(l->failures - 1, 0, 16);
    const gint64 until =
        g_get_monotonic_time() + (gint64)MIN(1u << shift, l->o.interval) * G_USEC_PER_SEC;
    for (gint64 now; (now = g_get_monotonic_time()) < until && !nero_sender_quits(l->sender);)
        nero_sender_wait(l->sender, -1, 0, (int)((until - now) / 1000) + 1);
}

// Says goodbye, so that the broker does not send the last will; without waiting for long.
static void leave(Link *l)
{
    const gint64 until = g_get_monotonic_time() + G_USEC_PER_SEC / 2;
    if (l->greeted && !l->lost) {
        send_state(l, "offline");
        while (!l->lost && g_hash_table_size(l->states) > 0 && g_get_monotonic_time() < until) {
            struct pollfd fd = {mosquitto_socket(l->mosq), POLLIN, 0};
            if (poll(&fd, 1, 50) > 0)
                l->lost = mosquitto_loop_read(l->mosq, 1) != MOSQ_ERR_SUCCESS || l->lost;
        }
        mosquitto_disconnect(l->mosq);
    }
    nero_sender_settle(l->sender, 0, l->in_flight);
    for (char *line; (line = nero_sender_take(l->sender)); g_free(line))
        nero_sender_settle(l->sender, 0, 1);
}

static void free_link(Link *l)
{
    if (l->mosq)
        mosquitto_destroy(l->mosq);
    g_clear_pointer(&l->states, g_hash_table_unref);
    g_free(l->cause);
    nero_mqtt_options_clear(&l->o);
    g_free(l);
}

static void body(NeroSender *s, gpointer data)
{
    Link *l = data;
    gboolean more = TRUE;
    l->sender = s;
    while (more && !nero_sender_quits(s)) {
        const int code = connect_once(l);
        if (code == MOSQ_ERR_SUCCESS) {
            serve(l);
            note_end(l);
        }
        if (nero_sender_quits(s))
            break;
        more = note_failure(l, code);
        if (more)
            pause_before(l);
    }
    leave(l);
    free_link(l);
}

// --- opening ---

static int set_tls(Link *l)
{
    const NeroMqttOptions *o = &l->o;
    int code = MOSQ_ERR_SUCCESS;
    if (!o->server.tls && !o->ca && !o->cert)
        return code;
    if (!o->ca && !o->cert)
        code = mosquitto_int_option(l->mosq, MOSQ_OPT_TLS_USE_OS_CERTS, SYSTEM_CERTS_V);
    else
        code = mosquitto_tls_set(l->mosq, o->ca, o->ca ? NULL : "/etc/ssl/certs", o->cert, o->key,
                                 no_password);
    if (code == MOSQ_ERR_SUCCESS && o->any_cert)
        code = mosquitto_tls_opts_set(l->mosq, 0, NULL, NULL);
    if (code == MOSQ_ERR_SUCCESS && (o->any_name || o->any_cert))
        code = mosquitto_tls_insecure_set(l->mosq, true);
    return code;
}

static int set_up(Link *l)
{
    const NeroMqttOptions *o = &l->o;
    mosquitto_connect_v5_callback_set(l->mosq, on_connect);
    mosquitto_disconnect_v5_callback_set(l->mosq, on_disconnect);
    mosquitto_publish_v5_callback_set(l->mosq, on_publish);
    mosquitto_log_callback_set(l->mosq, on_log);
    int code = mosquitto_int_option(l->mosq, MOSQ_OPT_PROTOCOL_VERSION,
                                    o->version == 5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311);
    if (code == MOSQ_ERR_SUCCESS)
        code = mosquitto_int_option(l->mosq, MOSQ_OPT_TCP_NODELAY, 1);
    if (code == MOSQ_ERR_SUCCESS && o->server.user)
        code = mosquitto_username_pw_set(l->mosq, o->server.user, o->server.password);
    if (code == MOSQ_ERR_SUCCESS && o->state_topic)
        code =
            mosquitto_will_set(l->mosq, o->state_topic, (int)strlen("offline"), "offline", 1, true);
    return code == MOSQ_ERR_SUCCESS ? set_tls(l) : code;
}

NeroSender *nero_mqtt_open(GstElement *element, NeroMqttOptions *o, guint queue, guint patience,
                           nn_error *err)
{
    static gsize once;
    if (g_once_init_enter(&once)) {
        mosquitto_lib_init();
        g_once_init_leave(&once, 1);
    }
    Link *l = g_new0(Link, 1);
    l->o = *o;
    *o = (NeroMqttOptions){0};
    l->states = g_hash_table_new(NULL, NULL);
    l->mosq = mosquitto_new(l->o.client_id, true, l);
    const int code = l->mosq ? set_up(l) : MOSQ_ERR_NOMEM;
    if (code == MOSQ_ERR_SUCCESS)
        return nero_sender_new(element, queue, patience, body, l);
    nn_fail(err, NN_EINVAL, "the settings of MQTT cannot be used: %s%s", mosquitto_strerror(code),
            l->o.cert ? "; are ca-file, cert-file and key-file PEM files?" : "");
    free_link(l);
    return NULL;
}
