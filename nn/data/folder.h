// SPDX-License-Identifier: MIT
// Folders of labelled pictures: which formats there are, and what their readers share.
#ifndef NN_DATA_FOLDER_H
#define NN_DATA_FOLDER_H

#include "nn/base/api.h"
#include "nn/data/annotations.h"
#include "nn/data/data_kind.h"
#include "nn/data/dataset.h"

// Tells which pictures of a folder are wanted.
typedef bool nn_picture_filter(void *ctx, const char *name);

typedef struct nn_annotation_store nn_annotation_store; // annotation_store.h

// A folder, and the part of its data to read. All is borrowed.
typedef struct nn_folder {
    const char *path;
    // One of the folder's own lists, such as "train", or a split that the files tell ("val",
    // "valid",
    // ...); NULL: all that is not kept for tests.
    const char *list;
    // The folder of label files beside images/, in place of labels/, for formats with one; NULL.
    const char *label_dir;
    const nn_source *source;  // for nn_dataset_add_source
    const nn_names *names;    // classes of the label files, for formats that name them
    const nn_class_map *map;  // index in `names`, or number in the label files, to label
    const nn_names *numbers;  // names that the user gives class numbers; NULL: none
    const nn_names *fallback; // the same for numbers that the files do not name; NULL: none
    // What is read of objects besides boxes: NN_DETAIL_ flags (keypoint_set.h). NN_DETAIL_ROTATED:
    // outlines of four corners are rotated boxes, which files of YOLO do not tell.
    unsigned details;
    const nn_keypoint_set *keypoints; // what the user says of them, for YOLO's lines; NULL: nothing
    const nn_annotation_store *store; // what the files say, when they were read before; or NULL
    bool masks;                       // outlines become masks, not boxes
    bool again;                       // the notes about its files were made before
    nn_picture_filter *filter;        // by file name without folder; NULL: all
    void *filter_ctx;
} nn_folder;

// A format: a table in a file of its own, listed in meson.build.
typedef struct nn_data_format {
    const char *name;
    const char *looks_like; // for messages: what lies in such a folder
    nn_data_kind kind;
    bool vague;     // any folder of folders is recognised: formats of all other kinds come first
    bool numbered;  // the label files hold numbers, which are looked up in the map as they are
    bool label_dir; // label files lie in a folder of their own, which may have another name
    bool lists;     // `read` gives only what is in nn_folder.list, which may have any name
    bool outlines;  // boxes: outlines in its files make masks, too
    bool late;      // masks: formats with outlines come first
    bool (*recognise)(const char *path); // by names of files only
    // Reads what the files say, picture by picture, into `r`; all that follows is made of it
    // (annotated_set.c) where the functions below are NULL. NULL: `names` and `add` do so
    // themselves.
    nn_status (*read)(nn_annotation_reader *r, const nn_folder *f, nn_error *err);
    // Appends the classes that the label files name (numbered: what there is instead of names) and
    // that are not there yet. NULL when nothing tells them.
    nn_status (*names)(const nn_folder *f, nn_names *names, nn_error *err);
    // Tells which splits the folder's lists name, or NULL.
    nn_status (*splits)(const nn_folder *f, bool there[NN_SPLITS], nn_error *err);
    // Adds the samples. Damaged pictures and labels are noted and skipped. NN_ENOTFOUND when there
    // is no such folder or list, or no picture that is wanted.
    nn_status (*add)(nn_dataset *d, const nn_folder *f, nn_error *err);
} nn_data_format;

// All formats, by number, up to NULL.
NN_API const nn_data_format *nn_data_format_at(int i);

// The format of a folder among those of a kind. NN_ENOTFOUND with a text that says what is known.
NN_API nn_status nn_data_find(const nn_data_format **format, const char *path, nn_data_kind kind,
                              nn_error *err);

// Appends the classes that the files name and that are not there yet; none when nothing tells them.
// *ordered (may be NULL): their order is that of a list. NN_EINVAL: there are numbers that neither
// the files nor f->numbers and f->fallback name.
NN_API nn_status nn_data_names(const nn_data_format *format, const nn_folder *f, nn_names *names,
                               bool *ordered, nn_error *err);

// Finds the format of f->path and adds its samples.
NN_API nn_status nn_dataset_add_folder(nn_dataset *d, const nn_folder *f, nn_data_kind kind,
                                       nn_error *err);

// For the readers:

// nn_data_format.add of formats with `read`.
nn_status nn_annotated_add(nn_dataset *d, const nn_data_format *format, const nn_folder *f,
                           nn_error *err);
// The files of such endings in a folder and those below it, `depth` folders deep (1: only in it; at
// most NN_WALK_DEPTH), in the order of their paths. NN_ENOTFOUND when there is no such folder.
// Folders behind symbolic links are not entered twice.
enum { NN_WALK_DEPTH = 8 };
NN_API nn_status nn_folder_walk(const char *path, int depth, const char *endings,
                                nn_status (*visit)(void *ctx, const char *path, nn_error *err),
                                void *ctx, nn_error *err);

// Whether `path`/`name` exists.
NN_API bool nn_folder_has(const char *path, const char *name);
bool nn_folder_has_folders(const char *path);
// Joins names ("%s/%s") into a buffer of PATH_MAX bytes; NN_EINVAL when it is too long.
NN_API nn_status nn_folder_join(char *out, nn_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// Sorted names in a folder that end in one of `endings` (".jpg.png": in any case; NULL: folders
// only), so that the order does not depend on the file system.
NN_API nn_status nn_folder_list(nn_names *list, const char *path, const char *endings,
                                nn_error *err);
NN_API bool nn_folder_ends(const char *name, const char *endings);
NN_API extern const char nn_folder_pictures[]; // endings of pictures

// Decodes a picture once to be sure that it can be. On success s->name, width and height are set,
// and s->image when the cache has room. NN_EFORMAT: damaged, noted and counted.
nn_status nn_folder_open_picture(nn_dataset *d, nn_sample *s, const char *path, nn_error *err);
// Appends a box; *capacity starts at 0.
nn_status nn_folder_add_truth(nn_sample *s, int *capacity, const nn_truth *t, nn_error *err);
// Appends a class that is not there yet.
nn_status nn_folder_add_class(nn_sample *s, int32_t label, nn_error *err);
// Loads the mask of an opened picture and turns its values into labels by f->map: classes left out
// become background, NN_MASK_IGNORE stays. NN_EFORMAT, noted and counted: it is missing or damaged,
// of another size than the picture, or has a value that is no class.
nn_status nn_folder_open_mask(nn_dataset *d, nn_sample *s, const nn_folder *f, const char *path,
                              nn_error *err);
// Packs labels of the picture's size, and adds the classes that are there.
nn_status nn_folder_take_mask(nn_sample *s, const uint8_t *labels, nn_error *err);
// Appends the first words of the lines of a text file: names of pictures without ending. NN_EFORMAT
// for one that leads out of the folder.
nn_status nn_folder_read_stems(nn_names *stems, const char *path, nn_error *err);
// "STEM.jpg" or with another ending of pictures, as it lies in `dir`; false when none is there.
bool nn_folder_find_picture(char *name, size_t size, const char *dir, const char *stem);
// For folders with images/ and something that goes with each: gives `add` the name of every picture
// there that is asked for; NN_ENOTFOUND when there is none. Such folders have no lists.
nn_status nn_folder_each_picture(const nn_folder *f,
                                 nn_status (*add)(void *ctx, const char *name, nn_error *err),
                                 void *ctx, nn_error *err);
// The picture that a data set calls `name`: below `base`, or in one of the folders `below` it
// (ended by NULL, "" is base itself). Backslashes count as slashes. Of a name that is absolute or
// climbs with "..", from the machine where the data were made, the longest tail that is there;
// never a file outside of `base`. When nothing is there, where it should be. NN_EFORMAT: not a
// name.
NN_API nn_status nn_folder_locate(char *path, const char *base, const char *const *below,
                                  const char *name, nn_error *err);
// Whether a name is neither absolute nor climbs with "..".
bool nn_folder_is_below(const char *name);
// How labels for a picture of width x height have to be turned to fit an opened one: 1 when not at
// all (also when they do not tell: sizes of 0), an orientation of Exif (exif_orientation.h) when
// they are for its pixels as stored; 0: they are for another picture.
int nn_folder_find_exif(const nn_sample *s, int64_t width, int64_t height);
void nn_folder_apply_exif(nn_sample *s, int orientation);              // 1: nothing to do
void nn_folder_note_exif(nn_dataset *d, const char *path, int turned); // of so many pictures
// The end of a reader of classes: NN_ENOTFOUND when nothing was wanted, a note on what is left out.
nn_status nn_folder_finish(nn_dataset *d, const nn_folder *f, int wanted, int left_out,
                           nn_error *err);
// Frees a sample that was not added. Turns NN_EFORMAT, which was noted, into NN_OK.
nn_status nn_folder_drop(nn_sample *s, nn_status status);

#endif
