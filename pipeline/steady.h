// SPDX-License-Identifier: MIT
// Private to pipeline/: keeps the memory of a run that lasts for months from growing.
#ifndef PIPELINE_STEADY_H
#define PIPELINE_STEADY_H

// For the whole process, before the threads of a live input begin: blocks as large as a frame come
// from the system and go back to it, and threads share two heaps. By itself glibc keeps such blocks
// and a heap for each thread, which fragment: 20 MiB in ten minutes on a busy machine. Frames of
// files, which pass a hundred times faster, would pay for it.
void vp_steady_begin(void);

// Returns free memory to the system; takes a few milliseconds. To be called once a minute.
void vp_steady_trim(void);

#endif
