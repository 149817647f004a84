// SPDX-License-Identifier: MIT
// Carries feedback from the thread of the window to that of the run, and converts it there.
#include "pipeline/feedback.h"

#include "pipeline/picture.h"

#define MESSAGE "vp-feedback"

// On the thread of the window: only posts a message.
static void pass_on(GstElement *view, GstSample *sample, GstStructure *said, gpointer data)
{
    GstElement *pipeline = data;
    GstStructure *s = gst_structure_new(MESSAGE, "sample", GST_TYPE_SAMPLE, sample, "said",
                                        GST_TYPE_STRUCTURE, said, NULL);
    gst_element_post_message(pipeline, gst_message_new_application(GST_OBJECT(view), s));
}

void vp_feedback_connect(vp_pipeline *p)
{
    if (p->view && p->on_feedback)
        g_signal_connect(p->view, "feedback", G_CALLBACK(pass_on), p->pipeline);
}

static vp_verdict read_verdict(const GstStructure *said)
{
    const char *word = gst_structure_get_string(said, "verdict");
    if (g_strcmp0(word, "missed") == 0)
        return VP_MISSED;
    return g_strcmp0(word, "withdrawn") == 0 ? VP_WITHDRAWN : VP_WRONG;
}

static float number(const GstStructure *s, const char *name)
{
    gdouble value = 0;
    gst_structure_get_double(s, name, &value);
    return (float)value;
}

static void read_said(vp_feedback *f, const GstStructure *said)
{
    gint label = 0;
    gst_structure_get_uint(said, "id", &f->id);
    gst_structure_get_int(said, "label-id", &label);
    f->verdict = read_verdict(said);
    f->label = gst_structure_get_string(said, "label");
    f->box = (nn_box){.x0 = number(said, "x0"),
                      .y0 = number(said, "y0"),
                      .x1 = number(said, "x1"),
                      .y1 = number(said, "y1"),
                      .score = number(said, "score"),
                      .label = label};
}

void vp_feedback_handle(vp_pipeline *p, GstMessage *message)
{
    g_autoptr(GstSample) sample = NULL;
    g_autoptr(GstStructure) said = NULL;
    vp_picture picture;
    nn_error err = {0};
    if (!p->on_feedback || !gst_message_has_name(message, MESSAGE) ||
        !gst_structure_get(gst_message_get_structure(message), "sample", GST_TYPE_SAMPLE, &sample,
                           "said", GST_TYPE_STRUCTURE, &said, NULL))
        return;
    if (vp_picture_read(&picture, gst_sample_get_buffer(sample), gst_sample_get_caps(sample),
                        &err) != NN_OK) {
        if (p->on_notice)
            p->on_notice(p->user, err.text);
        return;
    }
    vp_feedback f = {.still = picture.still};
    read_said(&f, said);
    p->on_feedback(p->user, &f);
    vp_picture_release(&picture);
}
