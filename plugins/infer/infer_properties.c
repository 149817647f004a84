// SPDX-License-Identifier: MIT
// Installs, stores and returns the properties of neroinfer.
#include "plugins/infer/infer_properties.h"

#include "nn/base/pool.h"

#define READY (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY)
#define PLAYING (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING)

// The values equal FALSE and TRUE, so that g_object_set() with a boolean works.
GType nero_async_get_type(void)
{
    static gsize type;
    static const GEnumValue values[] = {
        {NERO_ASYNC_FALSE, "Every frame waits for its own boxes", "false"},
        {NERO_ASYNC_TRUE, "Infer the newest frame in a worker thread; frames never wait", "true"},
        {NERO_ASYNC_AUTO, "true for a live source, false otherwise", "auto"},
        {0, NULL, NULL},
    };
    if (g_once_init_enter(&type))
        g_once_init_leave(&type, g_enum_register_static("NeroAsync", values));
    return type;
}

GType nero_precision_get_type(void)
{
    static gsize type;
    static const GEnumValue values[] = {
        {NERO_PRECISION_FLOAT32, "32 bits throughout", "float32"},
        {NERO_PRECISION_BF16, "Products of bfloat16 where the machine is faster so", "bf16"},
        {NERO_PRECISION_AUTO,
         "bf16 if it is faster on the first frames, and off by 5 % of the largest output at most",
         "auto"},
        {0, NULL, NULL},
    };
    if (g_once_init_enter(&type))
        g_once_init_leave(&type, g_enum_register_static("NeroPrecision", values));
    return type;
}

GType nero_inference_region_get_type(void)
{
    static gsize type;
    static const GEnumValue values[] = {
        {NERO_REGION_FULL_FRAME, "The whole frame", "full-frame"},
        {NERO_REGION_ROI_LIST, "The regions that elements before this one found", "roi-list"},
        {0, NULL, NULL}};
    if (g_once_init_enter(&type))
        g_once_init_leave(&type, g_enum_register_static("NeroInferenceRegion", values));
    return type;
}

static void install_regions(GObjectClass *klass)
{
    gst_type_mark_as_plugin_api(nero_inference_region_get_type(), 0);
    g_object_class_install_property(
        klass, NERO_INFER_PROP_REGION,
        g_param_spec_enum(
            "inference-region", "Inference region",
            "Infer the frame, or each region that an element before this one found: a classifier "
            "names it, a detector finds what lies in it. The frame waits for the result",
            nero_inference_region_get_type(), NERO_REGION_FULL_FRAME, READY));
    g_object_class_install_property(
        klass, NERO_INFER_PROP_OBJECT_CLASS,
        g_param_spec_string("object-class", "Object class",
                            "With inference-region=roi-list: infer only regions of this class, "
                            "e.g. \"person\" (unset = all)",
                            NULL, PLAYING));
    g_object_class_install_property(
        klass, NERO_INFER_PROP_RECLASSIFY,
        g_param_spec_uint("reclassify-interval", "Reclassify interval",
                          "With inference-region=roi-list and a nerotrack before this element: "
                          "infer an object every Nth frame (0 = once). Between, it keeps its "
                          "class, marked as predicted and with its age",
                          0, G_MAXUINT, 1, PLAYING));
}

static void install_model(GObjectClass *klass)
{
    g_object_class_install_property(
        klass, NERO_INFER_PROP_MODEL,
        g_param_spec_string(
            "model", "Model",
            "Model file, or name of an installed model: \"street\" is street.safetensors in "
            "$NEROSCALE_MODELS or the installed folder. \"auto\" and \"auto:person\" measure "
            "whether street or street-int8, person or person-int8 is faster here, and take it "
            "when its card says that it lost no more than 0.005. While the element plays, a new "
            "model is "
            "loaded beside the stream and takes over between two frames (message model-changed), "
            "or is refused with a warning",
            "street", PLAYING));
    g_object_class_install_property(
        klass, NERO_INFER_PROP_HEAD,
        g_param_spec_string(
            "head", "Head",
            "Decoder of the model's outputs, e.g. \"yolov8\"; 'neroscale list heads' lists them "
            "(unset = from the model, from MODEL.json beside MODEL.onnx, or from the shapes of the "
            "outputs). Applies to the model that is set next",
            NULL, PLAYING));
    g_object_class_install_property(
        klass, NERO_INFER_PROP_LABELS_FILE,
        g_param_spec_string(
            "labels-file", "Labels file",
            "Text file with one class name a line, or the names with commas between "
            "them (unset = names in the model). "
            "Applies to the model that is set next",
            NULL, PLAYING));
    g_object_class_install_property(
        klass, NERO_INFER_PROP_LABELS_TEXT,
        g_param_spec_string(
            "labels-text", "Labels text",
            "Texts as classes, \"a photo of a cat,a photo of a dog\" or a file with one a line, "
            "of a model that compares pictures with texts (train --task contrast). They are read "
            "once, when the model is opened. Applies to the model that is set next",
            NULL, PLAYING));
    g_object_class_install_property(klass, NERO_INFER_PROP_THREADS,
                                    g_param_spec_uint("threads", "Threads",
                                                      "Threads for inference (0 = one per core)", 0,
                                                      NN_POOL_MAX_THREADS, 0, READY));
    gst_type_mark_as_plugin_api(nero_precision_get_type(), 0);
    g_object_class_install_property(
        klass, NERO_INFER_PROP_PRECISION,
        g_param_spec_enum("precision", "Precision",
                          "What convolutions and linear layers multiply: float32, or numbers "
                          "rounded to bfloat16 on machines that have AMX or AVX-512 BF16. Others "
                          "run in float32 and say so",
                          nero_precision_get_type(), NERO_PRECISION_FLOAT32, READY));
    g_object_class_install_property(
        klass, NERO_INFER_PROP_TAIL_MEMORY,
        g_param_spec_double(
            "tail-memory", "Memory of tails",
            "Advanced: MiB that the nodes of a model whose sizes depend on the picture may take at "
            "once, such as a suppression of boxes or a loop in an ONNX file; a frame for which "
            "they "
            "need more is an error (0 = a quarter of the machine's memory, up to 4096)",
            0, 1 << 20, 0, READY));
    g_object_class_install_property(
        klass, NERO_INFER_PROP_TAIL_SECONDS,
        g_param_spec_double("tail-seconds", "Time of tails",
                            "Advanced: seconds that these nodes may take for a frame, and as much "
                            "work as takes longer on any machine (0 = 60)",
                            0, 3600, 0, READY));
    g_object_class_install_property(
        klass, NERO_INFER_PROP_DEVICE,
        g_param_spec_string("device", "Device",
                            "Where the model runs: \"CPU\" is all there is; the element does not "
                            "start with another",
                            "CPU", READY));
    g_object_class_install_property(
        klass, NERO_INFER_PROP_INSTANCE_ID,
        g_param_spec_string(
            "model-instance-id", "Model instance id",
            "Elements of the process with the same id share one loaded model, its memory and its "
            "threads: frames are inferred side by side, and those that are due at nearly the same "
            "time in one batch where the model was exported for batches. Thresholds and classes "
            "are each element's own; a new model is one for all "
            "(unset = a model of its own)",
            NULL, READY));
    gst_type_mark_as_plugin_api(nero_async_get_type(), 0);
    g_object_class_install_property(
        klass, NERO_INFER_PROP_ASYNC,
        g_param_spec_enum(
            "async", "Asynchronous",
            "Let frames pass while a worker thread infers the newest one. They carry the last "
            "boxes, marked as predicted and with their age; no latency is added",
            nero_async_get_type(), NERO_ASYNC_AUTO, READY));
}

static void install_selection(GObjectClass *klass)
{
    g_object_class_install_property(
        klass, NERO_INFER_PROP_THRESHOLD,
        g_param_spec_float(
            "threshold", "Threshold",
            "Drop boxes with a lower score, 0..1 (negative = the model's thresholds, "
            "which may differ from class to class)",
            -1, 1, -1, PLAYING | GST_PARAM_CONTROLLABLE));
    g_object_class_install_property(
        klass, NERO_INFER_PROP_IOU_THRESHOLD,
        g_param_spec_float("iou-threshold", "IoU threshold",
                           "Of two boxes of a class with a larger intersection over union drop the "
                           "one with the lower score (negative = the model's threshold)",
                           -1, 1, -1, PLAYING | GST_PARAM_CONTROLLABLE));
    g_object_class_install_property(
        klass, NERO_INFER_PROP_AGNOSTIC_NMS,
        g_param_spec_boolean("agnostic-nms", "Class-agnostic NMS",
                             "Drop the worse of two boxes of different classes, too: for classes "
                             "that exclude each other, such as car and bus",
                             FALSE, PLAYING));
    g_object_class_install_property(
        klass, NERO_INFER_PROP_LABELS,
        g_param_spec_string("labels", "Labels",
                            "Classes to report, comma-separated, e.g. \"car,bus\" (unset = all)",
                            NULL, PLAYING));
    g_object_class_install_property(klass, NERO_INFER_PROP_MAX_DETECTIONS,
                                    g_param_spec_uint("max-detections", "Maximum detections",
                                                      "Most boxes on a frame, best first", 1, 10000,
                                                      100, PLAYING));
    g_object_class_install_property(
        klass, NERO_INFER_PROP_THRESHOLDS,
        g_param_spec_string("thresholds", "Thresholds of classes",
                            "Thresholds of single classes in the place of \"threshold\", e.g. "
                            "\"person=0.5,car=0.3\" (unset = none)",
                            NULL, PLAYING));
}

static void install_pace(GObjectClass *klass)
{
    g_object_class_install_property(
        klass, NERO_INFER_PROP_INTERVAL,
        g_param_spec_uint("inference-interval", "Inference interval",
                          "Infer every Nth frame (1 = every frame). The frames between carry the "
                          "last boxes, marked as predicted and with their age",
                          1, G_MAXUINT, 1, PLAYING));
    g_object_class_install_property(
        klass, NERO_INFER_PROP_LATENCY_BUDGET,
        g_param_spec_double(
            "latency-budget", "Latency budget",
            "Milliseconds that an inference may take (0 = any). The element measures itself and "
            "steps input size and interval down and up to stay inside, with regard to detail and "
            "motion of the scene; stats, metadata and JSON tell what was used. With a model of one "
            "size, or with input-size=WxH, the mean time for a frame stays inside by the interval "
            "alone. Results then depend on the speed of the machine, for files, too",
            0, 60000, 0, PLAYING | GST_PARAM_CONTROLLABLE));
    g_object_class_install_property(
        klass, NERO_INFER_PROP_INPUT_SIZE,
        g_param_spec_string(
            "input-size", "Input size",
            "Input of the network: WIDTHxHEIGHT in multiples of 32, one number for both, or "
            "\"auto\": the model's size, and with latency-budget up to four smaller ones. Frames "
            "are fitted into it. A model of one size has that one",
            "auto", PLAYING));
}

nn_tail_limits nero_infer_tail_limits(const NeroInferProps *p)
{
    return (nn_tail_limits){.bytes = (size_t)(p->tail_memory * (1 << 20)),
                            .seconds = p->tail_seconds};
}

void nero_infer_props_install(GObjectClass *klass)
{
    install_model(klass);
    install_selection(klass);
    install_regions(klass);
    install_pace(klass);
    g_object_class_install_property(
        klass, NERO_INFER_PROP_POST_MESSAGES,
        g_param_spec_boolean("post-messages", "Post messages",
                             "Post an element message \"neroinfer\" on the bus for each inference: "
                             "times, age-ms, objects (label, confidence, x, y, width, height), "
                             "input size, interval",
                             FALSE, PLAYING));
    g_object_class_install_property(
        klass, NERO_INFER_PROP_STATS,
        g_param_spec_boxed("stats", "Statistics",
                           "Figures since the start: frames, inferred, skipped (frames with older "
                           "boxes or none), detections, parts of the frames (tiles, areas) and "
                           "parts-inferred, infer-ms-last, -average, -min, -max, -p95 "
                           "(of the last 128), fps of the stream, input-width and -height of the "
                           "network, interval, size-changes, scene-detail and scene-motion (with "
                           "latency-budget, 0..1), model, precision (float32, bf16 or int8), async",
                           GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

void nero_infer_props_init(NeroInferProps *p)
{
    *p = (NeroInferProps){.model = g_strdup("street"),
                          .device = g_strdup("CPU"),
                          .input_size = g_strdup("auto"),
                          .threshold = -1,
                          .iou_threshold = -1,
                          .max_detections = 100,
                          .interval = 1,
                          .reclassify = 1,
                          .async = NERO_ASYNC_AUTO};
}

void nero_infer_props_release(NeroInferProps *p)
{
    g_clear_pointer(&p->model, g_free);
    g_clear_pointer(&p->head, g_free);
    g_clear_pointer(&p->labels_file, g_free);
    g_clear_pointer(&p->labels_text, g_free);
    g_clear_pointer(&p->labels, g_free);
    g_clear_pointer(&p->device, g_free);
    g_clear_pointer(&p->instance_id, g_free);
    g_clear_pointer(&p->object_class, g_free);
    g_clear_pointer(&p->input_size, g_free);
    g_clear_pointer(&p->thresholds, g_free);
}

gboolean nero_infer_props_set(NeroInferProps *p, guint id, const GValue *value)
{
    switch (id) {
    case NERO_INFER_PROP_MODEL:
        g_free(p->model);
        p->model = g_value_dup_string(value);
        return TRUE;
    case NERO_INFER_PROP_HEAD:
        g_free(p->head);
        p->head = g_value_dup_string(value);
        return TRUE;
    case NERO_INFER_PROP_LABELS_FILE:
        g_free(p->labels_file);
        p->labels_file = g_value_dup_string(value);
        return TRUE;
    case NERO_INFER_PROP_LABELS_TEXT:
        g_free(p->labels_text);
        p->labels_text = g_value_dup_string(value);
        return TRUE;
    case NERO_INFER_PROP_LABELS:
        g_free(p->labels);
        p->labels = g_value_dup_string(value);
        return TRUE;
    case NERO_INFER_PROP_DEVICE:
        g_free(p->device);
        p->device = g_value_dup_string(value);
        return TRUE;
    case NERO_INFER_PROP_INSTANCE_ID:
        g_free(p->instance_id);
        p->instance_id = g_value_dup_string(value);
        return TRUE;
    case NERO_INFER_PROP_OBJECT_CLASS:
        g_free(p->object_class);
        p->object_class = g_value_dup_string(value);
        return TRUE;
    case NERO_INFER_PROP_REGION:
        p->region = g_value_get_enum(value);
        return TRUE;
    case NERO_INFER_PROP_RECLASSIFY:
        p->reclassify = g_value_get_uint(value);
        return TRUE;
    case NERO_INFER_PROP_INPUT_SIZE:
        g_free(p->input_size);
        p->input_size = g_value_dup_string(value);
        return TRUE;
    case NERO_INFER_PROP_THRESHOLDS:
        g_free(p->thresholds);
        p->thresholds = g_value_dup_string(value);
        return TRUE;
    case NERO_INFER_PROP_LATENCY_BUDGET:
        p->latency_budget = g_value_get_double(value);
        return TRUE;
    case NERO_INFER_PROP_POST_MESSAGES:
        p->post_messages = g_value_get_boolean(value);
        return TRUE;
    case NERO_INFER_PROP_THRESHOLD:
        p->threshold = g_value_get_float(value);
        p->threshold_shift = 0;
        return TRUE;
    case NERO_INFER_PROP_IOU_THRESHOLD:
        p->iou_threshold = g_value_get_float(value);
        return TRUE;
    case NERO_INFER_PROP_AGNOSTIC_NMS:
        p->agnostic_nms = g_value_get_boolean(value);
        return TRUE;
    case NERO_INFER_PROP_MAX_DETECTIONS:
        p->max_detections = g_value_get_uint(value);
        return TRUE;
    case NERO_INFER_PROP_INTERVAL:
        p->interval = g_value_get_uint(value);
        return TRUE;
    case NERO_INFER_PROP_THREADS:
        p->threads = g_value_get_uint(value);
        return TRUE;
    case NERO_INFER_PROP_ASYNC:
        p->async = g_value_get_enum(value);
        return TRUE;
    case NERO_INFER_PROP_PRECISION:
        p->precision = g_value_get_enum(value);
        return TRUE;
    case NERO_INFER_PROP_TAIL_MEMORY:
        p->tail_memory = g_value_get_double(value);
        return TRUE;
    case NERO_INFER_PROP_TAIL_SECONDS:
        p->tail_seconds = g_value_get_double(value);
        return TRUE;
    default:
        return FALSE;
    }
}

gboolean nero_infer_props_get(const NeroInferProps *p, guint id, GValue *value)
{
    switch (id) {
    case NERO_INFER_PROP_MODEL:
        g_value_set_string(value, p->model);
        return TRUE;
    case NERO_INFER_PROP_HEAD:
        g_value_set_string(value, p->head);
        return TRUE;
    case NERO_INFER_PROP_LABELS_FILE:
        g_value_set_string(value, p->labels_file);
        return TRUE;
    case NERO_INFER_PROP_LABELS_TEXT:
        g_value_set_string(value, p->labels_text);
        return TRUE;
    case NERO_INFER_PROP_LABELS:
        g_value_set_string(value, p->labels);
        return TRUE;
    case NERO_INFER_PROP_DEVICE:
        g_value_set_string(value, p->device);
        return TRUE;
    case NERO_INFER_PROP_INSTANCE_ID:
        g_value_set_string(value, p->instance_id);
        return TRUE;
    case NERO_INFER_PROP_OBJECT_CLASS:
        g_value_set_string(value, p->object_class);
        return TRUE;
    case NERO_INFER_PROP_REGION:
        g_value_set_enum(value, p->region);
        return TRUE;
    case NERO_INFER_PROP_RECLASSIFY:
        g_value_set_uint(value, p->reclassify);
        return TRUE;
    case NERO_INFER_PROP_INPUT_SIZE:
        g_value_set_string(value, p->input_size);
        return TRUE;
    case NERO_INFER_PROP_THRESHOLDS:
        g_value_set_string(value, p->thresholds);
        return TRUE;
    case NERO_INFER_PROP_LATENCY_BUDGET:
        g_value_set_double(value, p->latency_budget);
        return TRUE;
    case NERO_INFER_PROP_POST_MESSAGES:
        g_value_set_boolean(value, p->post_messages);
        return TRUE;
    case NERO_INFER_PROP_THRESHOLD:
        g_value_set_float(value, p->threshold);
        return TRUE;
    case NERO_INFER_PROP_IOU_THRESHOLD:
        g_value_set_float(value, p->iou_threshold);
        return TRUE;
    case NERO_INFER_PROP_AGNOSTIC_NMS:
        g_value_set_boolean(value, p->agnostic_nms);
        return TRUE;
    case NERO_INFER_PROP_MAX_DETECTIONS:
        g_value_set_uint(value, p->max_detections);
        return TRUE;
    case NERO_INFER_PROP_INTERVAL:
        g_value_set_uint(value, p->interval);
        return TRUE;
    case NERO_INFER_PROP_THREADS:
        g_value_set_uint(value, p->threads);
        return TRUE;
    case NERO_INFER_PROP_ASYNC:
        g_value_set_enum(value, p->async);
        return TRUE;
    case NERO_INFER_PROP_PRECISION:
        g_value_set_enum(value, p->precision);
        return TRUE;
    case NERO_INFER_PROP_TAIL_MEMORY:
        g_value_set_double(value, p->tail_memory);
        return TRUE;
    case NERO_INFER_PROP_TAIL_SECONDS:
        g_value_set_double(value, p->tail_seconds);
        return TRUE;
    default:
        return FALSE;
    }
}
