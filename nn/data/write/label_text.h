// SPDX-License-Identifier: MIT
// Labels as text: each format is printed in one place, for data sets, the editor and predictions.
#ifndef NN_DATA_WRITE_LABEL_TEXT_H
#define NN_DATA_WRITE_LABEL_TEXT_H

#include "nn/io/buffer.h"

// Boxes are x0, y0, x1, y1 in pixels from the upper left corner, ends exclusive.

// "class cx cy w h[ score]" without an end of line: fractions of a picture of width x height.
// score < 0: none.
NN_API void nn_yolo_print(nn_buffer *out, int class_index, const double box[4], double width,
                          double height, double score);
// "class x1 y1 x2 y2 ..." of an outline in pixels.
NN_API void nn_yolo_print_outline(nn_buffer *out, int class_index, const float *xy, int corners,
                                  double width, double height);
// data.yaml: where the pictures of the splits are (NULL: none), and the names of the classes.
NN_API void nn_yolo_print_set(nn_buffer *out, const char *const *names, int count,
                              const char *const splits[3]);

// "frame,id,x,y,w,h,score,class" without an end of line; frames count from 1, `number` is that of
// the class from 1, id < 1: none.
NN_API void nn_mot_print(nn_buffer *out, int frame, int id, const double box[4], double score,
                         int number);

// The beginning of an annotation of Pascal VOC; "</annotation>\n" ends it.
NN_API void nn_voc_print_head(nn_buffer *out, const char *filename, int width, int height);
// An object; `outer` and `inner` are the line ends and indents of it and of its leaves, `ascii` is
// that of nn_buffer_xml_text.
NN_API void nn_voc_print_object(nn_buffer *out, const char *name, bool ascii, const double box[4],
                                bool difficult, const char *outer, const char *inner);

typedef struct nn_coco_label {
    long long id;
    const char *image, *category; // ids as JSON
    double box[4];
    double area; // 0: that of the box
    bool crowd;
    double score;    // < 0: none
    const float *xy; // outline, or NULL
    int corners;
} nn_coco_label;

// An item of "annotations".
NN_API void nn_coco_print_label(nn_buffer *out, const nn_coco_label *label);
// An item of "images"; `id` is JSON.
NN_API void nn_coco_print_image(nn_buffer *out, const char *id, const char *name, int width,
                                int height);
// An item of "categories"; `id` is JSON.
NN_API void nn_coco_print_category(nn_buffer *out, const char *id, const char *name);

#endif
