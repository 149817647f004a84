// SPDX-License-Identifier: MIT
// Recognises inputs: device nodes, URIs, pictures and other files.
#include "pipeline/input.h"

#include "nn/io/image/image.h"
#include "pipeline/camera.h"
#include "pipeline/crash.h"
#include "pipeline/packages.h"
#include "pipeline/picture_list.h"
#include "pipeline/pipewire.h"
#include "pipeline/start.h"

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

// Whether the content of a file is a picture.
static bool is_picture(const char *path)
{
    GMappedFile *file = g_mapped_file_new(path, FALSE, NULL);
    if (!file)
        return false;
    const char *bytes = g_mapped_file_get_contents(file);
    const size_t size = g_mapped_file_get_length(file);
    const bool picture = nn_image_kind(bytes, size) && !nn_image_is_motion_jpeg(bytes, size);
    g_mapped_file_unref(file);
    return picture;
}

static nn_status check_readable(const char *path, bool device, nn_error *err)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return nn_fail(err, NN_ENOTFOUND, "cannot open '%s': %s", path, strerror(errno));
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

enum { SEQUENCE_RATE = 25 }; // pictures a second, as in ffmpeg's image2

static nn_status parse_pictures(vp_input *input, const char *text, nn_error *err)
{
    input->kind = VP_INPUT_IMAGE;
    input->seconds = vp_picture_list_is_sequence(text) ? 1.0 / SEQUENCE_RATE : 1;
    return vp_picture_list_find(&input->names, text, err);
}

static nn_status parse_path(vp_input *input, const char *path, nn_error *err)
{
    if (g_file_test(path, G_FILE_TEST_IS_DIR))
        return parse_pictures(input, path, err);
    nn_status status = check_readable(path, false, err);
    if (status != NN_OK)
        return status;
    GError *error = NULL;
    if (is_picture(path)) {
        input->kind = VP_INPUT_IMAGE;
        input->seconds = 1;
        input->names = g_strdupv((char *[]){(char *)path, NULL});
        return NN_OK;
    }
    input->kind = VP_INPUT_FILE;
    input->uri = gst_filename_to_uri(path, &error);
    if (!input->uri) {
        nn_fail(err, NN_EINVAL, "cannot make a URI of '%s': %s", path, error->message);
        g_clear_error(&error);
        return NN_EINVAL;
    }
    return NN_OK;
}

static nn_status parse_device(vp_input *input, const char *path, nn_error *err)
{
    input->kind = VP_INPUT_DEVICE;
    input->live = true;
    input->uri = g_strdup_printf("v4l2://%s", path);
    input->camera = vp_camera_new(path);
    return check_readable(path, true, err);
}

static nn_status refuse_protocol(const char *protocol, const char *text, nn_error *err)
{
    const char *package = vp_package_of_protocol(protocol);
    if (package)
        return nn_fail(err, NN_EUNSUPPORTED, "this machine cannot play %s:// ('%s'); install %s",
                       protocol, text, package);
    g_autofree char *known = vp_known_protocols();
    return nn_fail(err, NN_EUNSUPPORTED,
                   "unknown protocol %s in '%s' (known are %s), and no such file is there",
                   protocol, text, known);
}

static nn_status parse_uri(vp_input *input, const char *text, nn_error *err)
{
    static const char *const live[] = {"rtsp", "udp:", "rtp:", "srt:", "rist:", "v4l2:", NULL};
    g_autofree char *protocol = gst_uri_get_protocol(text);
    if (g_ascii_strcasecmp(protocol, "file") == 0) {
        char *path = g_filename_from_uri(text, NULL, NULL);
        if (!path)
            return nn_fail(err, NN_EINVAL, "'%s' is not a valid file URI", text);
        nn_status status = parse_path(input, path, err);
        g_free(path);
        return status;
    }
    nn_status status = vp_start(err);
    if (status != NN_OK)
        return status;
    if (!gst_uri_protocol_is_supported(GST_URI_SRC, protocol))
        return refuse_protocol(protocol, text, err);
    input->kind = VP_INPUT_NETWORK;
    input->live = has_prefix_of(text, live);
    input->uri = g_strdup(text);
    return NN_OK;
}

// "file:x" and "data:..." have a protocol without slashes.
static bool has_protocol(const char *text)
{
    static const char *const short_ones[] = {"file:", "data:", NULL};
    return has_prefix_of(text, short_ones);
}

static nn_status find_screen(nn_error *err)
{
    if (g_getenv("DISPLAY"))
        return NN_OK;
    if (g_getenv("WAYLAND_DISPLAY"))
        return nn_fail(err, NN_EUNSUPPORTED,
                       "the input 'screen' needs an X display; Wayland shows a screen only to "
                       "programs that its portal lets in; a node of PipeWire is the input "
                       "'pipewire:NAME'");
    return nn_fail(err, NN_EUNSUPPORTED,
                   "the input 'screen' needs an X display, and DISPLAY is not set");
}

static nn_status parse_pipewire(vp_input *input, const char *text, bool absent, nn_error *err)
{
    nn_status status = vp_start(err);
    input->kind = VP_INPUT_PIPEWIRE;
    input->live = true;
    if (status == NN_OK)
        status = vp_pipewire_check(text, err);
    return status == NN_OK && !absent ? vp_pipewire_find(text, err) : status;
}

// An existing name is a file or folder, and only devices are not told by their content. A missing
// "c:x.avi" or "http:x" is more likely a file than anything else.
static nn_status parse_any(vp_input *input, const char *text, bool absent, nn_error *err)
{
    struct stat st;
    const bool there = stat(text, &st) == 0;
    if (strcmp(text, "test") == 0) {
        input->kind = VP_INPUT_TEST;
        return NN_OK;
    }
    if (strcmp(text, "screen") == 0) {
        input->kind = VP_INPUT_SCREEN;
        input->live = true;
        return find_screen(err);
    }
    if (!there && g_str_has_prefix(text, VP_PIPEWIRE_PREFIX))
        return parse_pipewire(input, text, absent, err);
    if (there ? S_ISCHR(st.st_mode) : g_str_has_prefix(text, "/dev/"))
        return parse_device(input, text, err);
    if (!there && gst_uri_is_valid(text) && (strstr(text, "://") || has_protocol(text)))
        return parse_uri(input, text, err);
    if (!there && vp_picture_list_is_pattern(text))
        return parse_pictures(input, text, err);
    return parse_path(input, text, err);
}

static nn_status parse(vp_input *input, const char *text, bool absent, nn_error *err)
{
    memset(input, 0, sizeof *input);
    if (!text || !*text)
        return nn_fail(err, NN_EINVAL, "no input was named");
    input->text = g_strdup(text);
    nn_status status = parse_any(input, text, absent, err);
    if (absent && input->kind == VP_INPUT_DEVICE && access(text, F_OK) != 0)
        status = NN_OK; // it may be plugged in later
    if (status != NN_OK)
        vp_input_release(input);
    else
        vp_crash_reads(text);
    return status;
}

bool vp_input_is_single(const vp_input *input)
{
    return input->names && !input->names[1];
}

nn_status vp_input_parse(vp_input *input, const char *text, nn_error *err)
{
    return parse(input, text, false, err);
}

nn_status vp_input_parse_absent(vp_input *input, const char *text, nn_error *err)
{
    return parse(input, text, true, err);
}

void vp_input_release(vp_input *input)
{
    g_free(input->text);
    g_free(input->uri);
    g_strfreev(input->names);
    vp_camera_free(input->camera);
    memset(input, 0, sizeof *input);
}
