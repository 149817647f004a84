// SPDX-License-Identifier: MIT
// The data options of `train` and `eval`: labelled folders and videos, and how they are read.
#ifndef APP_DATA_DATA_OPTIONS_H
#define APP_DATA_DATA_OPTIONS_H

#include "app/cli/files.h"
#include "nn/base/option.h"
#include "nn/data/folder.h"
#include "nn/data/mot_clean.h"
#include "nn/vision/frame.h"

#include <glib.h>
#include <stdio.h>

enum { APP_MAX_SOURCES = 32 };

typedef struct app_range {
    int first, last; // inclusive, counted from 1; 0, 0: not given
} app_range;

// A --data, --val-data, --video or --negatives and the options that apply to it.
typedef struct app_source {
    bool video;
    bool for_val;   // --val-data: used for validation only
    bool negatives; // pictures without objects: a folder, a video, or APP_PATTERNS
    char *path;
    char *labels; // video: path of the MOT text file
    app_range frames, val_frames;
    int stride;                 // uses every Nth frame; 0: chosen by the labels
    nn_mot_clean_options clean; // training: how labels are repaired
    char *match, *val_match;    // folder: comma-separated patterns of picture names; NULL: none
    char *list, *val_list;      // folder: names of its picture lists; NULL: none
    char *label_dir;            // folder: name of its label folder; NULL: labels
    char *known;       // labels that are complete in this source, "a,b" or "none"; NULL: all
    nn_source options; // share, scale, ignore_below; unknown, once the labels are known
    // Format and annotations, once app_source_open has looked; owned.
    const nn_data_format *format;
    nn_annotation_store *store; // NULL: the format tells nothing before it is read
    bool told;                  // the line about this source was printed
} app_source;

#define APP_PATTERNS "patterns" // drawn pictures; stands in place of a path

static inline bool app_source_is_folder(const app_source *s) // a folder with labels
{
    return !s->video && !s->negatives;
}

typedef struct app_data_options {
    app_source list[APP_MAX_SOURCES];
    int count;
    nn_data_kind kind; // kind of labels that the folders must hold
    char *classes;     // names of the class numbers in label files, "a,b,c"
    nn_names numbers;  // `classes` as a list
    nn_names fallback; // names for numbers that the files do not name; set by app_data_options_map
    bool score;        // the data are for scores: takes the validation split of a source
    // What is read of objects besides boxes: NN_DETAIL_ flags. `keypoints` is the user's word on
    // those of YOLO's lines, "17,3".
    unsigned details;
    char *keypoints;
    nn_keypoint_set keypoint_set; // that word, once app_data_options_check has read it
    char *map;                    // "truck=bus,cyclist=ignore"
    // Fraction of the pictures of each class that is held back from folders without another option
    // for validation; `seed` decides which.
    double val_split;
    uint64_t seed;
} app_data_options;

void app_data_options_release(app_data_options *s);

// Registers folders, videos and label files as files that are read.
void app_data_options_files(const app_data_options *s, app_files *files);

// Option rows of one source (over app_source) and of all sources (over app_data_options).
const nn_option *app_source_rows(void);
const nn_option *app_data_option_rows(void);

// Adds --data, --video and the options that belong to them to a parser. Options apply to the --data
// or --video before them. `training` adds the options that only training needs. user_data of the
// main group must be the app_data_options.
void app_data_options_add_options(GOptionGroup *group, bool training);
// Takes plain words as folders: G_OPTION_ARG_CALLBACK of G_OPTION_REMAINING.
gboolean app_data_options_take_folder(const char *option, const char *value, void *data,
                                      GError **error);
// Sets `kind` by the first folder: boxes, else masks, else classes. Videos have boxes.
nn_status app_data_options_find_kind(app_data_options *s, nn_error *err);
// Path of the first folder with labels; NULL: none.
const char *app_data_options_first_folder(const app_data_options *s);
// Replaces archives by folders with their content, which the user's cache keeps.
nn_status app_data_options_unpack(app_data_options *s, nn_error *err);
// Checks that every source has the options it needs.
nn_status app_data_options_check(app_data_options *s, nn_error *err);
// Marks the labels that each source knows (--known). Called before anything is read.
nn_status app_data_options_know(app_data_options *s, const nn_names *labels, nn_error *err);

// Collects the labels for a model that has none: the classes that the files of the folders name,
// else those of DIR/classes.txt. NN_EINVAL when nothing names them.
nn_status app_data_options_labels(app_data_options *s, nn_names *labels, nn_error *err);

// What the files say of keypoints, once the labels were collected; NULL: nothing. Borrowed.
const nn_keypoint_set *app_data_options_keypoints(const app_data_options *s);

// Maps the classes of the files to labels of the model. Class numbers are named by s->classes, else
// by the files, else by `recorded` (from the model's card, may be empty; NULL for a training, which
// uses `labels`). *names gets all class names; the caller releases it. `dir` is the first folder
// with masks.
nn_status app_data_options_map(app_data_options *s, const char *dir, const nn_names *labels,
                               const nn_names *recorded, const char *recorded_rules,
                               nn_class_map *map, nn_names *names, nn_error *err);

// Called after app_data_options_map. NN_EINVAL, with the names found, when the files name classes
// and none of them maps to the first `count` labels. Videos must map to the first label. `learnt`
// (may be NULL): labels that the model knows already.
nn_status app_data_options_check_labels(const app_data_options *s, const nn_names *labels,
                                        int count, const nn_names *learnt, const nn_class_map *map,
                                        const nn_names *names, nn_error *err);

// Receives a labelled frame of a video with its boxes; owns `truths` (nn_free).
typedef nn_status app_frame_visit(void *ctx, const nn_frame *frame, int number, nn_truth *truths,
                                  int truth_count, nn_error *err);

// Reads a labelled video frame by frame. width and height > 0 scale the frames down; boxes stay in
// pixels of the video. Skips frames outside of both ranges.
nn_status app_read_video(const app_source *s, int width, int height, nn_notes notes,
                         app_frame_visit *visit, void *ctx, nn_error *err);

// Reads everything into memory. `train` gets what is to be learnt, `val` what --val-frames,
// --val-match, --val-list and --val-split hold back. Both are initialised; `val` may be NULL. `map`
// and `names` come from app_data_options_map.
nn_status app_data_options_load(const app_data_options *s, const nn_class_map *map,
                                const nn_names *names, nn_dataset *train, nn_dataset *val,
                                nn_error *err);

// Prints a line with the number of boxes or pictures of each label. With several sources, prints a
// line for each, with the labels that it knows.
void app_data_options_count(const nn_dataset *d, const nn_names *labels, const char *what,
                            FILE *out);

#endif
