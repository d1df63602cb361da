// SPDX-License-Identifier: MIT
/* Time, signals and the line that shows that something is going on */
#include <signal.h>
#include <stdarg.h>
#include <time.h>
#include <unistd.h>

#include "labctl.h"

#define QUIET_NS	2000000000ull
#define BAR_CHARS	24

static volatile sig_atomic_t signal_seen;

uint64_t monotonic_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

static void on_signal(int number)
{
	signal_seen = number;
}

/* SIGINT and SIGTERM end a run early but tidily; the second one ends it at once */
void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESETHAND };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

bool interrupted(void)
{
	return signal_seen;
}

void progress_start(struct progress *progress)
{
	progress->start_ns = monotonic_ns();
	progress->drawn = false;
}

static void draw_bar(double done)
{
	char bar[BAR_CHARS + 1];

	for (int i = 0; i < BAR_CHARS; i++)
		bar[i] = i < done * BAR_CHARS ? '#' : '.';
	bar[BAR_CHARS] = '\0';
	fprintf(stderr, "[%s] ", bar);
}

/* @done: 0 to 1, below 0 if it is not known how much there is to do */
void progress_draw(struct progress *progress, double done, const char *format, ...)
{
	va_list ap;

	if (!isatty(STDERR_FILENO) || monotonic_ns() - progress->start_ns < QUIET_NS)
		return;
	fputc('\r', stderr);
	if (done >= 0)
		draw_bar(done > 1 ? 1 : done);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputs("\033[K", stderr);
	progress->drawn = true;
}

void progress_end(struct progress *progress)
{
	if (progress->drawn)
		fputs("\r\033[K", stderr);
	progress->drawn = false;
}
