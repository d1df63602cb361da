// SPDX-License-Identifier: MIT
/* A line that is drawn over and over: on stderr, if that is a terminal, after two seconds */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "labctl.h"

#define PROGRESS_AFTER_NS	2000000000ull
#define PROGRESS_CELLS		30
#define ERASE			"\r\033[K"

void progress_start(struct progress *progress)
{
	progress->start_ns = monotonic_ns();
	progress->drawn = false;
}

/* Whether stderr is a screen that can erase a line */
static bool can_draw(void)
{
	const char *term = getenv("TERM");

	return term && *term && strcmp(term, "dumb") && isatty(STDERR_FILENO);
}

/* A longer line would wrap, and the part above could not be erased */
static size_t width(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
		return 79;
	return size.ws_col - 1u;
}

/* Return: length of the text */
static size_t format_bar(char *text, size_t bytes, double done)
{
	static const char full[] = "##############################";
	static const char empty[] = "..............................";
	int cells = (int)(done * PROGRESS_CELLS + 0.5);

	_Static_assert(sizeof(full) == PROGRESS_CELLS + 1 && sizeof(empty) == sizeof(full), "cells");
	return (size_t)snprintf(text, bytes, "[%.*s%s] %3.0f %%  ", cells, full, empty + cells,
				done * 100);
}

/**
 * progress_draw - draw the line anew
 * @progress: of progress_start()
 * @done: part that is done, 0 to 1; negative: nobody knows
 * @format: what else to tell
 */
void progress_draw(struct progress *progress, double done, const char *format, ...)
{
	char line[256];
	size_t used = 0;
	va_list ap;

	if (monotonic_ns() - progress->start_ns < PROGRESS_AFTER_NS || !can_draw())
		return;
	if (done >= 0)
		used = format_bar(line, sizeof(line), done > 1 ? 1 : done);
	va_start(ap, format);
	vsnprintf(line + used, sizeof(line) - used, format, ap);
	va_end(ap);
	fprintf(stderr, ERASE "%.*s", (int)width(), line);
	fflush(stderr);
	progress->drawn = true;
}

void progress_end(struct progress *progress)
{
	if (progress->drawn)
		fputs(ERASE, stderr);
	fflush(stderr);	/* which waits for a newline otherwise */
	progress->drawn = false;
}
