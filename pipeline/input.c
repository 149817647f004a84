// SPDX-License-Identifier: MIT
// Recognises inputs: device nodes, URIs, pictures and other files.
#include "pipeline/input.h"

#include <errno.h>
#include <gst/gst.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool has_prefix_of(const char *text, const char *const *prefixes)
{
    for (; *prefixes; prefixes++)
        if (g_ascii_strncasecmp(text, *prefixes, strlen(*prefixes)) == 0)
            return true;
    return false;
}

static bool names_picture(const char *path)
{
    static const char *const endings[] = {".jpg", ".jpeg", ".png", ".bmp", ".webp", NULL};
    size_t n = strlen(path);
    for (const char *const *e = endings; *e; e++) {
        size_t k = strlen(*e);
        if (n > k && g_ascii_strcasecmp(path + n - k, *e) == 0)
            return true;
    }
    return false;
}

static nn_status check_readable(const char *path, bool device, nn_error *err)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return nn_fail(err, NN_ENOTFOUND, "cannot open '%s': %s", path, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return nn_fail(err, NN_EINVAL, "'%s' is a directory; name a video file", path);
    if (device != (bool)S_ISCHR(st.st_mode))
        return nn_fail(err, NN_EINVAL, "'%s' is not a %s", path,
                       device ? "camera device" : "regular file");
    if (access(path, R_OK) != 0)
        return nn_fail(err, NN_EIO, "cannot read '%s': %s%s", path, strerror(errno),
                       device ? " (is the user in the group 'video'?)" : "");
    if (S_ISREG(st.st_mode) && st.st_size == 0)
        return nn_fail(err, NN_EFORMAT, "'%s' is empty", path);
    return NN_OK;
}

static nn_status parse_path(vp_input *input, const char *path, nn_error *err)
{
    nn_status status = check_readable(path, false, err);
    if (status != NN_OK)
        return status;
    GError *error = NULL;
    input->kind = names_picture(path) ? VP_INPUT_IMAGE : VP_INPUT_FILE;
    input->uri = gst_filename_to_uri(path, &error);
    if (!input->uri) {
        nn_fail(err, NN_EINVAL, "cannot name '%s' as a URI: %s", path, error->message);
        g_clear_error(&error);
        return NN_EINVAL;
    }
    return NN_OK;
}

static nn_status parse_uri(vp_input *input, const char *text, nn_error *err)
{
    static const char *const live[] = {"rtsp", "udp:", "rtp:", "srt:", "rist:", "v4l2:", NULL};
    if (g_ascii_strncasecmp(text, "file:", 5) == 0) {
        char *path = g_filename_from_uri(text, NULL, NULL);
        if (!path)
            return nn_fail(err, NN_EINVAL, "'%s' is not a valid file URI", text);
        nn_status status = parse_path(input, path, err);
        g_free(path);
        return status;
    }
    input->kind = VP_INPUT_NETWORK;
    input->live = has_prefix_of(text, live);
    input->uri = g_strdup(text);
    return NN_OK;
}

nn_status vp_input_parse(vp_input *input, const char *text, nn_error *err)
{
    nn_status status = NN_OK;
    memset(input, 0, sizeof *input);
    if (!text || !*text)
        return nn_fail(err, NN_EINVAL, "no input was named");
    input->text = g_strdup(text);
    if (strcmp(text, "test") == 0) {
        input->kind = VP_INPUT_TEST;
    } else if (strncmp(text, "/dev/", 5) == 0) {
        input->kind = VP_INPUT_DEVICE;
        input->live = true;
        input->uri = g_strdup_printf("v4l2://%s", text);
        status = check_readable(text, true, err);
    } else if (gst_uri_is_valid(text)) {
        status = parse_uri(input, text, err);
    } else {
        status = parse_path(input, text, err);
    }
    if (status != NN_OK)
        vp_input_release(input);
    return status;
}

void vp_input_release(vp_input *input)
{
    g_free(input->text);
    g_free(input->uri);
    memset(input, 0, sizeof *input);
}
