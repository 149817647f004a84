// SPDX-License-Identifier: MIT
// The data options of `train` and `eval`: folders and videos with labels, and how they are read.
#ifndef APP_DATA_DATA_OPTIONS_H
#define APP_DATA_DATA_OPTIONS_H

#include "app/cli/files.h"
#include "nn/data/folder.h"
#include "nn/data/mot_clean.h"
#include "nn/vision/frame.h"

#include <glib.h>
#include <stdio.h>

enum { APP_MAX_SOURCES = 32 };

typedef struct app_range {
    int first, last; // inclusive, from 1; 0, 0: not given
} app_range;

// One --data, --video or --negatives with the options that follow it.
typedef struct app_source {
    bool video;
    bool negatives; // pictures without objects: a folder, a video or APP_PATTERNS
    char *path;
    char *labels; // video: the MOT text file
    app_range frames, val_frames;
    int stride;                 // 0: what the labels show
    nn_mot_clean_options clean; // training: mending of the labels
    char *match, *val_match; // folder: comma separated patterns of picture names; NULL: none given
    char *list, *val_list;   // folder: names of its own lists; NULL: none given
    char *label_dir;         // folder: of its label files; NULL: labels
    char *known;             // labels that it names exhaustively, "a,b" or "none"; NULL: all
    nn_source options;       // share, scale, ignore_below; unknown, when labels are known
} app_source;

#define APP_PATTERNS "patterns" // drawn ones, in place of a path

static inline bool app_source_is_folder(const app_source *s) // with labels
{
    return !s->video && !s->negatives;
}

typedef struct app_data_options {
    app_source list[APP_MAX_SOURCES];
    int count;
    nn_data_kind kind; // what the folders must hold
    char *classes;     // names of the label files' class numbers, "a,b,c"
    char *map;         // "truck=bus,cyclist=ignore"
    // Part of the pictures of each class that is held back from folders that say nothing else about
    // validation; which ones is a function of the seed.
    double val_split;
    uint64_t seed;
} app_data_options;

void app_data_options_release(app_data_options *s);

// Notes the folders, videos and labels as read.
void app_data_options_files(const app_data_options *s, app_files *files);

// Adds --data, --video and the options that belong to them to a parser; they apply to the --data or
// --video before them. `training` adds what only training needs. user_data of the main group must
// be `s`.
void app_data_options_add_options(GOptionGroup *group, bool training);
// Of a command whose words without an option are folders: G_OPTION_ARG_CALLBACK for
// G_OPTION_REMAINING.
gboolean app_data_options_take_folder(const char *option, const char *value, void *data,
                                      GError **error);
// Sets `kind` by what the first folder holds: boxes before masks before classes; videos have boxes.
nn_status app_data_options_find_kind(app_data_options *s, nn_error *err);
// The first folder with labels; NULL: none.
const char *app_data_options_first_folder(const app_data_options *s);
// Whether every source has what it needs.
nn_status app_data_options_check(const app_data_options *s, nn_error *err);
// Tells the sources which of the model's labels they know (--known); before anything is read.
nn_status app_data_options_know(app_data_options *s, const nn_names *labels, nn_error *err);

// The classes that the folders' files name, else those of DIR/classes.txt: labels for a model that
// was not given any. NN_EINVAL when nothing names them.
nn_status app_data_options_labels(const app_data_options *s, nn_names *labels, nn_error *err);

// Classes of the label files to the labels of the model. What numbers mean: s->classes,
// DIR/classes.txt or `recorded` (what the card says about the data it was trained on; may be
// empty), else number = label. Behind them come the classes that files name. *names gets all of
// them, to be released by the caller.
nn_status app_data_options_map(const app_data_options *s, const char *dir, const nn_names *labels,
                               const nn_names *recorded, const char *recorded_rules,
                               nn_class_map *map, nn_names *names, nn_error *err);

// Is given the frames of a video that its labels speak about, with their boxes; takes over `truths`
// (nn_free).
typedef nn_status app_frame_visit(void *ctx, const nn_frame *frame, int number, nn_truth *truths,
                                  int truth_count, nn_error *err);

// Walks a labelled video; width and height > 0 shrink the frames (the boxes keep the video's own
// pixels). Frames outside both ranges are not visited.
nn_status app_read_video(const app_source *s, int width, int height, nn_notes notes,
                         app_frame_visit *visit, void *ctx, nn_error *err);

// Reads everything into memory: `train` gets what is to be learnt, `val` what --val-frames,
// --val-match, --val-list and --val-split hold back. Both initialised; `val` may be NULL. `map` and
// `names` are those of app_data_options_map.
nn_status app_data_options_load(const app_data_options *s, const nn_class_map *map,
                                const nn_names *names, nn_dataset *train, nn_dataset *val,
                                nn_error *err);

// Prints how many boxes or pictures of each label a data set has, one line; then, when there are
// several sources, one for each of them with what it knows.
void app_data_options_count(const nn_dataset *d, const nn_names *labels, const char *what,
                            FILE *out);

#endif
