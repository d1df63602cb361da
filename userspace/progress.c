// SPDX-License-Identifier: MIT
/* A line that is drawn over and over: on stderr, if that is a terminal, after two seconds */
#include <stdarg.h>
#include <unistd.h>

#include "labctl.h"

#define PROGRESS_AFTER_NS	2000000000ull
#define PROGRESS_CELLS		30

void progress_start(struct progress *progress)
{
	progress->start_ns = monotonic_ns();
	progress->drawn = false;
}

static void draw_bar(double done)
{
	int cells = (int)(done * PROGRESS_CELLS + 0.5);

	fputs("\r\033[K[", stderr);
	for (int i = 0; i < PROGRESS_CELLS; i++)
		fputc(i < cells ? '#' : '.', stderr);
	fprintf(stderr, "] %3.0f %%  ", done * 100);
}

/**
 * progress_draw - draw the line anew
 * @progress: of progress_start()
 * @done: part that is done, 0 to 1; negative: nobody knows
 * @format: what else to tell
 */
void progress_draw(struct progress *progress, double done, const char *format, ...)
{
	va_list ap;

	if (!isatty(STDERR_FILENO) || monotonic_ns() - progress->start_ns < PROGRESS_AFTER_NS)
		return;
	if (done < 0)
		fputs("\r\033[K", stderr);
	else
		draw_bar(done > 1 ? 1 : done);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fflush(stderr);
	progress->drawn = true;
}

void progress_end(struct progress *progress)
{
	if (progress->drawn)
		fputs("\r\033[K", stderr);
	progress->drawn = false;
}
