// SPDX-License-Identifier: MIT
// Short real clips and damaged files, made for each test in a folder of its own.
#ifndef TESTS_PIPELINE_CLIP_H
#define TESTS_PIPELINE_CLIP_H

enum { CLIP_WIDTH = 160, CLIP_HEIGHT = 120, CLIP_FRAMES = 25, CLIP_FPS = 25 };

// The path of NAME in a temporary directory that is removed at exit. Freed with g_free.
char *clip_path(const char *name);
// Writes CLIP_FRAMES frames of motion JPEG in AVI (a moving ball) and returns its path. Freed with
// g_free.
char *clip_make(const char *name);
// Writes a JPEG of 64x48 and returns its path. Freed with g_free.
char *clip_picture(const char *name);
// Runs a gst-launch description to its end; aborts on an error.
void clip_play(const char *text);
// Writes `text` to a file and returns its path. Freed with g_free.
char *clip_text(const char *name, const char *text);

#endif
