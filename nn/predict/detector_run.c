// SPDX-License-Identifier: MIT
// Running a detector: frames of one input size form batches, and each is decoded with its own
// settings.
#include "nn/base/clock.h"
#include "nn/base/memory.h"
#include "nn/predict/detector_internal.h"
#include "nn/predict/input_size.h"

enum { DEFAULT_DETECTIONS = 100 };

// Classifiers see the middle of the frame, as in their training, without bars around it.
static nn_letterbox place_frame(const nn_detector *d, const nn_frame *frame, int w, int h)
{
    if (d->model->card.stretch)
        return nn_letterbox_stretch(frame->width, frame->height, w, h);
    return d->decoder->whole_frame ? nn_letterbox_cover(frame->width, frame->height, w, h)
                                   : nn_letterbox_fit(frame->width, frame->height, w, h);
}

static const nn_detector_filter *filter_of(const nn_detector *d, const nn_detector_job *job)
{
    return job->filter ? job->filter : &d->filter;
}

// The classes that a frame may show, rivals left out; NULL: all.
static const bool *mask_of(const nn_detector *d, const nn_detector_filter *f)
{
    const nn_card *card = &d->model->card;
    if (!f->label_mask && card->rival_count == 0)
        return NULL;
    for (int i = 0; i < d->classes; i++)
        d->frame_mask[i] = i < card->label_count && (!f->label_mask || f->label_mask[i]);
    return d->frame_mask;
}

// Boxes with a lower score are of no use, whatever their class.
static float lowest_threshold(const nn_detector *d, const nn_detector_filter *f)
{
    const nn_card *card = &d->model->card;
    float lowest = f->threshold >= 0 ? f->threshold : card->threshold;
    for (int i = 0; f->class_thresholds && i < card->label_count; i++)
        lowest = i == 0 || f->class_thresholds[i] < lowest ? f->class_thresholds[i] : lowest;
    return lowest;
}

// Frame `item` of a batch that was run.
static nn_status decode(nn_detector *d, const nn_detector_job *job, int item, nn_error *err)
{
    const nn_card *card = &d->model->card;
    const nn_detector_filter *f = filter_of(d, job);
    nn_result *result = job->result;
    const nn_letterbox letterbox =
        place_frame(d, job->frame, result->input_width, result->input_height);
    const nn_decode_options options = {
        .threshold = lowest_threshold(d, f), .classes = d->classes, .label_mask = mask_of(d, f)};
    if (d->decoder->paint)
        return d->decoder->paint(d->decoder, d->output, d->output_count, item, &letterbox, &options,
                                 &result->map) == NN_OK
                   ? NN_OK
                   : nn_fail(err, NN_ENOMEM, "no memory for the map of classes");
    nn_candidates_clear(d->candidates);
    d->decoder->decode(d->decoder, d->output, d->output_count, item, &letterbox, &options,
                       d->candidates);
    if (f->class_thresholds)
        nn_candidates_filter(d->candidates, f->class_thresholds, card->label_count);
    const int wanted = f->max_detections > 0 ? f->max_detections : DEFAULT_DETECTIONS;
    const int most = wanted < NN_NMS_CANDIDATES ? wanted : NN_NMS_CANDIDATES;
    const float iou = f->iou_threshold >= 0 ? f->iou_threshold : card->iou_threshold;
    const nn_decode_sample sample = {d->decoder, d->output,  d->output_count,
                                     item,       d->classes, &letterbox};
    if (nn_result_reserve(result, most) != NN_OK || // once for all frames
        nn_decode_finish(&sample, d->candidates, iou, wanted, result) != NN_OK)
        return nn_fail(err, NN_ENOMEM, "no memory for the boxes");
    return NN_OK;
}

static nn_status fill_input(nn_detector *d, nn_plan *plan, const nn_detector_job *job, int item,
                            nn_error *err)
{
    const nn_card *card = &d->model->card;
    const int w = job->result->input_width, h = job->result->input_height;
    float *input = nn_tensor_f32(nn_plan_input(plan, 0));
    const nn_tensor one =
        nn_tensor_dense(NN_F32, nn_shape_4d(1, 3, h, w), input + (int64_t)item * 3 * h * w);
    const nn_letterbox letterbox = place_frame(d, job->frame, w, h);
    nn_status status = nn_preprocess(d->resizer, job->frame, &letterbox, card->mean, card->std,
                                     &one, d->pool, nn_kernels_best(), err);
    if (status == NN_OK && card->bgr)
        nn_swap_red_and_blue(&one);
    return status;
}

// Runs `count` frames of one input size, a power of 2.
static nn_status run_batch(nn_detector *d, const nn_detector_job *const *jobs, int count,
                           nn_error *err)
{
    const nn_result *first = jobs[0]->result;
    nn_plan *plan;
    nn_status status =
        nn_detector_choose_plan(d, &plan, count, first->input_height, first->input_width, err);
    for (int i = 0; i < count && status == NN_OK; i++)
        status = fill_input(d, plan, jobs[i], i, err);
    if (status == NN_OK)
        nn_detector_run_plan(d, plan);
    for (int i = 0; i < count && status == NN_OK; i++)
        status = decode(d, jobs[i], i, err);
    return status;
}

// Runs frames of one input size in the largest batches that have a plan. A graph that does not take
// a batch runs frame by frame.
static nn_status run_same_size(nn_detector *d, const nn_detector_job *const *jobs, int count,
                               nn_error *err)
{
    nn_error attempt;
    for (int done = 0; done < count;) {
        int batch = d->most_frames;
        while (batch > count - done)
            batch /= 2;
        const nn_status status = run_batch(d, jobs + done, batch, &attempt);
        if (batch > 1 && (status == NN_ESHAPE || status == NN_EUNSUPPORTED)) {
            d->most_frames = 1;
            continue;
        }
        if (status != NN_OK)
            return nn_fail(err, status, "%s", attempt.text);
        done += batch;
    }
    return NN_OK;
}

enum { PENDING = -1 }; // in frame_width: this frame is still to be run

static nn_status prepare_job(nn_detector *d, const nn_detector_job *job, nn_error *err)
{
    nn_result *r = job->result;
    r->count = 0;
    r->map.width = r->map.height = 0;
    nn_details_clear(&r->details);
    nn_status status = nn_frame_check(job->frame, err);
    const nn_detector_filter *f = filter_of(d, job);
    const bool own_size = f->input_h > 0 && f->input_w > 0;
    r->input_height = own_size ? f->input_h : d->input_h;
    r->input_width = own_size ? f->input_w : d->input_w;
    if (status == NN_OK && own_size)
        status = nn_detector_check_size(d, f->input_h, f->input_w, err);
    if (status != NN_OK)
        return status;
    if (own_size)
        d->kept = SIZES;
    if (!d->rigid)
        nn_input_trim(d->model, job->frame, &r->input_height, &r->input_width);
    r->frame_width = PENDING;
    r->frame_height = job->frame->height;
    r->age_ms = 0;
    r->source_pts = UINT64_MAX;
    return NN_OK;
}

// Collects up to MOST_FRAMES pending frames that have the input size of the first one.
static int gather(const nn_detector_job *jobs, int count, const nn_detector_job **same)
{
    int found = 0;
    for (int i = 0; i < count && found < MOST_FRAMES; i++) {
        const nn_result *r = jobs[i].result, *first = found ? same[0]->result : r;
        if (r->frame_width != PENDING || r->input_width != first->input_width ||
            r->input_height != first->input_height)
            continue;
        same[found++] = &jobs[i];
    }
    for (int i = 0; i < found; i++)
        same[i]->result->frame_width = same[i]->frame->width;
    return found;
}

nn_status nn_detector_run_jobs(nn_detector *d, const nn_detector_job *jobs, int count,
                               nn_error *err)
{
    const double start = 1e3 * nn_clock_seconds();
    const nn_detector_job *same[MOST_FRAMES];
    nn_status status = NN_OK;
    for (int i = 0; i < count && status == NN_OK; i++)
        status = prepare_job(d, &jobs[i], err);
    for (int n; status == NN_OK && (n = gather(jobs, count, same)) > 0;)
        status = run_same_size(d, same, n, err);
    const float ms = (float)(1e3 * nn_clock_seconds() - start);
    for (int i = 0; i < count; i++) {
        jobs[i].result->infer_ms = ms;
        if (status != NN_OK)
            jobs[i].result->count = jobs[i].result->map.width = jobs[i].result->map.height = 0;
    }
    return status;
}

nn_status nn_detector_run_batch(nn_detector *d, const nn_frame *frames, int count,
                                nn_result *results, nn_error *err)
{
    nn_detector_job jobs[MOST_FRAMES];
    nn_status status = NN_OK;
    for (int done = 0; done < count && status == NN_OK; done += MOST_FRAMES) {
        const int n = count - done < MOST_FRAMES ? count - done : MOST_FRAMES;
        for (int i = 0; i < n; i++)
            jobs[i] = (nn_detector_job){.frame = &frames[done + i], .result = &results[done + i]};
        status = nn_detector_run_jobs(d, jobs, n, err);
    }
    return status;
}

nn_status nn_detector_run(nn_detector *d, const nn_frame *frame, nn_result *result, nn_error *err)
{
    const nn_detector_job job = {.frame = frame, .result = result};
    return nn_detector_run_jobs(d, &job, 1, err);
}
