// SPDX-License-Identifier: MIT
// Replaces the YAML reader in a build without libyaml: no file opens.
#include "nn/base/features.h"
#include "nn/data/yaml_file.h"

nn_status nn_yaml_open(nn_yaml *y, const char *path, nn_error *err)
{
    y->document = NULL;
    return nn_fail_prefix(err, nn_fail_without(err, "yaml"), "%s", path);
}

void nn_yaml_close(nn_yaml *y)
{
    (void)y;
}

bool nn_yaml_has(const nn_yaml *y, const char *key)
{
    (void)y;
    (void)key;
    return false;
}

int nn_yaml_count(const nn_yaml *y, const char *key)
{
    (void)y;
    (void)key;
    return 0;
}

const char *nn_yaml_text(const nn_yaml *y, const char *key, int i)
{
    (void)y;
    (void)key;
    (void)i;
    return NULL;
}

nn_status nn_yaml_names(const nn_yaml *y, const char *key, nn_names *names, nn_error *err)
{
    (void)y;
    (void)key;
    (void)names;
    return nn_fail_without(err, "yaml");
}

nn_status nn_yaml_list(const nn_yaml *y, const char *key, nn_names *names, nn_error *err)
{
    (void)y;
    (void)key;
    (void)names;
    return nn_fail_without(err, "yaml");
}
