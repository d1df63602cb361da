// SPDX-License-Identifier: MIT
/* All queues of a run, each with its thread and its open file */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <time.h>

#include "burst.h"

#define PROGRESS_INTERVAL_NS	200000000ull

static uint32_t queues_wanted(const struct run *run, const struct lab_info *info)
{
	return run->params.queue == QUEUE_ALL ? info->num_queues : 1;
}

/* Return: exit status */
static int open_queues(struct run *run, const char *path, uint32_t wanted)
{
	struct receiver *r;
	uint32_t queue;

	for (run->nr_queues = 0; run->nr_queues < wanted;) {
		queue = run->params.queue == QUEUE_ALL ? run->nr_queues : run->params.queue;
		r = &run->queues[run->nr_queues++];
		if (!receiver_open(r, &run->params, path, queue))
			continue;
		if (queue == LAB_QUEUE_ANY)
			return fail_system(r->error, "%s", r->what);
		return fail_system(r->error, "queue %u: %s", queue, r->what);
	}
	return STATUS_OK;
}

static void draw(struct run *run, struct progress *progress)
{
	uint64_t packets = 0;

	if (!run->progress)
		return;
	for (uint32_t i = 0; i < run->nr_queues; i++)
		packets += atomic_load_explicit(&run->queues[i].packets, memory_order_relaxed);
	progress_draw(progress, (double)packets / (double)run->params.burst.count / run->nr_queues,
		      "%s packets", text_count(packets));
}

static struct timespec soon(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_nsec += (long)PROGRESS_INTERVAL_NS;
	ts.tv_sec += ts.tv_nsec / 1000000000;
	ts.tv_nsec %= 1000000000;
	return ts;
}

static void join(struct run *run, struct receiver *r, struct progress *progress)
{
	struct timespec until = soon();

	while (pthread_timedjoin_np(r->thread, NULL, &until) == ETIMEDOUT) {
		draw(run, progress);
		until = soon();
	}
}

/* Return: exit status */
static int run_threads(struct run *run)
{
	struct progress progress;
	uint32_t started;
	int ret = 0;

	progress_start(&progress);
	for (started = 0; started < run->nr_queues && !ret; started += !ret)
		ret = pthread_create(&run->queues[started].thread, NULL, receiver_thread,
				     &run->queues[started]);
	if (ret)
		interrupt();	/* those that run already end soon */
	for (uint32_t i = 0; i < started; i++)
		join(run, &run->queues[i], &progress);
	progress_end(&progress);
	return ret ? fail_system(ret, "starting a thread") : STATUS_OK;
}

/* Return: exit status of the worst that happened on a queue */
static int report_errors(const struct run *run)
{
	int status = STATUS_OK;

	for (uint32_t i = 0; i < run->nr_queues; i++) {
		const struct receiver *r = &run->queues[i];

		if (r->error > 0) {
			fail("queue %u: %s", r->queue, r->what);
			status = STATUS_FAILED;
		} else if (r->error == -EIO) {
			fail("queue %u: %s: the device stopped the queue: %s", r->queue, r->what,
			     queue_error_text(r->stats.queue_error));
			status = STATUS_FAILED;
		} else if (r->error) {
			status = fail_system(r->error, "queue %u: %s", r->queue, r->what);
		}
	}
	return status;
}

/* Closing gives all blocks back, which the counters of the closed queue must show */
static int close_queues(struct run *run, struct lab *control)
{
	int status = STATUS_OK;

	for (uint32_t i = 0; i < run->nr_queues; i++) {
		struct receiver *r = &run->queues[i];
		int ret;

		lab_close(r->lab);
		r->lab = NULL;
		if (r->queue == LAB_QUEUE_ANY)
			continue;
		ret = lab_stats(control, r->queue, &r->closed);
		if (ret && !status && !r->error)
			status = fail_system(ret, "queue %u: counters after close", r->queue);
	}
	return status;
}

/**
 * run_bursts - set all queues up, let their generators run, receive, close
 * @run: with its params complete; returns what came
 * @control: a handle without a queue
 * @path: device node
 *
 * Return: exit status: STATUS_OK if all was received that could be, which says
 * nothing yet about what it was.
 */
int run_bursts(struct run *run, struct lab *control, const char *path)
{
	struct lab_info info;
	int status, closed;
	int ret = lab_info(control, &info);

	if (ret)
		return fail_system(ret, "%s", path);
	status = open_queues(run, path, queues_wanted(run, &info));
	if (!status)
		status = run_threads(run);
	closed = close_queues(run, control);
	if (!status)
		status = report_errors(run);
	return status ? status : closed;
}
