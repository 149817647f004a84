// SPDX-License-Identifier: MIT
// Private to pipeline/: what the program says when a decoder crashes inside it.
#ifndef PIPELINE_CRASH_H
#define PIPELINE_CRASH_H

// From now on a crash prints one line on stderr before the process dies of it: what was read, which
// signal, in which library and thread, and where the recording is. A handler and no second process
// that watches: Ctrl-C, terminals, debuggers, core dumps and the exit status stay what they are,
// and what is written needs no help to stay whole (recordings are fragments, JSON is flushed by
// line). Silent when the stack overflows, for kill -9 and when memory runs out: the exit status
// tells. Sanitizers and handlers that are there already come first.
void vp_crash_arm(void);

// What is being decoded (passwords masked; the last one counts), and the file that a recording
// grows in; NULL: nothing.
void vp_crash_reads(const char *input);
void vp_crash_records(const char *path);

#endif
