// SPDX-License-Identifier: MIT
// Running a detector: frames of one input size run at the same time, and each is decoded with its
// own settings.
#include "nn/base/clock.h"
#include "nn/base/memory.h"
#include "nn/predict/card_nms.h"
#include "nn/predict/detector_internal.h"
#include "nn/predict/input_size.h"

#include <string.h>

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
static const bool *mask_of(const nn_detector *d, lane *l, const nn_detector_filter *f)
{
    const nn_card *card = &d->model->card;
    if (!f->label_mask && card->rival_count == 0)
        return NULL;
    for (int i = 0; i < d->classes; i++)
        l->frame_mask[i] = i < card->label_count && (!f->label_mask || f->label_mask[i]);
    return l->frame_mask;
}

// Thresholds of classes; NULL: there is one for all.
static const float *class_thresholds(const nn_detector *d, const nn_detector_filter *f)
{
    return f->class_thresholds ? f->class_thresholds
           : f->threshold < 0  ? d->model->card.class_thresholds
                               : NULL;
}

// Boxes with a lower score are of no use, whatever their class.
static float lowest_threshold(const nn_detector *d, const nn_detector_filter *f)
{
    const nn_card *card = &d->model->card;
    const float *of_class = class_thresholds(d, f);
    float lowest = f->threshold >= 0 ? f->threshold : card->threshold;
    for (int i = 0; of_class && i < card->label_count; i++)
        lowest = i == 0 || of_class[i] < lowest ? of_class[i] : lowest;
    return lowest;
}

// Frame `item` of those that were run in this lane.
static nn_status decode(const nn_detector *d, lane *l, int item, const nn_detector_job *job,
                        nn_error *err)
{
    const nn_card *card = &d->model->card;
    const nn_detector_filter *f = filter_of(d, job);
    nn_result *result = job->result;
    const nn_letterbox letterbox =
        place_frame(d, job->frame, result->input_width, result->input_height);
    const nn_decode_options options = {
        .threshold = lowest_threshold(d, f), .classes = d->classes, .label_mask = mask_of(d, l, f)};
    const int sample_item = d->decoder->joint ? item : 0;
    nn_decode_pick(l->all, d->output_count, d->batch, item, d->decoder->joint, l->output);
    if (d->decoder->paint)
        return d->decoder->paint(d->decoder, l->output, d->output_count, sample_item, &letterbox,
                                 &options, &result->map) == NN_OK
                   ? NN_OK
                   : nn_fail(err, NN_ENOMEM, "no memory for the map of classes");
    nn_candidates_clear(l->candidates);
    d->decoder->decode(d->decoder, l->output, d->output_count, sample_item, &letterbox, &options,
                       l->candidates);
    if (class_thresholds(d, f))
        nn_candidates_filter(l->candidates, class_thresholds(d, f), card->label_count);
    const int wanted = f->max_detections > 0 ? f->max_detections : DEFAULT_DETECTIONS;
    const int most = wanted < NN_NMS_CANDIDATES ? wanted : NN_NMS_CANDIDATES;
    nn_nms_options nms = nn_card_nms(card, wanted);
    if (f->iou_threshold >= 0)
        nms.iou = f->iou_threshold;
    nms.agnostic = f->agnostic_nms;
    nms.join_score = job->part ? nn_card_lowest_threshold(card) : 0;
    const nn_decode_sample sample = {d->decoder, l->output,  d->output_count,  sample_item,
                                     d->classes, &letterbox, options.threshold};
    if (nn_result_reserve(result, most) != NN_OK || // once for all frames
        nn_decode_finish(&sample, l->candidates, &nms, result) != NN_OK)
        return nn_fail(err, NN_ENOMEM, "no memory for the boxes");
    if (card->keypoints)
        nn_details_set_skeleton(&result->details, card->keypoints);
    return NN_OK;
}

// Picture `item` of the input of a plan.
static nn_tensor picture_of(const nn_plan *plan, int item)
{
    nn_tensor input = *nn_plan_input(plan, 0);
    input.shape.dim[0] = 1;
    input.data = nn_tensor_f32(&input) + item * nn_shape_count(&input.shape);
    return input;
}

static nn_status fill_picture(const nn_detector *d, lane *l, const nn_tensor *input,
                              const nn_detector_job *job, nn_error *err)
{
    const nn_card *card = &d->model->card;
    const nn_letterbox letterbox =
        place_frame(d, job->frame, job->result->input_width, job->result->input_height);
    nn_status status = nn_preprocess(l->resizer, job->frame, &letterbox, card->mean, card->std,
                                     input, d->pool, nn_kernels_best(), err);
    if (status == NN_OK && card->bgr)
        nn_swap_red_and_blue(input);
    return status;
}

// Puts frames into the input. Places of a batch for which there is no frame get zeros.
static nn_status fill_input(const nn_detector *d, lane *l, const nn_plan *plan,
                            const nn_detector_job *const *jobs, int count, nn_error *err)
{
    nn_status status = NN_OK;
    for (int i = 0; i < d->batch && status == NN_OK; i++) {
        const nn_tensor input = picture_of(plan, i);
        if (i < count)
            status = fill_picture(d, l, &input, jobs[i], err);
        else
            memset(input.data, 0, nn_tensor_bytes(&input));
    }
    return status;
}

// Runs what the model computes behind its graph, and points the decoder at the outputs. *nothing:
// one of them is empty, so that nothing was found.
static nn_status run_tail(nn_detector *d, lane *l, const nn_plan *plan, const nn_result *result,
                          bool *nothing, nn_error *err)
{
    nn_tail_run_free(d->tail);
    nn_status status = nn_tail_start(&d->tail, d->model->tail, plan, d->pool, &d->tail_limits, err);
    for (int i = 0; i < d->output_count && status == NN_OK; i++) {
        l->all[i].tensor = nn_tail_output(d->tail, i);
        *nothing = *nothing || nn_shape_count(&l->all[i].tensor.shape) == 0;
    }
    if (status == NN_OK && !*nothing)
        status = nn_detector_check_outputs(d, result->input_height, result->input_width, err);
    return status == NN_OK ? NN_OK : nn_fail_prefix(err, status, "%s", d->path);
}

// Runs frames, at most one batch of them, in one lane.
static nn_status run_lane(nn_detector *d, lane *l, nn_plan *plan,
                          const nn_detector_job *const *jobs, int count, nn_error *err)
{
    bool nothing = false;
    nn_status status = fill_input(d, l, plan, jobs, count, err);
    if (status != NN_OK)
        return status;
    nn_detector_run_plan(d, plan);
    if (d->model->tail)
        status = run_tail(d, l, plan, jobs[0]->result, &nothing, err);
    for (int i = 0; i < count && status == NN_OK && !nothing; i++)
        status = decode(d, l, i, jobs[i], err);
    return status;
}

// Frames of one input size, and what became of them.
typedef struct frames {
    nn_detector *d;
    const nn_detector_job *const *jobs;
    int count, batches;
    atomic_int next; // batch that no lane has taken yet
    nn_lanes lanes;
    nn_error error[MOST_LANES]; // the first failure of each lane
} frames;

// Runs batches in a lane as long as there are some.
static void run_batches(void *ctx, int64_t begin, int64_t end, int worker)
{
    frames *f = ctx;
    const int lane = (int)begin, size = f->d->batch;
    (void)end;
    (void)worker;
    for (int i;
         f->error[lane].status == NN_OK && (i = atomic_fetch_add(&f->next, 1)) < f->batches;) {
        const int first = i * size, left = f->count - first;
        run_lane(f->d, f->lanes.lane[lane], f->lanes.plan[lane], f->jobs + first,
                 left < size ? left : size, &f->error[lane]);
    }
}

// A lane gets the tables for its frame before the frames run: which thread takes which frame
// differs from run to run, and frames of one shape then allocate once.
static nn_status prepare_lanes(frames *f, nn_error *err)
{
    nn_status status = NN_OK;
    for (int i = 0; i < f->lanes.count && status == NN_OK; i++) {
        const nn_detector_job *first = f->jobs[i * f->d->batch];
        const nn_result *r = first->result;
        const nn_letterbox l = place_frame(f->d, first->frame, r->input_width, r->input_height);
        status = nn_resizer_prepare(f->lanes.lane[i]->resizer, first->frame, &l, f->d->pool, err);
    }
    return status;
}

// Runs frames of one input size, each batch in one thread, as far as there are some. A thread that
// is left without one helps the others.
static nn_status run_same_size(nn_detector *d, const nn_detector_job *const *jobs, int count,
                               nn_error *err)
{
    frames f = {.d = d, .jobs = jobs, .count = count};
    const nn_result *first = jobs[0]->result;
    f.batches = (count + d->batch - 1) / d->batch;
    nn_status status = nn_detector_take_lanes(d, f.batches, first->input_height, first->input_width,
                                              &f.lanes, err);
    if (status != NN_OK)
        return status;
    status = prepare_lanes(&f, err);
    if (status == NN_OK)
        nn_pool_run(d->pool, f.lanes.count, 1, run_batches, &f);
    nn_detector_return_lanes(d, &f.lanes);
    for (int i = 0; i < f.lanes.count && status == NN_OK; i++)
        if ((status = f.error[i].status) != NN_OK)
            nn_fail(err, status, "%s", f.error[i].text);
    return status;
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

// Collects up to `most` pending frames that have the input size of the first one.
static int gather(const nn_detector_job *jobs, int count, const nn_detector_job **same, int most)
{
    int found = 0;
    for (int i = 0; i < count && found < most; i++) {
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
    const int batches = MOST_FRAMES / d->batch;
    const int most = (batches < MOST_LANES ? batches : MOST_LANES) * d->batch;
    nn_status status = NN_OK;
    for (int i = 0; i < count && status == NN_OK; i++)
        status = prepare_job(d, &jobs[i], err);
    for (int n; status == NN_OK && (n = gather(jobs, count, same, most)) > 0;)
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
