// SPDX-License-Identifier: MIT
// Lines to an MQTT broker: properties, and DL Streamer's file of settings.
#include "plugins/publish/server.h"
#include "plugins/publish/target.h"

#ifdef NERO_HAVE_MQTT
#include "nn/io/json.h"
#include "plugins/publish/mqtt.h"

#include <string.h>
#endif

typedef enum NeroMqttVersion { NERO_MQTT_3_1_1, NERO_MQTT_5 } NeroMqttVersion;

static GType version_type(void)
{
    static gsize type;
    static const GEnumValue values[] = {
        {NERO_MQTT_3_1_1, "MQTT 3.1.1", "3.1.1"},
        {NERO_MQTT_5, "MQTT 5", "5"},
        {0, NULL, NULL},
    };
    if (g_once_init_enter(&type))
        g_once_init_leave(&type, g_enum_register_static("NeroPublishMqttVersion", values));
    return type;
}

static const NeroSetting settings[] = {
    {.name = "mqtt-client-id",
     .nick = "MQTT client id",
     .blurb = "[method=mqtt] Name of this client, which no other of the broker has (unset = one is "
              "made up)"},
    {.name = "mqtt-config",
     .nick = "MQTT configuration",
     .blurb = "[method=mqtt] JSON file with settings, as DL Streamer reads it; they override the "
              "properties"},
    {.name = "mqtt-version",
     .nick = "MQTT version",
     .blurb = "[method=mqtt] Version of the protocol",
     .type = version_type},
    {.name = "mqtt-qos",
     .nick = "MQTT quality of service",
     .blurb = "[method=mqtt] 0 = lines are lost with a connection; 1 = each arrives at least once",
     .type = nero_setting_uint,
     .initial = 1,
     .most = 1},
    {.name = "mqtt-keep-alive",
     .nick = "MQTT keep-alive",
     .blurb = "[method=mqtt] Seconds without a message after which the connection is checked",
     .type = nero_setting_uint,
     .initial = 30,
     .least = 5,
     .most = 65535},
    {.name = "mqtt-state-topic",
     .nick = "MQTT state topic",
     .blurb = "[method=mqtt] Topic with a retained \"online\" while we are there, \"offline\" "
              "afterwards, also when the connection breaks (last will); unset = none"},
    {0},
};

#ifdef NERO_HAVE_MQTT
static void set_text(char **to, const char *text)
{
    if (!text || !*text)
        return;
    g_free(*to);
    *to = g_strdup(text);
}

static void set_from(char **to, const cJSON *json, const char *key)
{
    set_text(to, cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, key)));
}

static int number_from(const cJSON *json, const char *key, int otherwise)
{
    const cJSON *n = cJSON_GetObjectItemCaseSensitive(json, key);
    return cJSON_IsNumber(n) ? n->valueint : otherwise;
}

static nn_status read_properties(NeroMqttOptions *o, const NeroSettings *s, nn_error *err)
{
    g_autofree char *password = NULL;
    nn_status status = nero_server_password(s, &password, err);
    set_text(&o->server.user, nero_settings_text(s, "user"));
    set_text(&o->server.password, password);
    o->server.tls = o->server.tls || nero_settings_boolean(s, "tls");
    set_text(&o->topic, o->server.topic);
    set_text(&o->topic, nero_settings_text(s, "topic"));
    set_text(&o->client_id, nero_settings_text(s, "mqtt-client-id"));
    set_text(&o->state_topic, nero_settings_text(s, "mqtt-state-topic"));
    set_text(&o->ca, nero_settings_text(s, "ca-file"));
    set_text(&o->cert, nero_settings_text(s, "cert-file"));
    set_text(&o->key, nero_settings_text(s, "key-file"));
    o->version = nero_settings_enum(s, "mqtt-version") == NERO_MQTT_5 ? 5 : 4;
    o->qos = (int)nero_settings_uint(s, "mqtt-qos");
    o->keep_alive = nero_settings_uint(s, "mqtt-keep-alive");
    o->attempts = nero_settings_int(s, "max-connect-attempts");
    o->interval = nero_settings_uint(s, "max-reconnect-interval");
    return status;
}

// The keys of gvametapublish's mqtt-config, and "username" and "password".
static void read_config(NeroMqttOptions *o, const cJSON *json)
{
    set_from(&o->client_id, json, "client-id");
    set_from(&o->topic, json, "topic");
    set_from(&o->server.user, json, "username");
    set_from(&o->server.password, json, "password");
    set_from(&o->ca, json, "ssl_CA_certificate");
    set_from(&o->cert, json, "ssl_client_certificate");
    set_from(&o->key, json, "ssl_private_key");
    o->server.tls = o->server.tls || cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "TLS"));
    o->any_name = number_from(json, "ssl_verify", 1) == 0;
    o->any_cert = number_from(json, "ssl_enable_server_cert_auth", 1) == 0;
    o->attempts = number_from(json, "max-connect-attempts", o->attempts);
    o->interval =
        (guint)CLAMP(number_from(json, "max-reconnect-interval", (int)o->interval), 1, 300);
}

// The JSON of mqtt-config; NULL without one, and on errors.
static cJSON *load_config(const NeroSettings *s, nn_error *err)
{
    const char *name = nero_settings_text(s, "mqtt-config");
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    if (!name)
        return NULL;
    gsize size = 0;
    cJSON *json = NULL;
    if (!g_file_get_contents(name, &text, &size, &error)) {
        nn_fail(err, NN_ENOTFOUND, "cannot read mqtt-config: %s", error->message);
        return NULL;
    }
    if (nn_json_parse(&json, text, size, err) != NN_OK)
        nn_fail_prefix(err, err->status, "mqtt-config \"%s\"", name);
    else if (!cJSON_IsObject(json))
        nn_fail(err, NN_EFORMAT, "mqtt-config \"%s\" is not a JSON object", name);
    if (cJSON_IsObject(json))
        return json;
    cJSON_Delete(json);
    return NULL;
}

static nn_status read_options(NeroMqttOptions *o, const NeroSettings *s, nn_error *err)
{
    cJSON *config = load_config(s, err);
    const char *address = nero_settings_text(s, "address");
    if (!config && err->status != NN_OK)
        return err->status;
    const char *other = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(config, "address"));
    nn_status status =
        nero_server_parse(&o->server, other && *other ? other : address, "mqtt", 1883, 8883, err);
    if (status == NN_OK)
        status = read_properties(o, s, err);
    if (status == NN_OK)
        read_config(o, config);
    if (status == NN_OK)
        status = nero_server_check_files(s, err);
    if (status == NN_OK && !o->topic)
        status = nn_fail(
            err, NN_EINVAL,
            "no topic for MQTT: end the address in /cameras/gate, or set topic=cameras/gate");
    if (status == NN_OK && strpbrk(o->topic, "+#"))
        status = nn_fail(err, NN_EINVAL, "the topic \"%s\" has a wildcard; lines go to one topic",
                         o->topic);
    cJSON_Delete(config);
    return status;
}

static gpointer open_mqtt(GstElement *element, const NeroSettings *s, nn_error *err)
{
    NeroMqttOptions o = {0};
    NeroSender *sender = NULL;
    if (read_options(&o, s, err) == NN_OK) {
        if (!o.client_id)
            o.client_id = g_strdup_printf("neroscale-%08x", g_random_int());
        sender = nero_mqtt_open(element, &o, nero_settings_uint(s, "queue-size"),
                                nero_settings_uint(s, "drain-timeout"), err);
    }
    nero_mqtt_options_clear(&o);
    return sender;
}
#endif

const NeroTarget nero_target_mqtt = {
    .method = "mqtt",
    .blurb = "an MQTT broker",
    .settings = settings,
    .shared = nero_server_settings,
#ifdef NERO_HAVE_MQTT
    .open = open_mqtt,
    NERO_SENDER_TARGET,
#endif
};
