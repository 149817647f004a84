// SPDX-License-Identifier: MIT
// What targets on servers share: their addresses, passwords and certificates.
#include "plugins/publish/server.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

const NeroSetting nero_server_settings[] = {
    {.name = "address",
     .nick = "Address",
     .blurb = "[method=mqtt, kafka] HOST:PORT of the server, or a URL such as "
              "mqtts://USER@HOST:PORT/TOPIC; several of Kafka with commas between",
     .flags = NERO_SETTING_URL},
    {.name = "topic", .nick = "Topic", .blurb = "[method=mqtt, kafka] Topic of the lines"},
    {.name = "user", .nick = "User", .blurb = "[method=mqtt, kafka] User name for the server"},
    {.name = "password",
     .nick = "Password",
     .blurb = "[method=mqtt, kafka] Password of the user; command lines are readable for others, "
              "so rather use password-file or the environment variable NEROSCALE_PASSWORD",
     .flags = NERO_SETTING_SECRET},
    {.name = "password-file",
     .nick = "Password file",
     .blurb = "[method=mqtt, kafka] File whose first line is the password of the user"},
    {.name = "tls",
     .nick = "TLS",
     .blurb = "[method=mqtt, kafka] Encrypt; mqtts:// and ca-file do so, too",
     .type = nero_setting_boolean},
    {.name = "ca-file",
     .nick = "CA file",
     .blurb = "[method=mqtt, kafka] PEM file with the certificates to trust (unset = those of the "
              "system)"},
    {.name = "cert-file",
     .nick = "Certificate file",
     .blurb = "[method=mqtt, kafka] PEM file with our certificate, where the server asks for one"},
    {.name = "key-file",
     .nick = "Key file",
     .blurb = "[method=mqtt, kafka] PEM file with the key of cert-file, not encrypted"},
    {.name = "queue-size",
     .nick = "Queue size",
     .blurb = "[method=mqtt, kafka] Most lines that wait for the server; of more, the oldest are "
              "dropped and counted in stats",
     .type = nero_setting_uint,
     .initial = 3000,
     .least = 1,
     .most = 1000000},
    {.name = "drain-timeout",
     .nick = "Drain timeout",
     .blurb = "[method=mqtt, kafka] Most seconds to send what waits at the end of the stream",
     .type = nero_setting_uint,
     .initial = 5,
     .most = 3600},
    {.name = "max-connect-attempts",
     .nick = "Maximum connect attempts",
     .blurb = "[method=mqtt, kafka] Failed attempts to connect, one after the other, that are an "
              "error (-1 = go on trying)",
     .type = nero_setting_int,
     .initial = -1,
     .least = -1,
     .most = 1000000},
    {.name = "max-reconnect-interval",
     .nick = "Maximum reconnect interval",
     .blurb = "[method=mqtt, kafka] Most seconds between attempts; the first pause is one second, "
              "each other twice the last",
     .type = nero_setting_uint,
     .initial = 30,
     .least = 1,
     .most = 300},
    {0},
};

static nn_status take_host(NeroServer *out, const char *text, nn_error *err)
{
    const char *end = *text == '[' ? strchr(text, ']') : NULL;
    const char *colon = end ? strchr(end, ':') : strchr(text, ':');
    guint64 port = 0;
    out->host = end ? g_strndup(text + 1, (gsize)(end - text) - 1)
                    : g_strndup(text, colon ? (gsize)(colon - text) : strlen(text));
    if (!*out->host)
        return nn_fail(err, NN_EINVAL, "address has no host; write HOST:PORT");
    if (colon && (!g_ascii_string_to_unsigned(colon + 1, 10, 1, 65535, &port, NULL)))
        return nn_fail(err, NN_EINVAL, "the port of address must be 1 to 65535; write HOST:PORT");
    if (colon)
        out->port = (guint)port;
    return NN_OK;
}

static char *unescape(const char *from, gsize n)
{
    g_autofree char *part = g_strndup(from, n);
    char *plain = g_uri_unescape_string(part, NULL);
    return plain ? plain : g_steal_pointer(&part);
}

// Takes USER:PASSWORD@ off; returns what follows.
static const char *take_user(NeroServer *out, const char *text)
{
    const char *at = strrchr(text, '@');
    if (!at)
        return text;
    const char *colon = memchr(text, ':', (gsize)(at - text));
    out->user = unescape(text, (gsize)((colon ? colon : at) - text));
    if (colon)
        out->password = unescape(colon + 1, (gsize)(at - colon) - 1);
    return at + 1;
}

nn_status nero_server_parse(NeroServer *out, const char *address, const char *scheme, guint port,
                            guint tls_port, nn_error *err)
{
    *out = (NeroServer){.port = port};
    if (!address)
        return nn_fail(err, NN_EINVAL, "no address; set address=HOST:PORT");
    const char *rest = strstr(address, "://");
    if (!rest)
        return take_host(out, take_user(out, address), err);
    g_autofree char *given = g_ascii_strdown(address, rest - address);
    g_autofree char *secure = g_strconcat(scheme, "s", NULL);
    out->tls = strcmp(given, secure) == 0;
    if (!out->tls && strcmp(given, scheme) != 0)
        return nn_fail(err, NN_EINVAL, "address begins with \"%s://\"; it must be %s:// or %s://",
                       given, scheme, secure);
    out->port = out->tls ? tls_port : port;
    rest += 3;
    const char *slash = strchr(rest, '/');
    g_autofree char *authority = g_strndup(rest, slash ? (gsize)(slash - rest) : strlen(rest));
    if (slash && slash[1])
        out->topic = unescape(slash + 1, strlen(slash + 1));
    return take_host(out, take_user(out, authority), err);
}

void nero_server_clear(NeroServer *s)
{
    g_free(s->host);
    g_free(s->user);
    g_free(s->password);
    g_free(s->topic);
    *s = (NeroServer){0};
}

nn_status nero_server_password(const NeroSettings *s, char **out, nn_error *err)
{
    const char *given = nero_settings_text(s, "password");
    const char *file = nero_settings_text(s, "password-file");
    g_autoptr(GError) error = NULL;
    *out = NULL;
    if (!given && file) {
        if (!g_file_get_contents(file, out, NULL, &error))
            return nn_fail(err, NN_ENOTFOUND, "cannot read password-file: %s", error->message);
        (*out)[strcspn(*out, "\r\n")] = 0;
        return NN_OK;
    }
    *out = g_strdup(given ? given : g_getenv("NEROSCALE_PASSWORD"));
    return NN_OK;
}

nn_status nero_server_check_files(const NeroSettings *s, nn_error *err)
{
    static const char *const names[] = {"ca-file", "cert-file", "key-file"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        const char *file = nero_settings_text(s, names[i]);
        if (file && access(file, R_OK) != 0)
            return nn_fail(err, NN_ENOTFOUND, "cannot read %s \"%s\": %s", names[i], file,
                           g_strerror(errno));
    }
    if (!nero_settings_text(s, "cert-file") != !nero_settings_text(s, "key-file"))
        return nn_fail(err, NN_EINVAL, "cert-file and key-file belong together; set both");
    return NN_OK;
}

// What OpenSSL and the libraries of the servers say of certificates, in words that tell what to do.
static const struct {
    const char *said, *means;
} causes[] = {
    {"host name verification failed", "its certificate is for another host name"},
    {"certificate verify failed",
     "its certificate has expired, or is of an authority that is not in ca-file"},
    {"alert certificate required", "it wants a certificate: set cert-file and key-file"},
    {"alert handshake failure", "it wants a certificate: set cert-file and key-file"},
    {"alert unknown ca", "it does not know the authority of cert-file"},
    {"alert certificate expired", "cert-file has expired"},
    {"key values mismatch", "key-file is not the key of cert-file"},
    {"Unable to load CA certificates", "ca-file has no certificate in it"},
    {"no certificate or crl found", "ca-file has no certificate in it"},
    {"Unable to load client certificate", "cert-file is no certificate"},
    {"Unable to load client key", "key-file is not the key of cert-file"},
    {"wrong version number", "it does not speak TLS at this port"},
};

const char *nero_server_explain(const char *error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(causes); i++)
        if (strstr(error, causes[i].said))
            return causes[i].means;
    return NULL;
}
