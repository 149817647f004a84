// SPDX-License-Identifier: MIT
// The data options of `train` and `eval`: folders and videos with labels, and how they are read.
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

// One --data, --val-data, --video or --negatives with the options that follow it.
typedef struct app_source {
    bool video;
    bool for_val;   // --val-data: only to validate on
    bool negatives; // pictures without objects: a folder, a video, or APP_PATTERNS
    char *path;
    char *labels; // video: the MOT text file
    app_range frames, val_frames;
    int stride;                 // 0: found from the labels
    nn_mot_clean_options clean; // training: repair of the labels
    char *match, *val_match; // folder: comma-separated patterns of picture names; NULL: not given
    char *list, *val_list;   // folder: names of its lists; NULL: not given
    char *label_dir;         // folder: name of its folder of label files; NULL: labels
    char *known;             // labels that are complete here, "a,b" or "none"; NULL: all
    nn_source options;       // share, scale, ignore_below; unknown, once the labels are known
    // What its files are and say, once app_source_open has looked; owned.
    const nn_data_format *format;
    nn_annotation_store *store; // NULL: of a format that does not tell before it is read
    bool told;                  // what was recognised was said
} app_source;

#define APP_PATTERNS "patterns" // drawn pictures, instead of a path

static inline bool app_source_is_folder(const app_source *s) // a folder with labels
{
    return !s->video && !s->negatives;
}

typedef struct app_data_options {
    app_source list[APP_MAX_SOURCES];
    int count;
    nn_data_kind kind; // kind of data that the folders must hold
    char *classes;     // names of the class numbers in label files, "a,b,c"
    nn_names numbers;  // those of `classes`
    nn_names fallback; // names of numbers that the files do not name: set by app_data_options_map
    bool score;        // the data score a model: the split for validation, where they have one
    char *map;         // "truck=bus,cyclist=ignore"
    // Part of the pictures of each class that is held back from folders without another option for
    // validation; the seed decides which.
    double val_split;
    uint64_t seed;
} app_data_options;

void app_data_options_release(app_data_options *s);

// Registers the folders, videos and label files as read.
void app_data_options_files(const app_data_options *s, app_files *files);

// Rows of the options of one source (over app_source) and of all together (over app_data_options).
const nn_option *app_source_rows(void);
const nn_option *app_data_option_rows(void);

// Adds --data, --video and the options that belong to them to a parser; they apply to the --data or
// --video before them. `training` adds what only training needs. user_data of the main group must
// be `s`.
void app_data_options_add_options(GOptionGroup *group, bool training);
// For commands whose plain words are folders: G_OPTION_ARG_CALLBACK of G_OPTION_REMAINING.
gboolean app_data_options_take_folder(const char *option, const char *value, void *data,
                                      GError **error);
// Sets `kind` from the first folder: boxes before masks before classes. Videos have boxes.
nn_status app_data_options_find_kind(app_data_options *s, nn_error *err);
// The first folder with labels; NULL: none.
const char *app_data_options_first_folder(const app_data_options *s);
// Replaces archives by folders with their contents, which the user's cache keeps.
nn_status app_data_options_unpack(app_data_options *s, nn_error *err);
// Checks that every source has what it needs.
nn_status app_data_options_check(app_data_options *s, nn_error *err);
// Sets the labels that each source knows (--known), before anything is read.
nn_status app_data_options_know(app_data_options *s, const nn_names *labels, nn_error *err);

// Collects the classes that the files of the folders name, else those of DIR/classes.txt, as labels
// for a model without any. NN_EINVAL when nothing names them.
nn_status app_data_options_labels(app_data_options *s, nn_names *labels, nn_error *err);

// Maps the classes that the files name to labels of the model. s->classes names class numbers, else
// the files do, else `recorded` (from the model's card, may be empty), or for a training (NULL) the
// labels. *names gets all classes; the caller releases it. `dir` is the first folder of masks.
nn_status app_data_options_map(app_data_options *s, const char *dir, const nn_names *labels,
                               const nn_names *recorded, const char *recorded_rules,
                               nn_class_map *map, nn_names *names, nn_error *err);

// After app_data_options_map: NN_EINVAL, with the names that are there, when the files name classes
// and none of them becomes one of the first `count` labels. Videos have the first; `learnt` (may be
// NULL) are those that the model knows already.
nn_status app_data_options_check_labels(const app_data_options *s, const nn_names *labels,
                                        int count, const nn_names *learnt, const nn_class_map *map,
                                        const nn_names *names, nn_error *err);

// Receives a labelled frame of a video with its boxes; takes over `truths` (nn_free).
typedef nn_status app_frame_visit(void *ctx, const nn_frame *frame, int number, nn_truth *truths,
                                  int truth_count, nn_error *err);

// Walks a labelled video. width and height > 0 shrink the frames; boxes stay in pixels of the
// video. Frames outside of both ranges are skipped.
nn_status app_read_video(const app_source *s, int width, int height, nn_notes notes,
                         app_frame_visit *visit, void *ctx, nn_error *err);

// Reads everything into memory: `train` gets what is to be learnt, `val` what --val-frames,
// --val-match, --val-list and --val-split hold back. Both initialised; `val` may be NULL. `map` and
// `names` are those of app_data_options_map.
nn_status app_data_options_load(const app_data_options *s, const nn_class_map *map,
                                const nn_names *names, nn_dataset *train, nn_dataset *val,
                                nn_error *err);

// Prints one line with the number of boxes or pictures of each label; with several sources, also
// one line for each with the labels that it knows.
void app_data_options_count(const nn_dataset *d, const nn_names *labels, const char *what,
                            FILE *out);

#endif
