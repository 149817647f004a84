// SPDX-License-Identifier: MIT
// The first run of a model, on a blank frame.
#include "plugins/infer/warm.h"

#include "plugins/common/video.h"

nn_status nero_model_warm(NeroModel *m, NeroMember *member, const GstVideoInfo *info, nn_error *err)
{
    GstVideoInfo plain; // without strides and padding of a camera
    GstVideoFrame video;
    if (!gst_video_info_set_format(&plain, GST_VIDEO_INFO_FORMAT(info), (guint)info->width,
                                   (guint)info->height))
        return nn_fail(err, NN_EINVAL, "cannot make a frame of %dx%d", info->width, info->height);
    g_autoptr(GstBuffer) buffer = gst_buffer_new_allocate(NULL, plain.size, NULL);
    if (buffer)
        gst_buffer_memset(buffer, 0, 128, plain.size);
    if (!buffer || !gst_video_frame_map(&video, &plain, buffer, GST_MAP_READ))
        return nn_fail(err, NN_ENOMEM, "no memory for a frame of %dx%d", info->width, info->height);
    NeroView view;
    nn_result result;
    nn_result_init(&result);
    const GstVideoRectangle whole = {0, 0, info->width, info->height};
    const nn_detector_job job = {.frame = &view.frame, .result = &result};
    nn_status status;
    if (!nero_video_view(&video, &whole, &view))
        status = nn_fail(err, NN_EUNSUPPORTED, "pixel format %s is not supported",
                         GST_VIDEO_INFO_NAME(info));
    else if (member)
        status = nero_member_run(member, m, &job, 1, err);
    else
        status = nn_detector_run_jobs(m->detector, &job, 1, err);
    nn_result_release(&result);
    gst_video_frame_unmap(&video);
    return status;
}
