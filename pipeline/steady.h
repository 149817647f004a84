// SPDX-License-Identifier: MIT
// Private to pipeline/: keeps the memory of a run that lasts for months, or has many threads, from
// growing.
#ifndef PIPELINE_STEADY_H
#define PIPELINE_STEADY_H

// For the whole process, before the threads of a live input begin: blocks as large as a frame come
// from the system and go back to it, and threads share two heaps. By itself glibc keeps such blocks
// and a heap for each thread, which fragment: 20 MiB in ten minutes on a busy machine. Frames of
// files, which pass a hundred times faster, would pay for it.
void vp_steady_begin(void);

// For the whole process, before the threads of several inputs begin: all threads share one heap, so
// that a frame that one input has freed is the next one of another. With a heap for each thread
// four inputs took 2 to 3 MiB more. They seldom ask at the same time.
void vp_steady_share(void);

// Returns free memory to the system; takes a few milliseconds. To be called once a minute.
void vp_steady_trim(void);

#endif
