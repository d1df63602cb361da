// SPDX-License-Identifier: MIT
/* Time, and the wish to stop */
#include <signal.h>
#include <time.h>

#include "labctl.h"

#define CLOCK_INTERVAL_NS	1000000000ull

static volatile sig_atomic_t stop_wanted;

static void on_signal(int number)
{
	(void)number;
	stop_wanted = 1;
}

/* Ctrl-C ends a run in order; a second one at once */
void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

bool interrupted(void)
{
	return stop_wanted;
}

/* As if a signal had come */
void interrupt(void)
{
	stop_wanted = 1;
}

uint64_t monotonic_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

void sleep_ns(uint64_t ns)
{
	struct timespec ts = {
		.tv_sec = (time_t)(ns / 1000000000ull),
		.tv_nsec = (long)(ns % 1000000000ull),
	};

	nanosleep(&ts, NULL);
}

/**
 * clock_update - measure the device's clock, if it has not been done lately
 * @clock: zeroed before the first call
 * @lab: any handle of the device
 * @now_ns: monotonic_ns()
 *
 * The clocks drift apart by microseconds a second, so once a second suffices.
 *
 * Return: 0 or a negative errno.
 */
int clock_update(struct device_clock *clock, struct lab *lab, uint64_t now_ns)
{
	struct lab_info info;
	int ret;

	if (clock->sampled_ns && now_ns - clock->sampled_ns < CLOCK_INTERVAL_NS)
		return 0;
	ret = lab_info(lab, &info);
	if (ret)
		return ret;
	clock->to_monotonic_ns = (int64_t)(info.monotonic_ns - info.device_ns);
	clock->to_realtime_ns = (int64_t)(info.realtime_ns - info.device_ns);
	clock->sampled_ns = now_ns;
	return 0;
}
