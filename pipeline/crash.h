// SPDX-License-Identifier: MIT
// Private to pipeline/: the message of the program when a decoder crashes inside of it.
#ifndef PIPELINE_CRASH_H
#define PIPELINE_CRASH_H

// Installs handlers that print one line on stderr before a crash ends the process: what was read,
// the signal, the library and thread, and where the recording is. There is no second process, so
// that Ctrl-C, terminals, debuggers, core dumps and the exit status behave as usual. Files need no
// help to stay valid: recordings are fragmented, and JSON is flushed by line. Nothing is printed
// for a stack overflow, for kill -9 and when memory runs out; the exit status tells these.
// Sanitizers and existing handlers have priority.
void vp_crash_arm(void);

// Sets the input that is decoded (passwords are masked, the last call counts), and the file of the
// recording (likewise), until it is closed.
void vp_crash_reads(const char *input);
void vp_crash_records(const char *path);
void vp_crash_records_end(const char *path);

#endif
