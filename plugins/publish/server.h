// SPDX-License-Identifier: MIT
// What targets on servers share: their properties, addresses, passwords and certificates.
#ifndef PLUGINS_PUBLISH_SERVER_H
#define PLUGINS_PUBLISH_SERVER_H

#include "nn/base/status.h"
#include "plugins/publish/settings.h"

// Properties "address", "topic", "user", "password", ...: `shared` of targets.
extern const NeroSetting nero_server_settings[];

// An address in its parts (g_free each); NULL where it has none.
typedef struct NeroServer {
    char *host;
    guint port;
    char *user, *password, *topic;
    gboolean tls;
} NeroServer;

// Reads HOST, HOST:PORT, [IPV6]:PORT or SCHEME://USER:PASSWORD@HOST:PORT/TOPIC, where `scheme` and
// SCHEMEs are known, the latter with TLS. Special characters of user, password and topic are
// written as in all URLs ("%2F"). Errors do not quote the password.
nn_status nero_server_parse(NeroServer *out, const char *address, const char *scheme, guint port,
                            guint tls_port, nn_error *err);
void nero_server_clear(NeroServer *s);

// The password by property, file or the variable NEROSCALE_PASSWORD; *out NULL (g_free) when there
// is none.
nn_status nero_server_password(const NeroSettings *s, char **out, nn_error *err);

// NN_ENOTFOUND when a file of certificates that is given cannot be read, NN_EINVAL when a
// certificate has no key.
nn_status nero_server_check_files(const NeroSettings *s, nn_error *err);

// What is wrong with a certificate, after the error of a library; "it" is the server. NULL: other
// errors.
const char *nero_server_explain(const char *error);

#endif
