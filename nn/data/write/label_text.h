// SPDX-License-Identifier: MIT
// Labels as text. Each format is printed here only, for data sets, the editor and predictions.
#ifndef NN_DATA_WRITE_LABEL_TEXT_H
#define NN_DATA_WRITE_LABEL_TEXT_H

#include "nn/data/keypoint_set.h"
#include "nn/io/buffer.h"

// Boxes are x0, y0, x1, y1 in pixels from the upper left corner, ends exclusive.

// Prints "class cx cy w h[ score]" in fractions of a picture of width x height, without end of
// line. score < 0: none.
NN_API void nn_yolo_print(nn_buffer *out, int class_index, const double box[4], double width,
                          double height, double score);
// Prints "class x1 y1 x2 y2 ...", an outline given in pixels, as fractions.
NN_API void nn_yolo_print_outline(nn_buffer *out, int class_index, const float *xy, int corners,
                                  double width, double height);
// Prints keypoints in pixels behind a line of nn_yolo_print: " x y visibility" of each of `count`;
// k NULL: none is labelled.
NN_API void nn_yolo_print_keypoints(nn_buffer *out, const nn_keypoint *k, int count, double width,
                                    double height);
// Prints data.yaml: folders of the splits (NULL: none) and class names.
NN_API void nn_yolo_print_set(nn_buffer *out, const char *const *names, int count,
                              const char *const splits[3]);

// Prints "frame,id,x,y,w,h,score,class" without end of line. Frames and `number`, the class, count
// from 1; id < 1: none.
NN_API void nn_mot_print(nn_buffer *out, int frame, int id, const double box[4], double score,
                         int number);

// Prints the beginning of a Pascal VOC annotation; "</annotation>
// " ends it.
NN_API void nn_voc_print_head(nn_buffer *out, const char *filename, int width, int height);
// Prints an object. `outer` and `inner` are line end and indent of the object and of its leaves;
// `ascii` as in nn_buffer_xml_text.
NN_API void nn_voc_print_object(nn_buffer *out, const char *name, bool ascii, const double box[4],
                                bool difficult, const char *outer, const char *inner);

typedef struct nn_coco_label {
    long long id;
    const char *image, *category; // ids as JSON text
    double box[4];
    double area; // pixels; 0: the area of the box
    bool crowd;
    double score;    // < 0: none
    const float *xy; // outline, or NULL
    int corners;
    const nn_keypoint *keypoints; // or NULL
    int keypoint_count;
} nn_coco_label;

// Prints an item of "annotations".
NN_API void nn_coco_print_label(nn_buffer *out, const nn_coco_label *label);
// Prints an item of "images"; `id` is JSON text.
NN_API void nn_coco_print_image(nn_buffer *out, const char *id, const char *name, int width,
                                int height);
// Prints an item of "categories"; `id` is JSON text, `keypoints` what its objects have, or NULL.
NN_API void nn_coco_print_category(nn_buffer *out, const char *id, const char *name,
                                   const nn_keypoint_set *keypoints);

#endif
