// SPDX-License-Identifier: MIT
// Labelling tools' exports, file by file: each with the same two pictures of 40x20, a.png (a cat
// at 4..12 x 2..10) and b.png (a dog at 20..40 x 10..20).
#ifndef TESTS_SUPPORT_LAYOUTS_H
#define TESTS_SUPPORT_LAYOUTS_H

enum { MOST_FILES = 16 };

typedef struct layout {
    const char *dir, *format; // what recognises it
    const char *path;         // what --data gets below the test's folder; NULL: dir
    const char *pictures[8];
    struct {
        const char *name, *text;
    } files[MOST_FILES];
    const char *all;   // dump of everything but tests; "" is LAYOUT_USUAL
    const char *train; // dump of the split, NULL: has none
    const char *val;
    const char *noted; // part of a note, NULL: none is expected
} layout;

#define LAYOUT_USUAL "a.png: cat 4,2,12,10\nb.png: dog 20,10,40,20\n"
#define YOLO_CAT "0 0.2 0.3 0.2 0.4\n"
#define YOLO_DOG "1 0.75 0.75 0.5 0.5\n"

extern const layout layouts[];
extern const int layout_count;

// Writes the pictures and files of a layout into the test's folder.
void make_layout(const layout *l);

#endif
