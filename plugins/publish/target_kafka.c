// SPDX-License-Identifier: MIT
// Lines to Kafka: properties, and a file with properties of librdkafka.
#include "plugins/publish/server.h"
#include "plugins/publish/target.h"

#ifdef NERO_HAVE_KAFKA
#include "plugins/publish/kafka.h"

#include <string.h>
#endif

static const NeroSetting settings[] = {
    {.name = "kafka-config",
     .nick = "Kafka configuration",
     .blurb = "[method=kafka] File with a KEY=VALUE of librdkafka in each line, as kcat -F reads "
              "it, for example sasl.mechanism=SCRAM-SHA-512; they override the properties"},
    {0},
};

#ifdef NERO_HAVE_KAFKA
static nn_status read_tls(NeroKafka *k, const NeroSettings *s, const NeroServer *server,
                          const char *password, nn_error *err)
{
    const char *user = nero_settings_text(s, "user");
    user = user ? user : server->user;
    const char *ca = nero_settings_text(s, "ca-file"), *cert = nero_settings_text(s, "cert-file");
    const gboolean tls = server->tls || ca || cert || nero_settings_boolean(s, "tls");
    nn_status status = nero_kafka_set(
        k, "security.protocol",
        user ? (tls ? "sasl_ssl" : "sasl_plaintext") : (tls ? "ssl" : "plaintext"), err);
    if (status == NN_OK && user)
        status = nero_kafka_set(k, "sasl.mechanism", "PLAIN", err);
    if (status == NN_OK)
        status = nero_kafka_set(k, "sasl.username", user, err);
    if (status == NN_OK && user)
        status = nero_kafka_set(k, "sasl.password", password ? password : server->password, err);
    if (status == NN_OK)
        status = nero_kafka_set(k, "ssl.ca.location", ca, err);
    if (status == NN_OK)
        status = nero_kafka_set(k, "ssl.certificate.location", cert, err);
    if (status == NN_OK)
        status = nero_kafka_set(k, "ssl.key.location", nero_settings_text(s, "key-file"), err);
    return status;
}

static nn_status read_pauses(NeroKafka *k, const NeroSettings *s, nn_error *err)
{
    g_autofree char *most =
        g_strdup_printf("%u", nero_settings_uint(s, "max-reconnect-interval") * 1000);
    return nero_kafka_set(k, "reconnect.backoff.max.ms", most, err);
}

// Lines KEY=VALUE; "#" begins a comment.
static nn_status read_config(NeroKafka *k, const NeroSettings *s, nn_error *err)
{
    const char *name = nero_settings_text(s, "kafka-config");
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    nn_status status = NN_OK;
    if (!name)
        return status;
    if (!g_file_get_contents(name, &text, NULL, &error))
        return nn_fail(err, NN_ENOTFOUND, "cannot read kafka-config: %s", error->message);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i] && status == NN_OK; i++) {
        char *line = g_strstrip(lines[i]), *equals = strchr(line, '=');
        if (!*line || *line == '#')
            continue;
        if (!equals)
            return nn_fail(err, NN_EFORMAT, "kafka-config \"%s\" line %u is not KEY=VALUE", name,
                           i + 1);
        *equals = 0;
        status = nero_kafka_set(k, g_strchomp(line), g_strchug(equals + 1), err);
        if (status != NN_OK)
            nn_fail_prefix(err, status, "kafka-config line %u", i + 1);
    }
    return status;
}

// "a:1,b:2" or kafka://USER@a:1,b:2/TOPIC: the servers (g_free), and in `first` the rest.
static char *read_address(const NeroSettings *s, NeroServer *first, nn_error *err)
{
    const char *address = nero_settings_text(s, "address");
    const char *scheme = address ? strstr(address, "://") : NULL;
    *first = (NeroServer){0};
    if (!scheme && address)
        return g_strdup(address);
    g_auto(GStrv) parts = g_strsplit(address ? address : "", ",", 2);
    const char *slash = parts[0] && parts[1] ? strchr(parts[1], '/') : NULL;
    if (nero_server_parse(first, address ? parts[0] : NULL, "kafka", 9092, 9093, err) != NN_OK)
        return NULL;
    if (slash && slash[1]) {
        g_free(first->topic);
        first->topic = g_strdup(slash + 1);
    }
    const gboolean ipv6 = strchr(first->host, ':') != NULL;
    g_autofree char *more =
        parts[1] ? g_strndup(parts[1], slash ? (gsize)(slash - parts[1]) : strlen(parts[1])) : NULL;
    return g_strdup_printf("%s%s%s:%u%s%s", ipv6 ? "[" : "", first->host, ipv6 ? "]" : "",
                           first->port, more ? "," : "", more ? more : "");
}

static gpointer open_with(GstElement *element, const NeroSettings *s, const NeroServer *server,
                          const char *servers, nn_error *err)
{
    g_autofree char *password = NULL;
    const char *topic = nero_settings_text(s, "topic");
    topic = topic ? topic : server->topic;
    if (!topic) {
        nn_fail(err, NN_EINVAL,
                "no topic for Kafka: end the address in /objects, or set topic=objects");
        return NULL;
    }
    nn_status status = nero_server_check_files(s, err);
    if (status == NN_OK)
        status = nero_server_password(s, &password, err);
    NeroKafka *k = status == NN_OK ? nero_kafka_new(servers, topic, err) : NULL;
    status = k ? read_tls(k, s, server, password, err) : NN_EINVAL;
    if (status == NN_OK)
        status = read_pauses(k, s, err);
    if (status == NN_OK)
        status = read_config(k, s, err);
    if (status == NN_OK)
        return nero_kafka_open(k, element, nero_settings_int(s, "max-connect-attempts"),
                               nero_settings_uint(s, "queue-size"),
                               nero_settings_uint(s, "drain-timeout"), err);
    nero_kafka_free(k);
    return NULL;
}

static gpointer open_kafka(GstElement *element, const NeroSettings *s, nn_error *err)
{
    NeroServer server;
    g_autofree char *servers = read_address(s, &server, err);
    gpointer sender = servers ? open_with(element, s, &server, servers, err) : NULL;
    nero_server_clear(&server);
    return sender;
}
#endif

const NeroTarget nero_target_kafka = {
    .method = "kafka",
    .blurb = "Kafka",
    .settings = settings,
    .shared = nero_server_settings,
#ifdef NERO_HAVE_KAFKA
    .open = open_kafka,
    NERO_SENDER_TARGET,
#endif
};
