/* SPDX-License-Identifier: MIT */
/*
 * Marker instructions: nopl disp32(%rax) does nothing, and its displacement
 * can be told apart by plugin.c.
 *   0x4c410000  begin of the measured region
 *   0x4c4101ll  its end; ll is a label, printed with the counts
 */
#ifndef BENCH_MARKER_H
#define BENCH_MARKER_H

#define MARKER_CODE	"\x0f\x1f\x80"	/* nopl disp32(%rax) */
#define MARKER_BYTES	7
#define MARKER_MAGIC	0x4c410000u
#define MARKER_MASK	0xffff0000u
#define MARKER_END	0x00000100u
#define MARKER_LABEL	0x000000ffu

#endif
