// SPDX-License-Identifier: MIT
// Private to pipeline/: lists of HLS and DASH over https:// from servers with any certificate.
#ifndef PIPELINE_TRUST_H
#define PIPELINE_TRUST_H

// From now on elements for https:// that are made in this process take any certificate, unless
// their property ssl-strict is set. Once is enough; for the thread that builds pipelines.
void vp_trust_lists(void);

#endif
